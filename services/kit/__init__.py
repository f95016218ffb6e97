"""How a service is plugged in: the bus, the database, the clock, the log. No hotel words in here."""
