"""How a changed booking is kept, told and shown, whatever changed it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from services.bookings.domain.announcing import announce
from services.bookings.domain.booking import OVERBOOKED, OVERDUE, Booking, flagged, unflagged
from services.bookings.domain.limits import FLAGS, new_edges, refusal
from services.bookings.domain.own_fields import without_own_fields
from services.bookings.doors.placing import follow
from services.bookings.store import assigning, bookings, nights
from services.contracts import bookings as contract
from services.contracts.values import Money
from services.kit.db import Tx


def with_rooms(tx: Tx, after: Booking, before: Booking, *, sold_elsewhere: bool = False) -> Booking:
    """Move the rooms of a booking whose row this transaction has locked.

    What the house would not sell is refused (Closed, MinimumStay, NoRoomLeft); a booking sold elsewhere is flagged. It
    is no longer flagged as overbooked once none of its nights is sold beyond its bound.
    """
    limits = nights.move(tx, before.holding, after.holding, new_edges(before, after))
    if after.departure > before.departure:
        after = unflagged(after, OVERDUE)
    if limits and not sold_elsewhere:
        raise refusal(limits)
    for flag in sorted({FLAGS[limit.why] for limit in limits}):
        after = flagged(after, flag)
    if OVERBOOKED not in before.flags or after.state != before.state or nights.oversold(tx, after.holding):
        return after
    return unflagged(after, OVERBOOKED)


def keep(
    tx: Tx, after: Booking, before: Booking, notice: dict[str, Any] | None = None, *, sold_elsewhere: bool = False
) -> Booking:
    """Keep the booking, whose row this transaction has locked, and tell what is new of it.

    Its rooms of the house follow it: refuses with RoomTaken where guests in house would have to leave theirs, unless
    it was `sold_elsewhere`. `notice` is the one that changed it.
    """
    return told(tx, follow(tx, after, before, sold_elsewhere=sold_elsewhere), before, notice)


def told(tx: Tx, after: Booking, before: Booking, notice: dict[str, Any] | None = None) -> Booking:
    """The same for a booking whose rooms of the house have been seen to."""
    after, event = announce(after)
    bookings.save(tx, after, before, notice)
    if event:
        tx.announce(event)
    return after


def opened(tx: Tx, new: Booking) -> Booking:
    """Keep a new booking whose nights have been taken, and tell of it."""
    new, event = announce(new)
    bookings.add(tx, new)
    if event:
        tx.announce(event)
    return new


def with_assigned(tx: Tx, found: Sequence[contract.Booking]) -> list[contract.Booking]:
    """With the rooms of the house that they have. One statement."""
    rooms = assigning.shown(tx, [booking.id for booking in found])
    return [
        replace(
            booking,
            rooms=tuple(replace(r, assigned=tuple(rooms.get((booking.id, r.position), ()))) for r in booking.rooms),
        )
        for booking in found
    ]


def shown_after(tx: Tx, booking: Booking, routing: contract.BookingRouting | None) -> contract.Booking:
    """The booking as it stands after a change by staff."""
    return replace(with_assigned(tx, [shown(booking)])[0], routing=routing)


def shown(booking: Booking) -> contract.Booking:
    """The booking as others see it, without the rooms of the house that it has."""
    currency = booking.price.currency
    return contract.Booking(
        id=booking.id,
        version=booking.version,
        state=booking.state,
        property_id=booking.property_id,
        property=booking.property_code,
        source=booking.source,
        external_ref=booking.external_ref,
        group=booking.group,
        channel=booking.channel,
        method=booking.method,
        arrival=booking.arrival,
        departure=booking.departure,
        rooms=tuple(
            contract.BookedRoom(
                room_type=r.room_type,
                adults=r.adults,
                children=r.children,
                price=None if r.price_minor is None else Money(amount_minor=r.price_minor, currency=currency),
                rate=r.rate,
                child_ages=r.child_ages,
                position=r.position,
                parts=tuple(
                    contract.RoomPart(room_type=p.room_type, arrival=p.arrival, departure=p.departure) for p in r.parts
                ),
            )
            for r in booking.rooms
        ),
        price=booking.price,
        flags=booking.flags,
        people=without_own_fields(booking.people),
        requests=booking.requests,
        needs=booking.needs,
        needs_note=booking.needs_note,
        commission=booking.commission,
        relocated_from=booking.relocated_from,
        relocated_to=booking.relocated_to,
        held_until_at=booking.held_until_at,
        confirmation=booking.confirmation,
        checked_in_at=booking.checked_in_at,
        ending=booking.ending,
        asks_verification=booking.asks_verification,
        booked_at=booking.booked_at,
        changed_at=booking.changed_at,
    )
