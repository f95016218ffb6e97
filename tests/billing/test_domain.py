"""The ledger's rules: what is posted equals what bookings say, and credit covers what is due."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.billing import domain
from services.billing.domain import Credit, Due, Entry, Folio
from services.contracts.billing import NotAnAmount
from services.contracts.values import Money
from services.kit.refusal import Invalid
from tests.billing.makers import eur, stay

ANA, BRUNO, SOL_LDA = (UUID(int=n) for n in (1, 2, 3))
BOOKING = UUID(int=9)


def told(entries: tuple[Entry, ...]) -> dict[str, int]:
    return {e.account: e.amount_minor for e in entries}


def folio(state: str = "confirmed", total: int = 30000, payer: UUID = ANA) -> Folio:
    return domain.target(None, stay(ANA, eur(total), state=state, payer=payer))


def test_a_confirmed_stay_is_owed_and_not_yet_earned() -> None:
    assert told(domain.journal_to(None, folio())) == {"guests": 30000, "deferred-revenue": -30000}


def test_check_out_earns_what_was_owed_and_leaves_the_guest_alone() -> None:
    entries = domain.journal_to(folio(), folio("departed"))
    assert told(entries) == {"deferred-revenue": 30000, "revenue:room": -30000}


@pytest.mark.parametrize("state", ["cancelled", "no_show"])
def test_a_stay_that_does_not_take_place_is_reversed(state: str) -> None:
    entries = domain.journal_to(folio(), folio(state))
    assert told(entries) == {"guests": -30000, "deferred-revenue": 30000}


def test_a_new_price_posts_the_difference() -> None:
    assert told(domain.journal_to(folio(), folio(total=28000))) == {"guests": -2000, "deferred-revenue": 2000}


def test_another_payer_takes_over_all_that_is_owed() -> None:
    before = domain.charged(folio(), "spa", eur(500), 500)
    after = domain.target(before, stay(ANA, eur(30000), payer=SOL_LDA))
    entries = domain.journal_to(before, after)
    assert {(e.profile_id, e.amount_minor) for e in entries} == {(ANA, -30500), (SOL_LDA, 30500)}


def test_charges_survive_a_cancellation() -> None:
    before = domain.charged(folio(), "spa", eur(500), 500)
    after = domain.target(before, stay(ANA, eur(30000), state="cancelled"))
    assert after.owed() == {"EUR": 500}


def test_nothing_new_posts_nothing() -> None:
    assert domain.journal_to(folio(), folio("in_house")) == ()
    assert domain.journal_to(None, folio(total=0)) == ()


@pytest.mark.parametrize(
    ("before", "after", "state", "kind"),
    [
        (None, folio(), "confirmed", "stay"),
        (folio(), folio(total=1), "confirmed", "stay-change"),
        (folio(), folio(payer=SOL_LDA), "in_house", "payer-change"),
        (folio(), folio("departed"), "departed", "check-out"),
        (folio("departed"), folio("departed", total=2), "departed", "stay-change"),
        (folio(), folio("cancelled"), "cancelled", "cancellation"),
        (folio(), folio("no_show"), "no_show", "no-show"),
    ],
)
def test_a_journal_is_called_by_what_happened(before: Folio | None, after: Folio, state: str, kind: str) -> None:
    assert domain.story(before, after, state) == kind


def test_revenue_is_told_as_the_total_so_far() -> None:
    departed = folio("departed")
    assert domain.revenue_changes(folio(), departed) == {"room": eur(30000)}
    assert domain.revenue_changes(departed, domain.charged(departed, "spa", eur(500), 407)) == {"spa": eur(407)}
    assert domain.revenue_changes(departed, folio("cancelled")) == {"room": eur(0)}
    assert domain.revenue_changes(folio(), folio(total=1)) == {}


def test_revenue_is_told_again_when_somebody_else_stayed() -> None:
    bruno = domain.target(None, stay(BRUNO, eur(30000), state="departed"))
    assert domain.revenue_changes(folio("departed"), bruno) == {"room": eur(30000)}


def test_room_charges_and_the_stay_are_one_revenue() -> None:
    assert domain.charged(folio("departed"), "room", eur(500), 500).revenue() == {"room": eur(30500)}


def test_an_unknown_way_of_paying_has_a_place_too() -> None:
    assert [e.account for e in domain.payment_entries(ANA, eur(1), "camel")] == ["clearing:other", "guests"]


@pytest.mark.parametrize("minor", [0, -1, 10**12 + 1])
def test_an_amount_is_above_zero_and_bounded(minor: int) -> None:
    with pytest.raises(NotAnAmount) as refused:
        domain.check_amount(eur(minor), NotAnAmount)
    assert [e.pointer for e in refused.value.errors] == ["/amount/amount"]


def test_money_has_a_currency_there_is() -> None:
    with pytest.raises(Invalid):
        domain.check_amount(Money(amount_minor=1, currency="XXY"), NotAnAmount)


# ── whatever a booking goes through ──────────────────────────────────────────────────────────────────────────────────

_GUESTS = st.sampled_from([ANA, BRUNO, SOL_LDA])
_MONEY = st.builds(Money, amount_minor=st.integers(0, 10**9), currency=st.sampled_from(["EUR", "JPY", "BHD"]))
_FACTS = st.builds(
    lambda guest, payer, total, state, nights: stay(
        guest, total, booking_id=BOOKING, state=state, payer=payer, nights=nights
    ),
    guest=_GUESTS,
    payer=_GUESTS,
    total=_MONEY,
    state=st.sampled_from(["confirmed", "in_house", "departed", "cancelled", "no_show"]),
    nights=st.integers(1, 30),
)
_CHARGE = st.tuples(st.sampled_from(domain.KINDS), _MONEY.filter(lambda m: m.amount_minor > 0))


@given(st.lists(_FACTS | _CHARGE, min_size=1, max_size=20))
def test_what_is_posted_is_what_the_booking_says_however_it_came_there(steps: list[object]) -> None:
    seen: Folio | None = None
    ledger: dict[tuple[str, UUID | None, str], int] = defaultdict(int)
    for step in steps:
        if isinstance(step, tuple):
            if seen is None:
                continue
            after = domain.charged(seen, *step, step[1].amount_minor)
        else:
            after = domain.target(seen, step)  # type: ignore[arg-type]
        entries = domain.journal_to(seen, after)
        per_currency: dict[str, int] = defaultdict(int)
        for entry in entries:
            assert entry.account in domain.CHART
            assert entry.amount_minor != 0
            per_currency[entry.currency] += entry.amount_minor
            ledger[entry.account, entry.profile_id, entry.currency] += entry.amount_minor
        assert not any(per_currency.values())
        seen = after
    if seen is None:
        return
    owed = {(who, c): a for (account, who, c), a in ledger.items() if account == "guests" and a}
    assert owed == {(seen.payer_id, c): a for c, a in seen.owed().items()}
    assert -ledger["deferred-revenue", None, seen.currency] == seen.deferred_minor


# ── credit ───────────────────────────────────────────────────────────────────────────────────────────────────────────

_START = datetime(2026, 1, 1, tzinfo=UTC)


def credit(amount: int, day: int = 0, currency: str = "EUR") -> Credit:
    return Credit(uuid4(), Money(amount_minor=amount, currency=currency), _START + timedelta(days=day))


def due(amount: int, day: int = 0, currency: str = "EUR") -> Due:
    return Due(uuid4(), Money(amount_minor=amount, currency=currency), date(2026, 6, 1) + timedelta(days=day))


def test_the_oldest_credit_covers_the_earliest_arrival() -> None:
    old, new, soon, late = credit(100, 0), credit(100, 1), due(150, 0), due(150, 1)
    assert domain.allocate([new, old], [late, soon]) == {
        (old.payment_id, soon.folio_id): 100,
        (new.payment_id, soon.folio_id): 50,
        (new.payment_id, late.folio_id): 50,
    }


def test_credit_of_one_currency_covers_nothing_in_another() -> None:
    assert domain.allocate([credit(100, currency="USD")], [due(100)]) == {}


_AMOUNTS = st.lists(st.tuples(st.integers(1, 500), st.integers(0, 9), st.sampled_from(["EUR", "USD"])), max_size=8)


@given(_AMOUNTS, _AMOUNTS, st.randoms())
def test_allocations_are_bounded_complete_and_independent_of_order(
    paid: list[tuple[int, int, str]], owed: list[tuple[int, int, str]], random: object
) -> None:
    credits, dues = [credit(*p) for p in paid], [due(*o) for o in owed]
    found = domain.allocate(credits, dues)
    for currency in ("EUR", "USD"):
        mine = [c for c in credits if c.amount.currency == currency]
        theirs = [d for d in dues if d.amount.currency == currency]
        used = [sum(a for (p, _), a in found.items() if p == c.payment_id) for c in mine]
        covered = [sum(a for (_, f), a in found.items() if f == d.folio_id) for d in theirs]
        assert all(u <= c.amount.amount_minor for u, c in zip(used, mine, strict=True))
        assert all(v <= d.amount.amount_minor for v, d in zip(covered, theirs, strict=True))
        total_paid = sum(c.amount.amount_minor for c in mine)
        total_owed = sum(d.amount.amount_minor for d in theirs)
        assert sum(used) == sum(covered) == min(total_paid, total_owed)
    assert all(amount > 0 for amount in found.values())
    random.shuffle(credits)  # type: ignore[attr-defined]
    random.shuffle(dues)  # type: ignore[attr-defined]
    assert domain.allocate(credits, dues) == found
