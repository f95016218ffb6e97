"""The doors of profiles, by what they are about."""
