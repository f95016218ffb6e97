"""What was issued and posted to a profile that turned out to be another one: found there, and never rewritten."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.contracts.billing import FindInvoices, ReadInvoice, ReadStatement
from services.contracts.bookings import BookingMoved
from services.contracts.profiles import ProfileRetired
from services.kit.db import Database
from tests.billing.desk import Desk
from tests.billing.makers import eur, stay

pytestmark = pytest.mark.servers

ANA, TWIN, THIRD = uuid4(), uuid4(), uuid4()


@pytest.fixture
def desk(billing_db: Database) -> Desk:
    return Desk(billing_db)


def retires(desk: Desk, profile_id: UUID, into: UUID) -> None:
    desk.service.follow_retired_profile(ProfileRetired(profile_id=profile_id, version=2, into=into))


def invoices(desk: Desk, profile_id: UUID) -> list[UUID]:
    return [each.id for each in desk.service.find_invoices(FindInvoices(profile_id=profile_id)).items]


def statement(desk: Desk, profile_id: UUID, **more: Any) -> Any:
    said = {"first": date(2020, 1, 1), "until": date(2099, 1, 1), "currency": "EUR", **more}
    return desk.service.read_statement(ReadStatement(profile_id=profile_id, **said))


def moves(desk: Desk, booking_id: UUID) -> None:
    """Ana's booking is her twin's."""
    after = stay(TWIN, eur(30000), booking_id=booking_id, version=9, state="departed")
    event = BookingMoved(
        booking_id=booking_id,
        version=9,
        from_profile_id=ANA,
        to_profile_id=TWIN,
        by_hand=True,
        at=datetime.now(UTC),
        booking=after,
    )
    desk.service.follow_moved_booking(event)


def test_invoices_of_a_profile_are_those_of_all_that_went_up_in_it(desk: Desk) -> None:
    first = desk.invoices(desk.stayed(ANA, eur(30000)))
    second = desk.invoices(desk.stayed(TWIN, eur(20000)))
    retires(desk, ANA, TWIN)
    assert invoices(desk, TWIN) == [second.id, first.id]
    assert desk.service.read_invoice(ReadInvoice(invoice_id=first.id)).profile_id == ANA  # as it was issued
    assert invoices(desk, uuid4()) == []


@pytest.mark.parametrize("order", [1, -1])
def test_also_where_that_one_went_up_in_a_third(desk: Desk, order: int) -> None:
    invoice = desk.invoices(desk.stayed(ANA, eur(30000)))
    for was, now_is in ((ANA, TWIN), (TWIN, THIRD))[::order]:
        retires(desk, was, now_is)
    retires(desk, ANA, TWIN)  # heard once more
    assert invoices(desk, THIRD) == [invoice.id]


def test_a_statement_has_the_lines_of_all_and_not_the_move_between_them(desk: Desk) -> None:
    booking = desk.booking(desk.stayed(ANA, eur(30000)))
    desk.pays(ANA, eur(10000), booking_id=booking)
    before = statement(desk, ANA)
    moves(desk, booking)
    retires(desk, ANA, TWIN)
    after = statement(desk, TWIN)
    assert [(line.kind, line.amount) for line in after.lines] == [(line.kind, line.amount) for line in before.lines]
    assert (after.opening, after.closing) == (eur(0), eur(20000))
    assert desk.balance(TWIN) == 20000


def test_a_statement_of_later_begins_with_what_was_owed_by_then(desk: Desk) -> None:
    moves(desk, desk.booking(desk.stayed(ANA, eur(30000))))
    retires(desk, ANA, TWIN)
    later = statement(desk, TWIN, first=date(2098, 1, 1))
    assert (later.opening, later.lines) == (eur(30000), ())
