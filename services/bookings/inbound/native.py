"""The native notice (contract BookingNotice): what a well-formed one is, and what of it is never kept.

Whatever these rules refuse, no later event can make good: NotANotice, with a pointer for each fault. On the bus the
message is then parked, over HTTP it is answered with 422. What is well formed but cannot be applied yet (a property
nobody has set up) is another matter: `services.bookings.domain.notices`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime

from services.bookings.domain.consents import faults_of_consents
from services.bookings.domain.needs import faults_of_codes
from services.bookings.domain.nights import MOST_NIGHTS
from services.bookings.domain.people import faults_of_ages, faults_of_person, tidied
from services.bookings.domain.texts import faults, tidy, without_cards
from services.contracts.bookings import (
    BookingNotice,
    NotANotice,
    NoticeCommission,
    NoticePayment,
    NoticePerson,
    NoticeRoom,
)
from services.contracts.values import Price, to_money
from services.kit.refusal import Invalid, Problem

MOST_ROOMS = 100
MOST_GUESTS = 100
MOST_PAYMENTS = 100
MOST_PEOPLE_IN_A_ROOM = 100
MOST_REVISION = 2**53 - 1  # what every reader of JSON holds exactly (RFC 8259, 6): room for an instant
MOST_AMOUNT = 10**12  # minor units
FIRST_DAY, LAST_DAY = date(1970, 1, 1), date(2100, 1, 1)


def well_formed(notice: BookingNotice) -> BookingNotice:
    """The notice with its texts tidied and without card numbers; refuses with NotANotice."""
    problems = list(_faults(notice))
    if problems:
        raise NotANotice(errors=problems[:50])
    return replace(
        notice,
        source=notice.source.strip(),
        external_id=notice.external_id.strip(),
        property=without_cards(notice.property.strip()) or "",
        channel=without_cards(tidy(notice.channel)),
        booked_at=notice.booked_at.astimezone(UTC) if notice.booked_at else None,
        rooms=tuple(
            replace(r, room_type=without_cards(r.room_type) or "", rate=without_cards(tidy(r.rate)))
            for r in notice.rooms
        ),
        booker=notice.booker and _tidied(notice.booker),
        guests=tuple(_tidied(p) for p in notice.guests),
        contact=notice.contact and _tidied(notice.contact),
        payer=notice.payer and _tidied(notice.payer),
        requests=without_cards(notice.requests) or None,
        needs=tuple(dict.fromkeys(filter(None, (without_cards(tidy(code)) for code in notice.needs)))),
        group=without_cards(tidy(notice.group)),
        payments=tuple(
            replace(p, method=without_cards(p.method) or "", reference=without_cards(p.reference))
            for p in notice.payments
        ),
    )


def _faults(notice: BookingNotice) -> Iterator[Problem]:
    yield from faults("/source", notice.source, 60, needed=True)
    yield from faults("/external_id", notice.external_id, 120, needed=True)
    yield from faults("/property", notice.property, 60, needed=notice.status != "cancelled")
    yield from faults("/channel", notice.channel, 60)
    yield from faults("/group", notice.group, 60)
    yield from faults("/requests", notice.requests, 4000, lines=True)
    yield from faults_of_codes("/needs", notice.needs)
    if not 0 <= notice.revision <= MOST_REVISION:
        yield Problem("/revision", f"Must be from 0 to {MOST_REVISION}.")
    if notice.booked_at and not _plausible(notice.booked_at):
        yield Problem("/booked_at", "Must be between 1970 and 2100.")
    yield from _faults_of_dates(notice)
    yield from _faults_of_rooms(notice)
    for name in ("booker", "contact", "payer"):
        if person := getattr(notice, name):
            yield from _faults_of_person(f"/{name}", person)
    if len(notice.guests) > MOST_GUESTS:
        yield Problem("/guests", f"More than {MOST_GUESTS}.")
    for n, guest in enumerate(notice.guests[:MOST_GUESTS]):
        yield from _faults_of_person(f"/guests/{n}", guest)
    yield from _faults_of_payments(notice.payments)
    if notice.total:
        yield from _faults_of_amount("/total", notice.total)
    if notice.commission:
        yield from _faults_of_commission(notice.commission)
    if notice.status == "new":
        for name in ("arrival", "departure", "rooms"):
            if not getattr(notice, name) and not (name == "rooms" and notice.tentative):
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


def _faults_of_rooms(notice: BookingNotice) -> Iterator[Problem]:
    if len(notice.rooms) > MOST_ROOMS:
        yield Problem("/rooms", f"More than {MOST_ROOMS}.")
    rooms = notice.rooms[:MOST_ROOMS]
    priced = [room.price for room in rooms if room.price]
    for n, room in enumerate(rooms):
        yield from faults(f"/rooms/{n}/room_type", room.room_type, 60, needed=True)
        yield from faults(f"/rooms/{n}/rate", room.rate, 60)
        yield from faults_of_ages(f"/rooms/{n}/child_ages", room.child_ages, room.children)
        yield from _faults_of_own_dates(f"/rooms/{n}", room, notice)
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


def _faults_of_own_dates(pointer: str, room: NoticeRoom, notice: BookingNotice) -> Iterator[Problem]:
    """Where the notice does not say the booking's dates, those known so far decide later."""
    first, until = room.arrival or notice.arrival, room.departure or notice.departure
    if room.arrival and not (notice.arrival or FIRST_DAY) <= room.arrival <= (notice.departure or LAST_DAY):
        yield Problem(f"{pointer}/arrival", "Must be within the booking's dates.")
    elif room.departure and not (notice.arrival or FIRST_DAY) <= room.departure <= (notice.departure or LAST_DAY):
        yield Problem(f"{pointer}/departure", "Must be within the booking's dates.")
    elif (room.arrival or room.departure) and first and until and first >= until:
        yield Problem(f"{pointer}/departure", "Must be after the arrival.")


def _faults_of_commission(said: NoticeCommission) -> Iterator[Problem]:
    if said.amount:
        yield from _faults_of_amount("/commission/amount", said.amount)
    if said.basis_points is not None and not 0 <= said.basis_points <= 10_000:
        yield Problem("/commission/basis_points", "Must be from 0 to 10000.")


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
    yield from faults_of_person(pointer, person)
    yield from faults_of_consents(f"{pointer}/consents", person.consents)


def _tidied(person: NoticePerson) -> NoticePerson:
    consents = (replace(c, purpose=c.purpose.strip(), wording=without_cards(tidy(c.wording))) for c in person.consents)
    return replace(tidied(person), consents=tuple(consents))


def _plausible(instant: datetime) -> bool:
    return FIRST_DAY <= instant.date() <= LAST_DAY
