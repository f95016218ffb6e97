"""A booking as this service keeps it, and the changes it can go through. Every change makes a new, higher version."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from services.bookings.domain import life, needs, people_following
from services.bookings.domain.nights import Holding, Span
from services.bookings.domain.rooms import Room, follow, numbered
from services.contracts.bookings import (
    Commission,
    Confirmation,
    Ending,
    EndReason,
    Method,
    Need,
    Person,
    State,
    StateForbids,
)
from services.contracts.values import Money

OVERBOOKED = "overbooked"
CLOSED = "closed"
MINIMUM_STAY = "minimum-stay"
RELOCATED = "relocated"
DO_NOT_BOOK = "do-not-book"
BEYOND_BLOCK = "beyond-block"
CHANGE_BEFORE_NEW = "change-before-new"
OVERDUE = "overdue"
CONTACT_LEFT_OUT = "contact-left-out"


@dataclass(frozen=True, kw_only=True)
class Booking:
    """`people_version` is the version in which the people last changed, `identified` says that all have profiles.

    `told_state`, `told_facts` and `told_profiles` remember what was last announced, so that only differences are.
    `held_until` ends the nights that count as sold. `rooms_given` and `people_given` count what it ever had: no
    position is given twice. `held_until_at` is when it ends by itself, while it is tentative. `people_said` and
    `needs_said` are what its source said of them the last time. `moved` says of profiles that stood on it who
    they turned out to be.
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
    group: str | None = None
    channel: str | None = None
    method: Method | None = None
    arrival: date
    departure: date
    held_until: date
    rooms: tuple[Room, ...]
    rooms_given: int
    price: Money
    flags: tuple[str, ...] = ()
    people: tuple[Person, ...]
    people_version: int = 1
    people_given: int = 0
    people_said: str | None = None
    identified: bool = False
    requests: str | None = None
    needs: tuple[Need, ...] = ()
    needs_note: str | None = None
    needs_said: tuple[str, ...] = ()
    commission: Commission | None = None
    told_state: State | None = None
    told_facts: str | None = None
    told_profiles: tuple[UUID, ...] = ()
    moved: Mapping[UUID, UUID] = field(default_factory=dict)
    relocated_from: UUID | None = None
    relocated_to: UUID | None = None
    held_until_at: datetime | None = None
    confirmation: Confirmation | None = None
    checked_in_at: datetime | None = None
    ending: Ending | None = None
    asks_verification: bool = False
    booked_at: datetime
    changed_at: datetime

    @property
    def holding(self) -> Holding:
        parts = (part for room in self.rooms for part in room.stays(self.arrival, self.departure))
        spans = tuple(Span(p.room_type_id, p.arrival, min(p.departure, self.held_until)) for p in parts)
        return Holding(spans, self.group)

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
    people_said: str | None = None
    group: str | None = None
    channel: str | None = None
    method: Method | None = None
    requests: str | None = None
    needs: tuple[str, ...] = ()
    commission: Commission | None = None


def moved(
    booking: Booking,
    state: State,
    now: datetime,
    *,
    reason: EndReason | None = None,
    note: str | None = None,
    by: str | None = None,
) -> Booking:
    """The booking in its next state, with the nights it holds there; one that is only asked for needs rooms first.

    `reason`, `note` and `by` (whom) are of one that is cancelled, or a no-show.
    """
    if state in ("confirmed", "in_house") and not booking.rooms:
        raise StateForbids("The booking has no room yet.", facts={"state": booking.state})
    today = now.astimezone(ZoneInfo(booking.time_zone)).date()
    ending = Ending(before=booking.state, at=now, reason=reason, note=note, by=by)
    return replace(
        booking,
        state=state,
        held_until=life.held_until(state, booking.arrival, booking.departure, today),
        held_until_at=booking.held_until_at if state in life.GIVEN_UP else None,
        checked_in_at={"in_house": now, "departed": booking.checked_in_at}.get(state),
        ending=ending if state in life.GIVEN_UP else None,
        flags=tuple(flag for flag in booking.flags if flag != OVERDUE),
        version=booking.version + 1,
        changed_at=now,
    )


def changed(booking: Booking, said: Content, now: datetime) -> Booking:
    """The booking as its source says it is now. What it says of people as it said before changes nothing of them."""
    dates = said.arrival or booking.arrival, said.departure or booking.departure
    if said.rooms is None:
        before = booking.arrival, booking.departure
        # a source that moves the stay off a room's own dates means the room for all of it
        rooms = tuple(follow(room, before, dates) or replace(room, parts=()) for room in booking.rooms)
    else:
        rooms = numbered(said.rooms, booking.rooms, booking.rooms_given)
    after = replace(
        booking,
        arrival=dates[0],
        departure=dates[1],
        held_until=dates[1],
        rooms=rooms,
        rooms_given=max([booking.rooms_given, *(room.position + 1 for room in rooms)]),
        price=booking.price if said.total_minor is None else replace(booking.price, amount_minor=said.total_minor),
        group=said.group or booking.group,
        channel=said.channel or booking.channel,
        method=said.method or booking.method,
        requests=said.requests or booking.requests,
        commission=said.commission or booking.commission,
        version=booking.version + 1,
        changed_at=now,
    )
    return with_needs_said(_with_people_said(after, said), said.needs)


def with_needs_said(booking: Booking, said: tuple[str, ...]) -> Booking:
    if not said:
        return booking
    codes, note = needs.followed(said, booking.needs_said, booking.needs, booking.needs_note)
    return replace(booking, needs=codes, needs_note=note, needs_said=said)


def _with_people_said(booking: Booking, said: Content) -> Booking:
    if said.people is None:
        return booking
    saying = said.people_said or people_following.fingerprint(said.people)
    if saying == booking.people_said:
        return booking
    people, given = people_following.followed(said.people, booking.people, booking.people_given)
    after = replace(booking, people=people, people_given=given, people_said=saying)
    if people == booking.people:
        return after
    return replace(after, people_version=booking.version, identified=everybody_known(people))


def identified(
    booking: Booking,
    profiles: Mapping[int, UUID],
    unwelcome: Iterable[UUID],
    now: datetime,
    left_out: Mapping[int, tuple[str, ...]] | None = None,
) -> Booking:
    """The booking with its people's profiles, by position, and what is not on these; the very same where that is
    nothing new.

    A cancelled one takes the links and nothing else. Whoever was found from before a move is who they turned out to be.
    """
    found = {position: booking.moved.get(profile_id, profile_id) for position, profile_id in profiles.items()}
    people = tuple(
        replace(p, profile_id=found[p.position], fields=None, left_out=(left_out or {}).get(p.position, ()))
        if p.position in found
        else p
        for p in booking.people
    )
    linked = replace(booking, people=people, identified=everybody_known(people))
    if any(unwelcome) and booking.state != "cancelled":
        linked = flagged(linked, DO_NOT_BOOK)
    linked = (flagged if any(p.left_out for p in people) else unflagged)(linked, CONTACT_LEFT_OUT)
    if linked == booking:
        return linked
    changed_at = booking.changed_at if booking.state == "cancelled" else now
    return replace(linked, version=booking.version + 1, changed_at=changed_at)


def flagged(booking: Booking, flag: str) -> Booking:
    return booking if flag in booking.flags else replace(booking, flags=(*booking.flags, flag))


def unflagged(booking: Booking, flag: str) -> Booking:
    return replace(booking, flags=tuple(each for each in booking.flags if each != flag))


def everybody_known(people: Iterable[Person]) -> bool:
    """Everybody has a profile, and it has what was said of their own fields."""
    return all(p.profile_id and not p.fields for p in people)
