"""How the reservations of a message in another format are taken in: each for itself, a fault of one harms no other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import TypeVar

from services.bookings import receiving
from services.bookings.domain.revisions import revision_of
from services.bookings.inbound import native
from services.bookings.inbound.opentravel.outcomes import DUPLICATE, Outcome
from services.bookings.inbound.opentravel.reservations import Reservation
from services.bookings.inbound.opentravel.values import price
from services.bookings.store import notices, revisions
from services.contracts.bookings import BookingNotice, NotANotice, NoticePayment, NoticeReport, Property
from services.contracts.values import Price
from services.kit.context import Context
from services.kit.db import Database, Tx
from services.kit.refusal import Problem
from services.kit.scope import NotYourProperty, permit

A = TypeVar("A", Price, NoticePayment, Price | None)


def take_in(db: Database, context: Context, reservations: Sequence[Reservation]) -> list[Outcome]:
    """Each in a transaction of its own, in their order: so no two messages wait for one another's rooms in a circle.

    Broken off in between, what was taken in stays; the message sent again is answered as if it had not been.
    """
    said = Counter(_step(each) for each in reservations)
    outcomes = []
    for reservation in reservations:
        twice = reservation.ids and said[_step(reservation)] > 1
        faults = (DUPLICATE,) if twice else reservation.faults
        outcomes.append(Outcome(reservation, faults=faults) if faults else _taken_in(db, context, reservation))
    return outcomes


def refuse_partly(outcomes: Sequence[Outcome]) -> None:
    """Refuses with NotANotice where any could not be kept, with a pointer into each."""
    faults = [
        Problem(f"/reservations/{n}{fault.pointer}", fault.detail)
        for n, outcome in enumerate(outcomes)
        for fault in outcome.faults
    ]
    if faults:
        raise NotANotice(errors=faults[:50])


def _step(reservation: Reservation) -> tuple[str, str, bool]:
    """Which step of which booking it tells: a message may tell several of one, each once."""
    notice = reservation.notice
    return notice.external_id, notice.status, notice.tentative


def _taken_in(db: Database, context: Context, reservation: Reservation) -> Outcome:
    def work(tx: Tx) -> NoticeReport:
        return _receive(tx, reservation)

    try:
        return Outcome(reservation, db.writing(context, work))
    except NotANotice as refused:
        return Outcome(reservation, faults=refused.errors)
    except NotYourProperty as refused:
        return Outcome(reservation, faults=(Problem("/property", refused.detail),))


def _receive(tx: Tx, reservation: Reservation) -> NoticeReport:
    """It takes its turn before its revision is known, as this follows from what was said of the booking before."""
    notice = reservation.notice
    if len(reservation.ids) > 1:
        known = revisions.known_ids(tx, notice.source, reservation.ids)
        notice = replace(notice, external_id=next((n for n in reservation.ids if n in known), notice.external_id))
    house = notices.take_turn(tx, notice)
    permit(tx, house.id if house else None)
    notice = native.well_formed(_in_currency_of(house, notice))
    revision = revision_of(notice, reservation.modified_at, revisions.earlier(tx, notice), tx.now)
    return receiving.receive(tx, replace(notice, revision=revision))


def _in_currency_of(house: Property | None, notice: BookingNotice) -> BookingNotice:
    """Amounts that name no currency are in the property's; refuses with NotANotice where that is not known."""
    share = notice.commission
    amounts = (notice.total, share.amount if share else None, *(room.price for room in notice.rooms), *notice.payments)
    if all(amount.currency for amount in amounts if amount):
        return notice
    if house is None:
        raise NotANotice(errors=[Problem("/property", "Not known here, and the amounts name no currency.")])

    currency = house.currency

    def named(amount: A) -> A:
        if amount is None or amount.currency:
            return amount
        rounded = price(Decimal(amount.amount), currency)
        return replace(amount, amount=rounded.amount, currency=rounded.currency)

    return replace(
        notice,
        total=named(notice.total),
        commission=replace(share, amount=named(share.amount)) if share else None,
        rooms=tuple(replace(room, price=named(room.price)) for room in notice.rooms),
        payments=tuple(named(payment) for payment in notice.payments),
    )
