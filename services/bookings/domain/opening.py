"""Direct bookings and properties: what a valid one is. What is not is refused with a pointer for each fault."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import available_timezones

from services.bookings.domain.booking import Booking, Room, everybody_known
from services.bookings.domain.ids import new_id
from services.bookings.domain.nights import MOST_NIGHTS
from services.bookings.domain.texts import faults, tidy, without_cards
from services.contracts.bookings import (
    DoNotBook,
    NotABooking,
    NotAProperty,
    OpenBooking,
    Person,
    Property,
    Role,
    SetUpProperty,
)
from services.contracts.values import Money, decimals
from services.kit.refusal import Invalid, Problem, Refusal

MOST_ROOMS = 50
MOST_GUESTS = 100
FARTHEST = timedelta(days=5 * 366)
MOST_AMOUNT = 10**12  # minor units

_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
_COUNTRY = re.compile(r"[A-Z]{2}")
_NAMES = {
    "given_name": 200,
    "family_name": 200,
    "company": 200,
    "email": 320,
    "phone": 60,
    "language": 20,
    "country": 20,
}


def open_all(
    requests: Sequence[OpenBooking], house_of: Callable[[str], Property], now: datetime
) -> list[Booking | Refusal]:
    """For each request a new booking, or why there is none."""
    return [_or_refused(request, house_of, now) for request in requests]


def _or_refused(request: OpenBooking, house_of: Callable[[str], Property], now: datetime) -> Booking | Refusal:
    try:
        opened = open_direct(request, house_of(request.property), now)
    except Refusal as refusal:
        return refusal
    return DoNotBook() if request.do_not_book else opened


def open_direct(request: OpenBooking, house: Property, now: datetime) -> Booking:
    """A new booking of a valid request; refuses with NotABooking."""
    problems = list(_faults(request, house, now.date()))
    if problems:
        raise NotABooking(errors=problems[:50])
    types = {kind.code: kind for kind in house.room_types}
    rooms = tuple(
        Room(
            room_type_id=types[room.room_type].id,
            room_type=room.room_type,
            adults=room.adults,
            children=room.children,
            price_minor=room.price.amount_minor if room.price else None,
        )
        for room in request.rooms
    )
    total = sum(room.price_minor or 0 for room in rooms)
    people = _people(request.booker, request.guests)
    return Booking(
        id=new_id(now),
        state="tentative" if request.tentative else "confirmed",
        property_id=house.id,
        property_code=house.code,
        country=house.country,
        time_zone=house.time_zone,
        source="direct",
        channel=tidy(request.channel),
        method=tidy(request.method),
        arrival=request.arrival,
        departure=request.departure,
        held_until=request.departure,
        rooms=rooms,
        price=request.price or Money(amount_minor=total, currency=house.currency),
        people=people,
        identified=everybody_known(people),
        requests=without_cards(request.requests) or None,
        booked_at=now,
        changed_at=now,
    )


def check_property(request: SetUpProperty) -> None:
    """Refuses with NotAProperty."""
    problems = list(_faults_of_property(request))
    if problems:
        raise NotAProperty(errors=problems[:50])


def _faults(request: OpenBooking, house: Property, today: date) -> Iterator[Problem]:
    if not date(2000, 1, 1) <= request.arrival <= today + FARTHEST:
        yield Problem("/arrival", "Must not be more than five years ahead, nor before 2000.")
    nights = (request.departure - request.arrival).days
    if nights < 1:
        yield Problem("/departure", "Must be after the arrival.")
    elif nights > MOST_NIGHTS:
        yield Problem("/departure", f"More than {MOST_NIGHTS} nights.")
    yield from _faults_of_rooms(request, house)
    if request.price:
        yield from _faults_of_amount("/price", request.price, house.currency)
    yield from faults("/channel", request.channel, 60)
    yield from faults("/method", request.method, 60)
    yield from faults("/requests", request.requests, 4000, lines=True)
    if len(request.guests) > MOST_GUESTS:
        yield Problem("/guests", f"More than {MOST_GUESTS}.")
    yield from _faults_of_person("/booker", request.booker)
    for n, guest in enumerate(request.guests[:MOST_GUESTS]):
        yield from _faults_of_person(f"/guests/{n}", guest)


def _faults_of_rooms(request: OpenBooking, house: Property) -> Iterator[Problem]:
    if not 1 <= len(request.rooms) <= MOST_ROOMS:
        yield Problem("/rooms", f"From 1 to {MOST_ROOMS} rooms.")
    types = {kind.code: kind for kind in house.room_types}
    for n, room in enumerate(request.rooms[:MOST_ROOMS]):
        kind = types.get(room.room_type)
        if kind is None:
            yield Problem(f"/rooms/{n}/room_type", "The property has no such room type.")
        people = room.adults + room.children
        if room.adults < 0 or room.children < 0 or people < 1:
            yield Problem(f"/rooms/{n}/adults", "Nobody stays in this room.")
        elif kind and people > kind.occupancy:
            yield Problem(f"/rooms/{n}/adults", f"At most {kind.occupancy} people stay in this room.")
        if room.price:
            yield from _faults_of_amount(f"/rooms/{n}/price", room.price, house.currency)


def _faults_of_amount(pointer: str, money: Money, currency: str) -> Iterator[Problem]:
    if money.currency != currency:
        yield Problem(f"{pointer}/currency", f"The property takes {currency}.")
    if not 0 <= money.amount_minor <= MOST_AMOUNT:
        yield Problem(f"{pointer}/amount", "Must not be negative, nor beyond what rooms cost.")


def _faults_of_person(pointer: str, person: Person) -> Iterator[Problem]:
    for name, most in _NAMES.items():
        yield from faults(f"{pointer}/{name}", getattr(person, name), most)
    said = (person.profile_id, person.given_name, person.family_name, person.company, person.email, person.phone)
    if not any(said):
        yield Problem(pointer, "Needs a profile, a name, an e-mail or a phone number.")


def _faults_of_property(request: SetUpProperty) -> Iterator[Problem]:
    if not _CODE.fullmatch(request.code):
        yield Problem("/code", "Up to 40 letters, digits, dots, dashes and underscores.")
    yield from faults("/name", request.name, 200, needed=True)
    try:
        decimals(request.currency)
    except Invalid as refused:
        yield from refused.errors
    if request.time_zone not in available_timezones():
        yield Problem("/time_zone", "Not a time zone of the IANA database.")
    if not _COUNTRY.fullmatch(request.country):
        yield Problem("/country", "Not an ISO 3166-1 alpha-2 country code.")
    codes = [kind.code for kind in request.room_types]
    for n, kind in enumerate(request.room_types):
        if not _CODE.fullmatch(kind.code) or kind.code in codes[:n]:
            yield Problem(f"/room_types/{n}/code", "Not a code, or there twice.")
        yield from faults(f"/room_types/{n}/name", kind.name, 200, needed=True)
        bounds = {"capacity": (0, 100_000), "overbooking": (0, 100_000), "occupancy": (1, 100)}
        for name, (least, most) in bounds.items():
            if not least <= getattr(kind, name) <= most:
                yield Problem(f"/room_types/{n}/{name}", f"Must be from {least} to {most}.")


def _people(booker: Person, guests: Sequence[Person]) -> tuple[Person, ...]:
    """Positions in order; who has no role gets one, and somebody is the primary guest."""
    given: list[tuple[Role, ...]] = [booker.roles or ("booker",), *(g.roles or ("additional",) for g in guests)]
    if not any("primary" in roles for roles in given):
        given[0] = (*given[0], "primary")
    return tuple(
        replace(_tidied(person), position=n, roles=roles)
        for n, (person, roles) in enumerate(zip((booker, *guests), given, strict=True))
    )


def _tidied(person: Person) -> Person:
    said: dict[str, str | UUID | None] = {name: tidy(getattr(person, name)) for name in _NAMES}
    for name in ("given_name", "family_name", "company"):
        said[name] = without_cards(said[name])  # type: ignore[arg-type]
    return replace(person, **said)  # type: ignore[arg-type]
