"""Bookings as rows and back. People and rooms stand in the booking's own row, so that one row is the whole booking:
a lock on it gives a consistent one."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from services.bookings.domain.booking import Booking
from services.bookings.domain.rooms import Part, Room
from services.bookings.store.own_fields import opened, sealed
from services.contracts.bookings import Commission, Confirmation, Ending, Person
from services.contracts.values import Money
from services.kit import wire


def booking_row(booking: Booking) -> dict[str, Any]:
    """Columns of `bookings` as JSON-ready values."""
    return {
        "id": str(booking.id),
        "version": booking.version,
        "state": booking.state,
        "property_id": str(booking.property_id),
        "source": booking.source,
        "external_ref": booking.external_ref,
        "group_code": booking.group,
        "channel": booking.channel,
        "method": booking.method,
        "arrival": booking.arrival.isoformat(),
        "departure": booking.departure.isoformat(),
        "held_until": booking.held_until.isoformat(),
        "rooms": [_room_row(r) for r in booking.rooms],
        "rooms_given": booking.rooms_given,
        "price_minor": booking.price.amount_minor,
        "currency": booking.price.currency,
        "flags": booking.flags,
        "people": [_person_row(p) for p in booking.people],
        "people_version": booking.people_version,
        "people_given": booking.people_given,
        "people_said": booking.people_said,
        "identified": booking.identified,
        "requests": booking.requests,
        "needs": booking.needs,
        "needs_note": booking.needs_note,
        "needs_said": booking.needs_said,
        "commission": wire.dump(booking.commission) if booking.commission else None,
        "told_state": booking.told_state,
        "told_facts": booking.told_facts,
        "told_profiles": [str(profile_id) for profile_id in booking.told_profiles],
        "moved": {str(was): str(now_is) for was, now_is in booking.moved.items()} or None,
        "relocated_from": _text(booking.relocated_from),
        "relocated_to": _text(booking.relocated_to),
        "held_until_at": booking.held_until_at.isoformat() if booking.held_until_at else None,
        "confirmation": wire.dump(booking.confirmation) if booking.confirmation else None,
        "checked_in_at": booking.checked_in_at.isoformat() if booking.checked_in_at else None,
        "ending": wire.dump(booking.ending) if booking.ending else None,
        "asks_verification": booking.asks_verification or None,
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
        group=row.group_code,
        channel=row.channel,
        method=row.method,
        arrival=row.arrival,
        departure=row.departure,
        held_until=row.held_until,
        rooms=tuple(_room_of(r, n) for n, r in enumerate(row.rooms)),
        rooms_given=row.rooms_given,
        price=Money(amount_minor=row.price_minor, currency=row.currency),
        flags=tuple(row.flags),
        people=tuple(wire.load(Person, opened(p)) for p in row.people),
        people_version=row.people_version,
        people_given=row.people_given,
        people_said=row.people_said,
        identified=row.identified,
        requests=row.requests,
        needs=tuple(row.needs),
        needs_note=row.needs_note,
        needs_said=tuple(row.needs_said),
        commission=wire.load(Commission, row.commission) if row.commission else None,
        told_state=row.told_state,
        told_facts=row.told_facts,
        told_profiles=tuple(row.told_profiles),
        moved={UUID(was): UUID(now_is) for was, now_is in (row.moved or {}).items()},
        relocated_from=row.relocated_from,
        relocated_to=row.relocated_to,
        held_until_at=row.held_until_at,
        confirmation=wire.load(Confirmation, row.confirmation) if row.confirmation else None,
        checked_in_at=row.checked_in_at,
        ending=wire.load(Ending, row.ending) if row.ending else None,
        asks_verification=bool(row.asks_verification),
        booked_at=row.booked_at,
        changed_at=row.changed_at,
    )


def _room_row(room: Room) -> dict[str, Any]:
    """What most rooms do not have is left out."""
    said: dict[str, Any] = {
        "position": room.position,
        "room_type_id": str(room.room_type_id),
        "room_type": room.room_type,
        "adults": room.adults,
        "children": room.children,
        "price_minor": room.price_minor,
    }
    if room.rate:
        said["rate"] = room.rate
    if room.child_ages:
        said["child_ages"] = room.child_ages
    if room.parts:
        said["parts"] = [
            {
                "room_type_id": str(p.room_type_id),
                "room_type": p.room_type,
                "arrival": p.arrival.isoformat(),
                "departure": p.departure.isoformat(),
            }
            for p in room.parts
        ]
    return said


def _room_of(row: dict[str, Any], position: int) -> Room:
    """Rooms of old have no position of their own: theirs is where they stand."""
    return Room(
        position=row.get("position", position),
        room_type_id=UUID(row["room_type_id"]),
        room_type=row["room_type"],
        adults=row["adults"],
        children=row["children"],
        price_minor=row["price_minor"],
        rate=row.get("rate"),
        child_ages=tuple(row.get("child_ages", ())),
        parts=tuple(
            Part(
                room_type_id=UUID(p["room_type_id"]),
                room_type=p["room_type"],
                arrival=date.fromisoformat(p["arrival"]),
                departure=date.fromisoformat(p["departure"]),
            )
            for p in row.get("parts", ())
        ),
    )


def _person_row(person: Person) -> dict[str, Any]:
    """What is not said of somebody is left out."""
    said = sealed(wire.dump(person)).items()
    return {name: value for name, value in said if value is not None and value is not False and value != []}


def _text(given: UUID | None) -> str | None:
    return str(given) if given else None
