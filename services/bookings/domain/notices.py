"""What a well-formed notice does to the booking it is about."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from services.bookings.domain import booking as bookings
from services.bookings.domain import life, mapping
from services.bookings.domain.booking import Booking, Content
from services.bookings.domain.holding import hold_until
from services.bookings.domain.ids import new_id
from services.bookings.domain.mapping import House
from services.bookings.domain.nights import MOST_NIGHTS
from services.bookings.domain.people import people
from services.bookings.domain.people_following import fingerprint
from services.bookings.domain.rooms import Room, numbered, placed
from services.contracts.bookings import (
    BookingNotice,
    Commission,
    EndReason,
    NoticeCommission,
    NoticeRoom,
    NoticeState,
    State,
    StateForbids,
)
from services.contracts.values import Money, to_money

Trace = Callable[[bytes], bytes]

STALE = "stale revision"
CANCEL_OF_UNKNOWN = "cancel of unknown booking"
UNKNOWN_BOOKING = "unknown-booking"


class CannotApply(Exception):
    """Well formed, but not applicable as things are: parked under a code, and replayed when what it lacks is there."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(f"{code}: {text}")


@dataclass(frozen=True)
class Verdict:
    """`booking` is the new or changed booking where the notice is applied."""

    state: NoticeState
    why: str | None = None
    booking: Booking | None = None


def complete(notice: BookingNotice) -> bool:
    """Does it say enough to open a booking by?"""
    rooms = notice.rooms or notice.tentative
    return bool(notice.arrival and notice.departure and rooms and (notice.booker or notice.guests))


def judge(
    notice: BookingNotice,
    present: Booking | None,
    settled: int,
    house: House | None,
    now: datetime,
    trace: Trace | None = None,
) -> Verdict:
    """`present` is the booking the source means, `settled` the last revision applied of it (−1: none yet).

    `now` is when the notice came, though it may be applied later: a guest who cancelled in time has. `trace`: see
    `people_following.fingerprint`.
    """
    try:
        if notice.revision <= settled:
            return Verdict("ignored", STALE)
        if present is None:
            if notice.status == "cancelled":
                return Verdict("ignored", CANCEL_OF_UNKNOWN)
            return Verdict("applied", booking=_opened(notice, house, now, trace))
        if present.state not in life.OPEN and not _has_come_after_all(notice, present):
            return Verdict("ignored", f"booking is {present.state}")
        return Verdict("applied", booking=_followed(notice, present, house, now, trace))
    except CannotApply as lacking:
        return Verdict("parked", str(lacking))
    except StateForbids:
        return Verdict("ignored", f"booking is {present.state}" if present else None)


def _opened(notice: BookingNotice, house: House | None, now: datetime, trace: Trace | None) -> Booking:
    if not complete(notice) or not notice.arrival or not notice.departure:
        raise CannotApply(UNKNOWN_BOOKING, "there is no such booking yet, and too little to open it by")
    said = _content(notice, house, None, trace)
    assert house
    opened = Booking(
        id=new_id(now),
        state="tentative" if notice.tentative else "confirmed",
        property_id=house.id,
        property_code=house.code,
        country=house.country,
        time_zone=house.time_zone,
        source=notice.source,
        external_ref=notice.external_id,
        group=said.group,
        channel=notice.channel or notice.source,
        method=notice.method or "channel",
        arrival=notice.arrival,
        departure=notice.departure,
        held_until=notice.departure,
        held_until_at=hold_until(house, notice.arrival, now) if notice.tentative and said.rooms else None,
        rooms=numbered(said.rooms or (), (), 0),
        rooms_given=len(said.rooms or ()),
        price=Money(amount_minor=said.total_minor or 0, currency=house.currency),
        flags=() if notice.status == "new" else (bookings.CHANGE_BEFORE_NEW,),
        people=said.people or (),
        people_said=said.people_said,
        requests=notice.requests,
        commission=said.commission,
        asks_verification=house.verification == "unverified",
        booked_at=notice.booked_at or now,
        changed_at=now,
    )
    opened = bookings.with_needs_said(opened, said.needs)
    wanted = _state(notice)
    if wanted is None:
        return opened
    there = bookings.moved(opened, life.report(opened.state, wanted), now, reason=_reason(wanted))
    return replace(there, version=1)


