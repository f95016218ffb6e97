"""What a property's prices are made of: VAT, city tax, and from when a stay is owed."""

from __future__ import annotations

from datetime import date
from typing import Literal
from uuid import UUID

from services.kit.refusal import NotFound
from services.kit.wire import Request, request, value


@value
class VatRate:
    """Of one tax class (``accommodation`` for rooms; a charge's kind names its own), in basis points (2300 is 23 %).

    `valid_until` is the first day on which it is no longer valid. Of several the one that began last counts.
    """

    tax_class: str
    basis_points: int
    valid_from: date
    valid_until: date | None = None


@value
class CityTax:
    """Either `amount_minor` per person and night, or `basis_points` of the night's price without VAT.

    `exempt_under`: children under this age pay none. `most_nights` of a stay are taxed. `included`: the price has it
    in it; else it comes on top, owed with each night.
    """

    valid_from: date
    valid_until: date | None = None
    amount_minor: int = 0
    basis_points: int = 0
    exempt_under: int | None = None
    most_nights: int | None = None
    included: bool = False


@value
class PropertyTaxes:
    """`owed_from`: a stay is owed from its confirmation, or from its check-in."""

    property_id: UUID
    country: str
    time_zone: str
    currency: str
    vat: tuple[VatRate, ...] = ()
    city_tax: tuple[CityTax, ...] = ()
    prices_include_vat: bool = True
    owed_from: Literal["confirmation", "arrival"] = "confirmation"


@request
class SetTaxes(Request[PropertyTaxes]):
    """Bring a property's rules to what is said here. A stay follows at its next change or night."""

    property_id: UUID
    country: str
    time_zone: str
    currency: str
    vat: tuple[VatRate, ...] = ()
    city_tax: tuple[CityTax, ...] = ()
    prices_include_vat: bool = True
    owed_from: Literal["confirmation", "arrival"] = "confirmation"


@request
class ReadTaxes(Request[PropertyTaxes]):
    property_id: UUID


class NoTaxes(NotFound):
    """No taxes have been set for this property."""
