"""The doors of billing, by what they are about."""
