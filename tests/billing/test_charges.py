"""Charges and their kinds, on the real database."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from services.billing import domain
from services.billing.domain import Said
from services.contracts.billing import (
    AnotherProperty,
    ChargeKind,
    ChargeSaidOtherwise,
    CreditLimitReached,
    FindFolios,
    NoSuchFolio,
    NotAKind,
    PostCharge,
    ProveLedger,
    ReadCharge,
    ReadChargeKinds,
    RoutingRule,
    SetCreditTerms,
    SetRouting,
    SetUpChargeKind,
    WrongCurrency,
)
from services.contracts.bookings import (
    NoSuchProperty,
)
from services.contracts.values import Money
from services.kit.db import Database
from services.kit.refusal import CommandReused, Invalid
from tests.billing.hotel import Hotel
from tests.billing.makers import LISBON, eur


@pytest.fixture
def hotel(billing_db: Database) -> Hotel:
    return Hotel(billing_db)


def test_a_new_kind_can_be_charged_and_is_earned_on_its_account(hotel: Hotel) -> None:
    booking = hotel.books(uuid4())
    minibar = ChargeKind(code="minibar", name="Minibar", account="revenue:restaurant", tax_class="standard")
    hotel.service.set_up_charge_kind(SetUpChargeKind(kind=minibar))
    assert minibar in hotel.service.read_charge_kinds(ReadChargeKinds()).items
    charge = hotel.charges(booking, "minibar", eur(700))
    assert hotel.entries(charge.journal_id) == {"guests": 700, "revenue:restaurant": -700}


def test_a_kind_out_of_use_is_not_charged_and_its_voids_go_where_the_charge_went(hotel: Hotel) -> None:
    booking = hotel.books(uuid4())
    kind = ChargeKind(code="golf", name="Golf", account="revenue:golf", tax_class="standard")
    hotel.service.set_up_charge_kind(SetUpChargeKind(kind=kind))
    charge = hotel.charges(booking, "golf", eur(700))
    changed = ChargeKind(code="golf", name="Golf", account="revenue:other", tax_class="standard", active=False)
    hotel.service.set_up_charge_kind(SetUpChargeKind(kind=changed))
    with pytest.raises(Invalid) as refused:
        hotel.charges(booking, "golf", eur(700))
    assert [e.pointer for e in refused.value.errors] == ["/kind"]
    assert hotel.entries(hotel.voids(charge).voided_by) == {"guests": -700, "revenue:golf": 700}


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [({"code": "Mini Bar"}, "/code"), ({"account": "guests"}, "/account"), ({"tax_class": ""}, "/tax_class"),
     ({"name": " "}, "/name")],
)  # fmt: skip
def test_a_kind_is_well_formed(wrong: dict[str, str], pointer: str) -> None:
    said = {"code": "spa", "name": "SPA", "account": "revenue:spa", "tax_class": "standard", **wrong}
    with pytest.raises(NotAKind) as refused:
        domain.checked_kind(ChargeKind(**said))
    assert [e.pointer for e in refused.value.errors] == [pointer]


def test_what_a_house_has_always_charged_has_no_tax_without_rules(hotel: Hotel) -> None:
    charge = hotel.charges(hotel.books(uuid4()), "spa", eur(6000))
    assert (charge.net, charge.vat, charge.vat_basis_points) == (eur(6000), eur(0), 0)
    assert hotel.entries(charge.journal_id) == {"guests": 6000, "revenue:spa": -6000}


def test_a_charge_is_split_into_what_is_earned_and_what_is_tax(hotel: Hotel) -> None:
    booking = hotel.books(uuid4())
    hotel.taxes(("food", 1300), ("standard", 2300))
    charge = hotel.charges(booking, "restaurant", eur(4500), business_date=date(2026, 11, 20))
    assert (charge.amount, charge.net, charge.vat, charge.vat_basis_points) == (eur(4500), eur(3982), eur(518), 1300)
    assert hotel.entries(charge.journal_id) == {"guests": 4500, "revenue:restaurant": -3982, "tax:vat": -518}
    void = hotel.voids(charge)
    assert hotel.entries(void.voided_by) == {"guests": -4500, "revenue:restaurant": 3982, "tax:vat": 518}


def test_tax_is_added_where_prices_do_not_include_it(hotel: Hotel) -> None:
    booking = hotel.books(uuid4())
    hotel.taxes(("standard", 2300), gross=False)
    charge = hotel.charges(booking, "spa", eur(1000))
    assert (charge.amount, charge.net, charge.vat) == (eur(1230), eur(1000), eur(230))


def test_the_house_folio_has_the_taxes_of_where_it_was_sold(hotel: Hotel) -> None:
    ana = uuid4()
    hotel.taxes(("standard", 2300))
    charge = hotel.charges(None, "spa", eur(1230), profile_id=ana, property="LIS-CITY")
    assert (charge.net, charge.vat) == (eur(1000), eur(230))
    assert hotel.charges(None, "spa", eur(1230), profile_id=ana).vat == eur(0)
    with pytest.raises(NoSuchProperty):
        hotel.charges(None, "spa", eur(1), profile_id=ana, property="NOWHERE")
    with pytest.raises(WrongCurrency):
        hotel.charges(None, "spa", Money(amount_minor=1, currency="USD"), profile_id=ana, property="LIS-CITY")


def test_a_charge_tells_others_ids_and_amounts_only(hotel: Hotel) -> None:
    ana = uuid4()
    booking = hotel.books(ana)
    charge = hotel.charges(booking, "spa", eur(6000), description="Massage for Ana Silva")
    hotel.voids(charge, "Ana Silva was ill")
    posted, voided = hotel.announced("charge.posted")
    assert posted == {
        "charge_id": str(charge.id), "folio_id": str(charge.folio_id), "booking_id": str(booking),
        "profile_id": str(ana), "property_id": str(LISBON), "kind": "spa",
        "amount": {"amount_minor": 6000, "currency": "EUR"}, "voided": False,
    }  # fmt: skip
    assert voided == {**posted, "voided": True}
    assert hotel.service.read_charge(ReadCharge(charge_id=charge.id)).description == "Massage for Ana Silva"
    for table in ("charges", "folios", "journals"):
        with hotel.db.engine.connect() as connection:
            assert "Silva" not in str(connection.execute(sa.text(f"SELECT * FROM {table}")).all())


def test_a_charge_for_a_day_to_come_is_refused(hotel: Hotel) -> None:
    booking = hotel.books(uuid4())
    with pytest.raises(Invalid) as refused:
        hotel.charges(booking, "spa", eur(1), business_date=datetime.now(UTC).date() + timedelta(days=3))
    assert [e.pointer for e in refused.value.errors] == ["/business_date"]


@pytest.mark.parametrize(
    "written", ["4111 1111 1111 1111", "Visa 4111-1111-1111-1111 ok", "4111111111111111/5500005555555559"]
)
def test_card_numbers_are_dropped_from_descriptions(hotel: Hotel, written: str) -> None:
    charge = hotel.charges(hotel.books(uuid4()), "spa", eur(1), description=written)
    kept = hotel.service.read_charge(ReadCharge(charge_id=charge.id)).description
    assert "[card number removed]" in kept
    assert "1111" not in kept


def test_the_same_number_of_a_source_is_one_charge(hotel: Hotel) -> None:
    ana = uuid4()
    booking = hotel.books(ana)
    said = {"source": "shop", "external_id": "7"}
    first = hotel.charges(booking, "other", eur(500), **said)
    assert hotel.charges(booking, "other", eur(500), **said) == first
    with pytest.raises(ChargeSaidOtherwise):
        hotel.charges(booking, "other", eur(501), **said)
    with pytest.raises(Invalid) as refused:
        hotel.charges(booking, "other", eur(501), external_id="8")
    assert [e.pointer for e in refused.value.errors] == ["/source"]
    assert hotel.balance(ana) == 30500


def test_a_refused_charge_posts_nothing_and_does_not_burn_its_key(hotel: Hotel) -> None:
    booking, command = hotel.books(uuid4()), uuid4()
    for wrong in (eur(0), eur(-1), eur(10**13), Money(amount_minor=1, currency="USD")):
        with pytest.raises((Invalid, WrongCurrency)):
            hotel.service.post_charge(PostCharge(booking_id=booking, kind="spa", amount=wrong), command)
    said = PostCharge(booking_id=booking, kind="spa", amount=eur(1))
    assert hotel.service.post_charge(said, command) == hotel.service.post_charge(said, command)
    with pytest.raises(CommandReused):
        hotel.service.post_charge(PostCharge(booking_id=booking, kind="spa", amount=eur(2)), command)
    assert len(hotel.folio(booking).charges) == 1


def test_a_booking_nobody_knows_is_refused_where_it_stands(hotel: Hotel) -> None:
    with pytest.raises(NoSuchFolio) as refused:
        hotel.charges(uuid4(), "spa", eur(1))
    assert [e.pointer for e in refused.value.errors] == ["/booking_id"]
    with pytest.raises(AnotherProperty):
        hotel.charges(hotel.books(uuid4()), "spa", eur(1), property="OPO")


def test_a_company_with_a_limit_is_not_charged_beyond_it(hotel: Hotel) -> None:
    acme = uuid4()
    booking = hotel.books(uuid4(), payer=acme)
    hotel.service.set_credit_terms(SetCreditTerms(profile_id=acme, limit=eur(30100), days=30))
    hotel.charges(booking, "spa", eur(100))
    with pytest.raises(CreditLimitReached):
        hotel.charges(booking, "spa", eur(1))


def test_charges_go_to_whom_they_are_routed(hotel: Hotel) -> None:
    ana, acme = uuid4(), uuid4()
    booking = hotel.books(ana)
    rules = (RoutingRule(kinds=("parking",), payer_profile_id=acme),)
    hotel.service.set_routing(SetRouting(booking_id=booking, rules=rules))
    assert hotel.charges(booking, "parking", eur(900)).profile_id == acme
    assert hotel.charges(booking, "spa", eur(100)).profile_id == ana
    assert (hotel.balance(ana), hotel.balance(acme)) == (30100, 900)
    assert len(hotel.service.find_folios(FindFolios(booking_id=booking)).items) == 2


def test_32_at_once_on_one_folio_lose_nothing_and_see_no_deadlock(hotel: Hotel) -> None:
    ana = uuid4()
    booking = hotel.books(ana)
    with ThreadPoolExecutor(32) as pool:
        done = list(pool.map(lambda n: hotel.charges(booking, ("spa", "parking")[n % 2], eur(n + 1)), range(96)))
    assert len({charge.id for charge in done}) == 96
    assert hotel.balance(ana) == 30000 + sum(range(1, 97))
    (total,) = hotel.folio(booking).totals
    assert total.total == eur(30000 + sum(range(1, 97)))
    assert hotel.service.prove_ledger(ProveLedger()).unbalanced_journals == 0


@given(st.integers(0, 10**12), st.integers(0, 10**12))
def test_a_charge_and_its_void_sum_to_zero_each_and_together(net: int, vat: int) -> None:
    ana = uuid4()
    charge = domain.charge_entries(ana, "revenue:spa", net, vat, "EUR")
    void = domain.void_entries(ana, "revenue:spa", net, vat, "EUR")
    assert sum(e.amount_minor for e in charge) == 0
    assert sum(e.amount_minor for e in void) == 0
    assert {e.account: e.amount_minor for e in charge} == {e.account: -e.amount_minor for e in void}
    assert all(e.amount_minor for e in charge)


def test_what_is_said_the_same_has_the_same_digest() -> None:
    said = Said(kind="spa", amount=eur(1), booking_id=uuid4(), source="till", external_id="1")
    assert said.digest() == Said(**vars(said)).digest()
    for other in ({"kind": "room"}, {"amount": eur(2)}, {"booking_id": uuid4()}, {"description": "x"}):
        assert said.digest() != Said(**{**vars(said), **other}).digest()
