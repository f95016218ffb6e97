"""The native notice (contract BookingNotice): what a well-formed one is, and what of it is never kept.

Whatever these rules refuse, no later event can make good: NotANotice, with a pointer for each fault. On the bus the
message is then parked, over HTTP it is answered with 422. What is well formed but cannot be applied yet (a property
nobody has set up) is another matter: `services.bookings.domain.notices`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime

from services.bookings.domain.nights import MOST_NIGHTS
from services.bookings.domain.texts import faults, tidy, without_cards
from services.contracts.bookings import BookingNotice, NotANotice, NoticePayment, NoticePerson, NoticeRoom
from services.contracts.values import Price, to_money
from services.kit.refusal import Invalid, Problem

MOST_ROOMS = 100
MOST_GUESTS = 100
MOST_PAYMENTS = 100
MOST_PEOPLE_IN_A_ROOM = 100
MOST_REVISION = 2**31 - 1
MOST_AMOUNT = 10**12  # minor units
FIRST_DAY, LAST_DAY = date(1970, 1, 1), date(2100, 1, 1)

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8}){0,3}")
_COUNTRY = re.compile(r"[A-Za-z]{2}")


def well_formed(notice: BookingNotice) -> BookingNotice:
    """The notice with its texts tidied and without card numbers; refuses with NotANotice."""
    problems = list(_faults(notice))
    if problems:
        raise NotANotice(errors=problems[:50])
    return replace(
        notice,
        source=notice.source.strip(),
        external_id=notice.external_id.strip(),
        property=notice.property.strip(),
        channel=tidy(notice.channel),
        booked_at=notice.booked_at.astimezone(UTC) if notice.booked_at else None,
        booker=_tidy_person(notice.booker) if notice.booker else None,
        guests=tuple(_tidy_person(p) for p in notice.guests),
        requests=without_cards(notice.requests) or None,
        payments=tuple(
            replace(p, method=without_cards(p.method) or "", reference=without_cards(p.reference))
            for p in notice.payments
        ),
    )


def _faults(notice: BookingNotice) -> Iterator[Problem]:
    yield from faults("/source", notice.source, 60, needed=True)
    yield from faults("/external_id", notice.external_id, 120, needed=True)
    yield from faults("/property", notice.property, 60, needed=True)
    yield from faults("/channel", notice.channel, 60)
    yield from faults("/requests", notice.requests, 4000, lines=True)
    if not 0 <= notice.revision <= MOST_REVISION:
        yield Problem("/revision", f"Must be from 0 to {MOST_REVISION}.")
    if notice.booked_at and not _plausible(notice.booked_at):
        yield Problem("/booked_at", "Must be between 1970 and 2100.")
    yield from _faults_of_dates(notice)
    yield from _faults_of_rooms(notice.rooms)
    if notice.booker:
        yield from _faults_of_person("/booker", notice.booker)
    if len(notice.guests) > MOST_GUESTS:
        yield Problem("/guests", f"More than {MOST_GUESTS}.")
    for n, guest in enumerate(notice.guests[:MOST_GUESTS]):
        yield from _faults_of_person(f"/guests/{n}", guest)
    yield from _faults_of_payments(notice.payments)
    if notice.status == "new":
        for name in ("arrival", "departure", "rooms"):
            if not getattr(notice, name):
                yield Problem(f"/{name}", "A new booking needs it.")
        if not notice.booker and not notice.guests:
            yield Problem("/booker", "A new booking needs a booker or a guest.")


def _faults_of_dates(notice: BookingNotice) -> Iterator[Problem]:
    given = {"/arrival": notice.arrival, "/departure": notice.departure}
    odd = [pointer for pointer, day in given.items() if day and not FIRST_DAY <= day <= LAST_DAY]
    yield from (Problem(pointer, "Must be between 1970 and 2100.") for pointer in odd)
    if notice.arrival and notice.departure and not odd:
        nights = (notice.departure - notice.arrival).days
        if nights < 1:
            yield Problem("/departure", "Must be after the arrival.")
        elif nights > MOST_NIGHTS:
            yield Problem("/departure", f"More than {MOST_NIGHTS} nights.")


def _faults_of_rooms(rooms: tuple[NoticeRoom, ...]) -> Iterator[Problem]:
    if len(rooms) > MOST_ROOMS:
        yield Problem("/rooms", f"More than {MOST_ROOMS}.")
    rooms = rooms[:MOST_ROOMS]
    priced = [room.price for room in rooms if room.price]
    for n, room in enumerate(rooms):
        yield from faults(f"/rooms/{n}/room_type", room.room_type, 60, needed=True)
        for name in ("adults", "children"):
            if not 0 <= getattr(room, name) <= MOST_PEOPLE_IN_A_ROOM:
                yield Problem(f"/rooms/{n}/{name}", f"Must be from 0 to {MOST_PEOPLE_IN_A_ROOM}.")
        if room.adults == room.children == 0:
            yield Problem(f"/rooms/{n}/adults", "Nobody stays in this room.")
        if room.price:
            yield from _faults_of_amount(f"/rooms/{n}/price", room.price)
            if room.price.currency != priced[0].currency:
                yield Problem(f"/rooms/{n}/price/currency", "All rooms of a booking have one currency.")
        elif priced:
            yield Problem(f"/rooms/{n}/price", "Either every room has a price or none has.")


def _faults_of_amount(pointer: str, price: Price) -> Iterator[Problem]:
    try:
        money = to_money(price, pointer)
    except Invalid as refused:
        yield from refused.errors
    else:
        if not 0 <= money.amount_minor <= MOST_AMOUNT:
            yield Problem(f"{pointer}/amount", "Must not be negative, nor beyond what rooms cost.")


def _faults_of_payments(payments: tuple[NoticePayment, ...]) -> Iterator[Problem]:
    if len(payments) > MOST_PAYMENTS:
        yield Problem("/payments", f"More than {MOST_PAYMENTS}.")
    for n, payment in enumerate(payments[:MOST_PAYMENTS]):
        price = Price(amount=payment.amount, currency=payment.currency)
        yield from _faults_of_amount(f"/payments/{n}", price)
        yield from faults(f"/payments/{n}/method", payment.method, 60)
        yield from faults(f"/payments/{n}/reference", payment.reference, 200)


def _faults_of_person(pointer: str, person: NoticePerson) -> Iterator[Problem]:
    for name, most in _LENGTHS.items():
        yield from faults(f"{pointer}/{name}", getattr(person, name), most)
    if person.birth_date and not date(1880, 1, 1) <= person.birth_date <= LAST_DAY:
        yield Problem(f"{pointer}/birth_date", "Not a plausible day of birth.")


_LENGTHS = {
    "given_name": 200,
    "family_name": 200,
    "company": 200,
    "email": 320,
    "phone": 60,
    "language": 60,
    "country": 60,
}


def _tidy_person(person: NoticePerson) -> NoticePerson:
    """A language or country that is none is left out: a booking is not lost over it."""
    language, country, phone = tidy(person.language), tidy(person.country), tidy(person.phone)
    return replace(
        person,
        given_name=without_cards(tidy(person.given_name)),
        family_name=without_cards(tidy(person.family_name)),
        company=without_cards(tidy(person.company)),
        email=without_cards(tidy(person.email)),
        # at most 15 digits (E.164): more are no telephone number, and may be a card's
        phone=phone if phone and sum(c.isdigit() for c in phone) <= 15 else without_cards(phone),
        language=language if language and _LANGUAGE.fullmatch(language) else None,
        country=country.upper() if country and _COUNTRY.fullmatch(country) else None,
    )


def _plausible(instant: datetime) -> bool:
    return FIRST_DAY <= instant.date() <= LAST_DAY
