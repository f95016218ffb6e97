"""The rules of bookings: pure, without I/O. A module per concept."""
