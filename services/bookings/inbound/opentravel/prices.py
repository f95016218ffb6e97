"""What a reservation's rooms cost, what has been paid of it, and what its seller keeps."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from xml.etree.ElementTree import Element

from services.bookings.inbound.opentravel.documents import every
from services.bookings.inbound.opentravel.faults import Faults
from services.bookings.inbound.opentravel.values import Span, amount, day, number, price, whole, with_taxes
from services.contracts.bookings import NoticeCommission, NoticePayment
from services.contracts.values import Price

_NO_AMOUNT = "Not a decimal amount."


def by_room(stay: Element, span: Span | None, count: int, pointer: str, faults: Faults) -> list[Price | None]:
    """What each of the `count` rooms of a RoomStay costs, to the cent: the first ones take the cents that are over.

    By the Total of the RoomStay, else by the sum of its rates.
    """
    total = priced(stay.find("Total"), f"{pointer}/price", faults)
    if total is None:
        total = faults.read(
            f"{pointer}/price/amount", "Its rates are no amounts of one currency.", _of_rates, stay, span
        )
    if total is None or count == 1:
        return [total] * count
    whole_sum = Decimal(total.amount)
    unit = Decimal((0, (1,), int(whole_sum.as_tuple().exponent)))
    cents = int(whole_sum / unit)
    shares = sorted((b - a for a, b in pairwise(cents * n // count for n in range(count + 1))), reverse=True)
    return [Price(amount=f"{share * unit:f}", currency=total.currency) for share in shares]


def priced(total: Element | None, pointer: str, faults: Faults) -> Price | None:
    if total is None:
        return None
    found = faults.read(f"{pointer}/amount", _NO_AMOUNT, with_taxes, total)
    return price(found, total.get("CurrencyCode")) if found is not None else None


def days_of_rates(stay: Element) -> list[Span]:
    """From when until when each rate of a RoomStay is; raises ValueError."""
    dated = (rate for rate in stay.iterfind("RoomRates/RoomRate/Rates/Rate") if rate.get("EffectiveDate"))
    return [
        (day(r.get("EffectiveDate") or ""), day(r.get("ExpireDate") or r.get("EffectiveDate") or "")) for r in dated
    ]


def paid(reservation: Element, faults: Faults) -> tuple[NoticePayment, ...]:
    """Deposits that have been taken: with an amount and without a deadline, by which they would still be asked for."""
    found: list[NoticePayment] = []
    for each in reservation.iterfind("ResGlobalInfo/DepositPayments/GuaranteePayment"):
        deposit = each.find("AmountPercent")
        if deposit is None or each.find("Deadline") is not None:
            continue
        taken = faults.read(f"/payments/{len(found)}/amount", _NO_AMOUNT, amount, deposit, "Amount")
        if taken:
            money = price(taken, deposit.get("CurrencyCode"))
            found.append(NoticePayment(amount=money.amount, currency=money.currency))
    return tuple(found)


def commission(reservation: Element, faults: Faults) -> NoticeCommission | None:
    """The amounts of all rooms, or the share that all of them name."""
    said = list(
        every(
            reservation,
            "RoomStays/RoomStay/RatePlans/RatePlan/Commission",
            "RoomStays/RoomStay/RoomRates/RoomRate/Commission",
            "ResGlobalInfo/Commissions/Commission",
        )
    )
    shares = {each.get("Percent") or "" for each in said} - {""}
    payable = [sum_of for each in said if (sum_of := each.find("CommissionPayableAmount")) is not None]
    amounts = [faults.read("/commission/amount", _NO_AMOUNT, amount, each, "Amount") for each in payable]
    known = [found for found in amounts if found is not None]
    total = price(sum(known, Decimal()), payable[0].get("CurrencyCode")) if known else None
    share = (
        faults.read("/commission/basis_points", "Not a percentage.", _points, shares.pop())
        if len(shares) == 1
        else None
    )
    return NoticeCommission(amount=total, basis_points=share) if total or share is not None else None


def _points(percent: str) -> int:
    return int((number(percent) * 100).quantize(Decimal(1), ROUND_HALF_UP))


def _of_rates(stay: Element, span: Span | None) -> Price | None:
    found = list(_rates(stay, span))
    if not found:
        return None
    currencies = {currency for _, currency in found if currency}
    if len(currencies) > 1:
        raise ValueError("more than one currency")
    return price(sum((amount_of for amount_of, _ in found), Decimal()), next(iter(currencies), None))


def _rates(stay: Element, span: Span | None) -> Iterator[tuple[Decimal, str | None]]:
    """Amount and currency of each rate: its own Total, else its Base for every night that it is for."""
    for room_rate in stay.iterfind("RoomRates/RoomRate"):
        total = room_rate.find("Total")
        if total is not None and (found := with_taxes(total)) is not None:
            yield found, total.get("CurrencyCode")
            continue
        for rate in room_rate.iterfind("Rates/Rate"):
            for part, times in ((rate.find("Total"), 1), (rate.find("Base"), _nights(rate, span))):
                if part is not None and (found := with_taxes(part)) is not None:
                    yield found * times, part.get("CurrencyCode") or rate.get("CurrencyCode")
                    break


def _nights(rate: Element, span: Span | None) -> int:
    """For how many nights a rate is; one without dates is for the whole stay."""
    first, until = rate.get("EffectiveDate"), rate.get("ExpireDate")
    if first and until:
        return max((day(until) - day(first)).days, 1)
    if first:
        return whole(rate.get("UnitMultiplier") or "1")
    return (span[1] - span[0]).days if span else 1
