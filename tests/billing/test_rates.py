"""A stay over a change of VAT: what each rate's nights earned is known, and an invoice has a line for each."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from services.billing import domain
from services.billing.domain import Folio, Rated
from services.contracts.billing import CityTax, Invoice, PropertyTaxes, SetTaxes, VatRate
from services.contracts.bookings import BookingFacts
from services.kit.db import Database
from tests.billing.desk import Desk, figures
from tests.billing.makers import LISBON, eur, stay

LONG_AGO = date(2020, 1, 1)
ARRIVAL = datetime.now(UTC).date() - timedelta(days=10)
CHANGE = ARRIVAL + timedelta(days=2)  # of four nights, two are before it
ANA = UUID(int=1)


def rates(*since: tuple[date, int], **more: Any) -> SetTaxes:
    vat = tuple(VatRate(tax_class="accommodation", basis_points=b, valid_from=day) for day, b in since)
    return SetTaxes(property_id=LISBON, country="PT", time_zone="Europe/Lisbon", currency="EUR", vat=vat, **more)


@pytest.fixture
def desk(billing_db: Database) -> Desk:
    """6 % VAT on rooms, and 13 % from the change on, in the prices."""
    made = Desk(billing_db)
    made.service.set_taxes(rates((LONG_AGO, 600), (CHANGE, 1300)))
    return made


def four_nights(total: int = 44600, **more: Any) -> BookingFacts:
    return stay(uuid4(), eur(total), arrival=ARRIVAL, nights=4, **more)


def lines(invoice: Invoice) -> list[tuple[str | None, int, int, date, date | None, int | None]]:
    return [
        (line.vat_rate, line.net.amount_minor, line.vat.amount_minor, line.on, line.until, line.nights)
        for line in invoice.lines
    ]


def invoiced(desk: Desk, facts: BookingFacts) -> Invoice:
    return desk.invoices(desk.folio(facts.booking_id))


def test_a_check_out_over_two_rates_is_a_line_for_each_with_its_nights(desk: Desk) -> None:
    facts = desk.hears(four_nights(state="departed"))
    invoice = invoiced(desk, facts)
    day = timedelta(days=1)
    assert lines(invoice) == [
        ("6.00", 21038, 1262, ARRIVAL, ARRIVAL + day, 2),
        ("13.00", 19735, 2565, CHANGE, CHANGE + day, 2),
    ]
    assert [(s.vat_rate, s.net, s.vat) for s in invoice.vat_sums] == [
        ("6.00", eur(21038), eur(1262)),
        ("13.00", eur(19735), eur(2565)),
    ]
    assert invoice.total == eur(44600)


def test_the_credit_note_of_such_an_invoice_has_the_same_lines_below_zero(desk: Desk) -> None:
    first = invoiced(desk, desk.hears(four_nights(state="departed")))
    note = desk.credits(first)
    assert [(r, -n, -v, on, until, nights) for r, n, v, on, until, nights in lines(note)] == lines(first)
    assert [(s.vat_rate, s.total) for s in note.vat_sums] == [("6.00", eur(-22300)), ("13.00", eur(-22300))]


def test_nights_earned_by_the_clock_are_lines_of_their_own_rates(desk: Desk) -> None:
    facts = desk.hears(four_nights(state="in_house", time_zone="Europe/Lisbon"))
    desk.service.recognise_nights()
    found = lines(invoiced(desk, facts))
    assert [(rate, on, nights) for rate, _, _, on, _, nights in found] == [
        (rate, ARRIVAL + timedelta(days=n), 1) for n, rate in enumerate(["6.00", "6.00", "13.00", "13.00"])
    ]


def test_a_price_corrected_after_check_out_is_corrected_at_each_rate(desk: Desk) -> None:
    facts = desk.hears(four_nights(state="departed"))
    invoiced(desk, facts)
    desk.hears(replace(facts, version=2, total=eur(54600)), changed=True)
    second = invoiced(desk, facts)
    assert [(rate, net + vat, nights) for rate, net, vat, *_, nights in lines(second)] == [
        ("6.00", 5000, None),
        ("13.00", 5000, None),
    ]
    assert figures(second)[3] == 10000


def test_an_invoice_issued_before_stays_as_it_was_when_the_rates_change(desk: Desk) -> None:
    issued = invoiced(desk, desk.hears(four_nights(state="departed")))
    desk.service.set_taxes(rates((LONG_AGO, 2100)))
    assert desk.reads(issued.id) == issued


def test_the_rate_is_the_one_that_was_earned_at_whatever_holds_when_it_is_invoiced(desk: Desk) -> None:
    """A cent of VAT on small sums could be of many rates."""
    facts = desk.hears(four_nights(40, state="departed"))
    desk.service.set_taxes(rates((LONG_AGO, 2100)))
    assert [rate for rate, *_ in lines(invoiced(desk, facts))] == ["6.00", "13.00"]


def test_what_was_earned_before_rates_were_kept_is_invoiced_all_the_same(desk: Desk, databases: Any) -> None:
    facts = desk.hears(four_nights(state="departed"))
    admin = databases.admin("billing")
    with admin.transaction():
        admin.execute("SET LOCAL session_replication_role = replica")
        admin.execute("DELETE FROM stay_rates")
        admin.execute("UPDATE folios SET vat_rates = '{}'")
    desk.hears(replace(facts, version=2, total=eur(54600)), changed=True)
    assert invoiced(desk, facts).total == eur(54600)


def test_parts_that_are_not_what_the_entries_say_are_not_believed(desk: Desk, databases: Any) -> None:
    facts = desk.hears(four_nights(state="departed"))
    admin = databases.admin("billing")
    with admin.transaction():
        admin.execute("SET LOCAL session_replication_role = replica")
        admin.execute("UPDATE stay_rates SET net_minor = net_minor + 1")
    invoice = invoiced(desk, facts)
    assert (len(invoice.lines), invoice.total) == (1, eur(44600))


def test_what_a_stay_earned_at_which_rate_cannot_be_changed(desk: Desk) -> None:
    desk.hears(four_nights(state="departed"))
    with desk.db.engine.connect() as connection, pytest.raises(sa.exc.ProgrammingError):
        connection.execute(sa.text("UPDATE stay_rates SET net_minor = 0"))


# ── whatever a stay goes through ─────────────────────────────────────────────────────────────────────────────────────

_TAXES = st.builds(
    lambda low, high, day, included, beds: PropertyTaxes(
        **vars(
            rates(
                (LONG_AGO, low),
                (ARRIVAL + timedelta(days=day), high),
                prices_include_vat=included,
                city_tax=(CityTax(amount_minor=200, included=True, valid_from=LONG_AGO),) if beds else (),
            )
        )
    ),
    low=st.sampled_from([0, 500, 600, 700]),
    high=st.sampled_from([600, 1000, 1300, 2100]),
    day=st.integers(0, 8),
    included=st.booleans(),
    beds=st.booleans(),
)
_FACTS = st.builds(
    lambda total, nights, state, day: replace(
        stay(ANA, eur(total), state=state, nights=nights, arrival=ARRIVAL + timedelta(days=day)), adults=2
    ),
    total=st.integers(0, 10**7),
    nights=st.integers(0, 9),
    state=st.sampled_from(["confirmed", "in_house", "departed", "departed", "cancelled"]),
    day=st.integers(-1, 1),
)


@given(st.lists(st.tuples(_FACTS, _TAXES, st.integers(0, 9)), min_size=1, max_size=6))
def test_the_parts_by_rate_are_always_what_the_journal_earns(
    steps: list[tuple[BookingFacts, PropertyTaxes, int]],
) -> None:
    seen: Folio | None = None
    known: dict[int, list[int]] = {}
    for facts, taxes, over in steps:
        after = domain.target(seen, facts, taxes, ARRIVAL + timedelta(days=over))
        entries = {e.account: -e.amount_minor for e in domain.journal_to(seen, after)}
        parts: tuple[Rated, ...] = domain.rated(seen, after, facts, taxes)
        assert sum(part.net_minor for part in parts) == entries.get("revenue:room", 0)
        assert sum(part.vat_minor for part in parts) == entries.get("tax:vat", 0)
        assert sum(part.nights for part in parts) <= facts.nights
        for part in parts:
            sums = known.setdefault(part.basis_points, [0, 0])
            sums[0] += part.net_minor
            sums[1] += part.vat_minor
        assert {rate: tuple(sums) for rate, sums in known.items() if any(sums)} == after.vat_rates
        seen = after
