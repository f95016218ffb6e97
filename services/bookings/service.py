"""The doors of bookings."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator, Sequence
from datetime import date
from functools import cache, partial
from typing import Any
from uuid import UUID

from services.bookings import receiving
from services.bookings.domain import life
from services.bookings.domain.announcing import announce
from services.bookings.domain.booking import Booking, identified, moved
from services.bookings.domain.ids import new_id
from services.bookings.domain.nights import MOST_NIGHTS
from services.bookings.domain.opening import check_property, open_all
from services.bookings.store import bookings, notices, properties
from services.contracts import bookings as contract
from services.contracts.bookings import (
    Availability,
    BookingNotice,
    BookingPeople,
    BookingsFound,
    CancelBooking,
    CheckInBooking,
    CheckOutBooking,
    ConfirmBooking,
    CountersProof,
    CountNotices,
    DoNotBook,
    FindBookings,
    FindNotices,
    MarkNoShow,
    NotABooking,
    NotAProperty,
    NoticeCounts,
    NoticeReport,
    NoticesFound,
    OpenBooking,
    Properties,
    Property,
    ProveCounters,
    ReadAvailability,
    ReadBooking,
    ReadBookingPeople,
    ReadNotice,
    ReadProperties,
    ReceiveNotice,
    ReplayNotice,
    SetUpProperty,
    State,
)
from services.contracts.profiles import GuestsIdentified, LevelChanged
from services.contracts.values import Money
from services.kit.db import Tx
from services.kit.doors import Service, command, inbound, query, subscribe
from services.kit.refusal import Invalid, Problem, Refusal

MOST_AT_ONCE = 200


class BookingsService(Service):
    name = "bookings"

    # ── notices of other systems ─────────────────────────────────────────────────────────────────────────────────────

    @inbound("booking.notice", BookingNotice)
    def hear_notice(self, tx: Tx, notice: BookingNotice) -> None:
        receiving.receive(tx, notice)

    @command
    def receive_notice(self, tx: Tx, request: ReceiveNotice) -> NoticeReport:
        return receiving.receive(tx, request.notice)

    @command
    def replay_notice(self, tx: Tx, request: ReplayNotice) -> NoticeReport:
        return receiving.replay(tx, *notices.read(tx, request.notice_id))

    @query
    def read_notice(self, tx: Tx, request: ReadNotice) -> NoticeReport:
        return notices.read(tx, request.notice_id)[0]

    @query
    def find_notices(self, tx: Tx, request: FindNotices) -> NoticesFound:
        limit = _limit(request.limit)
        before = _cursor(request.cursor, 1)
        found = notices.find(
            tx,
            state=request.state,
            source=request.source,
            external_id=request.external_id,
            before=UUID(before[0]) if before else None,
            limit=limit + 1,
        )
        more = _next(found[limit - 1].notice_id) if len(found) > limit else None
        return NoticesFound(items=tuple(found[:limit]), next=more)

    @query
    def count_notices(self, tx: Tx, request: CountNotices) -> NoticeCounts:
        return NoticeCounts(counts=tuple(notices.counts(tx, request.source)))

    # ── who the people are ───────────────────────────────────────────────────────────────────────────────────────────

    @subscribe(GuestsIdentified, together=True)
    def link_people(self, tx: Tx, event: GuestsIdentified) -> None:
        before = bookings.lock(tx, event.booking_id)
        settled = before.state == "cancelled" and before.identified
        if event.booking_version < before.people_version or settled:
            return
        unwelcome = sorted({p.profile_id for p in event.people if p.do_not_book})
        for profile_id in unwelcome:
            bookings.remember_unwelcome(tx, profile_id, 0, True)
        found = {p.position: p.profile_id for p in event.people}
        after = identified(before, found, unwelcome, tx.now)
        if after != before:
            _keep(tx, after, before)

    @subscribe(LevelChanged, together=True)
    def remember_level(self, tx: Tx, event: LevelChanged) -> None:
        bookings.remember_unwelcome(tx, event.profile_id, event.version, event.do_not_book)

    @query
    def read_booking_people(self, tx: Tx, request: ReadBookingPeople) -> BookingPeople:
        found = bookings.read(tx, request.booking_id)
        return BookingPeople(
            booking_id=found.id,
            version=found.people_version,
            identified=found.identified,
            country=found.country,
            people=found.people,
        )

    # ── bookings ─────────────────────────────────────────────────────────────────────────────────────────────────────

    @command(together=True)
    def open_booking(self, tx: Tx, requests: Sequence[OpenBooking]) -> Iterator[contract.Booking | Refusal]:
        """Book stays; refuses with NoSuchProperty, NotABooking, DoNotBook and NoRoomLeft."""
        judged = open_all(requests, cache(partial(properties.read, tx)), tx.now)
        told = [each if isinstance(each, Refusal) else announce(each) for each in judged]
        unwelcome = bookings.open_bookings(tx, [each[0] for each in told if not isinstance(each, Refusal)])
        for each in told:
            if isinstance(each, Refusal):
                yield each
                continue
            opened, event = each
            if opened.id in unwelcome:
                yield DoNotBook()
                continue
            if event:
                tx.announce(event)
            yield shown(opened)

    @command
    def confirm_booking(self, tx: Tx, request: ConfirmBooking) -> contract.Booking:
        return _move(tx, request.booking_id, "confirmed")

    @command
    def cancel_booking(self, tx: Tx, request: CancelBooking) -> contract.Booking:
        return _move(tx, request.booking_id, "cancelled")

    @command
    def check_in_booking(self, tx: Tx, request: CheckInBooking) -> contract.Booking:
        return _move(tx, request.booking_id, "in_house")

    @command
    def check_out_booking(self, tx: Tx, request: CheckOutBooking) -> contract.Booking:
        return _move(tx, request.booking_id, "departed")

    @command
    def mark_no_show(self, tx: Tx, request: MarkNoShow) -> contract.Booking:
        return _move(tx, request.booking_id, "no_show")

    @query
    def read_booking(self, tx: Tx, request: ReadBooking) -> contract.Booking:
        return shown(bookings.read(tx, request.booking_id))

    @query
    def find_bookings(self, tx: Tx, request: FindBookings) -> BookingsFound:
        limit = _limit(request.limit)
        after = _cursor(request.cursor, 2)
        found = bookings.find(
            tx,
            profile_id=request.profile_id,
            external_ref=request.external_ref,
            property_id=properties.read(tx, request.property).id if request.property else None,
            arrival=request.arrival,
            after=(date.fromisoformat(after[0]), UUID(after[1])) if after else None,
            limit=limit + 1,
        )
        more = _next(found[limit - 1].arrival, found[limit - 1].id) if len(found) > limit else None
        return BookingsFound(items=tuple(shown(b) for b in found[:limit]), next=more)

    # ── properties ───────────────────────────────────────────────────────────────────────────────────────────────────

    @command
    def set_up_property(self, tx: Tx, request: SetUpProperty) -> Property:
        """Room types that are not named stay as they are: stays refer to them. The currency never changes."""
        check_property(request)
        property_id = properties.set_up(tx, request, new_id(tx.now))
        if property_id is None:
            raise NotAProperty(errors=[Problem("/currency", "A property keeps its currency.")])
        kinds = [(new_id(tx.now), kind) for kind in sorted(request.room_types, key=lambda k: k.code)]
        if kinds:
            properties.set_up_room_types(tx, property_id, kinds)
        return properties.read(tx, request.code)

    @query
    def read_properties(self, tx: Tx, request: ReadProperties) -> Properties:
        if request.property:
            return Properties(items=(properties.read(tx, request.property),))
        return Properties(items=tuple(properties.read_all(tx)))

    @query
    def read_availability(self, tx: Tx, request: ReadAvailability) -> Availability:
        if not 1 <= (request.until - request.first).days <= MOST_NIGHTS:
            raise NotABooking(errors=[Problem("/until", f"From 1 to {MOST_NIGHTS} nights after the first.")])
        return properties.availability(tx, request.property, request.first, request.until)

    @query
    def prove_counters(self, tx: Tx, request: ProveCounters) -> CountersProof:
        house = properties.read(tx, request.property) if request.property else None
        checked, room_nights, off = bookings.counters(tx, house.id if house else None)
        return CountersProof(nights_checked=checked, room_nights=room_nights, differing=len(off))


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
            )
            for r in booking.rooms
        ),
        price=booking.price,
        flags=booking.flags,
        people=booking.people,
        requests=booking.requests,
        booked_at=booking.booked_at,
        changed_at=booking.changed_at,
    )


def _move(tx: Tx, booking_id: UUID, state: State) -> contract.Booking:
    """One step in the booking's life; refuses with NoSuchBooking and StateForbids."""
    before = bookings.lock(tx, booking_id)
    after = moved(before, life.step(before.state, state), tx.now)
    bookings.move_rooms(tx, before.holding, after.holding)
    return shown(_keep(tx, after, before))


def _keep(tx: Tx, after: Booking, before: Booking) -> Booking:
    after, event = announce(after)
    bookings.save(tx, after, before)
    if event:
        tx.announce(event)
    return after


def _limit(asked: int) -> int:
    return max(1, min(asked, MOST_AT_ONCE))


def _next(*key: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps([str(part) for part in key]).encode()).decode()


def _cursor(given: str | None, parts: int) -> list[str] | None:
    if not given:
        return None
    try:
        key = json.loads(base64.urlsafe_b64decode(given.encode()))
        UUID(key[parts - 1])
        if parts == 2:
            date.fromisoformat(key[0])
    except (ValueError, TypeError, IndexError, AttributeError, binascii.Error, UnicodeError):
        raise Invalid(errors=[Problem("/cursor", "Not a cursor of this list.")]) from None
    return list(key)
