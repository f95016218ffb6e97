"""The house's own fields of people on a booking, until profiles has them: what can be one is looked at there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from services.bookings.domain.texts import faults, without_cards
from services.contracts.bookings import Person
from services.kit import wire
from services.kit.refusal import Problem

MOST, MOST_OPTIONS = 100, 500
_CODE, _TEXT, _OPTION = 60, 10_000, 200


def faults_of_own_fields(pointer: str, said: Mapping[str, Any]) -> Iterator[Problem]:
    """What no field could ever be: neither its name nor its size nor its shape."""
    if len(said) > MOST:
        yield Problem(pointer, f"More than {MOST}.")
        return
    for code, value in said.items():
        if not 0 < len(code) <= _CODE or not code.isprintable():
            yield Problem(pointer, f"The code of a field has 1 to {_CODE} characters.")
            continue
        at = f"{pointer}/{code.replace('~', '~0').replace('/', '~1')}"
        if isinstance(value, str):
            yield from faults(at, value, _TEXT, lines=True)
        elif isinstance(value, list):
            if len(value) > MOST_OPTIONS or not all(isinstance(each, str) and len(each) <= _OPTION for each in value):
                yield Problem(at, f"A list has at most {MOST_OPTIONS} texts of at most {_OPTION} characters.")
        elif not (value is None or isinstance(value, bool | int | float)):
            yield Problem(at, "A text, a number, true or false, or a list of texts.")


def tidied_own_fields(said: Mapping[str, Any]) -> dict[str, Any] | None:
    """Without card numbers, and without what says nothing; None where nothing is left."""
    kept = {code: _tidied(value) for code, value in said.items()}
    return {code: value for code, value in kept.items() if value is not None} or None


def without_own_fields(people: Sequence[Person]) -> tuple[Person, ...]:
    """As everybody but profiles sees them."""
    return tuple(replace(each, fields=None) if each.fields else each for each in people)


def traces_of_own_fields(people: Sequence[Person], trace: Callable[[bytes], bytes] | None) -> bytes:
    """What they are known again by. Who has a copy of a trace could find a value by trying: so `trace` is keyed, where
    values may have to be sealed; else they are a trace themselves.
    """
    said = [each.fields for each in people]
    if not any(said):
        return b""
    text = wire.compact(said, sort=True).encode("utf-8", "surrogatepass")
    return trace(text) if trace else text


def _tidied(value: Any) -> Any:
    if isinstance(value, str):
        return without_cards(value)
    if isinstance(value, list):
        return [without_cards(each) for each in value]
    if isinstance(value, bool) or value is None:
        return value
    return value if without_cards(str(value)) == str(value) else None
