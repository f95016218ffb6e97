"""Direct bookings: what a valid one is. What is not is refused with a pointer for each fault."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from services.bookings.domain.booking import Booking, everybody_known
from services.bookings.domain.holding import faults_of_hold, hold_until
from services.bookings.domain.ids import new_id
from services.bookings.domain.life import hotel_day
from services.bookings.domain.needs import faults_of_note, once, tidied_note
from services.bookings.domain.nights import MOST_NIGHTS
from services.bookings.domain.people import faults_of_ages, faults_of_person, tidied
from services.bookings.domain.people_following import is_company
from services.bookings.domain.rooms import Part, Room, placed
from services.bookings.domain.texts import faults, tidy, without_cards
from services.contracts.bookings import (
    BookedRoom,
    DoNotBook,
    NotABooking,
    OpenBooking,
    Person,
    Property,
    Role,
    RoomType,
)
from services.contracts.values import Money
from services.kit.refusal import Problem, Refusal

MOST_ROOMS = 50
MOST_GUESTS = 100
FIRST_DAY = date(2000, 1, 1)
FARTHEST = timedelta(days=5 * 366)
MOST_AMOUNT = 10**12  # minor units


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
    problems = list(_faults(request, house, now))
    if request.walk_in:
        problems += _faults_of_walk_in(request, now.astimezone(ZoneInfo(house.time_zone)))
    if problems:
        raise NotABooking(errors=problems[:50])
    types = {kind.code: kind for kind in house.room_types}
    dates = request.arrival, request.departure
    rooms = tuple(room_of(said, n, types, *dates) for n, said in enumerate(request.rooms))
    total = sum(room.price_minor or 0 for room in rooms)
    people = _people(request)
    return Booking(
        id=new_id(now),
        state="in_house" if request.walk_in else "tentative" if request.tentative else "confirmed",
        property_id=house.id,
        property_code=house.code,
        country=house.country,
        time_zone=house.time_zone,
        source="direct",
        channel=tidy(request.channel),
        method=request.method or ("walk-in" if request.walk_in else "web"),
        arrival=request.arrival,
        departure=request.departure,
        held_until=request.departure,
        held_until_at=_held_until_at(request, house, now),
        checked_in_at=now if request.walk_in else None,
        rooms=rooms,
        rooms_given=len(rooms),
        price=request.price or Money(amount_minor=total, currency=house.currency),
        people=people,
        identified=everybody_known(people),
        requests=without_cards(request.requests) or None,
        needs=once(request.needs),
        needs_note=tidied_note(request.needs_note),
        asks_verification=house.verification == "unverified",
        booked_at=now,
        changed_at=now,
    )


def room_of(said: BookedRoom, position: int, types: Mapping[str, RoomType], arrival: date, departure: date) -> Room:
    """A valid room as it is kept, in a booking of these dates."""
    room = Room(
        position=position,
        room_type_id=types[said.room_type].id,
        room_type=said.room_type,
        adults=said.adults,
        children=said.children,
        price_minor=said.price.amount_minor if said.price else None,
        rate=without_cards(tidy(said.rate)),
        child_ages=said.child_ages,
    )
    if not said.parts:
        return room
    parts = (Part(room_type_id=types[part.room_type].id, **vars(part)) for part in said.parts)
    return placed(room, parts, arrival, departure)


def faults_of_dates(arrival: date, departure: date, today: date) -> Iterator[Problem]:
    if not FIRST_DAY <= arrival <= today + FARTHEST:
        yield Problem("/arrival", "Must not be more than five years ahead, nor before 2000.")
    nights = (departure - arrival).days
    if nights < 1:
        yield Problem("/departure", "Must be after the arrival.")
    elif nights > MOST_NIGHTS:
        yield Problem("/departure", f"More than {MOST_NIGHTS} nights.")


def faults_of_room(
    pointer: str, room: BookedRoom, house: Property, arrival: date, departure: date
) -> Iterator[Problem]:
    """In a booking of these dates."""
    types = {kind.code: kind for kind in house.room_types}
    if room.room_type not in types:
        yield Problem(f"{pointer}/room_type", "The property has no such room type.")
    codes = {room.room_type, *(part.room_type for part in room.parts)}
    yield from faults_of_occupancy(f"{pointer}/adults", room, [types[code] for code in codes if code in types])
    yield from faults_of_ages(f"{pointer}/child_ages", room.child_ages, room.children)
    yield from faults(f"{pointer}/rate", room.rate, 60)
    if room.price:
        yield from faults_of_amount(f"{pointer}/price", room.price, house.currency)
    if room.parts and room.parts[0].room_type != room.room_type:
        yield Problem(f"{pointer}/parts/0/room_type", "Must be the room's own.")
    before = arrival
    for n, part in enumerate(room.parts):
        at = f"{pointer}/parts/{n}"
        if part.room_type not in types:
            yield Problem(f"{at}/room_type", "The property has no such room type.")
        if part.arrival < before or n and part.arrival != before:
            yield Problem(f"{at}/arrival", "Must be where the part before it ends, and within the booking's dates.")
        if not part.arrival < part.departure <= departure:
            yield Problem(f"{at}/departure", "Must be after the arrival, and within the booking's dates.")
        before = part.departure


def faults_of_occupancy(pointer: str, room: BookedRoom | Room, kinds: Sequence[RoomType]) -> Iterator[Problem]:
    people = room.adults + room.children
    most = min((kind.occupancy for kind in kinds), default=people)
    if room.adults < 0 or room.children < 0 or people < 1:
        yield Problem(pointer, "Nobody stays in this room.")
    elif people > most:
        yield Problem(pointer, f"At most {most} people stay in this room.")


def faults_of_amount(pointer: str, money: Money, currency: str) -> Iterator[Problem]:
    if money.currency != currency:
        yield Problem(f"{pointer}/currency", f"The property takes {currency}.")
    if not 0 <= money.amount_minor <= MOST_AMOUNT:
        yield Problem(f"{pointer}/amount", "Must not be negative, nor beyond what rooms cost.")


def _faults(request: OpenBooking, house: Property, now: datetime) -> Iterator[Problem]:
    yield from faults_of_dates(request.arrival, request.departure, now.date())
    if not 1 <= len(request.rooms) <= MOST_ROOMS:
        yield Problem("/rooms", f"From 1 to {MOST_ROOMS} rooms.")
    for n, room in enumerate(request.rooms[:MOST_ROOMS]):
        yield from faults_of_room(f"/rooms/{n}", room, house, request.arrival, request.departure)
    if request.price:
        yield from faults_of_amount("/price", request.price, house.currency)
    if request.held_until_at:
        if not request.tentative:
            yield Problem("/held_until_at", "Only a tentative booking is held for a time.")
        yield from faults_of_hold("/held_until_at", request.held_until_at, request.arrival, house.time_zone, now)
    yield from faults("/channel", request.channel, 60)
    yield from faults("/requests", request.requests, 4000, lines=True)
    yield from faults_of_note("/needs_note", request.needs_note)
    if len(request.guests) > MOST_GUESTS:
        yield Problem("/guests", f"More than {MOST_GUESTS}.")
    guests = {f"/guests/{n}": guest for n, guest in enumerate(request.guests[:MOST_GUESTS])}
    others = {"/contact": request.contact, "/payer": request.payer}
    for pointer, person in {"/booker": request.booker, **guests, **others}.items():
        if person:
            yield from _faults_of_person(pointer, person)


def _faults_of_walk_in(request: OpenBooking, there: datetime) -> Iterator[Problem]:
    """`there` is now, by the property's clock. Whoever comes in the small hours stays the night that is passing."""
    if request.arrival not in (there.date(), hotel_day(there)):
        yield Problem("/arrival", "A walk-in arrives today.")
    if request.tentative:
        yield Problem("/tentative", "Whoever walks in is there.")


