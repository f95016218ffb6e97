"""Terms as a booking was made under them, and the fees they ask, on the real ledger."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa

from services.contracts.billing import (
    FeeWaived,
    NoSuchFee,
    NoSuchTerms,
    ReadBookingTerms,
    ReadPolicies,
    Share,
    VoidCharge,
    WaiveFee,
)
from services.kit.db import Database
from services.kit.refusal import Invalid
from tests.billing.houses import EVERYTHING, FAR, PAST, House, cancelling, not_coming
from tests.billing.makers import LISBON, PORTO, eur, stay


@pytest.fixture
def house(billing_db: Database) -> House:
    return House(billing_db)


def test_a_cancellation_after_the_free_days_is_charged_by_itself(house: House) -> None:
    house.asks(cancelling(Share(nights=1)))
    ana = uuid4()
    facts = house.hears(stay(ana, eur(30001), arrival=PAST))
    house.ends(facts)
    assert house.balance(ana) == 10001
    lines = house.account(ana).lines
    assert [(line.kind, line.amount.amount_minor) for line in lines] == [
        ("fee", 10001),
        ("cancellation", -30001),
        ("stay", 30001),
    ]
    fee = house.terms(facts).fee
    assert fee is not None
    assert (fee.kind, fee.amount, fee.state) == ("cancellation", eur(10001), "posted")


def test_a_cancellation_in_time_is_free(house: House) -> None:
    house.asks(cancelling(EVERYTHING), not_coming(EVERYTHING))
    ana = uuid4()
    facts = house.hears(stay(ana, eur(30000), arrival=FAR))
    house.ends(facts)
    assert house.balance(ana) == 0
    assert house.terms(facts).fee is None


def test_a_cancellation_in_time_is_free_however_late_it_is_heard_of(house: House) -> None:
    house.asks(cancelling(EVERYTHING))
    ana, in_time = uuid4(), datetime.combine(PAST - timedelta(days=90), time(12), UTC)
    facts = house.hears(replace(stay(ana, eur(30000), arrival=PAST), booked_at=in_time - timedelta(days=1)))
    house.ends(replace(facts, changed_at=in_time))
    assert house.balance(ana) == 0
    assert house.terms(facts).fee is None
    assert house.terms(facts).booked_on == (in_time - timedelta(days=1)).date()


def test_a_no_show_pays_what_its_policy_says(house: House) -> None:
    house.asks(cancelling(Share(nights=1)), not_coming(Share(basis_points=8000)))
    ana, sol = uuid4(), uuid4()
    facts = house.hears(stay(ana, eur(30000), arrival=PAST, payer=sol))
    house.ends(facts, "no_show")
    assert (house.balance(ana), house.balance(sol)) == (0, 24000)


def test_who_was_relocated_by_the_house_pays_no_fee(house: House) -> None:
    house.asks(cancelling(EVERYTHING))
    ana = uuid4()
    facts = house.hears(stay(ana, eur(30000), arrival=PAST))
    house.ends(replace(facts, flags=("overbooked", "relocated")))
    assert house.balance(ana) == 0
    assert house.terms(facts).fee is None


def test_a_fee_is_charged_once_however_often_the_end_is_heard(house: House) -> None:
    house.asks(cancelling(EVERYTHING))
    ana = uuid4()
    facts = house.hears(stay(ana, eur(30000), arrival=PAST))
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: house.ends(facts), range(8)))
    house.ends(facts, version=3, changed=True)
    assert house.balance(ana) == 30000


def test_a_house_without_policies_charges_nothing(house: House) -> None:
    house.asks(cancelling(EVERYTHING), property_id=PORTO)
    ana = uuid4()
    facts = house.hears(stay(ana, eur(30000), arrival=PAST))
    house.ends(facts)
    assert house.balance(ana) == 0
    assert house.terms(facts).words == ("Cancelling is free.", "Not coming is free.", "No deposit is due.")


def test_a_booking_keeps_the_terms_it_was_made_under(house: House) -> None:
    (then,) = house.asks(cancelling(Share(nights=1)))
    ana = uuid4()
    facts = house.hears(stay(ana, eur(30000), arrival=PAST))
    house.asks(cancelling(EVERYTHING), not_coming(EVERYTHING))
    house.hears(replace(facts, version=2, total=eur(60000)), changed=True)
    assert (house.terms(facts).cancellation, house.terms(facts).no_show) == (then, None)
    house.ends(facts, version=3)
    assert house.balance(ana) == 10000


def test_a_booking_made_before_there_were_policies_has_none(house: House) -> None:
    ana = uuid4()
    facts = house.hears(stay(ana, eur(30000), arrival=PAST))
    house.asks(cancelling(EVERYTHING))
    house.ends(facts)
    assert house.balance(ana) == 0


def test_a_booking_of_which_only_the_end_is_heard_pays_too(house: House) -> None:
    house.asks(cancelling(EVERYTHING))
    ana = uuid4()
    facts = stay(ana, eur(30000), arrival=PAST)
    house.ends(facts)
    house.hears(facts)
    assert house.balance(ana) == 30000


def test_giving_up_what_was_only_held_costs_nothing(house: House) -> None:
    house.asks(cancelling(EVERYTHING))
    ana = uuid4()
    facts = stay(ana, eur(30000), arrival=PAST)
    house.holds(facts)
    house.ends(facts)
    assert house.balance(ana) == 0


@pytest.mark.parametrize("order", ["hec", "ehc", "ech", "ceh", "hce", "che"])
def test_the_fee_is_the_same_in_whatever_order_a_booking_is_heard_of(house: House, order: str) -> None:
    house.asks(cancelling(EVERYTHING))
    ana = uuid4()
    facts = stay(ana, eur(30000), arrival=PAST, version=2)
    hear = {
        "h": lambda: house.holds(replace(facts, version=1)),
        "c": lambda: house.hears(facts),
        "e": lambda: house.ends(facts, version=3),
    }
    for event in order:
        hear[event]()
    assert house.balance(ana) == 30000


def test_a_confirmation_that_comes_last_still_brings_its_terms(house: House) -> None:
    house.asks(cancelling(EVERYTHING))
    ana = uuid4()
    facts = stay(ana, eur(30000), arrival=PAST)
    house.hears(replace(facts, version=2), changed=True)
    house.ends(facts, version=3)
    assert house.balance(ana) == 0
    house.hears(facts)
    assert house.balance(ana) == 30000


def test_what_is_heard_of_a_booking_at_the_same_moment_is_all_kept(house: House) -> None:
    """Each with another payer, so that no guest's lock keeps the three apart."""
    house.asks(cancelling(EVERYTHING))
    for _ in range(5):
        ana, sol, eva = uuid4(), uuid4(), uuid4()
        facts = stay(ana, eur(30000), arrival=PAST, version=2, payer=sol)
        said = [
            lambda f=facts, p=eva: house.holds(replace(f, version=1, payer_profile_id=p)),
            lambda f=facts: house.hears(f),
            lambda f=facts, p=ana: house.ends(replace(f, payer_profile_id=p), version=3),
        ]
        with ThreadPoolExecutor(3) as pool:
            list(pool.map(lambda say: say(), said))
        assert [house.balance(guest) for guest in (ana, sol, eva)] == [30000, 0, 0]


