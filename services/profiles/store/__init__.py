"""The profiles' tables: every SQL statement of the service."""
