"""Rooms with their numbers: set up, changed, retired, and closed for some nights."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from services.bookings.domain.assigning import ROOM_LOST
from services.bookings.domain.booking import flagged
from services.bookings.domain.ids import new_id
from services.bookings.domain.rooms_setup import checked_closure, checked_room, checked_rooms, checked_time
from services.bookings.doors.keeping import told
from services.bookings.doors.placing import take_out
from services.bookings.store import assigning, housekeeping, properties
from services.bookings.store import rooms_setup as store
from services.contracts.bookings import (
    ChangeRoom,
    CloseRoom,
    EndClosure,
    HotelRoom,
    HotelRooms,
    NoSuchClosure,
    NotARoom,
    Property,
    ReadRoom,
    ReadRooms,
    RetireRoom,
    RoomHasChanged,
    RoomOccupied,
    RoomTaken,
    SetUpRooms,
)
from services.kit.db import Again, Tx
from services.kit.doors import command, query
from services.kit.refusal import Problem


class RoomsSetUp:
    @command
    def set_up_rooms(self, tx: Tx, request: SetUpRooms) -> HotelRooms:
        """Refuses with NoSuchProperty, NotARoom, and with RoomTaken where a room that is counted on changes type."""
        house = properties.read(tx, request.property)
        rooms = sorted(checked_rooms(request.rooms, house), key=lambda each: each[0].number.lower())
        time = checked_time(request.dirty_at)
        known = store.lock_numbers(tx, house.id, [room.number for room, _ in rooms])
        other_type = [
            known[room.number.lower()][0]
            for room, kind in rooms
            if room.number.lower() in known and known[room.number.lower()][1] != kind
        ]
        _refuse_counted_on(tx, other_type)
        for room, kind in rooms:
            if found := known.get(room.number.lower()):
                store.change(tx, found[0], room, kind)
            elif not store.add(tx, house.id, new_id(tx.now), room, kind):
                raise Again
        store.set_dirty_at(tx, house.id, time, again=request.dirty_at is not None)
        _tell(tx, [room_id for room_id, _ in known.values()])
        return _all(tx, house)

    @query
    def read_rooms(self, tx: Tx, request: ReadRooms) -> HotelRooms:
        return _all(tx, properties.read(tx, request.property))

    @query
    def read_room(self, tx: Tx, request: ReadRoom) -> HotelRoom:
        return store.read(tx, request.room_id)

    @command
    def change_room(self, tx: Tx, request: ChangeRoom) -> HotelRoom:
        before = _locked(tx, request.room_id, request.version)
        room, kind = checked_room(request.room, properties.read(tx, str(before.property_id)))
        if room.room_type != before.room_type:
            _refuse_counted_on(tx, [before.id])
        if not store.change(tx, before.id, room, kind):
            raise NotARoom(errors=[Problem("/room/number", "Another room has it.")])
        _tell(tx, [before.id])
        return store.read(tx, before.id)

    @command
    def retire_room(self, tx: Tx, request: RetireRoom) -> HotelRoom:
        before = _locked(tx, request.room_id, request.version)
        if before.retired_on is None:
            _refuse_counted_on(tx, [before.id])
            store.retire(tx, before.id)
            _tell(tx, [before.id])
        return store.read(tx, before.id)

    @command
    def close_room(self, tx: Tx, request: CloseRoom) -> HotelRoom:
        """Refuses with UnknownRoom, NotARoom, RoomOccupied and RoomTaken."""
        room = store.read(tx, request.room_id)
        house = properties.read(tx, str(room.property_id))
        reason = checked_closure(request, tx.now.astimezone(ZoneInfo(house.time_zone)).date())
        nights = request.first, request.until
        stays = assigning.lock_bookings(tx, store.stays_in(tx, room.id, *nights))
        if request.kind == "out_of_order":
            store.lock_nights(tx, room.id, *nights)
        present = _locked(tx, room.id)
        if present.room_type != room.room_type or {*store.stays_in(tx, room.id, *nights)} - {b.id for b in stays}:
            raise Again
        if present.retired_on:
            raise RoomTaken("The room is no room any more.")
        for stay in stays:
            held = assigning.of_bookings(tx, [stay.id])
            lost = [e for e in held if e.room_id == room.id and e.first < request.until and request.first < e.until]
            if any(each.occupied for each in lost):
                raise RoomOccupied("Guests are in the room: move them first.")
            if lost:
                after = flagged(replace(stay, version=stay.version + 1, changed_at=tx.now), ROOM_LOST)
                take_out(tx, after, held, lost)
                told(tx, after, stay)
        store.close(tx, new_id(tx.now), present, request.kind, *nights, reason)
        return _closed(tx, room.id, nights, request.kind == "out_of_order")

    @command
    def end_closure(self, tx: Tx, request: EndClosure) -> HotelRoom:
        """Refuses with UnknownRoom, NoSuchClosure and NotARoom."""
        room = store.read(tx, request.room_id)
        house = properties.read(tx, str(room.property_id))
        today = tx.now.astimezone(ZoneInfo(house.time_zone)).date()
        closure = next((each for each in room.closures if each.id == request.closure_id), None)
        if closure is None:
            raise NoSuchClosure
        until = request.until or max(today, closure.first)
        if not max(today, closure.first) <= until <= closure.until:
            raise NotARoom(errors=[Problem("/until", "Must be from today on, within the closure.")])
        nights = until, closure.until
        if closure.kind == "out_of_order":
            store.lock_nights(tx, room.id, *nights)
        if closure not in _locked(tx, room.id).closures:
            raise Again
        store.shorten(tx, closure.id, until)
        return _closed(tx, room.id, nights, closure.kind == "out_of_order")


def _locked(tx: Tx, room_id: UUID, version: int | None = None) -> HotelRoom:
    """Refuses with UnknownRoom, and with RoomHasChanged where it is not the version that was read."""
    assigning.lock_rooms(tx, [room_id])
    room = store.read(tx, room_id)
    if version not in (None, room.version):
        raise RoomHasChanged(facts={"version": str(room.version)})
    return room


def _closed(tx: Tx, room_id: UUID, nights: tuple[date, date], sold: bool) -> HotelRoom:
    """The room once its closures have changed; `sold` says that what may be sold on the nights has, too."""
    if sold:
        store.bound_nights(tx, room_id, *nights)
    _tell(tx, [room_id])
    return store.read(tx, room_id)


def _refuse_counted_on(tx: Tx, room_ids: Collection[UUID]) -> None:
    if room_ids and store.counted_on(tx, list(room_ids)):
        raise RoomTaken("Stays or closures count on the room as it is.")


def _tell(tx: Tx, room_ids: Collection[UUID]) -> None:
    for event in housekeeping.changed(tx, room_ids) if room_ids else ():
        tx.announce(event)


def _all(tx: Tx, house: Property) -> HotelRooms:
    time = store.dirty_at(tx, house.id)
    return HotelRooms(
        property_id=house.id,
        dirty_at=time.strftime("%H:%M") if time else None,
        types=tuple(store.by_type(tx, house.id)),
        items=tuple(store.read_all(tx, house.id)),
    )
