"""Changes of a stay that the desk makes: dates, price, rooms and their types."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from services.bookings.domain import booking as kept
from services.bookings.domain.changing import redated, retyped, with_room, without_room
from services.bookings.doors.keeping import keep, shown_after, with_rooms
from services.bookings.doors.routing import refuse_others
from services.bookings.store import bookings, properties
from services.contracts.bookings import (
    AddRoom,
    Booking,
    BookingHasChanged,
    ChangeRoomType,
    ChangeStay,
    Property,
    RemoveRoom,
)
from services.kit.db import Tx
from services.kit.doors import command


class Changes:
    @command
    def change_stay(self, tx: Tx, request: ChangeStay) -> Booking:
        def change(before: kept.Booking) -> kept.Booking:
            if before.version != request.version:
                raise BookingHasChanged(facts={"version": str(before.version)})
            return redated(before, request.arrival, request.departure, request.price, tx.now)

        return changed(tx, request.booking_id, change)

    @command
    def change_room_type(self, tx: Tx, request: ChangeRoomType) -> Booking:
        said = request.position, request.room_type, request.first, request.price
        return changed(tx, request.booking_id, lambda before: retyped(before, _house(tx, before), *said, tx.now))

    @command
    def add_room(self, tx: Tx, request: AddRoom) -> Booking:
        said = request.room, request.price
        return changed(tx, request.booking_id, lambda before: with_room(before, _house(tx, before), *said, tx.now))

    @command
    def remove_room(self, tx: Tx, request: RemoveRoom) -> Booking:
        said = request.position, request.price
        return changed(tx, request.booking_id, lambda before: without_room(before, *said, tx.now))


def changed(tx: Tx, booking_id: UUID, change: Callable[[kept.Booking], kept.Booking]) -> Booking:
    """The booking after a change by staff, kept and told of; nothing happens where nothing of it differs.

    Refuses with NoSuchBooking, NotInTeam, whatever `change` refuses, and what the house would not sell.
    """
    before = bookings.lock(tx, booking_id)
    routing = refuse_others(tx, booking_id)
    after = change(before)
    if after != before:
        after = keep(tx, with_rooms(tx, after, before), before)
    return shown_after(tx, after, routing)


def _house(tx: Tx, booking: kept.Booking) -> Property:
    return properties.read(tx, str(booking.property_id))
