"""Followers of the rooms: what changes is kept in order, and sent to whoever is connected (server-sent events)."""
