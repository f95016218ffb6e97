"""The rules about people: what a card may say, which addresses identify somebody, who is the same person."""
