"""Contracts on the wire: names follow from classes, faults have pointers, nothing is rounded or guessed."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime
from typing import Literal

import pytest

from services.kit import wire
from services.kit.refusal import Broken, Conflict, Invalid, NotFound, Refusal
from services.kit.wire import Event, Request, event, request, value


@value
class Coin:
    minor: int
    currency: str = "EUR"


@value
class Purse:
    first: Coin
    others: tuple[Coin, ...] = ()
    spare: Coin | None = None
    colour: Literal["red", "black"] = "red"
    since: datetime | None = None
    lost_on: date | None = None


@request
class OpenPurse(Request[Purse]):
    purse: Purse


@event
class PurseWasOpened(Event):
    aggregate = "purse_id"
    purse_id: uuid.UUID


@event
class PurseWasOpenedV2(Event):
    aggregate = "purse_id"
    purse_id: uuid.UUID


class PurseIsEmpty(Conflict):
    """There is nothing in it."""


def faults(cls: type, data: object, strict: bool = True) -> set[str]:
    with pytest.raises(Invalid) as refused:
        wire.load(cls, data, strict=strict)
    return {each.pointer for each in refused.value.errors}


def test_names_follow_from_the_class():
    assert PurseWasOpened.topic() == "purse.was_opened"
    assert PurseWasOpened.routing_key() == "purse.was_opened.v1"
    assert PurseWasOpenedV2.routing_key() == "purse.was_opened.v2"
    assert (OpenPurse.rpc_method(), OpenPurse.reply_type()) == ("open_purse", Purse)


def test_the_owner_is_the_contracts_module_or_its_folder():
    from services.contracts import bookings, profiles

    assert bookings.BookingConfirmed.exchange() == "bookings.events"
    assert bookings.ReceiveNotice.rpc_service() == "bookings"
    assert profiles.ReadProfile.rpc_service() == "profiles"
    assert PurseWasOpened.owner() == "test_wire"


def test_what_is_dumped_is_loaded_as_it_was():
    purse = Purse(
        first=Coin(minor=5),
        others=(Coin(minor=-1, currency="JPY"),),
        since=datetime(2026, 11, 21, 9, 30, tzinfo=UTC),
    )
    assert wire.load(Purse, wire.parse(wire.text(purse)), strict=True) == purse


@pytest.mark.parametrize("minor", [5.0, 5.9, "5", None, [5]])
def test_only_a_whole_number_is_a_whole_number(minor):
    assert faults(Coin, {"minor": minor}) == {"/minor"}


def test_an_instant_without_a_zone_is_refused():
    assert faults(Purse, {"first": {"minor": 1}, "since": "2026-11-21T09:30:00"}) == {"/since"}


@pytest.mark.parametrize("day", ["2026-W01-1", "20261201", "2026-12", "2026-02-30", "２０２６-12-01", 20261201])
def test_a_day_is_one_of_the_calendar(day):
    assert faults(Purse, {"first": {"minor": 1}, "lost_on": day}) == {"/lost_on"}


@pytest.mark.parametrize("moment", ["2026-W01-1T09:30:00Z", "20261201T093000Z", "2026-12-01Z"])
def test_an_instant_is_on_a_day_of_the_calendar(moment):
    assert faults(Purse, {"first": {"minor": 1}, "since": moment}) == {"/since"}


def test_faults_at_any_depth_have_pointers():
    data = {"first": {}, "others": [{"minor": 1}, {"minor": "x"}], "colour": "green"}
    assert faults(Purse, data) == {"/first/minor", "/others/1/minor", "/colour"}


@pytest.mark.parametrize("data", [None, [], "x", 5, True])
def test_what_is_no_object_is_refused(data):
    assert faults(Purse, data) == {""}


def test_unknown_fields_are_refused_of_requests_and_ignored_of_events_in_every_part():
    """Both bases in one process: a part that stands in a contract twice keeps its own base."""
    coin = {"minor": 1, "weight": 3}
    data = {"first": coin, "others": [coin], "spare": coin, "shape": "round"}
    assert wire.load(Purse, data).others == (Coin(minor=1),)
    assert faults(Purse, data) == {"/first/weight", "/others/0/weight", "/spare/weight", "/shape"}
    assert wire.load(Purse, data).spare == Coin(minor=1)


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b'{"a": NaN}', b'{"a": Infinity}', b"[" * 100_000])
def test_what_is_no_json_is_refused(body):
    with pytest.raises(Invalid):
        wire.parse(body)


def test_a_refusal_crosses_the_bus_with_its_type():
    said = PurseIsEmpty(facts={"purse_id": "1"}).to_wire()
    heard = Refusal.from_wire(said)
    assert type(heard) is PurseIsEmpty
    assert (heard.kind, heard.detail, heard.facts) == ("conflict", "There is nothing in it.", {"purse_id": "1"})


def test_an_unknown_refusal_arrives_as_its_kind():
    assert type(Refusal.from_wire({"code": "never-heard", "kind": "not_found"})) is NotFound
    assert type(Refusal.from_wire({})) is Broken
