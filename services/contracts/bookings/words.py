"""What notices and bookings have in common: how it was booked, what the guests need, where they live."""

from __future__ import annotations

from typing import Literal

from services.contracts.bookings.bounds import at_most
from services.kit.wire import value

Method = Literal["web", "phone", "walk-in", "ota", "agency", "gds", "company", "channel"]
Sex = Literal["female", "male", "other"]
Need = Literal[
    "cot",
    "extra-bed",
    "non-smoking",
    "smoking",
    "accessible",
    "quiet",
    "high-floor",
    "ground-floor",
    "connecting-rooms",
    "twin-beds",
    "double-bed",
    "vegetarian",
    "vegan",
    "gluten-free",
    "lactose-free",
    "halal",
    "kosher",
    "allergy",
    "pet",
    "parking",
    "late-arrival",
    "early-arrival",
    "transfer",
]


@value
class PostalAddress:
    """As whoever took the booking wrote it; `country` is ISO 3166-1 alpha-2."""

    lines: tuple[str, ...] = ()
    postcode: str | None = None
    city: str | None = None
    region: str | None = None
    country: str | None = None

    bounded = at_most(10, "lines")
