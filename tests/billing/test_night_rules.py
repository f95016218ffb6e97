"""What is posted of a stay as its nights pass, whatever happens to it in between."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.billing import domain
from services.billing.domain import Folio
from services.contracts.billing import PropertyTaxes
from services.contracts.bookings import BookingFacts
from tests.billing.makers import eur
from tests.billing.nights import ANA, CITY_TAX, FIRST, LISBONS, SOL_LDA, in_house, later, told


def test_a_night_that_is_over_is_earned_with_its_taxes() -> None:
    facts = in_house(ANA)
    before = domain.target(None, facts, LISBONS)
    ((night, after),) = domain.steps(before, facts, LISBONS, date(2026, 12, 2))
    assert night == FIRST
    assert told(domain.journal_to(before, after)) == {
        "guests": 800,
        "deferred-revenue": 10600,
        "revenue:room": -10000,
        "tax:vat": -600,
        "tax:city": -800,
    }


def test_nights_of_days_of_downtime_are_earned_one_by_one() -> None:
    facts = in_house(ANA)
    found = list(domain.steps(domain.target(None, facts), facts, None, date(2027, 1, 1)))
    assert [night for night, _ in found] == [date(2026, 12, 1), date(2026, 12, 2), date(2026, 12, 3)]
    assert found[-1][1].deferred_minor == 0


@pytest.mark.parametrize("state", ["confirmed", "departed", "cancelled", "no_show"])
def test_the_clock_earns_nothing_of_a_guest_who_is_not_in_house(state: str) -> None:
    facts = in_house(ANA, state=state)
    assert list(domain.steps(domain.target(None, facts), facts, None, date(2027, 1, 1))) == []


def test_a_stay_is_owed_from_arrival_where_the_property_says_so() -> None:
    at_arrival = replace(LISBONS, owed_from="arrival")
    confirmed = domain.target(None, in_house(ANA, state="confirmed"), at_arrival)
    assert confirmed.owed() == {}
    arrived = domain.target(confirmed, in_house(ANA), at_arrival)
    assert told(domain.journal_to(confirmed, arrived)) == {"guests": 31800, "deferred-revenue": -31800}
    assert domain.story(confirmed, arrived, "in_house") == "stay"


def test_check_out_earns_what_is_left() -> None:
    facts = in_house(ANA)
    (_, before), *_ = domain.steps(domain.target(None, facts, LISBONS), facts, LISBONS, date(2026, 12, 2))
    after = domain.target(before, later(facts, state="departed"), LISBONS)
    assert told(domain.journal_to(before, after)) == {
        "guests": 1600,
        "deferred-revenue": 21200,
        "revenue:room": -20000,
        "tax:vat": -1200,
        "tax:city": -1600,
    }
    assert domain.story(before, after, "departed") == "check-out"


def test_revenue_is_told_without_taxes() -> None:
    departed = domain.target(None, in_house(ANA, state="departed"), LISBONS)
    assert domain.revenue_changes(None, departed) == {"room": eur(30000)}


_STATES = st.sampled_from(["confirmed", "in_house", "in_house", "in_house", "departed", "cancelled", "no_show"])
_FACTS = st.builds(
    lambda total, state, payer, moved, count, adults, children: replace(
        in_house(ANA, total, state=state, payer=payer, arrival=FIRST + timedelta(days=moved), nights=count),
        adults=adults,
        children=children,
    ),
    total=st.integers(0, 10**7),
    state=_STATES,
    payer=st.sampled_from([ANA, SOL_LDA]),
    moved=st.integers(-2, 2),
    count=st.integers(0, 9),
    adults=st.integers(0, 3),
    children=st.integers(0, 2),
)
_TAXES = st.sampled_from(
    [
        None,
        LISBONS,
        replace(LISBONS, owed_from="arrival"),
        replace(LISBONS, prices_include_vat=False),
        replace(LISBONS, city_tax=(replace(CITY_TAX, included=True, most_nights=2),)),
    ]
)


@given(st.lists(st.tuples(_FACTS, st.integers(-1, 12)), min_size=1, max_size=12), _TAXES)
def test_whatever_a_stay_goes_through_what_is_posted_is_what_it_says(
    story: list[tuple[BookingFacts, int]], taxes: PropertyTaxes | None
) -> None:
    """Prices, dates, payers and states change between runs of the clock; the ledger is the fold of the journals."""
    booking_id, today = uuid4(), FIRST
    seen: Folio | None = None
    ledger: dict[tuple[str, UUID | None], int] = defaultdict(int)
    for said, passed in story:
        facts = replace(said, booking_id=booking_id)
        states = [domain.target(seen, facts, taxes)]
        today += timedelta(days=max(passed, 0))
        states += [after for _, after in domain.steps(states[0], facts, taxes, today)]
        for after in states:
            entries = domain.journal_to(seen, after)
            assert sum(e.amount_minor for e in entries) == 0
            for entry in entries:
                ledger[entry.account, entry.profile_id] += entry.amount_minor
            seen = after
        assert seen is not None
        assert {(who, a) for (account, who), a in ledger.items() if account == "guests" and a} == {
            (seen.payer_id, a) for a in seen.owed().values()
        }
        assert -ledger["deferred-revenue", None] == seen.deferred_minor >= 0
        assert -ledger["revenue:room", None] == seen.earned_minor >= 0
        assert -ledger["tax:vat", None] == seen.vat_minor
        assert -ledger["tax:city", None] == seen.city_tax_minor
        if facts.state == "departed":
            assert seen.deferred_minor == 0
        if facts.state in ("cancelled", "no_show"):
            assert seen.owed() == {}
        if facts.state == "in_house":
            everything = domain.nights_of(facts, taxes)
            assert (
                seen.deferred_minor + seen.recognised_minor - seen.city_tax_minor + seen.city_tax_within_minor
                == sum(n.ahead_minor for n in everything)
            )
            over = [n for n in everything if n.day < today and facts.nights]
            assert seen.recognised_minor >= sum(n.whole_minor for n in over)
        assert not list(domain.steps(seen, facts, taxes, today))
