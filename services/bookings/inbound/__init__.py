"""How other systems say what became of a booking: a module per notice format, each ending in a BookingNotice."""
