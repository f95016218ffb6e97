"""A booking as this service keeps it, and the changes it can go through. Every change makes a new, higher version."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from services.bookings.domain import life
from services.bookings.domain.nights import Holding
from services.contracts.bookings import Person, State
from services.contracts.values import Money

OVERBOOKED = "overbooked"
DO_NOT_BOOK = "do-not-book"
CHANGE_BEFORE_NEW = "change-before-new"


@dataclass(frozen=True, kw_only=True)
class Room:
    """One room for the whole stay; `price_minor` in the property's currency, where a price was given for it."""

    room_type_id: UUID
    room_type: str
    adults: int
    children: int
    price_minor: int | None = None


@dataclass(frozen=True, kw_only=True)
class Booking:
    """`people_version` is the version in which the people last changed, `identified` says that all have profiles.

    `told_state` and `told_facts` remember what was last announced, so that only differences are. `held_until` ends
    the nights that count as sold.
    """

    id: UUID
    version: int = 1
    state: State = "confirmed"
    property_id: UUID
    property_code: str
    country: str
    time_zone: str
    source: str
    external_ref: str | None = None
    channel: str | None = None
    method: str | None = None
    arrival: date
    departure: date
    held_until: date
    rooms: tuple[Room, ...]
    price: Money
    flags: tuple[str, ...] = ()
    people: tuple[Person, ...]
    people_version: int = 1
    identified: bool = False
    requests: str | None = None
    told_state: State | None = None
    told_facts: str | None = None
    booked_at: datetime
    changed_at: datetime

    @property
    def holding(self) -> Holding:
        return Holding(tuple(r.room_type_id for r in self.rooms), self.arrival, self.held_until)

    @property
    def profile_ids(self) -> tuple[UUID, ...]:
        """Everybody on it who has a profile, each once."""
        return tuple(dict.fromkeys(p.profile_id for p in self.people if p.profile_id))


@dataclass(frozen=True, kw_only=True)
class Content:
    """What a source says a booking is now; None where it says nothing of it, and then that stays as it was."""

    arrival: date | None = None
    departure: date | None = None
    rooms: tuple[Room, ...] | None = None
    total_minor: int | None = None
    people: tuple[Person, ...] | None = None
    channel: str | None = None
    requests: str | None = None


def moved(booking: Booking, state: State, now: datetime) -> Booking:
    """The booking in its next state, with the nights it holds there."""
    today = now.astimezone(ZoneInfo(booking.time_zone)).date()
    return replace(
        booking,
        state=state,
        held_until=life.held_until(state, booking.arrival, booking.departure, today),
        version=booking.version + 1,
        changed_at=now,
    )


def changed(booking: Booking, said: Content, now: datetime) -> Booking:
    """The booking as its source says it is now. People who are the same as before keep their profiles."""
    version = booking.version + 1
    departure = said.departure or booking.departure
    after = replace(
        booking,
        arrival=said.arrival or booking.arrival,
        departure=departure,
        held_until=departure,
        rooms=booking.rooms if said.rooms is None else said.rooms,
        price=booking.price if said.total_minor is None else replace(booking.price, amount_minor=said.total_minor),
        channel=said.channel or booking.channel,
        requests=said.requests or booking.requests,
        version=version,
        changed_at=now,
    )
    people = booking.people if said.people is None else _recognised(said.people, booking.people)
    if people == booking.people:
        return after
    return replace(after, people=people, people_version=version, identified=everybody_known(people))


def identified(booking: Booking, profiles: Mapping[int, UUID], unwelcome: Iterable[UUID], now: datetime) -> Booking:
    """The booking with its people's profiles, by position; the very same where that is nothing new.

    A cancelled one takes the links and nothing else.
    """
    people = tuple(replace(p, profile_id=profiles.get(p.position, p.profile_id)) for p in booking.people)
    linked = replace(booking, people=people, identified=everybody_known(people))
    if any(unwelcome) and booking.state != "cancelled":
        linked = flagged(linked, DO_NOT_BOOK)
    if linked == booking:
        return linked
    changed_at = booking.changed_at if booking.state == "cancelled" else now
    return replace(linked, version=booking.version + 1, changed_at=changed_at)


def flagged(booking: Booking, flag: str) -> Booking:
    return booking if flag in booking.flags else replace(booking, flags=(*booking.flags, flag))


def everybody_known(people: Iterable[Person]) -> bool:
    return all(p.profile_id for p in people)


def _recognised(people: tuple[Person, ...], before: tuple[Person, ...]) -> tuple[Person, ...]:
    known = {replace(p, profile_id=None): p.profile_id for p in before}
    return tuple(replace(p, profile_id=p.profile_id or known.get(p)) for p in people)
