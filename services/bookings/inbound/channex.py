"""Channex' booking revisions (contract ChannexRevision) as native notices.

A booking is known by Channex' `unique_id` (``BDC-9996013801``: the booking site's code and its own number), which is
also what staff look it up by; without one, by `booking_id`. A revision's number is its instant: `inserted_at` in
milliseconds, times four, plus 0, 1 or 2 for new, modified and cancelled, so that these three stay in order where a
sender's clock is coarse. Without an instant a revision id that is a whole number does; without both it is refused, as
nobody could tell which of two revisions is the later one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from services.bookings.domain.texts import harmless, tidy
from services.contracts.bookings import (
    BookingNotice,
    NotANotice,
    NoticeCommission,
    NoticePayment,
    NoticePerson,
    NoticeRoom,
    PostalAddress,
)
from services.contracts.bookings.channex import (
    ChannexAttributes,
    ChannexCustomer,
    ChannexOccupancy,
    ChannexRevision,
    ChannexRoom,
)
from services.contracts.values import Price
from services.kit import wire
from services.kit.refusal import Invalid, Problem

SOURCE = "channex"
NO_ROOM_TYPE = "none"  # Channex could not tell the room type: the house may map this code too
LONGEST_REQUESTS = 4000
_RANKS = {"new": 0, "modified": 1, "cancelled": 2}
_CHANNELS = {"bookingcom": "booking.com", "hotelscom": "hotels.com", "tripcom": "trip.com"}
_OWN = {"offline", "channex", "bookingengine"}  # entered at Channex itself
_COUNTS = frozenset({"adults", "children", "infants", "ages"})
_WHOLE = re.compile(r"\d{1,15}", re.ASCII)
_DAY = re.compile(r"/days/.*", re.DOTALL)
_AMOUNT = re.compile(r"-?\d{1,12}(\.\d{1,9})?", re.ASCII)


def read(body: bytes | str) -> ChannexRevision:
    """One revision as Channex sends it; refuses with NotANotice what has not its form."""
    try:
        said = json.loads(body, parse_float=str, parse_constant=str)
        if isinstance(said, dict) and isinstance(said.get("data"), dict):
            said = said["data"]
        return wire.load(ChannexRevision, _numbers_as_texts(said))
    except (ValueError, RecursionError):
        raise NotANotice("The body is not JSON.") from None
    except Invalid as refused:
        # a day is the sender's word, and may be anything: no pointer repeats it
        raise NotANotice(errors=[Problem(_DAY.sub("/days", e.pointer), e.detail) for e in refused.errors]) from None


def notice_of(revision: ChannexRevision) -> BookingNotice:
    """The native notice; refuses with NotANotice where something of the format itself is wrong."""
    said = revision.attributes
    kept = [(at, room) for at, room in enumerate(said.rooms or ()) if not room.is_cancelled]
    number, instant, prices, problems = _revision(revision), _instant(said.inserted_at), [], []
    if number is None:
        problems.append(Problem("/attributes/inserted_at", "Needed: it says which revision is the later one."))
    for at, room in kept:
        price, odd = _price(room)
        prices.append(price)
        if odd:
            problems.append(Problem(f"/attributes/rooms/{at}/days", "Not a decimal amount."))
    if problems or number is None:
        raise NotANotice(errors=problems[:50])
    by_room = _adds_up(prices, said.amount)
    currency = (said.currency or "").upper()
    total = Price(amount=said.amount, currency=currency) if said.amount else None
    return BookingNotice(
        source=SOURCE,
        external_id=said.unique_id or said.booking_id or "",
        revision=number,
        status=said.status,
        property=said.property_id,
        channel=_channel(said.ota_name),
        method=None if _word(said.ota_name) in _OWN else "ota",
        booked_at=instant,
        arrival=said.arrival_date,
        departure=said.departure_date,
        rooms=tuple(
            _room(room, said, Price(amount=price, currency=currency) if by_room and price else None, len(kept))
            for (_, room), price in zip(kept, prices, strict=True)
        ),
        total=None if by_room else total,
        booker=_booker(said.customer),
        guests=_guests(room for _, room in kept),
        requests=_requests(said),
        payments=(NoticePayment(amount=total.amount, currency=currency, method="ota"),)
        if total and said.payment_collect == "ota"
        else (),
        commission=NoticeCommission(amount=Price(amount=said.ota_commission, currency=currency))
        if said.ota_commission
        else None,
    )


def theirs(fault: Problem, revision: ChannexRevision) -> Problem:
    """A fault of the native notice with the pointer of what it was made of."""
    first, *rest = fault.pointer.strip("/").split("/")
    if rest and rest[-1] == "currency":
        return Problem("/attributes/currency", fault.detail)
    steps = [_NAMES.get(first, first)]
    if first == "rooms" and rest:
        kept = [at for at, room in enumerate(revision.attributes.rooms or ()) if not room.is_cancelled]
        steps += [str(kept[int(rest[0])]), *(_NAMES_OF_ROOM.get(field, field) for field in rest[1:2])]
    elif first == "booker":
        steps += [_NAMES_OF_CUSTOMER.get(field, field) for field in rest[:1]]
    return Problem("/attributes/" + "/".join(steps), fault.detail)


_NAMES = {
    "external_id": "unique_id",
    "property": "property_id",
    "channel": "ota_name",
    "revision": "inserted_at",
    "booked_at": "inserted_at",
    "arrival": "arrival_date",
    "departure": "departure_date",
    "booker": "customer",
    "guests": "rooms",
    "requests": "notes",
    "payments": "amount",
    "total": "amount",
    "commission": "ota_commission",
}
_NAMES_OF_ROOM = {
    "room_type": "room_type_id",
    "rate": "rate_plan_id",
    "price": "amount",
    "adults": "occupancy/adults",
    "children": "occupancy/children",
    "child_ages": "occupancy/ages",
    "arrival": "checkin_date",
    "departure": "checkout_date",
}
_NAMES_OF_CUSTOMER = {"given_name": "name", "family_name": "surname", "email": "mail"}


def _numbers_as_texts(said: Any, name: str = "") -> Any:
    """Amounts and ids are texts at Channex, and numbers at some that speak like it; only people are counted."""
    if isinstance(said, dict):
        return {key: _numbers_as_texts(each, key) for key, each in said.items()}
    if isinstance(said, list):
        return [_numbers_as_texts(each, name) for each in said]
    return str(said) if isinstance(said, int) and not isinstance(said, bool) and name not in _COUNTS else said


def _revision(revision: ChannexRevision) -> int | None:
    said = revision.attributes
    if (instant := _instant(said.inserted_at)) is not None:
        return int(instant.timestamp() * 1000) * 4 + _RANKS[said.status]
    ids = (said.revision_id, said.system_id, revision.id)
    return next((int(each) for each in ids if each and _WHOLE.fullmatch(each)), None)


def _instant(said: str | None) -> datetime | None:
    """Channex writes UTC, and does not say so."""
    try:
        found = datetime.fromisoformat(said or "")
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _price(room: ChannexRoom) -> tuple[str | None, bool]:
    """A room's price for its stay, and whether that of a day is none."""
    if room.amount or not room.days:
        return room.amount or None, False
    amounts = [_decimal(price) for price in room.days.values()]
    known = [amount for amount in amounts if amount is not None]
    return format(sum(known, Decimal()), "f"), len(known) < len(amounts)


