"""What a reservation says to people: requests, comments, services, terms; and what of it is a known need."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from xml.etree.ElementTree import Element

from services.bookings.inbound.opentravel.documents import every, lines_of, said
from services.contracts.bookings import Need, NoticeRoom

LONGEST = 4000
_PLACES = ("RoomStays/RoomStay", "ResGlobalInfo", "ResGuests/ResGuest")
# Meal plans (OpenTravel code list MPT) that hotels sell
_MEALS = {"1": "all inclusive", "3": "bed and breakfast", "10": "full board", "12": "half board", "14": "room only"}


def requests_of(reservation: Element, first: Iterable[str] = ()) -> str | None:
    """Each thing once, a line or more for each, after the `first` ones; cut at what a booking keeps of it."""
    lines = list(dict.fromkeys(line for line in (*first, *_lines(reservation)) if line))
    text = "\n".join(lines)
    return (text if len(text) <= LONGEST else text[: LONGEST - 1] + "…") or None


def wishes_of(reservation: Element, rooms: Sequence[NoticeRoom]) -> Iterator[str]:
    """What is asked for, where nothing is booked yet: a line for each room, and for each time that would do."""
    for room in rooms:
        named = (room.room_type, room.rate if room.rate != room.room_type else None)
        ages = f" ({', '.join(str(age) for age in room.child_ages)})" if room.child_ages else ""
        yield ", ".join(
            [
                "Asked for: " + (" / ".join(name for name in named if name) or "a room"),
                "1 adult" if room.adults == 1 else f"{room.adults} adults",
                *([f"{room.children} children{ages}"] if room.children > 1 else []),
                *([f"1 child{ages}"] if room.children == 1 else []),
                *([f"{room.price.amount} {room.price.currency}".strip()] if room.price else []),
            ]
        )
    for span in every(reservation, "RoomStays/RoomStay/TimeSpan"):
        window = span.find("StartDateWindow")
        begin, end = said(span, "", "Start"), said(span, "", "End") or said(span, "", "Duration")
        if window is not None:
            begin = f"{window.get('EarliestDate')} to {window.get('LatestDate')}"
        yield f"Time: {begin}, {end}" if begin and end else ""


def needs_of(reservation: Element) -> tuple[Need, ...]:
    found: list[Need] = []
    asked = every(reservation, *(f"{place}/SpecialRequests/SpecialRequest" for place in _PLACES))
    if any("PETS" in (each.get("Name"), each.get("RequestCode")) for each in asked):
        found.append("pet")
    if any(
        kind.get("NonSmoking") in ("true", "1")
        for kind in reservation.iterfind("RoomStays/RoomStay/RoomTypes/RoomType")
    ):
        found.append("non-smoking")
    return tuple(found)


def _lines(reservation: Element) -> Iterator[str]:
    for remark in every(
        reservation,
        *(f"{place}/SpecialRequests/SpecialRequest" for place in _PLACES),
        *(f"{place}/Comments/Comment" for place in _PLACES),
    ):
        yield from _remark(remark)
    if arrival := said(reservation, "ResGuests/ResGuest", "ArrivalTime"):
        yield f"Arrival: {arrival}"
    for service in every(reservation, "Services/Service", "RoomStays/RoomStay/Services/Service"):
        yield _service(service)
    for meals in every(reservation, "RoomStays/RoomStay/RatePlans/RatePlan/MealsIncluded"):
        codes = (meals.get("MealPlanCodes") or "").split()
        yield "Meals: " + ", ".join(_MEALS.get(code, code) for code in codes) if codes else ""
    for penalty in every(
        reservation, *(f"{place}/CancelPenalties/CancelPenalty/PenaltyDescription" for place in _PLACES)
    ):
        yield "Cancellation: " + " ".join(lines_of(penalty)) if lines_of(penalty) else ""


def _remark(remark: Element) -> Iterator[str]:
    name = said(remark, "", "Name") or said(remark, "", "RequestCode")
    items = [line for item in remark.iterfind("ListItem") for line in lines_of(item)]
    texts = [line for text in remark.iter("Text") for line in lines_of(text)]
    if items:
        yield f"{name.capitalize() if name else 'Remarks'}: {', '.join(items)}"
    yield from texts
    if remark.tag == "SpecialRequest" and name and not (items or texts):
        yield name


def _service(service: Element) -> str:
    name = said(service, "ServiceDetails/ServiceDescription") or said(service, "", "ServiceInventoryCode")
    quantity = service.get("Quantity") or "1"
    if not name:
        return ""
    return f"Service: {name}" if quantity == "1" else f"Service: {quantity} × {name}"
