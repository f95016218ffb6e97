"""Answers whose outside form is not simply the contract's."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from gateway.outside import Text, schema_of, shown
from services.contracts import bookings
from services.contracts.bookings import Booking

ROLES = ("booker", "primary", "additional", "contact", "payer")


class PersonOnBooking(schema_of(bookings.Person)):  # type: ignore[misc]
    """Somebody in one role; who has several roles is listed once for each."""

    class Meta:
        exclude = ("roles",)

    role = Text(allow_none=True, validate=validate.OneOf(ROLES))


class BookingShape(schema_of(Booking)):  # type: ignore[misc]
    people = fields.List(fields.Nested(PersonOnBooking))


def booking(said: Booking) -> dict[str, Any]:
    """A booking with its people, one entry per role."""
    people: list[dict[str, Any]] = []
    for person in said.people:
        values = shown(person)
        # who has no role yet is told of nevertheless
        people.extend({"role": role, **values} for role in values.pop("roles") or [None])
    people.sort(key=lambda entry: ROLES.index(entry["role"]) if entry["role"] in ROLES else len(ROLES))
    return {**shown(said), "people": people}
