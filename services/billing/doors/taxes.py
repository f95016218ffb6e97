"""What a property's prices are made of."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from services.billing import store
from services.contracts.billing import CityTax, NoTaxes, PropertyTaxes, ReadTaxes, SetTaxes, VatRate
from services.contracts.values import decimals
from services.kit.db import Tx
from services.kit.doors import command, query
from services.kit.refusal import Invalid, Problem
from services.kit.scope import permit

_CODE = re.compile(r"[a-z][a-z0-9-]{0,39}")
_MOST_RULES = 200
_MOST_RATE = 10_000  # basis points
_MOST_MINOR = 10**9


class Taxes:
    @command
    def set_taxes(self, tx: Tx, request: SetTaxes) -> PropertyTaxes:
        """Refuses with Invalid what no hotel can mean: rates above 100 %, two rates of a class from the same day."""
        decimals(request.currency)
        faults = [*_of_place(request), *_of_vat(request.vat), *_of_city_tax(request.city_tax)]
        if faults:
            raise Invalid(errors=faults)
        said = PropertyTaxes(
            property_id=request.property_id,
            country=request.country,
            time_zone=request.time_zone,
            currency=request.currency,
            vat=request.vat,
            city_tax=request.city_tax,
            prices_include_vat=request.prices_include_vat,
            owed_from=request.owed_from,
        )
        store.keep_taxes(tx, said)
        return said

    @query
    def read_taxes(self, tx: Tx, request: ReadTaxes) -> PropertyTaxes:
        permit(tx, request.property_id)
        found = store.read_taxes(tx, request.property_id)
        if found is None:
            raise NoTaxes
        return found


def _of_place(request: SetTaxes) -> Iterator[Problem]:
    if not re.fullmatch("[A-Z]{2}", request.country):
        yield Problem("/country", "Not two capital letters (ISO 3166).")
    try:
        ZoneInfo(request.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        yield Problem("/time_zone", "Not a time zone (IANA).")


def _of_vat(rates: Sequence[VatRate]) -> Iterator[Problem]:
    if len(rates) > _MOST_RULES:
        yield Problem("/vat", f"More than {_MOST_RULES}.")
    for n, rate in enumerate(rates):
        if not _CODE.fullmatch(rate.tax_class):
            yield Problem(f"/vat/{n}/tax_class", "Not 1 to 40 small letters, digits and dashes, a letter first.")
        if not 0 <= rate.basis_points <= _MOST_RATE:
            yield Problem(f"/vat/{n}/basis_points", "Not from 0 to 100 %.")
        yield from _of_days(rate, f"/vat/{n}")
    yield from _twice([(rate.tax_class, str(rate.valid_from)) for rate in rates], "/vat")


def _of_city_tax(taxes: Sequence[CityTax]) -> Iterator[Problem]:
    if len(taxes) > _MOST_RULES:
        yield Problem("/city_tax", f"More than {_MOST_RULES}.")
    for n, tax in enumerate(taxes):
        if not (0 <= tax.amount_minor <= _MOST_MINOR and (tax.amount_minor > 0) != (tax.basis_points > 0)):
            yield Problem(f"/city_tax/{n}", "Either an amount or a percentage, above zero.")
        if not 0 <= tax.basis_points <= _MOST_RATE:
            yield Problem(f"/city_tax/{n}/basis_points", "Not from 0 to 100 %.")
        if tax.exempt_under is not None and not 1 <= tax.exempt_under <= 120:
            yield Problem(f"/city_tax/{n}/exempt_under", "Not an age from 1 to 120.")
        if tax.most_nights is not None and not 1 <= tax.most_nights <= 366:
            yield Problem(f"/city_tax/{n}/most_nights", "Not from 1 to 366.")
        yield from _of_days(tax, f"/city_tax/{n}")
    yield from _twice([("", str(tax.valid_from)) for tax in taxes], "/city_tax")


def _of_days(rule: VatRate | CityTax, pointer: str) -> Iterator[Problem]:
    if rule.valid_until is not None and rule.valid_until <= rule.valid_from:
        yield Problem(f"{pointer}/valid_until", "Not after valid_from.")


def _twice(keys: list[tuple[str, str]], pointer: str) -> Iterator[Problem]:
    if any(one == other for one, other in pairwise(sorted(keys))):
        yield Problem(pointer, "Two rules of the same class from the same day.")
