"""How contracts look on the outside: money as decimal strings, times in UTC, text without hostile characters.

Schemas of answers are derived from the contracts, so that the OpenAPI document says what is really sent; schemas
of what comes in are written by hand beside their routes, as not all of a contract is for everybody to set.
"""

from __future__ import annotations

import dataclasses
import re
import unicodedata
from collections.abc import Sequence
from datetime import UTC, date, datetime
from functools import cache
from typing import Any, ClassVar

import marshmallow
import orjson
from marshmallow import ValidationError, fields, validate

from services.contracts.values import Money, Price, to_money, to_price
from services.kit import wire
from services.kit.refusal import Invalid, Problem

# C0 and C1 controls, DEL and lone surrogates; tab and line breaks are allowed where text has lines.
_HOSTILE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029]")
_HOSTILE_IN_LINES = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


_PRICE = {"amount", "currency"}


class Text(fields.String):
    """Text of a bounded length, composed (NFC), without control characters and halves of characters.

    One that is empty where it is not said may still not be said to be: the document tells of no such default.
    """

    def __init__(self, *, least: int = 1, most: int = 200, lines: bool = False, **options: Any) -> None:
        given = options.pop("validate", None) or []
        bounds = validate.Length(min=least or None, max=most)
        if least and options.get("load_default") == "":
            options["load_default"] = str
        super().__init__(validate=[bounds, *(given if isinstance(given, list) else [given])], **options)
        self._hostile = _HOSTILE_IN_LINES if lines else _HOSTILE

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> str:
        if type(value) is str and value.isascii() and value.isprintable():
            return value
        said = str(super()._deserialize(value, attr, data, **options))
        if self._hostile.search(said):
            raise ValidationError("Control characters are not allowed.")
        return unicodedata.normalize("NFC", said)


class LongText(Text):
    """Text of several lines."""

    def __init__(self, *, most: int = 5000, **options: Any) -> None:
        super().__init__(most=most, lines=True, **options)


class WholeNumber(fields.Integer):
    """5.9 is not 5, "5" is not 5, and what does not fit into 32 bits is nobody's count."""

    def __init__(self, **options: Any) -> None:
        given = options.pop("validate", None)
        super().__init__(strict=True, validate=given or validate.Range(min=-(2**31), max=2**31 - 1), **options)

    def _validated(self, value: Any) -> int:
        if isinstance(value, str | bool):
            raise self.make_error("invalid", input=value)
        return super()._validated(value)


class Count(fields.Integer):
    """A whole number in the query, where everything is text."""


class Flag(fields.Boolean):
    """true or false: neither "yes" nor 1."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> bool:
        if not isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return value


class Instant(wire.Instant):
    """RFC 3339 with its zone, kept as it is written; refused where it falls out of the calendar in UTC."""

    def __init__(self, **options: Any) -> None:
        super().__init__(format="iso", **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> datetime:
        said: datetime = super()._deserialize(value, attr, data, **options)
        try:
            said.astimezone(UTC)
        except OverflowError:
            raise self.make_error("invalid", input=value, obj_type="datetime") from None
        return said


class MoneyField(fields.Nested):
    """``{"amount": "129.50", "currency": "EUR"}`` outside, minor units inside."""

    def __init__(self, **options: Any) -> None:
        super().__init__(lambda: schema_of(Price)(), **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, partial: Any = None, **options: Any) -> Money:
        if type(value) is dict and value.keys() == _PRICE and type(value["amount"]) is type(value["currency"]) is str:
            price = Price(**value)  # as nearly always: a schema for two texts is a tenth of a booking's work here
        else:
            price = super()._deserialize(value, attr, data, partial, **options)
        try:
            return to_money(price)
        except Invalid as fault:
            raise ValidationError({e.pointer.strip("/"): [e.detail] for e in fault.errors}) from None


class Strict(marshmallow.Schema):
    """What comes in: a field nobody knows is a mistake that the sender should hear of.

    `body_optional`: a call without a body is one that says nothing of it.
    """

    body_optional: ClassVar[bool] = False

    class Meta:
        unknown = marshmallow.RAISE

    def on_bind_field(self, field_name: str, field_obj: fields.Field[Any]) -> None:
        """A date is one of the calendar, however its field was declared."""
        if isinstance(field_obj, fields.Date):
            field_obj.DESERIALIZATION_FUNCS = wire.Day.DESERIALIZATION_FUNCS


class Change(Strict):
    """What is said of something anew; what is not said has its field's default, or is not there."""

    @marshmallow.validates_schema
    def says_something(self, data: dict[str, Any], **_: Any) -> None:
        if all(name in self.fields and value is self.fields[name].load_default for name, value in data.items()):
            raise ValidationError("Say at least one field to change.")


def cleared(said: dict[str, Any]) -> dict[str, Any]:
    """A change as contracts say it, with the fields that null empties named in `clear`."""
    given = {name: value for name, value in said.items() if value is not None}
    return {**given, "clear": tuple(name for name in said if name not in given)}


_OUTSIDE = {
    str: LongText,
    int: WholeNumber,
    datetime: Instant,
    Money: MoneyField,
    bool: Flag,
}


class _Derived(Strict):
    TYPE_MAPPING = {**marshmallow.Schema.TYPE_MAPPING, **_OUTSIDE}


@cache
def schema_of(contract: type) -> type[marshmallow.Schema]:
    """The outside schema of a contract, for documents and for input that is a contract as it stands."""
    return wire.schema_class(contract, _Derived)


def listing(item: type[marshmallow.Schema], name: str) -> type[marshmallow.Schema]:
    """The schema of a page of a list."""
    return marshmallow.Schema.from_dict(
        {
            "items": fields.List(fields.Nested(item), required=True),
            "next": fields.String(allow_none=True, metadata={"description": "Cursor of the next page."}),
        },
        name=name,
    )


def text(value: Any) -> str:
    """A contract, or JSON values with contracts among them, as JSON of the outside form."""
    return orjson.dumps(value, _show, orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME).decode()


def shown(value: Any) -> Any:
    """The same as JSON values."""
    return orjson.loads(text(value))


def _show(value: Any) -> Any:
    if type(value) is Money:
        return _price(value)
    if isinstance(value, datetime):
        return instant(value)
    if isinstance(value, date):
        return value.isoformat()
    if dataclasses.is_dataclass(value):
        return vars(value)
    raise TypeError(f"{type(value).__name__} has no outside form")


def instant(value: datetime) -> str:
    """RFC 3339 in UTC."""
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def part(items: Sequence[dict[str, Any]], limit: int, cursor: str | None) -> dict[str, Any]:
    """A page of a list that is at hand as a whole: its cursor is the id of the last item shown."""
    ids = [str(item["id"]) for item in items]
    if cursor is not None and cursor not in ids:
        raise Invalid(errors=[Problem("/cursor", "Not a cursor of this list.")])
    first = ids.index(cursor) + 1 if cursor is not None else 0
    until = first + limit
    return {"items": items[first:until], "next": ids[until - 1] if until < len(ids) else None}


def page(found: Any, show: Any = shown) -> dict[str, Any]:
    """A reply with `items` and `next` as a page of a list."""
    return {"items": [show(item) for item in found.items], "next": found.next}


def _price(money: Money) -> dict[str, str]:
    price = to_price(money)
    return {"amount": price.amount, "currency": price.currency}


class Page(Strict):
    """The part of a list to answer."""

    limit = Count(load_default=50, validate=validate.Range(min=1, max=200))
    cursor = Text(load_default=None, most=1000)
