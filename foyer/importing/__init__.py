"""Replays files of bookings as notices through the bus, as another hotel system would publish them."""
