"""The tables and all SQL of bookings. Each function is one statement unless it says otherwise."""
