"""The doors of bookings, by what they are about."""
