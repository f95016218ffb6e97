"""Who is limited to some properties: how the limit travels, and what it lets through."""

from __future__ import annotations

import uuid

import pytest

from services.kit.context import MOST_PROPERTIES, Context
from services.kit.refusal import NotFound
from services.kit.scope import NotYourProperty, is_theirs, permit, sees

LISBON, PORTO = uuid.UUID(int=0xA1), uuid.UUID(int=0xB2)
EVERYWHERE, IN_PORTO, NOWHERE = Context(), Context(properties=(str(PORTO),)), Context(properties=())


class Asking:
    """As much of a transaction as is looked at."""

    def __init__(self, context: Context) -> None:
        self.context = context


@pytest.mark.parametrize("context", [EVERYWHERE, IN_PORTO, NOWHERE])
def test_a_limit_travels_to_whoever_is_asked(context):
    assert Context.from_headers(context.headers()).properties == context.properties


def test_what_follows_from_an_event_is_limited_by_nobody():
    assert Context.from_headers(IN_PORTO.told()).properties is None


@pytest.mark.parametrize("said", ["", ",", "x", str(LISBON).upper(), "*", f" {LISBON}", f"{LISBON}\n", 1, b"x", []])
def test_a_limit_that_cannot_be_read_is_never_no_limit(said):
    assert Context.from_headers({"foyer-properties": said}).properties == ()


def test_a_limit_is_cut_to_what_is_left_of_it():
    many = [str(uuid.UUID(int=n)) for n in range(MOST_PROPERTIES + 50)]
    assert Context.from_headers({"foyer-properties": ",".join(many)}).properties == tuple(many[:MOST_PROPERTIES])


def test_what_is_of_no_property_is_seen_by_all_and_nobody_s_who_is_limited():
    assert sees(IN_PORTO, None)
    assert sees(NOWHERE, None)
    assert not is_theirs(IN_PORTO, None)
    assert is_theirs(EVERYWHERE, None)


@pytest.mark.parametrize("look", [sees, is_theirs])
def test_who_is_limited_sees_what_is_theirs_alone(look):
    assert look(IN_PORTO, PORTO)
    assert not look(IN_PORTO, LISBON)
    assert not look(NOWHERE, PORTO)
    assert look(EVERYWHERE, LISBON)


def test_what_belongs_elsewhere_is_refused():
    permit(Asking(IN_PORTO), PORTO)  # type: ignore[arg-type]
    for property_id in (LISBON, None):
        with pytest.raises(NotYourProperty):
            permit(Asking(IN_PORTO), property_id)  # type: ignore[arg-type]


@pytest.mark.parametrize("said", ["", "yesterday", "2026-11-22T12:00:00", "x" * 1000, 5])
def test_a_moment_that_cannot_be_read_is_none(said):
    assert Context.from_headers({"foyer-said-at": said}).said_at is None


def test_a_row_that_is_named_by_its_id_is_refused_as_one_that_is_not_there() -> None:
    class NoSuchThing(NotFound):
        """There is no such thing."""

    permit(Asking(IN_PORTO), PORTO, NoSuchThing)  # type: ignore[arg-type]
    for property_id in (LISBON, None):
        with pytest.raises(NoSuchThing):
            permit(Asking(IN_PORTO), property_id, NoSuchThing)  # type: ignore[arg-type]
