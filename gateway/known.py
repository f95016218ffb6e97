"""Guests and properties that a service is told of have to exist: their owners know, the others answer for any.

A profile that was retired into another one is that one, for ever and whatever is asked or done: profiles knows by
itself, and what goes to another service goes there by the id that is found here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final, TypeVar, cast
from uuid import UUID

from gateway import shapes
from gateway.asking import answered, ask, ask_all, ask_all_within
from gateway.problems import Refused
from services.contracts.bookings import Booking, NoSuchProperty, Person, Property, ReadProperties
from services.contracts.profiles import (
    GuestInternals,
    InternalsFound,
    NoSuchProfile,
    Profile,
    ReadInternals,
    ReadProfile,
)
from services.kit import wire
from services.kit.refusal import Problem, Unavailable

R = TypeVar("R")

_PATIENCE: Final = 0.3  # seconds to wait for profiles where the answer is good without it
_AT_ONCE: Final = 1000  # guests that are asked about in one question


def about_guest(profile_id: UUID, said: wire.Request[R]) -> R:
    """The answer about a guest, of a retired profile about whom it is now.

    Refuses with NoSuchProfile, but answers while profiles is silent.
    """
    profile, answer = ask_all(ReadProfile(profile_id=profile_id), said)
    if isinstance(profile, NoSuchProfile):
        raise profile
    if isinstance(profile, Profile) and profile.id != profile_id:
        return ask(cast(wire.Request[R], replace(cast(Any, said), profile_id=profile.id)))
    return answered(answer)  # type: ignore[no-any-return]


def survivor(profile_id: UUID) -> UUID:
    """Who a profile is: itself, or where it was retired whom it is now. Refuses with NoSuchProfile."""
    return ask(ReadProfile(profile_id=profile_id)).id


def wanted_of(profile_id: UUID | None) -> UUID | None:
    """Whose rows a list is to show, where it is one guest's: as `survivor`; nobody's list is empty.

    While profiles is silent a profile is itself.
    """
    if profile_id is None:
        return None
    try:
        (found,) = ask_all_within(_PATIENCE, ReadProfile(profile_id=profile_id))
    except Unavailable:
        return profile_id
    return found.id if isinstance(found, Profile) else profile_id


def survivors(named: Mapping[str, UUID | None]) -> list[UUID | None]:
    """As `survivor` of each; refuses, with the pointers they stand at, profiles that do not exist."""
    given = {pointer: who for pointer, who in named.items() if who is not None}
    if not given:
        return list(named.values())
    known = dict(named)
    faults = []
    for pointer, answer in zip(given, ask_all(*(ReadProfile(profile_id=who) for who in given.values())), strict=True):
        if isinstance(answer, NoSuchProfile):
            faults.append(Problem(pointer, answer.detail))
        else:
            known[pointer] = answered(answer).id
    if faults:
        raise Refused(422, "invalid", "The input is not valid.", errors=faults)
    return list(known.values())


def property_id_of(key: str | None) -> UUID | None:
    """An id as it stands, a code as its property's id; refuses with NoSuchProperty."""
    try:
        return UUID(key) if key else None
    except ValueError:
        return property_of(str(key)).id


def property_of(key: str) -> Property:
    """By id or code; refuses with NoSuchProperty."""
    found = ask(ReadProperties(property=key)).items
    if not found:
        raise NoSuchProperty
    return found[0]


def from_register(people: Mapping[str, Person]) -> tuple[dict[str, Person], frozenset[str]]:
    """The people, by where they stand, with the names and languages their profiles have, and where those stand whom the
    house does not book.

    A booking keeps the names of its day, so they go with it. Refuses a profile that does not exist.
    """
    named = {pointer: person.profile_id for pointer, person in people.items() if person.profile_id is not None}
    if not named:
        return dict(people), frozenset()
    found = ask_all(*(ReadProfile(profile_id=profile_id) for profile_id in named.values()))
    known, unwelcome, faults = dict(people), set(), []
    for pointer, answer in zip(named, found, strict=True):
        if isinstance(answer, NoSuchProfile):
            faults.append(Problem(f"{pointer}/profile_id", answer.detail))
            continue
        profile = answered(answer)
        person = people[pointer]
        known[pointer] = replace(
            person,
            profile_id=profile.id,
            given_name=person.given_name or profile.given_name,
            family_name=person.family_name or profile.family_name,
            company=person.company or profile.name,
            language=person.language or profile.language,
        )
        if profile.do_not_book:
            unwelcome.add(pointer)
    if faults:
        raise Refused(422, "invalid", "The input is not valid.", errors=faults)
    return known, frozenset(unwelcome)


def with_internals(said: Booking) -> dict[str, Any]:
    """A booking as it is shown to staff: with the level, the warnings and the open tasks of everybody on it."""
    return shapes.booking(said, internals_of([said]))


def internals_of(bookings: Iterable[Booking]) -> dict[UUID, GuestInternals]:
    """Of everybody on all of these."""
    return internals(person.profile_id for booking in bookings for person in booking.people)


def internals(profile_ids: Iterable[UUID | None]) -> dict[UUID, GuestInternals]:
    """What staff are to know of guests, asked once for all of them; of nobody while profiles is silent."""
    ids = sorted({who for who in profile_ids if who is not None})
    if not ids:
        return {}
    parts = (ids[first : first + _AT_ONCE] for first in range(0, len(ids), _AT_ONCE))
    said = [ReadInternals(profile_ids=tuple(part)) for part in parts]
    try:
        found = ask_all_within(_PATIENCE, *said)
    except Unavailable:
        return {}
    return {each.profile_id: each for answer in found if isinstance(answer, InternalsFound) for each in answer.items}
