"""Registrations, the registers drawn from them, who looked at them, and their end."""
