"""Stays: opened directly, moved through their life at the desk, found again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from functools import cache, partial
from uuid import UUID

from services.bookings.domain import booking as kept
from services.bookings.domain import life
from services.bookings.domain.announcing import announce
from services.bookings.domain.booking import moved
from services.bookings.domain.opening import open_all
from services.bookings.doors import listing
from services.bookings.doors.assigning import checked_in
from services.bookings.doors.keeping import keep, shown, shown_after, with_assigned
from services.bookings.doors.routing import refuse_others, with_routing
from services.bookings.store import bookings, nights, people, properties
from services.contracts.bookings import (
    Booking,
    BookingsFound,
    CheckInBooking,
    CheckOutBooking,
    FindBookings,
    OpenBooking,
    ReadBooking,
    State,
)
from services.kit.db import Tx
from services.kit.doors import command, query
from services.kit.refusal import Invalid, Problem, Refusal


class Stays:
    @command(together=True)
    def open_booking(self, tx: Tx, requests: Sequence[OpenBooking]) -> Iterator[Booking | Refusal]:
        """Book stays; refuses with NoSuchProperty, NotABooking, DoNotBook, Closed, MinimumStay, NoRoomLeft."""
        judged = open_all(requests, cache(partial(properties.read, tx)), tx.now)
        told = [each if isinstance(each, Refusal) else announce(each) for each in judged]
        refused = bookings.open_bookings(tx, [each[0] for each in told if not isinstance(each, Refusal)])
        for each in told:
            if isinstance(each, Refusal):
                yield each
                continue
            opened, event = each
            if opened.id in refused:
                yield refused[opened.id]
                continue
            if event:
                tx.announce(event)
            yield shown(opened)

    @command
    def check_in_booking(self, tx: Tx, request: CheckInBooking) -> Booking:
        return _move(tx, request.booking_id, "in_house", partial(checked_in, tx, request))

    @command
    def check_out_booking(self, tx: Tx, request: CheckOutBooking) -> Booking:
        return _move(tx, request.booking_id, "departed")

    @query
    def read_booking(self, tx: Tx, request: ReadBooking) -> Booking:
        found = with_routing(tx, with_assigned(tx, [shown(bookings.read(tx, request.booking_id))]))[0]
        return replace(found, departed_guests=people.departed(tx, found.id)) if found.state == "departed" else found

    @query
    def find_bookings(self, tx: Tx, request: FindBookings) -> BookingsFound:
        if request.role and not request.profile_id:
            raise Invalid(errors=[Problem("/role", "Say whose: name a profile.")])
        limit = listing.limit(request.limit)
        after = listing.position(request.cursor, date.fromisoformat, UUID)
        found = bookings.find(
            tx,
            profile_id=request.profile_id,
            role=request.role,
            when=request.when,
            external_ref=request.external_ref,
            property_id=properties.read(tx, request.property).id if request.property else None,
            arrival=request.arrival,
            after=after,
            limit=limit + 1,
        )
        more = listing.cursor_of(found[limit - 1].arrival, found[limit - 1].id) if len(found) > limit else None
        return BookingsFound(items=with_routing(tx, with_assigned(tx, [shown(b) for b in found[:limit]])), next=more)


def _move(
    tx: Tx, booking_id: UUID, state: State, keeping: Callable[[kept.Booking, kept.Booking], kept.Booking] | None = None
) -> Booking:
    """One step in the booking's life; refuses with NoSuchBooking, NotInTeam and StateForbids."""
    before = bookings.lock(tx, booking_id)
    routing = refuse_others(tx, booking_id)
    after = moved(before, life.step(before.state, state), tx.now)
    nights.move(tx, before.holding, after.holding)
    return shown_after(tx, (keeping or partial(keep, tx))(after, before), routing)
