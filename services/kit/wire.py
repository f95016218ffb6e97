"""Contracts on the wire: frozen dataclasses to JSON and back, checked by marshmallow.

An event and a request are declared once, as a dataclass in ``services/contracts/<owner>.py``; the owner, the topic,
the RPC name and the JSON Schema all follow from the class.
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from functools import cache
from types import ModuleType
from typing import Any, ClassVar, Generic, TypeVar, cast, dataclass_transform, get_args, get_type_hints

import marshmallow
import marshmallow_dataclass
import orjson

from services.kit import codec
from services.kit.refusal import Invalid, Problem

R = TypeVar("R")
C = TypeVar("C", bound=type)
T = TypeVar("T")

_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


class _WholeNumber(marshmallow.fields.Integer):
    """5.9 is not 5 and "5" is not 5: money is counted in these."""

    def __init__(self, **options: Any) -> None:
        super().__init__(strict=True, **options)


def _calendar_day(text: str) -> date:
    if not _DAY.fullmatch(text):
        raise ValueError("not YYYY-MM-DD")
    return date.fromisoformat(text)


def _calendar_instant(text: str) -> datetime:
    if not _DAY.fullmatch(text[:10]):
        raise ValueError("not YYYY-MM-DD")
    return datetime.fromisoformat(text)


class Day(marshmallow.fields.Date):
    """A calendar date, 2026-12-01: the standard library also reads weeks, and days without dashes."""

    DESERIALIZATION_FUNCS = {"iso": _calendar_day}


class Instant(marshmallow.fields.AwareDateTime):
    """A moment with its zone, on a calendar date."""

    DESERIALIZATION_FUNCS = {"iso": _calendar_instant}


_FIELDS: dict[Any, Any] = {int: _WholeNumber, date: Day, datetime: Instant}


class _Lenient(marshmallow.Schema):
    """Events and replies: a newer sender may say more than we know."""

    TYPE_MAPPING = _FIELDS

    class Meta:
        unknown = marshmallow.EXCLUDE


class _Strict(marshmallow.Schema):
    """Requests and what comes from outside: a field nobody knows is a mistake that the sender should hear of."""

    TYPE_MAPPING = _FIELDS

    class Meta:
        unknown = marshmallow.RAISE


class Event:
    """Something that has happened to an aggregate. Ids, amounts, dates and states; never names or addresses.

    `aggregate` names the field that holds the aggregate's id. A field `version` (the aggregate's, growing) lets
    a handler ignore what is older than what it has seen.
    """

    aggregate: ClassVar[str]

    @classmethod
    def owner(cls) -> str:
        return _owner(cls)

    @classmethod
    def topic(cls) -> str:
        """``BookingCheckedIn`` → ``booking.checked_in``"""
        first, *rest = re.findall(r"[A-Z][a-z0-9]*", re.sub(r"V\d+$", "", cls.__name__))
        return f"{first.lower()}.{'_'.join(w.lower() for w in rest)}"

    @classmethod
    def schema_version(cls) -> int:
        found = re.search(r"V(\d+)$", cls.__name__)
        return int(found.group(1)) if found else 1

    @classmethod
    def routing_key(cls) -> str:
        """Topic and version of the schema, ``booking.confirmed.v1``; also the message's `type`."""
        return f"{cls.topic()}.v{cls.schema_version()}"

    @classmethod
    def exchange(cls) -> str:
        return f"{cls.owner()}.events"

    @property
    def aggregate_id(self) -> str:
        return str(getattr(self, self.aggregate))


class Request(Generic[R]):
    """A question or a command to the service that owns the contract; ``Request[Account]`` answers an Account.

    `never_kept` names fields, of its parts as well, whose values leave no trace, not even in the digest and id that a
    command is known by.
    """

    never_kept: ClassVar[tuple[str, ...]] = ()

    @classmethod
    def rpc_service(cls) -> str:
        return _owner(cls)

    @classmethod
    def rpc_method(cls) -> str:
        """``ReadAccount`` → ``read_account``"""
        return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", cls.__name__).lower()

    @classmethod
    def reply_type(cls) -> type:
        for parent in cls.__orig_bases__:  # type: ignore[attr-defined]
            if args := get_args(parent):
                return args[0]
        raise TypeError(f"{cls.__name__} does not say what it answers: Request[Reply]")


def _owner(cls: type) -> str:
    """The module under ``contracts`` that declares it, or the folder; elsewhere the module itself."""
    _, _, path = cls.__module__.rpartition("contracts.")
    return path.partition(".")[0] if "contracts." in cls.__module__ else path.rpartition(".")[2]


@dataclass_transform(frozen_default=True, kw_only_default=True)
def event(cls: C) -> C:
    """Declare an event: ``@event class BookingConfirmed(Event): ...``"""
    return cast(C, dataclasses.dataclass(frozen=True, kw_only=True)(cls))


@dataclass_transform(frozen_default=True, kw_only_default=True)
def request(cls: C) -> C:
    """Declare a request: ``@request class ReadAccount(Request[Account]): ...``"""
    return cast(C, dataclasses.dataclass(frozen=True, kw_only=True)(cls))


