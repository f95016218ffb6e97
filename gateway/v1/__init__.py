"""Version 1 of the API: a module per resource, each with its schemas and routes and no rules."""

from __future__ import annotations

from gateway.v1 import (
    accounts,
    bookings,
    charges,
    companies,
    consents,
    folios,
    guest,
    inbound,
    invoices,
    ledger,
    loyalty,
    messages,
    payments,
    policies,
    profiles,
    properties,
    taxes,
)

RESOURCES = (
    profiles,
    guest,
    bookings,
    properties,
    taxes,
    policies,
    inbound,
    ledger,
    accounts,
    charges,
    folios,
    payments,
    invoices,
    companies,
    consents,
    loyalty,
    messages,
)
