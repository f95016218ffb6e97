"""The one door to Foyer over HTTP.

Owns:      API keys; the store behind the complete guest view
Answers:   HTTP under ``/v1``, ``/openapi.json``, ``/docs``, ``/livez``, ``/readyz``, ``/metrics``
Asks:      profiles, bookings, billing, consent, loyalty, notifier
Announces: nothing
Hears:     (process ``view``) whatever changes a section of a guest's view
"""
