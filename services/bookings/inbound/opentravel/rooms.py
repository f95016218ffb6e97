"""The rooms of a reservation: when, for whom, of which type and rate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from xml.etree.ElementTree import Element

from services.bookings.inbound.opentravel import prices
from services.bookings.inbound.opentravel.documents import every, said
from services.bookings.inbound.opentravel.faults import Faults
from services.bookings.inbound.opentravel.values import Span, day, nights, whole
from services.contracts.bookings import NoticeRoom
from services.contracts.values import Price

MOST_ROOMS = 100
ENOUGH = MOST_ROOMS + 1  # rooms that are read: one too many is refused, and not cut off
# Age qualifying codes (OpenTravel code list AQC): who is a child, and who is none whatever the age
_CHILDREN = frozenset(("3", "4", "5", "7", "8", "9", "14", "18", "19"))
_ADULTS = frozenset(("1", "2", "10", "11", "15"))
_OF_AGE = 18

Guests = tuple[int, int, tuple[int, ...]]  # adults, children, and the ages of these where all are known


@dataclass(frozen=True)
class Stay:
    """`total` is the whole reservation's price, where it is not said by room; `first` when the first room is for."""

    arrival: date | None
    departure: date | None
    first: Span | None
    rooms: tuple[NoticeRoom, ...]
    total: Price | None


def stay_of(reservation: Element, faults: Faults) -> Stay:
    """Prices that name no currency have an empty one."""
    overall = _span(reservation.find("ResGlobalInfo"), faults)
    stays = reservation.findall("RoomStays/RoomStay")[:ENOUGH]
    spans = [_span(stay, faults) or _days_of_rates(stay, faults) or overall for stay in stays]
    known = [span for span in [*spans, overall] if span]
    arrival = min((first for first, _ in known), default=None)
    departure = max((until for _, until in known), default=None)
    rooms: list[NoticeRoom] = []
    for stay, span in zip(stays, spans, strict=True):
        own = span if span and span != (arrival, departure) else None
        rooms += _rooms(stay, span, own, len(rooms), faults)[: ENOUGH - len(rooms)]
    total = None
    if not any(room.price for room in rooms):
        total = prices.priced(reservation.find("ResGlobalInfo/Total"), "/total", faults)
    return Stay(arrival, departure, next(iter(spans), None), tuple(rooms), total)


def _span(of: Element | None, faults: Faults) -> Span | None:
    """From a Start to an End, or for a Duration; None where no time is said."""
    span = of.find("TimeSpan") if of is not None else None
    if span is None:
        return None
    # a guest who asks for an offer may say from when to when the stay could begin
    start = said(span, "", "Start") or said(span, "StartDateWindow", "EarliestDate")
    if not start:
        return None
    first = faults.read("/arrival", "The Start of a TimeSpan is no day.", day, start)
    if first is None:
        return None
    end, duration = (span.get("End") or "").strip(), (span.get("Duration") or "").strip()
    if end:
        until = faults.read("/departure", "The End of a TimeSpan is no day.", day, end)
    else:
        until = faults.read("/departure", "A TimeSpan has an End, or a Duration in nights.", _after, first, duration)
    return (first, until) if until else None


def _after(first: date, duration: str) -> date:
    return first + nights(duration)


def _days_of_rates(stay: Element, faults: Faults) -> Span | None:
    """A stay that says no time is for the days of its rates.

    ExpireDate is the day after the last night; by those who mean the night itself, the day of a rate for one night.
    """
    if stay.find("TimeSpan") is not None:
        return None
    found = faults.read("/arrival", "EffectiveDate or ExpireDate of a rate is no day.", prices.days_of_rates, stay)
    if not found:
        return None
    last, until = max(first for first, _ in found), max(until for _, until in found)
    return min(first for first, _ in found), until if until > last else last + timedelta(days=1)


def _rooms(stay: Element, span: Span | None, own: Span | None, place: int, faults: Faults) -> list[NoticeRoom]:
    """The rooms that one RoomStay stands for: several, where it has several units, none, where it is only a time."""
    if all(stay.find(name) is None for name in ("RoomTypes", "RatePlans", "RoomRates", "GuestCounts")):
        return []
    pointer = f"/rooms/{place}"
    kind, rate = stay.find("RoomTypes/RoomType"), stay.find("RoomRates/RoomRate")
    units = said(kind, "", "NumberOfUnits") or said(rate, "", "NumberOfUnits") or "1"
    count = faults.read(pointer, "NumberOfUnits is no number of rooms.", whole, units) or 1
    count = min(count, ENOUGH)
    plan = said(stay, "RatePlans/RatePlan", "RatePlanCode") or said(rate, "", "RatePlanCode")
    codes = (said(of, "", name) for name in ("RoomTypeCode", "InvCode", "InvTypeCode", "RoomID") for of in (kind, rate))
    room_type = next((code for code in codes if code), None)
    return [
        NoticeRoom(
            # who sells rooms by their rate alone names no type: the rate's code stands for it, and can be mapped
            room_type=room_type or plan or "",
            rate=plan,
            adults=adults,
            children=children,
            child_ages=ages,
            price=price,
            arrival=own[0] if own else None,
            departure=own[1] if own else None,
        )
        for (adults, children, ages), price in zip(
            _guests(stay, count, pointer, faults), prices.by_room(stay, span, count, pointer, faults), strict=True
        )
    ]


def _guests(stay: Element, count: int, pointer: str, faults: Faults) -> list[Guests]:
    """For each of the rooms."""
    counts = stay.find("GuestCounts")
    if counts is None:
        return _spread(max(len(list(every(stay, "ResGuestRPHs/ResGuestRPH"))), count), 0, (), count)
    adults = 0
    ages: list[int | None] = []
    for each in counts.iterfind("GuestCount"):
        code, age = (each.get("AgeQualifyingCode") or "").strip(), _age(each, pointer, faults)
        many = faults.read(
            f"{pointer}/adults", "A Count of guests is no whole number.", whole, each.get("Count") or "1"
        )
        many = min(many or 0, 1000)
        if code in _CHILDREN or (code not in _ADULTS and age is not None and age < _OF_AGE):
            ages += [age if age is not None and age < _OF_AGE else None] * many
        else:
            adults += many
    known = tuple(age for age in ages if age is not None)
    told = known if len(known) == len(ages) else ()
    if counts.get("IsPerRoom") in ("true", "1") or adults + len(ages) < count:
        return [(adults, len(ages), told)] * count
    return _spread(adults, len(ages), told, count)


def _age(guests: Element, pointer: str, faults: Faults) -> int | None:
    age = (guests.get("Age") or "").strip()
    return faults.read(f"{pointer}/child_ages", "An Age is no whole number.", whole, age) if age else None


def _spread(adults: int, children: int, ages: Sequence[int], count: int) -> list[Guests]:
    """As evenly as they go into the rooms, the first ones taking one more."""
    return [(len(range(n, adults, count)), len(range(n, children, count)), tuple(ages[n::count])) for n in range(count)]
