"""The one door to Foyer over HTTP.

Owns:      API keys; the store behind the complete guest view; the changes of rooms that followers are sent
Answers:   HTTP under ``/v1``, ``/openapi.json``, ``/docs``, ``/livez``, ``/readyz``, ``/metrics``
Asks:      profiles, bookings, billing, consent, loyalty, notifier
Announces: nothing
Hears:     (process ``view``) whatever changes a section of a guest's view, rooms, or who is in them
"""
