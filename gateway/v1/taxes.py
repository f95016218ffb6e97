"""Taxes of a property."""

from __future__ import annotations

import re
from typing import Any

import marshmallow
from flask import Response
from marshmallow import ValidationError, fields, validate, validates_schema

from gateway.access.callers import needs
from gateway.asking import ask, command, reply
from gateway.blueprint import Blueprint
from gateway.known import property_of
from gateway.outside import Flag, MoneyField, Strict, Text, WholeNumber, shown
from gateway.problems import invalid
from services.contracts.billing import CityTax, PropertyTaxes, ReadTaxes, SetTaxes, VatRate
from services.contracts.values import Money

blueprint = Blueprint("taxes", __name__, description="What prices are made of")

_PERCENT = re.compile(r"(\d{1,3})(?:\.(\d{1,2}))?", re.ASCII)
_CLASS = validate.Regexp(re.compile(r"[a-z][a-z0-9-]{0,39}\Z"), error="Small letters, digits and dashes.")
_MOST = validate.Length(max=200)


class Percent(fields.String):
    """``"23.00"`` outside, 2300 basis points inside."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> int:  # type: ignore[override]
        found = _PERCENT.fullmatch(super()._deserialize(value, attr, data, **options))
        points = int(found[1]) * 100 + int((found[2] or "").ljust(2, "0")) if found else -1
        if not 0 <= points <= 10_000:
            raise ValidationError('Not a percentage from "0" to "100" with at most two decimal places.')
        return points


def percent(basis_points: int) -> str:
    """2300 → ``23.00``"""
    return f"{basis_points // 100}.{basis_points % 100:02}"


class DatedShape(Strict):
    valid_from = fields.Date(required=True)
    valid_until = fields.Date(
        load_default=None, allow_none=True, metadata={"description": "The first day on which it is no longer valid."}
    )


class VatShape(DatedShape):
    tax_class = Text(
        required=True,
        validate=_CLASS,
        metadata={"description": "`accommodation` for rooms; each kind of charge names its own."},
    )
    rate = Percent(required=True, metadata={"example": "23.00"})


class CityTaxShape(DatedShape):
    amount = MoneyField(load_default=None, allow_none=True, metadata={"description": "Per person and night; or"})
    rate = Percent(
        load_default=None, allow_none=True, metadata={"description": "in percent of the night's price without VAT."}
    )
    exempt_under = WholeNumber(
        load_default=None, allow_none=True, metadata={"description": "Children under this age pay none."}
    )
    most_nights = WholeNumber(
        load_default=None, allow_none=True, metadata={"description": "Of a stay, the nights that are taxed."}
    )
    included = Flag(load_default=False, metadata={"description": "The price includes it; else it comes on top."})

    @validates_schema
    def says_how_much(self, data: dict[str, Any], **_: Any) -> None:
        if (data.get("amount") is None) == (data.get("rate") is None):
            raise marshmallow.ValidationError("Give an amount or a rate, one of the two.", "amount")


class TaxesIn(Strict):
    vat = fields.List(fields.Nested(VatShape), load_default=[], validate=_MOST)
    city_tax = fields.List(fields.Nested(CityTaxShape), load_default=[], validate=_MOST)
    prices_include_vat = Flag(load_default=True)
    owed_from = Text(
        load_default="confirmation",
        validate=validate.OneOf(["confirmation", "arrival"]),
        metadata={"description": "A stay is owed from its confirmation, or from its check-in."},
    )


class TaxesShape(TaxesIn):
    property_id = fields.UUID(required=True)
    country = Text()
    time_zone = Text()
    currency = Text()


@blueprint.get("/properties/<key>/taxes")
@needs("read", by_property=True)
@blueprint.response(200, TaxesShape)
def read_taxes(key: str) -> Response:
    """VAT by tax class and day, city tax, and from when a stay is owed. `key` is the property's id or code."""
    return reply(_shown(ask(ReadTaxes(property_id=property_of(key).id))))


@blueprint.put("/properties/<key>/taxes")
@needs("admin")
@blueprint.arguments(TaxesIn)
@blueprint.response(200, TaxesShape)
def set_taxes(body: dict[str, Any], key: str) -> Response:
    """Bring a property's taxes to what is said here. A stay follows at its next change, or its next night."""
    house = property_of(key)
    said = SetTaxes(
        property_id=house.id,
        country=house.country,
        time_zone=house.time_zone,
        currency=house.currency,
        vat=tuple(VatRate(basis_points=rule.pop("rate"), **rule) for rule in body["vat"]),
        city_tax=tuple(_city_tax(n, rule, house.currency) for n, rule in enumerate(body["city_tax"])),
        prices_include_vat=body["prices_include_vat"],
        owed_from=body["owed_from"],
    )
    return reply(_shown(command(said)))


def _city_tax(n: int, rule: dict[str, Any], currency: str) -> CityTax:
    amount, rate = rule.pop("amount"), rule.pop("rate")
    if amount is not None and amount.currency != currency:
        raise invalid({"city_tax": {n: {"amount": {"currency": ["The property takes another currency."]}}}})
    return CityTax(amount_minor=amount.amount_minor if amount else 0, basis_points=rate or 0, **rule)


def _shown(taxes: PropertyTaxes) -> dict[str, Any]:
    vat = [{**shown(rule), "rate": percent(rule.basis_points)} for rule in taxes.vat]
    city = []
    for rule in taxes.city_tax:
        amount = Money(amount_minor=rule.amount_minor, currency=taxes.currency) if rule.amount_minor else None
        rate = percent(rule.basis_points) if rule.basis_points else None
        city.append({**shown(rule), "amount": shown(amount), "rate": rate})
    for each in (*vat, *city):
        each.pop("basis_points")
        each.pop("amount_minor", None)
    return {**shown(taxes), "vat": vat, "city_tax": city}