@pytest.mark.parametrize("order", ["he", "eh"])
def test_a_hold_that_is_given_up_is_free_in_either_order(house: House, order: str) -> None:
    house.asks(cancelling(EVERYTHING))
    ana = uuid4()
    facts = stay(ana, eur(30000), arrival=PAST)
    hear = {"h": lambda: house.holds(facts), "e": lambda: house.ends(facts)}
    for event in order:
        hear[event]()
    assert house.balance(ana) == 0


def test_a_fee_is_paid_from_what_the_guest_has_in_credit(house: House) -> None:
    house.asks(cancelling(Share(nights=1)))
    ana = uuid4()
    facts = house.hears(stay(ana, eur(30000), arrival=PAST))
    house.pays(ana, eur(30000))
    house.ends(facts)
    (balance,) = house.account(ana).balances
    assert (balance.balance, balance.owed, balance.credit) == (eur(-20000), eur(0), eur(20000))


def test_staff_take_a_fee_back_once_and_say_why(house: House) -> None:
    house.asks(cancelling(EVERYTHING))
    ana = uuid4()
    facts = house.hears(stay(ana, eur(30000), arrival=PAST))
    with pytest.raises(NoSuchFee):
        house.service.waive_fee(WaiveFee(booking_id=facts.booking_id, reason="A storm"))
    house.ends(facts)
    for empty in ("", " ", "\n"):
        with pytest.raises(Invalid):
            house.service.waive_fee(WaiveFee(booking_id=facts.booking_id, reason=empty))
    waived: Any = house.service.waive_fee(WaiveFee(booking_id=facts.booking_id, reason="A storm"))
    assert waived.state == "waived"
    assert house.balance(ana) == 0
    with pytest.raises(FeeWaived):
        house.service.waive_fee(WaiveFee(booking_id=facts.booking_id, reason="A storm"))
    house.ends(facts, version=3, changed=True)
    assert house.balance(ana) == 0


