"""Changes of the people on a booking and of what they need, as staff make them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from services.bookings.domain import life
from services.bookings.domain.booking import DO_NOT_BOOK, Booking, everybody_known, flagged
from services.bookings.domain.needs import faults_of_note, once, tidied_note
from services.bookings.domain.people import faults_of_person, tidied
from services.bookings.domain.people_following import (
    IDENTIFYING,
    free_position,
    given_up,
    is_company,
    name_of,
    ordered,
    same_in,
)
from services.contracts.bookings import NotABooking, Person, Role
from services.contracts.bookings.people import NoSuchPerson, PersonNeeds, PrimaryGuestNeeded, SetNeeds
from services.kit.refusal import Problem

MOST_PEOPLE = 200
_GUESTS: frozenset[Role] = frozenset({"primary", "additional"})


def with_person(booking: Booking, said: Person, now: datetime) -> Booking:
    """Somebody more; refuses with StateForbids and NotABooking."""
    life.still_open(booking.state)
    roles = ordered(said.roles or ("additional",))
    person = _entered(said, position=free_position(booking.people, booking.people_given), roles=roles, added_here=True)
    problems = _faults(said, person, ())
    if len(booking.people) >= MOST_PEOPLE:
        problems.append(Problem("", f"At most {MOST_PEOPLE} people stand on a booking."))
    if problems:
        raise NotABooking(errors=problems[:50])
    return _next(booking, [*given_up(booking.people, roles), person], now)


def with_changed_person(booking: Booking, position: int, said: Person, now: datetime) -> Booking:
    """Who stands there, as said; refuses with StateForbids, NoSuchPerson, NotABooking and PrimaryGuestNeeded."""
    life.still_open(booking.state)
    known = _at(booking, position)
    person = _entered(
        said,
        position=position,
        roles=ordered(said.roles or known.roles),
        consents=known.consents,
        needs=known.needs,
        needs_note=known.needs_note,
        added_here=known.added_here,
    )
    if person.profile_id is None and same_in(IDENTIFYING, person, known):
        own = person.fields or known.fields
        person = replace(person, profile_id=known.profile_id, left_out=known.left_out, fields=own)
    problems = _faults(said, person, known.roles)
    if problems:
        raise NotABooking(errors=problems[:50])
    if "primary" in known.roles and "primary" not in person.roles:
        raise PrimaryGuestNeeded
    others = given_up([p for p in booking.people if p.position != position], person.roles)
    places = {p.position: p for p in [*others, person]}
    return _next(booking, [places[p.position] for p in booking.people if p.position in places], now)


def without_person(booking: Booking, position: int, now: datetime) -> Booking:
    """Refuses with StateForbids, NoSuchPerson and PrimaryGuestNeeded."""
    life.still_open(booking.state)
    if "primary" in _at(booking, position).roles:
        raise PrimaryGuestNeeded
    return _next(booking, [p for p in booking.people if p.position != position], now)


def judged(booking: Booking, unwelcome: bool) -> Booking:
    """Flagged as long as somebody is on it whom the house does not book."""
    if unwelcome:
        return flagged(booking, DO_NOT_BOOK)
    return replace(booking, flags=tuple(flag for flag in booking.flags if flag != DO_NOT_BOOK))


def read_in(booking: Booking, version: int | None) -> bool:
    """Whether the people are those of this version of the booking."""
    return version is None or booking.people_version <= version <= booking.version


def with_needs(booking: Booking, said: SetNeeds, now: datetime) -> Booking:
    """The booking with these needs and no others; the very same where it has them. Refuses with NotABooking."""
    life.still_open(booking.state)
    problems = list(_faults_of_needs(booking, said))
    if problems:
        raise NotABooking(errors=problems[:50])
    of = {each.position: each for each in said.people}
    after = replace(
        booking,
        needs=once(said.needs),
        needs_note=tidied_note(said.note),
        people=tuple(_in_need(person, of.get(person.position)) for person in booking.people),
    )
    return booking if after == booking else replace(after, version=booking.version + 1, changed_at=now)


def _next(booking: Booking, people: Iterable[Person], now: datetime) -> Booking:
    after = replace(booking, people=tuple(people))
    if after == booking:
        return booking
    version = booking.version + 1
    return replace(
        after,
        people_given=free_position((*booking.people, *after.people), booking.people_given),
        people_version=version,
        identified=everybody_known(after.people),
        version=version,
        changed_at=now,
    )


def _entered(said: Person, **stays: object) -> Person:
    return replace(tidied(said), **{"consents": (), "needs": (), "needs_note": None, **stays})  # type: ignore[arg-type]


def _faults(said: Person, person: Person, roles_before: Sequence[Role]) -> list[Problem]:
    """Of what was said, and of the person made of it."""
    found = list(faults_of_person("", said))
    if not any((person.profile_id, name_of(person), person.email, person.phone)):
        found.append(Problem("", "Needs a profile, a name, an e-mail or a phone number."))
    if is_company(person) and _GUESTS & set(person.roles) - set(roles_before):
        found.append(Problem("/roles", "A company does not stay: it is booker, contact or payer."))
    return found


def _at(booking: Booking, position: int) -> Person:
    found = next((person for person in booking.people if person.position == position), None)
    if found is None:
        raise NoSuchPerson
    return found


def _faults_of_needs(booking: Booking, said: SetNeeds) -> Iterator[Problem]:
    yield from faults_of_note("/note", said.note)
    positions = {person.position for person in booking.people}
    for n, each in enumerate(said.people):
        if each.position not in positions:
            yield Problem(f"/people/{n}/position", "Nobody stands at this position of the booking.")
        elif any(each.position == other.position for other in said.people[:n]):
            yield Problem(f"/people/{n}/position", "Named twice.")
        yield from faults_of_note(f"/people/{n}/note", each.note)


def _in_need(person: Person, said: PersonNeeds | None) -> Person:
    said = said or PersonNeeds(position=person.position)
    return replace(person, needs=once(said.needs), needs_note=tidied_note(said.note))
