"""Makes an example of any contract from the types of its fields."""

from __future__ import annotations

import dataclasses
import types
import typing
from datetime import UTC, date, datetime
from typing import Any, Literal, TypeVar
from uuid import UUID

T = TypeVar("T")

_SIMPLE: dict[Any, Any] = {
    str: "Ana",
    int: 3,
    float: 0.5,
    bool: True,
    UUID: UUID("0f8fad5b-d9cb-469f-a165-70867728950e"),
    date: date(2027, 5, 14),
    datetime: datetime(2027, 5, 14, 15, 30, tzinfo=UTC),
    Any: "anything",
}


def full(contract: type[T]) -> T:
    """An example in which every field has a value and every list one item."""
    return _dataclass(contract, sparse=False)


def sparse(contract: type[T]) -> T:
    """An example in which everything that may be left out or empty is."""
    return _dataclass(contract, sparse=True)


def _dataclass(contract: type[T], *, sparse: bool) -> T:
    hints = typing.get_type_hints(contract)
    return contract(
        **{
            field.name: _value(hints[field.name], sparse=sparse)
            for field in dataclasses.fields(contract)  # type: ignore[arg-type]
            if not (sparse and (field.default, field.default_factory) != (dataclasses.MISSING, dataclasses.MISSING))
        }
    )


def _value(hint: Any, *, sparse: bool) -> Any:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if hint in _SIMPLE:
        return _SIMPLE[hint]
    if origin is Literal:
        return arguments[0]
    if origin in (typing.Union, types.UnionType):
        given = [a for a in arguments if a is not type(None)]
        return None if sparse and len(given) < len(arguments) else _value(given[0], sparse=sparse)
    if origin is tuple:
        return () if sparse else (_value(arguments[0], sparse=sparse),)
    if origin is dict:
        return {} if sparse else {_value(arguments[0], sparse=sparse): _value(arguments[1], sparse=sparse)}
    if dataclasses.is_dataclass(hint):
        return _dataclass(hint, sparse=sparse)  # type: ignore[arg-type]
    raise TypeError(f"no example for {hint}")
