"""What companies may owe."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest

from services.contracts.billing import CreditLimitReached, NoCreditTerms, ReadCreditTerms
from services.contracts.profiles import ProfileRetired
from services.contracts.values import Money
from services.kit.db import Database
from services.kit.refusal import Invalid
from tests.billing.companies import ACME, ANA, agrees, pointers, routes, spends
from tests.billing.makers import Billing, eur, stay


@pytest.fixture
def billing(billing_db: Database) -> Billing:
    return Billing(billing_db)


def test_credit_terms_are_what_was_agreed_last(billing: Billing) -> None:
    with pytest.raises(NoCreditTerms):
        billing.service.read_credit_terms(ReadCreditTerms(profile_id=ACME))
    agrees(billing, ACME, eur(100000), 30)
    agreed = agrees(billing, ACME, eur(50000), 14)
    assert billing.service.read_credit_terms(ReadCreditTerms(profile_id=ACME)) == agreed
    with pytest.raises(Invalid) as refused:
        agrees(billing, ACME, eur(-1), 366)
    assert pointers(refused) == ["/limit/amount", "/days"]


def test_a_charge_beyond_the_limit_is_refused_and_a_confirmed_stay_is_not(billing: Billing) -> None:
    agrees(billing, ACME, eur(31000))
    booked = billing.hears(stay(ANA, eur(30000), payer=ACME))
    spends(billing, booked.booking_id, "spa", 1000)
    with pytest.raises(CreditLimitReached) as refused:
        spends(billing, booked.booking_id, "spa", 1)
    assert refused.value.facts == {"left": "0.00", "currency": "EUR"}
    billing.hears(stay(ANA, eur(99000), payer=ACME))
    assert billing.balance(ACME) == 130000
    billing.pays(ACME, eur(130000))
    spends(billing, booked.booking_id, "spa", 31000)


def test_charges_do_not_move_beyond_the_limit_either(billing: Billing) -> None:
    agrees(billing, ACME, eur(4999))
    booked = billing.hears(stay(ANA, eur(30000)))
    spends(billing, booked.booking_id, "spa", 5000)
    with pytest.raises(CreditLimitReached):
        routes(billing, booked.booking_id, spa=ACME)
    assert [billing.balance(who) for who in (ANA, ACME)] == [35000, 0]


def test_a_limit_is_of_its_own_currency(billing: Billing) -> None:
    agrees(billing, ACME, eur(100000))
    booked = billing.hears(stay(ANA, Money(amount_minor=0, currency="USD"), payer=ACME))
    with pytest.raises(CreditLimitReached):
        billing.charges(booked.booking_id, "spa", Money(amount_minor=1, currency="USD"))


def test_charges_at_the_same_moment_stay_within_the_limit(billing: Billing) -> None:
    agrees(billing, ACME, eur(500))
    booked = [billing.hears(stay(ANA, eur(0), payer=ACME)).booking_id for _ in range(4)]

    def charge(n: int) -> bool:
        try:
            spends(billing, booked[n % 4], "spa", 100)
        except CreditLimitReached:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(charge, range(12))) == 5
    assert billing.balance(ACME) == 500


def test_terms_of_a_company_that_turns_out_to_be_another_hold_for_that_unless_it_has_its_own(billing: Billing):
    acme, twin, other = uuid4(), uuid4(), uuid4()
    agrees(billing, acme, eur(50000))
    for into in (twin, other):
        billing.service.follow_retired_profile(ProfileRetired(profile_id=acme, version=2, into=into))
        if into == twin:
            agrees(billing, other, eur(100))
    limits = [billing.service.read_credit_terms(ReadCreditTerms(profile_id=who)).limit for who in (twin, other)]
    assert limits == [eur(50000), eur(100)]
