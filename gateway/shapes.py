"""Answers whose outside form is not simply the contract's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from marshmallow import fields, validate

from gateway.outside import Instant, LongText, Text, schema_of
from services.contracts import bookings
from services.contracts.bookings import Booking, PostalAddress
from services.contracts.profiles import GuestInternals

ROLES = ("booker", "primary", "additional", "contact", "payer")


class PersonAsTheyLeft(schema_of(bookings.Person)):  # type: ignore[misc]
    """Once the stay is over, names are those of check-out, and with them stands what was known then (`as_of`).

    `internal` is what staff are to know of the guest now; null of whom the register knows nothing, or where it does not
    answer at the moment.
    """

    class Meta:
        exclude = ("consents", "fields")

    second_family_name = LongText(allow_none=True)
    level = LongText(allow_none=True)
    emails = fields.List(LongText())
    phones = fields.List(LongText())
    addresses = fields.List(fields.Nested(schema_of(PostalAddress)))
    as_of = Instant()
    internal = fields.Nested(schema_of(GuestInternals), allow_none=True)


class PersonOnBooking(PersonAsTheyLeft):
    """Somebody in one role; who has several roles is listed once for each."""

    class Meta:
        exclude = ("roles", "consents", "fields")

    role = Text(allow_none=True, validate=validate.OneOf(ROLES))


class BookingShape(schema_of(Booking)):  # type: ignore[misc]
    """`verification` is the primary guest's, where the house asked for it when they booked; null while profiles is
    silent, and where nothing of the guests is looked up.
    """

    class Meta:
        exclude = ("departed_guests", "asks_verification")

    people = fields.List(fields.Nested(PersonOnBooking))
    verification = Text(allow_none=True, validate=validate.OneOf(["not-needed", "pending", "verified"]))


def booking(said: Booking, internals: Mapping[UUID, GuestInternals] | None = None) -> dict[str, Any]:
    """A booking with its people, one entry per role, as values for `outside.text`."""
    entries: list[dict[str, Any]] = []
    for values in people(said, internals):
        # who has no role yet is told of nevertheless
        entries.extend({"role": role, **values} for role in values.pop("roles") or [None])
    entries.sort(key=lambda entry: ROLES.index(entry["role"]) if entry["role"] in ROLES else len(ROLES))
    values = dict(vars(said))
    del values["departed_guests"], values["asks_verification"]
    return {**values, "people": entries, "verification": _verification(said, internals)}


def _verification(said: Booking, internals: Mapping[UUID, GuestInternals] | None) -> str | None:
    if not said.asks_verification:
        return "not-needed"
    by_role = {role: person.profile_id for person in reversed(said.people) for role in person.roles}
    guest = by_role.get("primary", by_role.get("booker"))
    if guest is None:
        return "pending"
    found = (internals or {}).get(guest)
    return None if found is None else "verified" if found.verified else "pending"


def people(said: Booking, internals: Mapping[UUID, GuestInternals] | None = None) -> list[dict[str, Any]]:
    """Its people, as such values, each once with all their roles; once the stay is over, as known at check-out. With
    what staff are to know of them, where that was looked up.
    """
    left = {guest.profile_id: guest for guest in said.departed_guests}
    entries = []
    for person in said.people:
        values = dict(vars(person))
        del values["consents"], values["fields"]  # what was said once; what holds is told under consents, on profiles
        if guest := left.get(person.profile_id):  # type: ignore[arg-type]
            then = vars(guest)
            values |= then | {name: then[name] or values[name] for name in ("given_name", "family_name", "company")}
        if internals is not None:
            values["internal"] = internals.get(person.profile_id) if person.profile_id else None
        entries.append(values)
    return entries
