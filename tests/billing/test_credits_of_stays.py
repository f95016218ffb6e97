"""Credits of a stay that comes to less afterwards: never more of it is given back than it costs."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from itertools import permutations
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa

from services.contracts.billing import (
    Adjustment,
    CityTax,
    CloseFolio,
    CreditedLine,
    CreditInvoice,
    NotReversible,
    PostAdjustment,
    ReverseJournal,
    SetTaxes,
    VatRate,
)
from services.contracts.bookings import BookingFacts
from services.kit.db import Database
from services.kit.refusal import Invalid
from tests.billing.desk import Desk
from tests.billing.makers import LISBON, eur, stay

EXCESS = "credit-beyond-stay"


@pytest.fixture
def desk(billing_db: Database) -> Desk:
    """With 6 % VAT on rooms, in the price."""
    return Desk(billing_db, taxed=True)


def departed(desk: Desk, total: int = 31800, **more: Any) -> BookingFacts:
    return desk.hears(stay(more.pop("guest", uuid4()), eur(total), state="departed", **more))


def comes_to(desk: Desk, facts: BookingFacts, total: int, **more: Any) -> BookingFacts:
    """The booking says another price of the stay that is over."""
    return desk.hears(replace(facts, version=facts.version + 1, total=eur(total), **more), changed=True)


def credits(desk: Desk, facts: BookingFacts, minor: int, kind: str = "room", **more: Any) -> Adjustment:
    said = {"booking_id": facts.booking_id, "kind": kind, "amount": eur(minor), "direction": "credit", **more}
    return desk.service.post_adjustment(PostAdjustment(reason="Noise at night", **said))


def excess(desk: Desk, facts: BookingFacts) -> list[tuple[int, int, int]]:
    """What billing itself posted against credits, oldest first: gross, VAT, rate."""
    with desk.db.engine.connect() as connection:
        statement = sa.text(
            "SELECT gross_minor, vat_minor, vat_basis_points FROM charges"
            " WHERE booking_id = :id AND reason = :code ORDER BY posted_at"
        )
        return [tuple(row) for row in connection.execute(statement, {"id": facts.booking_id, "code": EXCESS})]


def revenue(desk: Desk, facts: BookingFacts) -> dict[str, int]:
    with desk.db.engine.connect() as connection:
        statement = sa.text(
            "SELECT e.account, -sum(e.amount_minor) AS minor FROM entries e JOIN journals j ON j.id = e.journal_id"
            " WHERE j.booking_id = :id AND e.account <> 'guests' GROUP BY 1"
        )
        found = connection.execute(statement, {"id": facts.booking_id})
        return {row.account: int(row.minor) for row in found if row.minor}


# ── what is taken back ───────────────────────────────────────────────────────────────────────────────────────────────


def test_what_was_credited_beyond_the_stay_is_owed_again(desk: Desk) -> None:
    ana = uuid4()
    facts = departed(desk, guest=ana)
    credits(desk, facts, 25800)
    comes_to(desk, facts, 10600)
    assert excess(desk, facts) == [(15200, 860, 600)]
    assert desk.balance(ana) == 0
    assert desk.due(facts.booking_id).total == eur(0)


def test_nothing_is_taken_back_of_a_credit_that_still_fits(desk: Desk) -> None:
    facts = departed(desk)
    credits(desk, facts, 10600)
    comes_to(desk, facts, 10600)
    assert (excess(desk, facts), desk.due(facts.booking_id).total) == ([], eur(0))


def test_a_credit_that_was_spent_on_another_stay_leaves_no_credit_below_zero(desk: Desk) -> None:
    ana = uuid4()
    facts, other = departed(desk, guest=ana), desk.hears(stay(ana, eur(25800), arrival=date(2026, 12, 24)))
    desk.pays(ana, eur(31800), booking_id=facts.booking_id)
    credits(desk, facts, 25800)
    assert desk.due(other.booking_id).due == eur(0)
    comes_to(desk, facts, 10600)
    (account,) = desk.account(ana).balances
    assert (account.balance, account.owed, account.credit) == (eur(-6000), eur(0), eur(6000))
    assert (desk.due(facts.booking_id).due, desk.due(other.booking_id).due) == (eur(0), eur(0))


def test_neither_revenue_nor_vat_of_the_stay_falls_below_nothing(desk: Desk) -> None:
    facts = departed(desk)
    credits(desk, facts, 31800)
    comes_to(desk, facts, 10600)
    assert revenue(desk, facts) == {}


def test_a_cancelled_stay_takes_all_of_its_credits_back(desk: Desk) -> None:
    facts = departed(desk)
    credits(desk, facts, 20000)
    desk.hears(replace(facts, version=2, state="cancelled"))
    assert (desk.due(facts.booking_id).total, revenue(desk, facts)) == (eur(0), {})


def test_city_tax_is_bound_by_itself(desk: Desk) -> None:
    taxes = {"property_id": LISBON, "country": "PT", "time_zone": "Europe/Lisbon", "currency": "EUR"}
    since = date(2020, 1, 1)
    beds = (CityTax(valid_from=since, amount_minor=200),)
    vat = (VatRate(tax_class="accommodation", basis_points=600, valid_from=since),)
    desk.service.set_taxes(SetTaxes(**taxes, vat=vat, city_tax=beds))
    facts = departed(desk, adults=2)
    credits(desk, facts, 1200, "city-tax")
    comes_to(desk, facts, 10600, departure=date(2026, 12, 2), nights=1)
    assert revenue(desk, facts) == {"revenue:room": 10000, "tax:vat": 600}
    assert desk.due(facts.booking_id).total == eur(10600)


def test_it_is_posted_on_a_closed_folio_too(desk: Desk) -> None:
    facts = departed(desk)
    credits(desk, facts, 31800)
    desk.service.close_folio(CloseFolio(folio_id=desk.folio(facts.booking_id)))
    comes_to(desk, facts, 10600)
    assert desk.due(facts.booking_id).total == eur(0)


def test_the_guest_reads_what_it_is(desk: Desk) -> None:
    ana = uuid4()
    facts = departed(desk, guest=ana)
    credits(desk, facts, 31800)
    comes_to(desk, facts, 10600)
    line = desk.account(ana).lines[0]
    assert (line.description, line.amount) == ("Credit beyond the price of the stay", eur(21200))
    assert line.source
    assert line.source.reason == EXCESS


def test_a_credit_note_over_nights_that_are_cheaper_now_gives_back_no_more_than_they_cost(desk: Desk) -> None:
    facts = departed(desk)
    invoice = desk.invoices(desk.folio(facts.booking_id))
    comes_to(desk, facts, 10600)
    desk.service.credit_invoice(
        CreditInvoice(invoice_id=invoice.id, reason="Noise", lines=(CreditedLine(number=1, amount=eur(20000)),))
    )
    assert desk.due(facts.booking_id).total == eur(0)


# ── and given again ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_stay_that_costs_more_again_gives_the_credit_back(desk: Desk) -> None:
    facts = departed(desk)
    credits(desk, facts, 25800)
    comes_to(desk, comes_to(desk, facts, 10600), 31800)
    assert desk.due(facts.booking_id).total == eur(6000)
    assert excess(desk, facts) == [(15200, 860, 600), (-15200, -860, 600)]


@pytest.mark.parametrize("order", list(permutations((2, 3, 4))))
def test_the_order_in_which_changes_are_heard_does_not_matter(desk: Desk, order: tuple[int, ...]) -> None:
    facts = departed(desk)
    credits(desk, facts, 25800)
    prices = {2: 10600, 3: 31800, 4: 21200}
    for version in order:
        desk.hears(replace(facts, version=version, total=eur(prices[version])), changed=True)
    assert (desk.due(facts.booking_id).total, sum(each[0] for each in excess(desk, facts))) == (eur(0), 4600)


def test_a_credit_that_is_reversed_takes_what_stood_against_it_along(desk: Desk) -> None:
    facts = departed(desk)
    credit = credits(desk, facts, 25800)
    comes_to(desk, facts, 10600)
    desk.service.reverse_journal(ReverseJournal(journal_id=credit.journal_id, reason_code="by-mistake"))
    assert desk.due(facts.booking_id).total == eur(10600)
    assert revenue(desk, facts) == {"revenue:room": 10000, "tax:vat": 600}


def test_what_happens_at_the_same_moment_comes_to_the_same(desk: Desk) -> None:
    facts = departed(desk)
    credits(desk, facts, 20000)
    second = credits(desk, facts, 8000)
    reversal = ReverseJournal(journal_id=second.journal_id, reason_code="by-mistake")
    with ThreadPoolExecutor(3) as pool:
        done = [
            pool.submit(comes_to, desk, facts, 10600),
            pool.submit(desk.service.reverse_journal, reversal),
            pool.submit(desk.charges, facts.booking_id, "room", eur(500)),
        ]
    assert [each.exception() for each in done] == [None] * 3
    assert (desk.due(facts.booking_id).total, sum(each[0] for each in excess(desk, facts))) == (eur(0), 8900)


def test_it_is_not_reversed_by_hand(desk: Desk) -> None:
    facts = departed(desk)
    credits(desk, facts, 31800)
    comes_to(desk, facts, 10600)
    with desk.db.engine.connect() as connection:
        found = connection.execute(sa.text("SELECT journal_id FROM charges WHERE reason = :code"), {"code": EXCESS})
        journal_id = found.scalar_one()
    with pytest.raises(NotReversible):
        desk.service.reverse_journal(ReverseJournal(journal_id=journal_id, reason_code="by-mistake"))


def test_nobody_else_posts_by_its_code(desk: Desk) -> None:
    facts = departed(desk)
    with pytest.raises(Invalid) as refused:
        credits(desk, facts, 100, reason_code=EXCESS)
    assert [fault.pointer for fault in refused.value.errors] == ["/reason_code"]
