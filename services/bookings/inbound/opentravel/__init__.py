"""OpenTravel: messages about hotel reservations of any version of the standard, and the answers to them."""