def test_a_fee_whose_charge_was_voided_counts_as_waived(house: House) -> None:
    house.asks(cancelling(EVERYTHING))
    ana = uuid4()
    facts = house.ends(house.hears(stay(ana, eur(30000), arrival=PAST)))
    fee = house.terms(facts).fee
    assert fee
    house.service.void_charge(VoidCharge(charge_id=fee.charge_id, reason="A storm"))
    fee = house.terms(facts).fee
    assert fee
    assert (fee.state, house.balance(ana)) == ("waived", 0)
    with pytest.raises(FeeWaived):
        house.service.waive_fee(WaiveFee(booking_id=facts.booking_id, reason="A storm"))


def test_a_fee_goes_on_a_folio_that_is_closed(house: House) -> None:
    house.asks(cancelling(EVERYTHING))
    ana = uuid4()
    facts = house.hears(stay(ana, eur(30000), arrival=PAST))
    with house.db.engine.begin() as connection:
        connection.execute(sa.text("UPDATE folios SET closed_at = now()"))
    house.ends(facts)
    assert house.balance(ana) == 30000


def test_every_fee_and_what_takes_it_back_sums_to_zero(house: House) -> None:
    house.asks(cancelling(EVERYTHING))
    facts = house.hears(stay(uuid4(), eur(30000), arrival=PAST))
    house.ends(facts)
    house.service.waive_fee(WaiveFee(booking_id=facts.booking_id, reason="A storm"))
    with house.db.engine.connect() as connection:
        sums = connection.execute(sa.text("SELECT journal_id, sum(amount_minor) FROM entries GROUP BY 1")).all()
    assert {minor for _, minor in sums} == {0}


# ── lists of policies ────────────────────────────────────────────────────────────────────────────────────────────────


def test_policies_are_read_in_their_order_and_keep_their_ids(house: House) -> None:
    first = house.asks(cancelling(EVERYTHING, channel="agency"), cancelling(Share(nights=1)))
    again = house.asks(cancelling(Share(nights=1)), cancelling(EVERYTHING, channel="agency"))
    assert [p.id for p in again] == [p.id for p in reversed(first)]
    assert house.service.read_policies(ReadPolicies(property_id=LISBON)).policies == again
    house.asks()
    assert house.service.read_policies(ReadPolicies(property_id=LISBON)).policies == ()


def test_terms_say_why_each_policy_was_chosen_also_after_the_list_has_changed(house: House) -> None:
    general, strict = house.asks(cancelling(Share(nights=1)), cancelling(EVERYTHING, rates=("NRF",)))
    booked = house.hears(replace(stay(uuid4(), eur(30000)), rates=("NRF",)))
    house.asks()
    (why,) = house.terms(booked).choices
    assert (why.kind, why.policy_id, why.named, why.passed_over) == (
        "cancellation",
        strict.id,
        ("rates",),
        (general.id,),
    )


def test_a_list_with_a_fault_changes_nothing(house: House) -> None:
    before = house.asks(cancelling(EVERYTHING))
    with pytest.raises(Invalid):
        house.asks(cancelling(Share(nights=1)), cancelling(Share()))
    with pytest.raises(Invalid):
        house.asks(cancelling(Share(nights=1)), time_zone="Europe/Atlantis")
    assert house.service.read_policies(ReadPolicies(property_id=LISBON)).policies == before


def test_terms_of_a_booking_nobody_heard_of_are_not_there(house: House) -> None:
    with pytest.raises(NoSuchTerms):
        house.service.read_booking_terms(ReadBookingTerms(booking_id=uuid4()))
