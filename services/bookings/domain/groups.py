"""Groups: what a valid one is, what it says of a booking picked up from it, and when its block is released."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from services.bookings.domain.booking import Booking
from services.bookings.domain.houses import MOST_ROOMS
from services.bookings.domain.ids import new_id
from services.bookings.domain.nights import MOST_NIGHTS, Night, days
from services.bookings.domain.opening import faults_of_amount, faults_of_dates, open_direct
from services.bookings.domain.people import faults_of_person, tidied
from services.bookings.domain.texts import faults, tidy, without_cards
from services.contracts.bookings import (
    BlockRooms,
    BookedRoom,
    ChangeGroup,
    Contact,
    DoNotBook,
    GroupHasChanged,
    GroupState,
    NotABooking,
    NotAGroup,
    OpenBooking,
    OpenGroup,
    Person,
    Property,
    StateForbids,
)
from services.contracts.values import Money
from services.kit.refusal import Problem

MOST_KINDS = 100
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")


@dataclass(frozen=True, kw_only=True)
class Agreed:
    """`rooms` of a type for one night, each for `price_minor` where a price was agreed on."""

    rooms: int
    price_minor: int | None = None


@dataclass(frozen=True, kw_only=True)
class Group:
    """What staff said of a group. `nights` are those of its block, `id` is what events know it by."""

    id: UUID
    code: str
    version: int = 1
    state: GroupState = "open"
    name: str
    arrival: date
    departure: date
    cut_off: date
    may_exceed: bool
    rate: str | None
    contact: Contact | None
    nights: Mapping[Night, Agreed]
    opened_at: datetime
    changed_at: datetime


def opened(request: OpenGroup, house: Property, now: datetime) -> Group:
    """Refuses with NotAGroup."""
    today = _today(house, now)
    cut_off = request.cut_off or (request.arrival if request.arrival > today else request.departure)
    group = Group(
        id=new_id(now),
        code=request.code,
        name=without_cards(tidy(request.name)) or "",
        arrival=request.arrival,
        departure=request.departure,
        cut_off=cut_off,
        may_exceed=request.may_exceed,
        rate=without_cards(tidy(request.rate)),
        contact=tidied_contact(request.contact),
        nights=_nights(request.rooms, house, request.arrival, request.departure),
        opened_at=now,
        changed_at=now,
    )
    problems = [*_faults_of_code(request.code), *_faults(group, request.contact, request.rooms, house, now)]
    if request.departure <= today:
        problems.append(Problem("/departure", "Must be after today."))
    if request.cut_off and cut_off <= today:
        problems.append(Problem("/cut_off", "Must be after today: on this day the block is released."))
    if not request.rooms:
        problems.append(Problem("/rooms", "Say which rooms are blocked."))
    if problems:
        raise NotAGroup(errors=problems[:50])
    return group


def changed(group: Group, request: ChangeGroup, house: Property, now: datetime) -> Group:
    """The group as it is to be; refuses with StateForbids, GroupHasChanged, NotAGroup."""
    still_there(group.state)
    if request.version != group.version:
        raise GroupHasChanged(facts={"version": str(group.version)})
    dates = request.arrival or group.arrival, request.departure or group.departure
    redated = dates != (group.arrival, group.departure)
    if redated and request.rooms is None:
        raise NotAGroup(errors=[Problem("/rooms", "Other nights: say all rooms that are blocked on them.")])
    cut_off = request.cut_off or (min(group.cut_off, dates[1]) if redated else group.cut_off)
    after = replace(
        group,
        name=group.name if request.name is None else without_cards(tidy(request.name)) or "",
        arrival=dates[0],
        departure=dates[1],
        cut_off=cut_off,
        may_exceed=group.may_exceed if request.may_exceed is None else request.may_exceed,
        rate=without_cards(tidy(request.rate)) or group.rate,
        contact=tidied_contact(request.contact) if request.contact else group.contact,
        nights=group.nights if request.rooms is None else _nights(request.rooms, house, *dates),
    )
    if problems := list(_faults(after, request.contact, request.rooms or (), house, now)):
        raise NotAGroup(errors=problems[:50])
    after = replace(after, state="open" if cut_off > _today(house, now) else "released")
    return after if after == group else replace(after, version=group.version + 1, changed_at=now)


def still_there(state: GroupState) -> None:
    """Refuses with StateForbids what has been cancelled."""
    if state in ("cancelling", "cancelled"):
        raise StateForbids("The group is cancelled.", facts={"state": state})


def picked_up(group: Group, house: Property, said: OpenBooking, now: datetime) -> Booking:
    """A new booking of the group, in its property; refuses with StateForbids, NotABooking, DoNotBook.

    Rooms that say no rate or price have those of the block: the price where all of their nights have one.
    """
    still_there(group.state)
    rooms = tuple(_as_agreed(room, group, house, said) for room in said.rooms)
    booking = open_direct(replace(said, rooms=rooms), house, now)
    if said.do_not_book:
        raise DoNotBook
    return replace(booking, group=group.code)


def refuse_elsewhere(house: Property, of_group: str) -> None:
    """Refuses with NotABooking a booking of a group at another property, whose code is `of_group`."""
    if house.code != of_group:
        raise NotABooking(errors=[Problem("/group", f"The group is at {of_group}.")])


def _as_agreed(room: BookedRoom, group: Group, house: Property, said: OpenBooking) -> BookedRoom:
    rate = room.rate or group.rate
    if room.price or said.price:
        return replace(room, rate=rate)
    types = {kind.code: kind.id for kind in house.room_types}
    stays = [(p.room_type, p.arrival, p.departure) for p in room.parts]
    stays = stays or [(room.room_type, said.arrival, said.departure)]
    agreed = [
        group.nights.get((types[kind], night))
        for kind, first, until in stays
        if kind in types
        # a stay of too many nights is refused, not counted
        for night in days(first, min(until, group.departure))
    ]
    nights = sum((until - first).days for _, first, until in stays)
    prices = [night.price_minor for night in agreed if night and night.price_minor is not None]
    if not prices or len(prices) < nights:
        return replace(room, rate=rate)
    return replace(room, rate=rate, price=Money(amount_minor=sum(prices), currency=house.currency))


def tidied_contact(said: Contact) -> Contact:
    person = tidied(_person(said))
    return Contact(**{name: getattr(person, name) for name in vars(said)})


def faults_of_contact(pointer: str, said: Contact) -> Iterator[Problem]:
    yield from faults_of_person(pointer, _person(said))
    if not any((said.profile_id, said.given_name, said.family_name, said.company, said.email, said.phone)):
        yield Problem(pointer, "Needs a profile, a name, an e-mail or a phone number.")


def _person(said: Contact) -> Person:
    return Person(**vars(said))


def is_code(said: str) -> bool:
    return bool(_CODE.fullmatch(said))


def _faults_of_code(code: str) -> Iterator[Problem]:
    if not is_code(code):
        yield Problem("/code", "Up to 40 letters, digits, dots, dashes and underscores.")


def _faults(
    group: Group, contact: Contact | None, rooms: Sequence[BlockRooms], house: Property, now: datetime
) -> Iterator[Problem]:
    yield from faults("/name", group.name, 200, needed=True)
    yield from faults("/rate", group.rate, 60)
    yield from faults_of_dates(group.arrival, group.departure, now.date())
    if group.cut_off > group.departure:
        yield Problem("/cut_off", "Must not be after the departure.")
    if contact:
        yield from faults_of_contact("/contact", contact)
    codes = [kind.code for kind in house.room_types]
    for n, said in enumerate(rooms[:MOST_KINDS]):
        at = f"/rooms/{n}"
        if said.room_type not in codes or said.room_type in [other.room_type for other in rooms[:n]]:
            yield Problem(f"{at}/room_type", "Not a room type of the property, or there twice.")
        if not 0 <= said.count <= MOST_ROOMS:
            yield Problem(f"{at}/count", f"Must be from 0 to {MOST_ROOMS}.")
        if said.price:
            yield from faults_of_amount(f"{at}/price", said.price, house.currency)
        times = Counter(night.night for night in said.nights)
        for m, night in enumerate(said.nights):
            if not group.arrival <= night.night < group.departure or times[night.night] > 1:
                yield Problem(f"{at}/nights/{m}/night", "Not a night of the group, or there twice.")
            if not 0 <= night.count <= MOST_ROOMS:
                yield Problem(f"{at}/nights/{m}/count", f"Must be from 0 to {MOST_ROOMS}.")
            if night.price:
                yield from faults_of_amount(f"{at}/nights/{m}/price", night.price, house.currency)


def _nights(rooms: Sequence[BlockRooms], house: Property, arrival: date, departure: date) -> dict[Night, Agreed]:
    """Night by night; what is not valid is refused by `_faults`, and left out here."""
    types = {kind.code: kind.id for kind in house.room_types}
    found: dict[Night, Agreed] = {}
    if (departure - arrival).days > MOST_NIGHTS:
        return found
    for said in rooms:
        others = {night.night: night for night in said.nights}
        for night in days(arrival, departure):
            other = others.get(night)
            rooms_then = other.count if other else said.count
            price = (other.price if other else None) or said.price
            if said.room_type in types and rooms_then > 0:
                minor = price.amount_minor if price else None
                found[types[said.room_type], night] = Agreed(rooms=rooms_then, price_minor=minor)
    return found


def _today(house: Property, now: datetime) -> date:
    return now.astimezone(ZoneInfo(house.time_zone)).date()
