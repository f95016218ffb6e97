"""The short way from JSON values to contract dataclasses, for what is plainly right.

marshmallow walks every field of every message through a dozen calls, which was a quarter of the gateway's and a tenth
of a service's work. Here each type is put together once from small functions. They know no errors: whatever is not
exactly as expected raises Unsure, and marshmallow decides, and says what is wrong.
"""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Callable
from datetime import date, datetime
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from marshmallow import ValidationError

Step = Callable[[Any], Any]

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?(Z|[+-]\d\d:\d\d)", re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Unsure(Exception):
    """Not plainly right; ask marshmallow."""


@cache
def reader(of: Any, strict: bool) -> Step | None:
    """JSON values → `of`, or None for a type that has no short way. `strict`: a field nobody knows makes it unsure."""
    if of in _READ:
        return _READ[of]
    origin, parts = get_origin(of), get_args(of)
    if origin is Literal and all(type(part) is str for part in parts):
        return _one_of(frozenset(parts))
    if origin in (Union, UnionType) and len(parts) == 2 and NoneType in parts:
        inner = reader(parts[0] if parts[1] is NoneType else parts[1], strict)
        return inner and _optional(inner)
    if origin is tuple and len(parts) == 2 and parts[1] is Ellipsis:
        inner = reader(parts[0], strict)
        return inner and _sequence(inner)
    if of == dict[str, Any]:
        return _exactly(dict)  # the names in JSON are texts, and of the values nothing is expected
    if dataclasses.is_dataclass(of) and isinstance(of, type):
        return _contract(of, strict)
    return None


def is_plain(contract: type) -> bool:
    """Whether it is nothing but its fields: then it is written as it stands, too."""
    return reader(contract, False) is not None


def _contract(of: Any, strict: bool) -> Step | None:
    declared = dataclasses.fields(of)
    if any(field.metadata or not field.init for field in declared) or hasattr(of, "__post_init__"):
        return None
    if any(set(hook) != {"pre_load"} for _, hook in _hooks(of)):
        return None
    hints = get_type_hints(of)
    steps = {field.name: reader(hints[field.name], strict) for field in declared}
    found = {name: step for name, step in steps.items() if step is not None}
    return _read_fields(of, found, strict) if len(found) == len(steps) else None


def _hooks(of: type) -> list[tuple[Callable[..., Any], Any]]:
    """What a contract wants marshmallow to call before or after, such as a bound on its lists."""
    found = ((each, getattr(each, "__marshmallow_hook__", None)) for each in vars(of).values())
    return [(each, hook) for each, hook in found if hook]


def _read_fields(of: Any, steps: dict[str, Step], strict: bool) -> Step:
    named = list(steps.items())
    missing = dataclasses.MISSING
    defaults = {
        field.name
        for field in dataclasses.fields(of)
        if field.default is not missing or field.default_factory is not missing
    }

    looks = [look for look, _ in _hooks(of)]

    def read(data: Any) -> Any:
        if type(data) is not dict:
            raise Unsure
        for look in looks:
            try:
                look(None, data)
            except ValidationError:
                raise Unsure from None
        given = {}
        for name, step in named:
            if name in data:
                given[name] = step(data[name])
            elif name not in defaults:
                raise Unsure
        if strict and len(given) != len(data):
            raise Unsure
        return of(**given)

    return read


def _optional(inner: Step) -> Step:
    return lambda value: None if value is None else inner(value)


def _sequence(inner: Step) -> Step:
    """A JSON array as a tuple."""

    def convert(value: Any) -> Any:
        if type(value) is not list:
            raise Unsure
        return tuple([inner(each) for each in value])

    return convert


def _one_of(known: frozenset[Any]) -> Step:
    def choose(value: Any) -> Any:
        if type(value) is not str or value not in known:
            raise Unsure
        return value

    return choose


def _exactly(kind: type) -> Step:
    def same(value: Any) -> Any:
        if type(value) is not kind:
            raise Unsure
        return value

    return same


def _text_as(pattern: re.Pattern[str], make: Step) -> Step:
    def read(value: Any) -> Any:
        if type(value) is not str or not pattern.fullmatch(value):
            raise Unsure
        try:
            return make(value)
        except ValueError:  # the thirtieth of February
            raise Unsure from None

    return read


def _finite(value: Any) -> Any:
    if type(value) is not float or not math.isfinite(value):
        raise Unsure
    return value


_READ: dict[Any, Step] = {
    **{kind: _exactly(kind) for kind in (str, int, bool)},
    float: _finite,
    UUID: _text_as(_ID, UUID),
    date: _text_as(_DAY, date.fromisoformat),
    datetime: _text_as(_INSTANT, datetime.fromisoformat),
}
