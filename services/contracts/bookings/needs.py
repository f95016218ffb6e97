"""What guests need, by code: the words for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from services.contracts.bookings.words import Need

LABELS: Final[Mapping[Need, str]] = {
    "cot": "Cot",
    "extra-bed": "Extra bed",
    "non-smoking": "Non-smoking room",
    "smoking": "Smoking room",
    "accessible": "Wheelchair accessible",
    "quiet": "Quiet room",
    "high-floor": "High floor",
    "ground-floor": "Ground floor",
    "connecting-rooms": "Connecting rooms",
    "twin-beds": "Twin beds",
    "double-bed": "Double bed",
    "vegetarian": "Vegetarian",
    "vegan": "Vegan",
    "gluten-free": "Gluten-free",
    "lactose-free": "Lactose-free",
    "halal": "Halal",
    "kosher": "Kosher",
    "allergy": "Allergy",
    "pet": "Pet",
    "parking": "Parking space",
    "late-arrival": "Late arrival",
    "early-arrival": "Early arrival",
    "transfer": "Transfer",
}