def _adds_up(prices: Sequence[str | None], total: str | None) -> bool:
    """Are the rooms' prices the whole price? Not where breakfast or taxes are sold beside them."""
    amounts = [_decimal(price or "") for price in prices]
    known = [amount for amount in amounts if amount is not None]
    if len(known) < len(amounts):
        return all(prices)  # what is no amount is refused as a room's
    return bool(known) and (not total or sum(known, Decimal()) == _decimal(total))


def _decimal(said: str) -> Decimal | None:
    return Decimal(said) if _AMOUNT.fullmatch(said) else None


def _room(room: ChannexRoom, said: ChannexAttributes, price: Price | None, rooms: int) -> NoticeRoom:
    people = room.occupancy or (said.occupancy if rooms == 1 else None) or ChannexOccupancy(adults=1)
    children, infants = people.children or 0, people.infants or 0
    ages = people.ages or ()
    if len(ages) == children:
        ages = (*ages, *[0] * infants)
    known = len(ages) == children + infants and all(0 <= age <= 17 for age in ages)
    return NoticeRoom(
        room_type=room.room_type_id or NO_ROOM_TYPE,
        rate=room.rate_plan_id or None,
        adults=people.adults or 0,
        children=children + infants,
        child_ages=ages if known else (),
        price=price,
        arrival=_unless(room.checkin_date, said.arrival_date),
        departure=_unless(room.checkout_date, said.departure_date),
    )


def _unless(own: date | None, booking: date | None) -> date | None:
    return own if own != booking else None


def _booker(customer: ChannexCustomer | None) -> NoticePerson | None:
    if customer is None:
        return None
    address = PostalAddress(
        lines=tuple(line for each in (customer.address or "").splitlines()[:10] if (line := _line(each))),
        postcode=_line(customer.zip),
        city=_line(customer.city),
        country=_country(customer.country),
    )
    booker = NoticePerson(
        given_name=_line(customer.name),
        family_name=_line(customer.surname),
        company=_line(customer.company),
        email=_line(customer.mail),
        phone=_line(customer.phone),
        language=_line(customer.language),
        country=_country(customer.country),
        address=None if address == PostalAddress(country=address.country) else address,
    )
    return booker if any((booker.given_name, booker.family_name, booker.company, booker.email, booker.phone)) else None


def _guests(rooms: Iterable[ChannexRoom]) -> tuple[NoticePerson, ...]:
    """Everybody once: whoever booked several rooms is often named in each."""
    said = (
        NoticePerson(given_name=_line(guest.name), family_name=_line(guest.surname))
        for room in rooms
        for guest in room.guests or ()
    )
    return tuple(dict.fromkeys(guest for guest in said if guest != NoticePerson()))


def _requests(said: ChannexAttributes) -> str | None:
    """The guest's words, then what the booking says beside its rooms; cut rather than refused."""
    hour = _line(said.arrival_hour)
    sold = [(_line(each.name or each.type), _line(each.total_price)) for each in said.services or ()]
    lines = [
        harmless(said.notes or "").strip(),
        f"Arrival: {hour}" if hour else "",
        *(f"{name}: {price} {said.currency or ''}".strip() if price else name for name, price in sold if name),
    ]
    return "\n".join(line for line in lines if line)[:LONGEST_REQUESTS] or None


def _line(said: str | None) -> str | None:
    """One line, without the characters that notices may not hold: a guest's keyboard is no reason to lose a booking."""
    return tidy(harmless(said or ""))


def _country(said: str | None) -> str | None:
    code = _line(said)
    return "GB" if code and code.upper() == "UK" else code


def _channel(ota_name: str | None) -> str | None:
    name = _word(ota_name)
    return _CHANNELS.get(name, _line(ota_name and ota_name.casefold())) if name else None


def _word(said: str | None) -> str:
    return "".join(c for c in (said or "").casefold() if c.isalnum())
