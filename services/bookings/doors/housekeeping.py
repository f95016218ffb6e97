"""How clean rooms are: said by staff, by other systems, and by the clock."""

from __future__ import annotations

from services.bookings.domain.texts import faults
from services.bookings.store import assigning, housekeeping, properties, rooms_setup
from services.contracts.bookings import (
    HotelRoom,
    NotARoom,
    ReadRoomOccupant,
    RoomNotice,
    RoomOccupant,
    SetRoomStatus,
)
from services.kit.db import Tx
from services.kit.doors import command, every, inbound, query


class HousekeepingOfRooms:
    @command
    def set_room_status(self, tx: Tx, request: SetRoomStatus) -> HotelRoom:
        """Refuses with UnknownRoom."""
        rooms_setup.read(tx, request.room_id)
        assigning.lock_rooms(tx, [request.room_id])
        for event in housekeeping.set_status(tx, [request.room_id], request.housekeeping):
            tx.announce(event)
        return rooms_setup.read(tx, request.room_id)

    @inbound("room.notice", RoomNotice, drinks="room_notices")
    def hear_room_notice(self, tx: Tx, notice: RoomNotice) -> None:
        """An older one than what is known is kept and changes nothing. Refuses with NoSuchProperty and UnknownRoom."""
        problems = [*faults("/source", notice.source, 60, needed=True)]
        problems += faults("/external_id", notice.external_id, 200, needed=True)
        if problems:
            raise NotARoom(errors=problems)
        house = properties.read(tx, notice.property)
        room = assigning.named(tx, house.id, notice.room)
        assigning.lock_rooms(tx, [room.id])
        # a clock that is fast must not make what is said later look older
        for event in housekeeping.hear(tx, room.id, notice, min(notice.at, tx.now)):
            tx.announce(event)

    @every(seconds=60)
    def dirty_rooms_in_use(self, tx: Tx) -> None:
        """Once a day and property, however long nothing ran."""
        for property_id, day, since in housekeeping.due(tx):
            rooms = housekeeping.in_use(tx, property_id, since)
            assigning.lock_rooms(tx, rooms)
            for event in housekeeping.set_status(tx, rooms, "dirty") if rooms else ():
                tx.announce(event)
            housekeeping.done(tx, property_id, day)

    @query
    def read_room_occupant(self, tx: Tx, request: ReadRoomOccupant) -> RoomOccupant:
        house = properties.read(tx, request.property)
        return assigning.occupant(tx, house.id, request.room, request.at)
