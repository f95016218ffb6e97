"""What refusals are called on the wire."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

import services.contracts.billing
import services.contracts.bookings
import services.contracts.profiles  # noqa: F401 their refusals
from services.kit.refusal import Conflict, Invalid, Refusal


class NoRoomLeft(Conflict):
    """No room of this type is left."""


class NotAnHour(Invalid):
    """Not an hour of a day."""


class NotATeapot(Invalid):
    """Not a teapot."""


def _all(kind: type[Refusal]) -> Iterator[type[Refusal]]:
    for each in kind.__subclasses__():
        yield each
        yield from _all(each)


@pytest.mark.parametrize(
    ("refusal", "code"), [(NoRoomLeft, "no-room-left"), (NotAnHour, "not-an-hour"), (NotATeapot, "not-a-teapot")]
)
def test_a_code_is_the_name_word_by_word(refusal: type[Refusal], code: str) -> None:
    assert refusal.code() == code
    assert type(Refusal.from_wire(refusal().to_wire())) is refusal


def test_no_code_has_an_article_grown_onto_its_noun() -> None:
    found = {each.code() for each in _all(Refusal) if re.match("NotA[A-Z]", each.__name__)}
    assert found
    assert all(code.startswith("not-a-") for code in found)
