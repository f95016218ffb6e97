"""Bookings as rows and back. People and rooms stand in the booking's own row, so that one row is the whole booking:
a lock on it gives a consistent one."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from services.bookings.domain.booking import Booking, Room
from services.contracts.bookings import Person
from services.contracts.values import Money


def booking_row(booking: Booking) -> dict[str, Any]:
    """Columns of `bookings` as JSON-ready values."""
    return {
        "id": str(booking.id),
        "version": booking.version,
        "state": booking.state,
        "property_id": str(booking.property_id),
        "source": booking.source,
        "external_ref": booking.external_ref,
        "channel": booking.channel,
        "method": booking.method,
        "arrival": booking.arrival.isoformat(),
        "departure": booking.departure.isoformat(),
        "held_until": booking.held_until.isoformat(),
        "rooms": [
            {
                "room_type_id": str(r.room_type_id),
                "room_type": r.room_type,
                "adults": r.adults,
                "children": r.children,
                "price_minor": r.price_minor,
            }
            for r in booking.rooms
        ],
        "price_minor": booking.price.amount_minor,
        "currency": booking.price.currency,
        "flags": booking.flags,
        "people": [_person_row(p) for p in booking.people],
        "people_version": booking.people_version,
        "identified": booking.identified,
        "requests": booking.requests,
        "told_state": booking.told_state,
        "told_facts": booking.told_facts,
        "booked_at": booking.booked_at.isoformat(),
        "changed_at": booking.changed_at.isoformat(),
    }


def booking_of(row: Any) -> Booking:
    """From the columns of `bookings` with `code`, `country` and `time_zone` of its property beside them."""
    return Booking(
        id=row.id,
        version=row.version,
        state=row.state,
        property_id=row.property_id,
        property_code=row.code,
        country=row.country,
        time_zone=row.time_zone,
        source=row.source,
        external_ref=row.external_ref,
        channel=row.channel,
        method=row.method,
        arrival=row.arrival,
        departure=row.departure,
        held_until=row.held_until,
        rooms=tuple(
            Room(
                room_type_id=UUID(r["room_type_id"]),
                room_type=r["room_type"],
                adults=r["adults"],
                children=r["children"],
                price_minor=r["price_minor"],
            )
            for r in row.rooms
        ),
        price=Money(amount_minor=row.price_minor, currency=row.currency),
        flags=tuple(row.flags),
        people=tuple(_person_of(p) for p in row.people),
        people_version=row.people_version,
        identified=row.identified,
        requests=row.requests,
        told_state=row.told_state,
        told_facts=row.told_facts,
        booked_at=row.booked_at,
        changed_at=row.changed_at,
    )


def _person_row(person: Person) -> dict[str, Any]:
    said = {name: value for name, value in vars(person).items() if value is not None}
    if person.profile_id:
        said["profile_id"] = str(person.profile_id)
    if person.birth_date:
        said["birth_date"] = person.birth_date.isoformat()
    return said


def _person_of(row: dict[str, Any]) -> Person:
    said = {**row, "roles": tuple(row["roles"])}
    if "profile_id" in row:
        said["profile_id"] = UUID(row["profile_id"])
    if "birth_date" in row:
        said["birth_date"] = date.fromisoformat(row["birth_date"])
    return Person(**said)
