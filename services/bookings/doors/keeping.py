"""How a changed booking is kept, told and shown, whatever changed it."""

from __future__ import annotations

from dataclasses import replace

from services.bookings.domain.announcing import announce
from services.bookings.domain.booking import OVERBOOKED, Booking, flagged
from services.bookings.domain.limits import FLAGS, new_edges, refusal
from services.bookings.store import bookings, nights
from services.contracts import bookings as contract
from services.contracts.values import Money
from services.kit.db import Tx


def with_rooms(tx: Tx, after: Booking, before: Booking, *, sold_elsewhere: bool = False) -> Booking:
    """Move the rooms of a booking whose row this transaction has locked.

    What the house would not sell is refused (Closed, MinimumStay, NoRoomLeft); a booking sold elsewhere is flagged. It
    is no longer flagged as overbooked once none of its nights is sold beyond its bound.
    """
    limits = nights.move(tx, before.holding, after.holding, new_edges(before, after))
    if limits and not sold_elsewhere:
        raise refusal(limits)
    for flag in sorted({FLAGS[limit.why] for limit in limits}):
        after = flagged(after, flag)
    if OVERBOOKED not in before.flags or after.state != before.state or nights.oversold(tx, after.holding):
        return after
    return replace(after, flags=tuple(flag for flag in after.flags if flag != OVERBOOKED))


def keep(tx: Tx, after: Booking, before: Booking) -> Booking:
    """Keep the booking, whose row this transaction has locked, and tell what is new of it."""
    after, event = announce(after)
    bookings.save(tx, after, before)
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


def shown(booking: Booking) -> contract.Booking:
    """The booking as others see it."""
    currency = booking.price.currency
    return contract.Booking(
        id=booking.id,
        version=booking.version,
        state=booking.state,
        property_id=booking.property_id,
        property=booking.property_code,
        source=booking.source,
        external_ref=booking.external_ref,
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
        people=booking.people,
        requests=booking.requests,
        needs=booking.needs,
        needs_note=booking.needs_note,
        commission=booking.commission,
        relocated_from=booking.relocated_from,
        relocated_to=booking.relocated_to,
        booked_at=booking.booked_at,
        changed_at=booking.changed_at,
    )
