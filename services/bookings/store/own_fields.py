"""The house's own fields of people until profiles has them: sealed, as some of them may have to be.

Where there are no keys no field of the house can be one that is sealed.
"""

from __future__ import annotations

import base64
import json
from typing import Any, Final

from services.kit import sealing, wire
from services.kit.sealing import NoSealingKey, Sealed

_ABOUT: Final = "own fields of a booking"
_SEALED: Final = "sealed_fields"


def trace(said: bytes) -> bytes:
    """What they are known again by, and found by nobody without the keys."""
    return sealing.sealer().stamp(said, _ABOUT).content


def sealed(person: dict[str, Any]) -> dict[str, Any]:
    """A person as JSON values, as they are stored."""
    if not person.get("fields") or not sealing.configured():
        return person
    rest = {name: value for name, value in person.items() if name != "fields"}
    made = sealing.sealer().seal(wire.compact(person["fields"]).encode("utf-8", "surrogatepass"), _ABOUT)
    return {**rest, _SEALED: f"{made.key_id}:{base64.b64encode(made.content).decode()}"}


def opened(person: dict[str, Any]) -> dict[str, Any]:
    """The other way; without them where their key is not there: who was booked is known all the same."""
    if _SEALED not in person:
        return person
    rest = {name: value for name, value in person.items() if name != _SEALED}
    key_id, _, content = person[_SEALED].rpartition(":")
    try:
        said = sealing.sealer().open(Sealed(base64.b64decode(content), key_id), _ABOUT)
    except NoSealingKey:
        return rest
    return {**rest, "fields": json.loads(said.decode("utf-8", "surrogatepass"))}


def sealed_notice(said: dict[str, Any]) -> dict[str, Any]:
    return _with_people(said, sealed)


def opened_notice(said: dict[str, Any]) -> dict[str, Any]:
    return _with_people(said, opened)


def forgotten_in_notice(said: dict[str, Any]) -> dict[str, Any]:
    """Once it has been applied: what it said of fields is the profiles' then, and wiped there when its time is over."""
    return _with_people(said, lambda person: {**person, "fields": None} if person.get("fields") else person)


def _with_people(said: dict[str, Any], change: Any) -> dict[str, Any]:
    alone = {name: change(said[name]) for name in ("booker", "contact", "payer") if said.get(name)}
    return {**said, **alone, "guests": [change(each) for each in said.get("guests") or ()]}
