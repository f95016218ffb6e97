"""The short way between contracts and JSON says what marshmallow says, or nothing."""

from __future__ import annotations

import dataclasses
import importlib
import json
import pkgutil
import uuid
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import marshmallow
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import services.contracts
from services.kit import codec, wire


def contracts() -> list[type]:
    modules = [importlib.import_module(f"services.contracts.{m.name}") for m in _modules()]
    return [
        kind
        for module in modules
        for kind in vars(module).values()
        if isinstance(kind, type) and dataclasses.is_dataclass(kind) and kind.__module__ == module.__name__
    ]


def _modules() -> list[Any]:
    return [m for m in pkgutil.iter_modules(services.contracts.__path__) if m.name != "published"]


ZONES = st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=30)), timezone(timedelta(hours=-3))])
st.register_type_strategy(datetime, st.datetimes(min_value=datetime(1000, 1, 1), timezones=ZONES))  # noqa: DTZ001
st.register_type_strategy(float, st.floats(allow_nan=False, allow_infinity=False))

ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.floats(),
    st.sampled_from(
        [
            "",
            "x",
            "1",
            "true",
            "2026-02-30",
            "2026-2-3",
            "20260203",
            "2026-02-03",
            "2026-02-03T04:05:06",
            "2026-02-03T04:05Z",
            "2026-02-03 04:05:06Z",
            "2026-02-03T04:05:06.7Z",
            "2026-02-03T04:05:06,700000Z",
            "2026-02-03T24:00:00Z",
            "2026-02-03T04:05:06+25:00",
            "٢٠٢٦-٠٢-٠٣",
            "0197f3a27c117a558a0c5a7e7d4a9c11",
            "{0197f3a2-7c11-7a55-8a0c-5a7e7d4a9c11}",
            "0197F3A2-7C11-7A55-8A0C-5A7E7D4A9C11",
        ]
    ),
    st.just([]),
    st.just({}),
)


@pytest.mark.parametrize("contract", contracts(), ids=lambda c: c.__name__)
def test_every_contract_has_a_short_way(contract):
    assert codec.reader(contract, True) is not None
    assert codec.is_plain(contract)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.data())
def test_both_ways_say_and_understand_the_same(data):
    contract = data.draw(st.sampled_from(contracts()))
    instance = data.draw(st.from_type(contract))
    said = wire.schema(contract).dump(instance)
    assert _pairs(wire.text(instance)) == _pairs(_compact(said))
    for strict in (True, False):
        assert codec.reader(contract, strict)(said) == wire.schema(contract, strict).load(said) == instance


@settings(max_examples=600, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.data())
def test_what_is_not_plainly_right_is_left_to_marshmallow(data):
    contract = data.draw(st.sampled_from([c for c in contracts() if dataclasses.fields(c)]))
    said = wire.schema(contract).dump(data.draw(st.from_type(contract)))
    _spoil(data, said)
    for strict in (True, False):
        try:
            understood = codec.reader(contract, strict)(said)
        except codec.Unsure:
            continue
        assert understood == wire.schema(contract, strict).load(said)


@pytest.mark.parametrize("said", [None, [], "x", 5])
def test_what_is_no_object_is_left_to_marshmallow(said):
    for contract in contracts():
        with pytest.raises(codec.Unsure):
            codec.reader(contract, False)(said)
        with pytest.raises(marshmallow.ValidationError):
            wire.schema(contract).load(said)


@pytest.mark.parametrize("count", [2**70, -(2**70)])
def test_numbers_beyond_64_bits_are_written_as_any_other(count):
    room = Room(id=uuid.UUID(int=1), since=datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC), count=count)
    assert json.loads(wire.text(room)) == wire.schema(Room).dump(room)
    assert json.loads(wire.compact({"rooms": [room]})) == {"rooms": [wire.schema(Room).dump(room)]}


def test_half_of_a_character_is_written_as_any_other():
    assert json.loads(wire.compact(["\ud800"])) == ["\ud800"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Room:
    id: uuid.UUID
    since: datetime
    count: int


def _spoil(data: st.DataObject, said: dict[str, Any]) -> None:
    """Change something, somewhere in it."""
    nested = [v for v in said.values() if isinstance(v, dict)]
    nested += [each for v in said.values() if isinstance(v, list) for each in v if isinstance(each, dict)]
    target = data.draw(st.sampled_from([said, *nested]))
    name = data.draw(st.sampled_from([*target, "something_new"]))
    if name in target and data.draw(st.booleans()):
        del target[name]
    else:
        target[name] = data.draw(ODD)


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))


def _pairs(text: str) -> Any:
    """The values with the order of their names, however their characters are escaped."""
    return json.loads(text, object_pairs_hook=list)
