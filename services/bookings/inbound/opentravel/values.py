"""How OpenTravel writes days, instants, durations and amounts of money, and what of it is understood."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from xml.etree.ElementTree import Element

from services.contracts.values import Price, decimals
from services.kit.refusal import Invalid

Span = tuple[date, date]  # from the day of arrival to the day of departure

_DAY = re.compile(r"(\d{4}-\d\d-\d\d)(?:[T ].{0,40}|Z|[+-]\d\d:\d\d)?", re.ASCII)
_DURATION = re.compile(r"P(?:(\d{1,3})W|(\d{1,4})[DN])(?:T.{0,20})?", re.ASCII)
_NUMBER = re.compile(r"[+-]?(?:\d{1,12}(?:\.\d{0,10})?|\.\d{1,10})", re.ASCII)
_WHOLE = re.compile(r"\d{1,9}", re.ASCII)


def day(text: str) -> date:
    """``2026-12-01``, also with a time of day behind it; raises ValueError, also for what is no guest's time."""
    found = _DAY.fullmatch(text)
    if not found or not "1800" < text < "2200":
        raise ValueError("not a day")
    return date.fromisoformat(found[1])


def instant(text: str | None) -> datetime | None:
    """In UTC, as is what says no zone; None where it is none, or of no time that a booking could be of."""
    try:
        found = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    if not 1970 < found.year < 2100:
        return None
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def nights(text: str) -> timedelta:
    """``P3N`` and ``P3D`` are three nights, ``P1W`` seven; raises ValueError."""
    found = _DURATION.fullmatch(text)
    if not found:
        raise ValueError("not a duration in nights")
    return timedelta(days=7 * int(found[1]) if found[1] else int(found[2]))


def whole(text: str) -> int:
    """Raises ValueError for what is no whole number from 0 to 999999999."""
    if not _WHOLE.fullmatch(text):
        raise ValueError("not a whole number")
    return int(text)


def number(text: str) -> Decimal:
    """Raises ValueError for what is no decimal number."""
    if not _NUMBER.fullmatch(text):
        raise ValueError("not a decimal number")
    return Decimal(text)


def amount(of: Element, attribute: str) -> Decimal | None:
    """The amount an attribute holds; raises ValueError. Where `DecimalPlaces` are said, a number without a point is in
    minor units (OTA FS_CurrencyAmountGroup)."""
    text = (of.get(attribute) or "").strip()
    if not text:
        return None
    found = number(text)
    places = (of.get("DecimalPlaces") or "").strip()
    return found.scaleb(-min(whole(places), 10)) if places and "." not in text else found


def with_taxes(of: Element) -> Decimal | None:
    """What a Total, a Base or the like amounts to: AmountAfterTax, else AmountBeforeTax and the taxes on top of it."""
    after = amount(of, "AmountAfterTax")
    if after is not None:
        return after
    before = amount(of, "AmountBeforeTax")
    if before is None:
        return None
    taxes = of.find("Taxes")
    if taxes is None:
        return before
    summed = amount(taxes, "Amount")
    each = [tax for tax in taxes.iterfind("Tax") if (tax.get("Type") or "Exclusive") == "Exclusive"]
    return before + (sum((amount(tax, "Amount") or Decimal() for tax in each), Decimal()) if summed is None else summed)


def price(found: Decimal, currency: str | None) -> Price:
    """Rounded half up to what the currency has; an empty currency where none is said."""
    code = (currency or "").strip().upper()
    try:
        places = decimals(code)
    except Invalid:
        return Price(amount=f"{found:f}", currency=code)  # judged where the whole notice is looked at
    return Price(amount=f"{found.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP):f}", currency=code)