def _faults_of_person(pointer: str, person: Person) -> Iterator[Problem]:
    yield from faults_of_person(pointer, person)
    said = (person.profile_id, person.given_name, person.family_name, person.company, person.email, person.phone)
    if not any(said):
        yield Problem(pointer, "Needs a profile, a name, an e-mail or a phone number.")


def _held_until_at(request: OpenBooking, house: Property, now: datetime) -> datetime | None:
    if not request.tentative:
        return None
    return request.held_until_at or hold_until(house, request.arrival, now)


def _people(request: OpenBooking) -> tuple[Person, ...]:
    """Positions in order; who has no role gets one, and somebody is the primary guest: the booker, but where a company
    holds the booking the first guest.

    Contact and payer may be people who are on it already, by their profile.
    """
    people = [request.booker, *request.guests]
    roles: list[tuple[Role, ...]] = [
        person.roles or ("additional" if n else "booker",) for n, person in enumerate(people)
    ]
    if not any("primary" in each for each in roles):
        n = 1 if is_company(people[0]) and request.guests else 0
        roles[n] = (*(role for role in roles[n] if role != "additional"), "primary")
    more: tuple[tuple[Role, Person | None], ...] = (("contact", request.contact), ("payer", request.payer))
    for role, person in more:
        if person is None:
            continue
        known = (n for n, other in enumerate(people) if person.profile_id and other.profile_id == person.profile_id)
        at = next(known, None)
        if at is None:
            people.append(person)
            roles.append((role,))
        else:
            roles[at] = (*roles[at], role)
    return tuple(tidied(person, position=n, roles=roles[n]) for n, person in enumerate(people))