def _followed(
    notice: BookingNotice, present: Booking, house: House | None, now: datetime, trace: Trace | None
) -> Booking:
    wanted = _state(notice)
    if wanted is not None:
        before: State = "confirmed" if _has_come_after_all(notice, present) else present.state
        return bookings.moved(present, life.report(before, wanted), now, reason=_reason(wanted))
    if house and house.id != present.property_id:
        raise CannotApply("another-property", "the booking is at another property: cancel it there, send a new one")
    after = bookings.changed(present, _content(notice, house, present, trace), now)
    if present.state == "tentative" and not notice.tentative and after.rooms:
        return replace(after, state="confirmed", held_until_at=None)  # what was asked for is booked now
    if after.state == "tentative" and house and after.rooms and not present.rooms:
        return replace(after, held_until_at=hold_until(house, after.arrival, now))
    return after


def _has_come_after_all(notice: BookingNotice, present: Booking) -> bool:
    """Whom the clock made a no-show, and of whom the source then says that they are, or were, in house."""
    by_the_clock = present.ending is not None and present.ending.reason == "not-arrived"
    return present.state == "no_show" and by_the_clock and notice.status in ("in_house", "departed")


def _reason(wanted: State) -> EndReason | None:
    return "source" if wanted in life.GIVEN_UP else None


def _state(notice: BookingNotice) -> State | None:
    """The state the source reports, where it reports one; `new` and `modified` say what is booked instead."""
    return None if notice.status == "new" or notice.status == "modified" else notice.status


def _content(notice: BookingNotice, house: House | None, present: Booking | None, trace: Trace | None) -> Content:
    if present and notice.group == present.group:
        notice = replace(notice, group=None)  # nothing new, whatever has become of the group
    if lacking := mapping.lacking(notice, house):
        raise CannotApply(*lacking)
    assert house
    notice = mapping.in_our_words(notice, house)
    types = {kind.code: kind.id for kind in house.room_types}
    dates = _dates(notice, present)
    prices = [to_money(room.price) if room.price else None for room in notice.rooms]
    total = to_money(notice.total) if notice.total and not any(prices) else None
    commission = _commission(notice.commission)
    if any(price and price.currency != house.currency for price in (*prices, total)):
        raise CannotApply("wrong-currency", f"the property takes {house.currency}")
    rooms = tuple(
        _room(room, types[room.room_type], price, dates) for room, price in zip(notice.rooms, prices, strict=True)
    )
    named = people(notice)
    priced = [price.amount_minor for price in (*prices, total) if price]
    return Content(
        arrival=notice.arrival,
        departure=notice.departure,
        rooms=rooms or None,
        total_minor=sum(priced) if priced else None,
        people=named or None,
        people_said=fingerprint(named, trace) if named else None,
        group=notice.group,
        channel=notice.channel,
        method=notice.method,
        requests=notice.requests,
        needs=notice.needs,
        commission=commission,
    )


def _dates(notice: BookingNotice, present: Booking | None) -> tuple[date, date]:
    """The booking's, as they are said or else known."""
    arrival, departure = notice.arrival, notice.departure
    if present:
        arrival, departure = arrival or present.arrival, departure or present.departure
    if arrival is None or departure is None or not 1 <= (departure - arrival).days <= MOST_NIGHTS:
        raise CannotApply("dates-do-not-fit", "with the dates known so far the departure is not after the arrival")
    return arrival, departure


def _room(said: NoticeRoom, room_type_id: UUID, price: Money | None, dates: tuple[date, date]) -> Room:
    arrival, departure = said.arrival or dates[0], said.departure or dates[1]
    if not dates[0] <= arrival < departure <= dates[1]:
        raise CannotApply("dates-do-not-fit", "a room's own dates are not within those known of the booking")
    room = Room(
        room_type_id=room_type_id,
        room_type=said.room_type,
        adults=said.adults,
        children=said.children,
        price_minor=price.amount_minor if price else None,
        rate=said.rate,
        child_ages=said.child_ages,
    )
    return placed(room, room.stays(arrival, departure), *dates)


def _commission(said: NoticeCommission | None) -> Commission | None:
    if said is None:
        return None
    return Commission(amount=to_money(said.amount) if said.amount else None, basis_points=said.basis_points)
