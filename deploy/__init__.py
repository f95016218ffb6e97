"""How Foyer is put to work: on one machine (`local`), in containers, in a cluster."""
