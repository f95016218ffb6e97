"""The board of rooms on any day, and rooms for stays that were taken over without any."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from services.bookings.domain.assigning import Assignment, spans_of
from services.bookings.domain.booking import Booking
from services.bookings.doors import listing
from services.bookings.store import assigning, board, filling, properties
from services.contracts.bookings import Board, PlaceStays, ReadBoard, RoomPlace, RoomsAssigned, StaysPlaced
from services.kit.db import Tx
from services.kit.doors import command, query

_MOST_PLACED = 1000  # bookings whose rows are locked at once


class Boards:
    @query
    def read_board(self, tx: Tx, request: ReadBoard) -> Board:
        limit = listing.limit(request.limit)
        after = listing.position(request.cursor, str, int, str, UUID)
        house = properties.asked_for(tx, request.property)
        rooms, counts, last = board.read(tx, house, request.day, request.occupancy, request.housekeeping, after, limit)
        return Board(items=tuple(rooms), counts=counts, next=listing.cursor_of(*last) if last else None)

    @command
    def place_stays(self, tx: Tx, request: PlaceStays) -> StaysPlaced:
        """Locks bookings, then rooms, as all who assign do. Of stays that are over nobody is told."""
        most = max(1, min(request.limit, _MOST_PLACED))
        after = listing.position(request.cursor, date.fromisoformat, UUID)
        house = properties.read(tx, request.property)
        ids, last = filling.without_rooms(tx, house.id, request.first, after, most)
        stays = sorted(assigning.lock_bookings(tx, ids), key=lambda each: (each.arrival, each.id)) if ids else []
        has_room = {each.booking_id for each in assigning.of_bookings(tx, ids)}
        wanted = [
            (booking.id, room.position, span)
            for booking in stays
            if booking.state in ("confirmed", "departed") and booking.id not in has_room
            for room in booking.rooms
            for span in spans_of(booking, room.position)
        ]
        placed: list[Assignment] = []
        if wanted:
            known = assigning.lock_rooms(tx, (), house.id, {span.room_type for _, _, span in wanted})
            first, until = min(span.first for *_, span in wanted), max(span.until for *_, span in wanted)
            rooms = filling.rooms(tx, house.id, first, until)
            for booking_id, position, span in wanted:
                room_id = rooms.take(*span)
                if room_id in known:
                    placed.append(
                        Assignment(
                            booking_id=booking_id,
                            position=position,
                            room_id=room_id,
                            room_type_id=span.room_type,
                            number=known[room_id].number,
                            first=span.first,
                            until=span.until,
                        )
                    )
            assigning.put(tx, house.id, (), placed)
            for booking in stays:
                if booking.state == "confirmed" and (mine := [e for e in placed if e.booking_id == booking.id]):
                    tx.announce(_assigned(booking, mine))
        more = listing.cursor_of(*last) if last else None
        return StaysPlaced(looked_at=len(wanted), placed=len(placed), next=more)


def _assigned(booking: Booking, placed: list[Assignment]) -> RoomsAssigned:
    return RoomsAssigned(
        booking_id=booking.id,
        version=booking.version,
        property_id=booking.property_id,
        state=booking.state,
        rooms=tuple(
            RoomPlace(position=each.position, room_id=each.room_id, arrival=each.first, departure=each.until)
            for each in placed
        ),
    )
