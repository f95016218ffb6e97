"""Guests for whom there is no room: who they are, and taking them elsewhere."""

from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo

from services.bookings.domain.changing import retyped
from services.bookings.domain.limits import edges, refusal
from services.bookings.domain.nights import MOST_NIGHTS
from services.bookings.domain.relocating import overbooked, relocated
from services.bookings.doors.changes import changed
from services.bookings.doors.keeping import keep, opened, shown
from services.bookings.doors.routing import refuse_others
from services.bookings.store import bookings, nights, properties, relocations
from services.contracts.bookings import (
    Booking,
    NotABooking,
    Property,
    ReadRelocations,
    RelocateBooking,
    Relocations,
)
from services.kit.db import Tx
from services.kit.doors import command, query
from services.kit.refusal import Problem

_MOST_LOOKED_AT = 1000


class Relocating:
    @query
    def read_relocations(self, tx: Tx, request: ReadRelocations) -> Relocations:
        """Four statements, however many stays there are."""
        house = properties.read(tx, request.property)
        first = request.first or tx.now.astimezone(ZoneInfo(house.time_zone)).date()
        until = request.until or first + min(timedelta(days=MOST_NIGHTS), date.max - first)
        if not 1 <= (until - first).days <= MOST_NIGHTS:
            raise NotABooking(errors=[Problem("/until", f"From 1 to {MOST_NIGHTS} nights after the first.")])
        missing = relocations.too_many(tx, house.id, first, until)
        if not missing:
            return Relocations(property_id=house.id, items=())
        stays = relocations.stays(tx, house.id, {night for _, night in missing}, _MOST_LOOKED_AT)
        if not stays:
            return Relocations(property_id=house.id, items=())
        left = relocations.left(tx, min(stay.arrival for stay in stays), max(stay.departure for stay in stays))
        items = overbooked(stays, missing, left, properties.read_all(tx))
        return Relocations(property_id=house.id, items=items)

    @command
    def relocate_booking(self, tx: Tx, request: RelocateBooking) -> Booking:
        elsewhere = request.property and properties.read(tx, request.property)
        present = bookings.lock(tx, request.booking_id)
        if elsewhere and elsewhere.id != present.property_id:
            return _to_another_house(tx, request, elsewhere)
        house = properties.read(tx, str(present.property_id))
        said = request.position, request.room_type, None, request.price
        return changed(tx, request.booking_id, lambda before: retyped(before, house, *said, tx.now))


def _to_another_house(tx: Tx, request: RelocateBooking, house: Property) -> Booking:
    """The nights here are given back and those there are taken as one change, in the one order."""
    before = bookings.lock(tx, request.booking_id)
    refuse_others(tx, before.id)
    if request.position is not None:
        raise NotABooking(errors=[Problem("/position", "To another property all rooms go together.")])
    old, new = relocated(before, house, request.room_type, request.price, tx.now, tx.context.actor)
    if limits := nights.move(tx, before.holding, new.holding, edges(new)):
        raise refusal(limits)
    keep(tx, old, before)
    return shown(opened(tx, new))
