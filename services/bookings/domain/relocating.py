"""Guests for whom there is no room: who of them, and what taking them to another property makes of their booking."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from services.bookings.domain import life
from services.bookings.domain.booking import CLOSED, MINIMUM_STAY, OVERBOOKED, RELOCATED, Booking, flagged, moved
from services.bookings.domain.ids import new_id
from services.bookings.domain.nights import Night, days
from services.bookings.domain.opening import faults_of_amount, faults_of_occupancy
from services.bookings.domain.rooms import Room
from services.contracts.bookings import (
    NotABooking,
    OverbookedRoom,
    OverbookedStay,
    Property,
    RelocationOption,
    StateForbids,
)
from services.contracts.values import Money
from services.kit.refusal import Problem

MOST_STAYS = 100
_GONE = (OVERBOOKED, CLOSED, MINIMUM_STAY)


def relocated(
    booking: Booking, house: Property, room_type: str, price: Money | None, now: datetime, by: str | None = None
) -> tuple[Booking, Booking]:
    """The booking as it is left behind by whom, and the new one at another property, with all of its rooms in one type.

    The source's reference goes with the guests: what the source says of them later, it says of the new booking.
    """
    life.still_open(booking.state)
    if booking.state == "in_house":
        raise StateForbids("The guests are in house: check them out here.", facts={"state": booking.state})
    kind = next((kind for kind in house.room_types if kind.code == room_type), None)
    price = price or booking.price
    problems = list(faults_of_amount("/price", price, house.currency))
    if kind is None:
        problems.append(Problem("/room_type", "The property has no such room type."))
    else:
        problems += [fault for room in booking.rooms for fault in faults_of_occupancy("/room_type", room, [kind])]
    if problems or kind is None:
        raise NotABooking(errors=problems[:50])
    same_price = price == booking.price
    new = replace(
        booking,
        id=new_id(now),
        version=1,
        property_id=house.id,
        property_code=house.code,
        country=house.country,
        time_zone=house.time_zone,
        rooms=tuple(_in_type(room, kind.id, kind.code, same_price) for room in booking.rooms),
        price=price,
        flags=tuple(flag for flag in booking.flags if flag not in _GONE),
        group=None,
        people_version=1,
        told_state=None,
        told_facts=None,
        told_profiles=(),
        relocated_from=booking.id,
        changed_at=now,
    )
    ended = moved(booking, "cancelled", now, reason="relocated", by=by)
    return replace(flagged(ended, RELOCATED), external_ref=None, relocated_to=new.id), new


def overbooked(
    stays: Iterable[Booking], too_many: Mapping[Night, int], left: Mapping[Night, int], houses: Sequence[Property]
) -> tuple[OverbookedStay, ...]:
    """Those of the stays, in their order, that make for the rooms which are sold and not there.

    `too_many`: by night, how many rooms more are sold than there are. `left`: by night, how many rooms stand empty,
    where that is fewer than the property has. A room is listed where one of its nights has a room too many, and then
    counts on all of them.
    """
    missing = Counter(dict(too_many))
    found = []
    for stay in stays:
        rooms = tuple(room for each in stay.rooms if (room := _overbooked_room(stay, each, missing, left, houses)))
        if rooms:
            found.append(
                OverbookedStay(
                    booking_id=stay.id,
                    version=stay.version,
                    state=stay.state,
                    external_ref=stay.external_ref,
                    channel=stay.channel,
                    arrival=stay.arrival,
                    departure=stay.departure,
                    flags=stay.flags,
                    rooms=rooms,
                )
            )
        if len(found) == MOST_STAYS or not +missing:
            break
    return tuple(found)


def _overbooked_room(
    stay: Booking, room: Room, missing: Counter[Night], left: Mapping[Night, int], houses: Sequence[Property]
) -> OverbookedRoom | None:
    held = [
        (part.room_type_id, night)
        for part in room.stays(stay.arrival, stay.departure)
        for night in days(part.arrival, part.departure)
    ]
    full = [night for night in held if missing[night] > 0]
    if not full:
        return None
    missing.subtract(full)
    options = [
        RelocationOption(property_id=house.id, property=house.code, room_type=kind.code, left=least)
        for house in houses
        for kind in house.room_types
        if kind.occupancy >= room.adults + room.children
        and (least := min(left.get((kind.id, day), kind.capacity) for _, day in held)) > 0
    ]
    options.sort(key=lambda option: (option.property_id != stay.property_id, -option.left))
    return OverbookedRoom(
        position=room.position,
        room_type=room.room_type,
        nights=tuple(day for _, day in full),
        options=tuple(options[:20]),
    )


def _in_type(room: Room, room_type_id: UUID, room_type: str, same_price: bool) -> Room:
    """The room in another property, with its own dates if it has any."""
    parts = room.parts and (replace(room.parts[0], departure=room.parts[-1].departure),)
    return replace(
        room,
        room_type_id=room_type_id,
        room_type=room_type,
        parts=tuple(replace(part, room_type_id=room_type_id, room_type=room_type) for part in parts),
        price_minor=room.price_minor if same_price else None,
    )
