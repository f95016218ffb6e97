"""What a well-formed notice does to the booking it is about."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from services.bookings.domain import booking as bookings
from services.bookings.domain import life
from services.bookings.domain.booking import Booking, Content, Room
from services.bookings.domain.ids import new_id
from services.bookings.domain.nights import MOST_NIGHTS
from services.contracts.bookings import (
    BookingNotice,
    NoticePerson,
    NoticeState,
    Person,
    Property,
    Role,
    State,
    StateForbids,
)
from services.contracts.values import Money, to_money

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
    return bool(notice.arrival and notice.departure and notice.rooms and (notice.booker or notice.guests))


def judge(
    notice: BookingNotice, present: Booking | None, settled: int, house: Property | None, now: datetime
) -> Verdict:
    """`present` is the booking the source means, `settled` the last revision applied of it (−1: none yet).

    `now` is when the notice came, though it may be applied later: a guest who cancelled in time has.
    """
    try:
        if notice.revision <= settled:
            return Verdict("ignored", STALE)
        if present is None:
            if notice.status == "cancelled":
                return Verdict("ignored", CANCEL_OF_UNKNOWN)
            return Verdict("applied", booking=_opened(notice, house, now))
        if present.state not in life.OPEN:
            return Verdict("ignored", f"booking is {present.state}")
        return Verdict("applied", booking=_followed(notice, present, house, now))
    except CannotApply as lacking:
        return Verdict("parked", str(lacking))
    except StateForbids:
        return Verdict("ignored", f"booking is {present.state}" if present else None)


def _opened(notice: BookingNotice, house: Property | None, now: datetime) -> Booking:
    if not complete(notice) or not notice.arrival or not notice.departure:
        raise CannotApply(UNKNOWN_BOOKING, "there is no such booking yet, and too little to open it by")
    said = _content(notice, house)
    assert house
    opened = Booking(
        id=new_id(now),
        property_id=house.id,
        property_code=house.code,
        country=house.country,
        time_zone=house.time_zone,
        source=notice.source,
        external_ref=notice.external_id,
        channel=notice.channel,
        method="channel",
        arrival=notice.arrival,
        departure=notice.departure,
        held_until=notice.departure,
        rooms=said.rooms or (),
        price=Money(amount_minor=said.total_minor or 0, currency=house.currency),
        flags=() if notice.status == "new" else (bookings.CHANGE_BEFORE_NEW,),
        people=said.people or (),
        requests=notice.requests,
        booked_at=notice.booked_at or now,
        changed_at=now,
    )
    wanted = _state(notice)
    if wanted is None:
        return opened
    there = bookings.moved(opened, life.report(opened.state, wanted), now)
    return replace(there, version=1)


def _followed(notice: BookingNotice, present: Booking, house: Property | None, now: datetime) -> Booking:
    wanted = _state(notice)
    if wanted is not None:
        return bookings.moved(present, life.report(present.state, wanted), now)
    if house and house.id != present.property_id:
        raise CannotApply("another-property", "the booking is at another property: cancel it there, send a new one")
    after = bookings.changed(present, _content(notice, house), now)
    if not 1 <= (after.departure - after.arrival).days <= MOST_NIGHTS:
        raise CannotApply("dates-do-not-fit", "with the dates known so far the departure is not after the arrival")
    return after


def _state(notice: BookingNotice) -> State | None:
    """The state the source reports, where it reports one; `new` and `modified` say what is booked instead."""
    return None if notice.status == "new" or notice.status == "modified" else notice.status


def _content(notice: BookingNotice, house: Property | None) -> Content:
    if house is None:
        raise CannotApply("unknown-property", "there is no property with this code")
    types = {kind.code: kind.id for kind in house.room_types}
    if any(room.room_type not in types for room in notice.rooms):
        raise CannotApply("unknown-room-type", "the property has no room type with this code")
    prices = [to_money(room.price) if room.price else None for room in notice.rooms]
    if any(price and price.currency != house.currency for price in prices):
        raise CannotApply("wrong-currency", f"the property takes {house.currency}")
    rooms = tuple(
        Room(
            room_type_id=types[room.room_type],
            room_type=room.room_type,
            adults=room.adults,
            children=room.children,
            price_minor=price.amount_minor if price else None,
        )
        for room, price in zip(notice.rooms, prices, strict=True)
    )
    priced = [price.amount_minor for price in prices if price]
    return Content(
        arrival=notice.arrival,
        departure=notice.departure,
        rooms=rooms or None,
        total_minor=sum(priced) if priced else None,
        people=people(notice) or None,
        channel=notice.channel,
        requests=notice.requests,
    )


def people(notice: BookingNotice) -> tuple[Person, ...]:
    """Booker first, then the guests; the first guest is the primary one, without guests the booker is.

    A guest with the booker's name (and no contradicting birth date or e-mail) is the booker.
    """
    if not notice.booker:
        return tuple(_person(n, guest, "additional" if n else "primary") for n, guest in enumerate(notice.guests))
    guests = list(notice.guests)
    same = next((n for n, guest in enumerate(guests) if _same(guest, notice.booker)), None)
    roles: tuple[Role, ...] = ("booker",)
    if not guests or same == 0:
        roles = ("booker", "primary")
    elif same is not None:
        roles = ("booker", "additional")
    booker = notice.booker
    if same is not None:
        booker = replace(booker, birth_date=booker.birth_date or guests[same].birth_date)
    others = [
        _person(n, guest, "additional" if at else "primary")
        for n, (at, guest) in enumerate(((at, g) for at, g in enumerate(guests) if at != same), start=1)
    ]
    return (_person(0, booker, *roles), *others)


def _same(guest: NoticePerson, booker: NoticePerson) -> bool:
    names = [(p.given_name or "", p.family_name or "") for p in (guest, booker)]
    if not all(names[0]) or [n.casefold() for n in names[0]] != [n.casefold() for n in names[1]]:
        return False
    pairs = ((guest.birth_date, booker.birth_date), (guest.email, booker.email))
    return all(not a or not b or a == b for a, b in pairs)


def _person(position: int, said: NoticePerson, *roles: Role) -> Person:
    return Person(
        position=position,
        roles=roles,
        given_name=said.given_name,
        family_name=said.family_name,
        company=said.company,
        email=said.email,
        phone=said.phone,
        language=said.language,
        country=said.country,
        birth_date=said.birth_date,
    )
