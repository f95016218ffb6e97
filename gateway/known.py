"""Guests and properties that a service is told of have to exist: their owners know, the others answer for any."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar
from uuid import UUID

from gateway.asking import answered, ask, ask_all
from gateway.problems import Refused
from services.contracts.bookings import NoSuchProperty, Person, Property, ReadProperties
from services.contracts.profiles import NoSuchProfile, ReadProfile
from services.kit import wire
from services.kit.refusal import Problem

R = TypeVar("R")


def about_guest(profile_id: UUID, said: wire.Request[R]) -> R:
    """The answer about a guest; refuses with NoSuchProfile, but answers while profiles is silent."""
    profile, answer = ask_all(ReadProfile(profile_id=profile_id), said)
    if isinstance(profile, NoSuchProfile):
        raise profile
    return answered(answer)  # type: ignore[no-any-return]


def refuse_unknown(named: Mapping[str, UUID | None]) -> None:
    """Refuse, with the pointers they stand at, profiles that do not exist."""
    given = {pointer: who for pointer, who in named.items() if who is not None}
    if not given:
        return
    found = ask_all(*(ReadProfile(profile_id=who) for who in given.values()))
    faults = []
    for pointer, answer in zip(given, found, strict=True):
        if isinstance(answer, NoSuchProfile):
            faults.append(Problem(pointer, answer.detail))
        else:
            answered(answer)
    if faults:
        raise Refused(422, "invalid", "The input is not valid.", errors=faults)


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