@dataclass_transform(frozen_default=True, kw_only_default=True)
def value(cls: C) -> C:
    """Declare a part of a contract: a reply, or what stands inside one."""
    return cast(C, dataclasses.dataclass(frozen=True, kw_only=True)(cls))


@cache
def schema(cls: Any, strict: bool = False) -> marshmallow.Schema:
    """The marshmallow schema of a contract dataclass."""
    return schema_class(cls, _Strict if strict else _Lenient)()


@cache
def schema_class(cls: Any, base: type[marshmallow.Schema]) -> type[marshmallow.Schema]:
    """The contract's schema on top of `base`, with all of its parts on top of the same.

    marshmallow-dataclass names a part it has met before, and marshmallow finds the last schema registered under that
    name: with several bases, that may be another one's. So the names are replaced by what they stand for.
    """
    made = marshmallow_dataclass.class_schema(cls, base_schema=base)
    parts = {part.__name__: part for part in dataclasses_in(cls)}
    for field in _fields_of(made):
        if isinstance(field, marshmallow.fields.Nested) and isinstance(field.nested, str):
            field.nested = schema_class(parts[field.nested], base)
    return made


def dataclasses_in(cls: Any) -> list[type]:
    """The dataclasses a contract is made of, itself first."""
    found: list[type] = []

    def visit(of: Any) -> None:
        if dataclasses.is_dataclass(of) and isinstance(of, type):
            if of not in found:
                found.append(of)
                for hint in get_type_hints(of).values():
                    visit(hint)
        else:
            for part in get_args(of):
                visit(part)

    visit(cls)
    return found


def _fields_of(made: type[marshmallow.Schema]) -> Iterator[marshmallow.fields.Field[Any]]:
    """Its fields, those inside of lists, and those of its parts."""
    for field in made._declared_fields.values():
        inner = field.inner if isinstance(field, marshmallow.fields.List) else field
        yield inner
        if isinstance(inner, marshmallow.fields.Nested) and isinstance(inner.nested, type):
            yield from _fields_of(inner.nested)


def dump(instance: Any) -> dict[str, Any]:
    """A contract dataclass as JSON-ready values."""
    said: dict[str, Any] = json.loads(text(instance))
    return said


def load(cls: type[T], data: Any, *, strict: bool = False) -> T:
    """JSON values as a contract dataclass; raises Invalid with a pointer for each fault."""
    given: Any = cls
    read = codec.reader(given, strict)
    if read is not None:
        try:
            return read(data)
        except codec.Unsure:
            pass
    try:
        return schema(given, strict).load(data)
    except marshmallow.ValidationError as fault:
        raise Invalid(errors=list(problems(fault.messages))) from None


def parse(body: bytes | str) -> Any:
    """JSON text as values; raises Invalid where it is none. NaN, which JSON does not know, is refused."""
    try:
        return json.loads(body, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise Invalid("The body is not JSON.") from None


def text(instance: Any) -> str:
    """A contract dataclass as compact JSON text."""
    cls: Any = type(instance)
    return compact(instance if codec.is_plain(cls) else schema(cls).dump(instance))


def compact(values: Any, *, sort: bool = False) -> str:
    """JSON values as compact text; plain contracts, dates, times and ids among them as contracts have them."""
    try:
        return orjson.dumps(values, option=orjson.OPT_SORT_KEYS if sort else None).decode()
    except TypeError:  # a number beyond 64 bits, half of a character: JSON knows them, orjson does not write them
        return json.dumps(values, separators=(",", ":"), ensure_ascii=False, sort_keys=sort, default=_outside_json)


def _outside_json(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return schema(type(value)).dump(value)
    return value.isoformat() if isinstance(value, date) else str(value)


def problems(messages: Any, pointer: str = "") -> Iterator[Problem]:
    """marshmallow's nested messages as flat problems with JSON pointers (RFC 6901)."""
    if isinstance(messages, Mapping):
        for key, inner in messages.items():
            step = "" if key == "_schema" else "/" + str(key).replace("~", "~0").replace("/", "~1")
            yield from problems(inner, pointer + step)
    else:
        for detail in messages if isinstance(messages, list) else [messages]:
            if isinstance(detail, Mapping):
                yield from problems(detail, pointer)
            else:
                yield Problem(pointer, str(detail))


def events_of(module: ModuleType) -> list[type[Event]]:
    """The events a contracts module declares, in the order of their names."""
    return sorted(_declared(module, Event), key=lambda c: c.__name__)


def requests_of(module: ModuleType) -> list[type[Request[Any]]]:
    """The requests a contracts module declares, in the order of their names."""
    return sorted(_declared(module, Request), key=lambda c: c.__name__)


def _declared(module: ModuleType, kind: type[T]) -> Iterator[type[T]]:
    for found in vars(module).values():
        if (
            isinstance(found, type)
            and issubclass(found, kind)
            and (found.__module__ + ".").startswith(module.__name__ + ".")
        ):
            yield found


def _no_constant(name: str) -> None:
    raise ValueError(name)
