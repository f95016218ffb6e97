"""A family in house in Lisbon, with what Lisbon takes of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from services.billing import domain
from services.contracts.billing import CityTax, PropertyTaxes, VatRate
from services.contracts.bookings import BookingFacts
from tests.billing.makers import LISBON, eur, stay

ANA, SOL_LDA = UUID(int=1), UUID(int=2)
FIRST = date(2026, 12, 1)
START = date(2020, 1, 1)
VAT = VatRate(tax_class="accommodation", basis_points=600, valid_from=START)
CITY_TAX = CityTax(valid_from=START, amount_minor=400, exempt_under=13)
LISBONS = PropertyTaxes(
    property_id=LISBON, country="PT", time_zone="Europe/Lisbon", currency="EUR", vat=(VAT,), city_tax=(CITY_TAX,)
)


def in_house(guest: UUID, total: int = 31800, *, zone: str = "Europe/Lisbon", **more: Any) -> BookingFacts:
    """Two adults and a child in house in Lisbon for three nights from the first of December, 106 euros each."""
    more = {"state": "in_house", **more}
    return replace(stay(guest, eur(total), **more), adults=2, children=1, time_zone=zone)


def later(facts: BookingFacts, **more: Any) -> BookingFacts:
    return replace(facts, version=facts.version + 1, **more)


def told(entries: tuple[domain.Entry, ...]) -> dict[str, int]:
    return {e.account: e.amount_minor for e in entries}
