"""Guests and properties that a service is told of have to exist: their owners know, the others answer for any."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar
from uuid import UUID

from gateway.asking import answered, ask, ask_all
from gateway.problems import Refused
from services.contracts.bookings import NoSuchProperty, Property, ReadProperties
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


def property_of(key: str) -> Property:
    """By id or code; refuses with NoSuchProperty."""
    found = ask(ReadProperties(property=key)).items
    if not found:
        raise NoSuchProperty
    return found[0]
