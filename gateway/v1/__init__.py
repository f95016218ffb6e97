"""Version 1 of the API: a module per resource, each with its schemas and routes and no rules."""

from __future__ import annotations

from gateway.v1 import billing, bookings, consents, guest, inbound, loyalty, messages, profiles, properties

RESOURCES = (profiles, guest, bookings, properties, inbound, billing, consents, loyalty, messages)
