"""Adjustments: what is owed, corrected with a reason; never below what stands there, and never over an invoice."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from services.contracts.billing import (
    Adjustment,
    AdjustmentTooLarge,
    AnotherFolio,
    AnotherProperty,
    ChargeAdjusted,
    ChargeKind,
    CloseFolio,
    CreditLimitReached,
    FolioClosed,
    IssueInvoice,
    NoSuchAdjustment,
    NoSuchCharge,
    NoSuchFolio,
    PostAdjustment,
    ProveLedger,
    ReadAdjustment,
    ReadCharge,
    ReadStatement,
    ReverseJournal,
    RoutingRule,
    SetCreditTerms,
    SetInvoicing,
    SetRouting,
    SetUpChargeKind,
    VoidCharge,
    WrongCurrency,
)
from services.contracts.bookings import NoSuchProperty
from services.contracts.values import Money
from services.kit.db import Database
from services.kit.refusal import CommandReused, Invalid
from tests.billing.desk import ANA as ADDRESSEE
from tests.billing.desk import HOUSE
from tests.billing.hotel import Hotel
from tests.billing.makers import LISBON, eur, stay


@pytest.fixture
def hotel(billing_db: Database) -> Hotel:
    """With 6 % VAT on rooms and 23 % on the SPA, in the prices."""
    made = Hotel(billing_db)
    made.taxes(("accommodation", 600), ("standard", 2300))
    return made


def adjusts(hotel: Hotel, minor: int, kind: str = "spa", command_id: UUID | None = None, **more: Any) -> Adjustment:
    said = {"kind": kind, "amount": eur(minor), "direction": "credit", "reason": "The sauna was cold", **more}
    return hotel.service.post_adjustment(PostAdjustment(**said), command_id)


def pointers(refused: pytest.ExceptionInfo[Any]) -> list[str]:
    return [error.pointer for error in refused.value.errors]


# ── what it posts ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_credit_lowers_what_is_owed_and_the_revenue_and_the_vat_of_its_kind(hotel: Hotel) -> None:
    ana = uuid4()
    booking = hotel.books(ana)
    hotel.charges(booking, "spa", eur(12300))
    credit = adjusts(hotel, 2460, booking_id=booking)
    assert (credit.amount, credit.net, credit.vat, credit.vat_basis_points) == (eur(2460), eur(2000), eur(460), 2300)
    assert hotel.entries(credit.journal_id) == {"guests": -2460, "revenue:spa": 2000, "tax:vat": 460}
    assert hotel.balance(ana) == 30000 + 12300 - 2460


def test_a_debit_raises_them(hotel: Hotel) -> None:
    ana = uuid4()
    debit = adjusts(hotel, 1230, booking_id=hotel.books(ana), direction="debit", reason="Was charged for one only")
    assert hotel.entries(debit.journal_id) == {"guests": 1230, "revenue:spa": -1000, "tax:vat": -230}
    assert (debit.direction, debit.reason_code, hotel.balance(ana)) == ("debit", "correction", 31230)


def test_a_night_that_was_earned_can_be_lowered(hotel: Hotel) -> None:
    ana = uuid4()
    facts = hotel.hears(stay(ana, eur(31800), state="departed"))
    credit = adjusts(hotel, 10600, "room", booking_id=facts.booking_id)
    assert hotel.entries(credit.journal_id) == {"guests": -10600, "revenue:room": 10000, "tax:vat": 600}
    assert hotel.balance(ana) == 21200


def test_a_city_tax_taken_wrongly_is_lowered_and_no_revenue_with_it(hotel: Hotel) -> None:
    booking = hotel.books(uuid4())
    hotel.charges(booking, "city-tax", eur(600))
    credit = adjusts(hotel, 600, "city-tax", booking_id=booking)
    assert hotel.entries(credit.journal_id) == {"guests": -600, "tax:city": 600}
    assert hotel.announced("revenue.posted") == []


def test_the_rate_is_the_one_of_the_day_that_is_said(hotel: Hotel) -> None:
    booking = hotel.books(uuid4())
    hotel.charges(booking, "spa", eur(12300))
    before_the_rules = adjusts(hotel, 1000, booking_id=booking, business_date=date(2019, 12, 31))
    assert (before_the_rules.vat, before_the_rules.business_date) == (eur(0), date(2019, 12, 31))


def test_vat_comes_on_top_where_prices_do_not_include_it(hotel: Hotel) -> None:
    hotel.taxes(("standard", 2300), gross=False)
    booking = hotel.books(uuid4())
    hotel.charges(booking, "spa", eur(1000))
    assert adjusts(hotel, 1000, booking_id=booking).amount == eur(1230)


def test_revenue_is_told_anew_and_the_adjustment_by_ids_and_amounts(hotel: Hotel) -> None:
    ana = uuid4()
    booking = hotel.books(ana)
    hotel.charges(booking, "spa", eur(12300))
    credit = adjusts(hotel, 2460, booking_id=booking, reason="Ana Silva fell ill", reason_code="illness")
    assert [e["total"]["amount_minor"] for e in hotel.announced("revenue.posted")] == [10000, 8000]
    (told,) = hotel.announced("adjustment.posted")
    assert told == {
        "adjustment_id": str(credit.id), "folio_id": str(credit.folio_id), "booking_id": str(booking),
        "profile_id": str(ana), "property_id": str(LISBON), "kind": "spa", "direction": "credit",
        "amount": {"amount_minor": 2460, "currency": "EUR"}, "reversed": False,
    }  # fmt: skip
    assert hotel.announced("balance.changed")[-1]["profile_id"] == str(ana)


def test_the_words_of_its_reason_stand_apart_and_hold_no_card_number(hotel: Hotel) -> None:
    booking = hotel.books(uuid4())
    hotel.charges(booking, "spa", eur(12300))
    credit = adjusts(hotel, 100, booking_id=booking, reason="Ana paid with 4111 1111 1111 1111")
    assert credit.reason == "Ana paid with [card number removed]"
    for table in ("charges", "folios", "journals", "outbox"):
        with hotel.db.engine.connect() as connection:
            assert "Ana" not in str(connection.execute(sa.text(f"SELECT * FROM {table}")).all())


def test_the_proof_of_agreed_prices_is_not_moved_by_it(hotel: Hotel) -> None:
    facts = hotel.hears(stay(uuid4(), eur(31800), state="departed"))
    credit = adjusts(hotel, 10600, "room", booking_id=facts.booking_id)
    assert hotel.service.prove_ledger(ProveLedger()).room_revenue == (eur(31800),)
    hotel.service.reverse_journal(ReverseJournal(journal_id=credit.journal_id, reason_code="wrong-room"))
    assert hotel.service.prove_ledger(ProveLedger()).room_revenue == (eur(31800),)


# ── where it is seen ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_it_stands_on_the_folio_beside_the_charges(hotel: Hotel) -> None:
    booking = hotel.books(uuid4())
    charge = hotel.charges(booking, "spa", eur(12300))
    credit = adjusts(hotel, 2460, booking_id=booking)
    folio = hotel.folio(booking)
    assert (folio.charges, folio.adjustments) == ((charge,), (credit,))
    assert folio.totals[0].total == eur(30000 + 12300 - 2460)


def test_the_account_and_the_statement_show_it_with_its_reason(hotel: Hotel) -> None:
    ana = uuid4()
    booking = hotel.books(ana)
    hotel.charges(booking, "spa", eur(12300))
    credit = adjusts(hotel, 2460, booking_id=booking, reason_code="service-failure")
    line = hotel.account(ana).lines[0]
    assert (line.kind, line.amount, line.description) == ("adjustment", eur(-2460), "The sauna was cold")
    assert line.source
    assert (line.source.adjustment_id, line.source.charge_id, line.source.reason) == (
        credit.id, None, "service-failure",
    )  # fmt: skip
    today = datetime.now(UTC).date()
    around = {"first": today - timedelta(days=2), "until": today + timedelta(days=2)}
    statement = hotel.service.read_statement(ReadStatement(profile_id=ana, currency="EUR", **around))
    assert (statement.lines[-1].reason, statement.closing) == ("service-failure", eur(hotel.balance(ana)))


def test_it_is_read_as_an_adjustment_and_not_as_a_charge(hotel: Hotel) -> None:
    booking = hotel.books(uuid4())
    charge = hotel.charges(booking, "spa", eur(12300))
    credit = adjusts(hotel, 2460, booking_id=booking)
    assert hotel.service.read_adjustment(ReadAdjustment(adjustment_id=credit.id)) == credit
    with pytest.raises(NoSuchAdjustment):
        hotel.service.read_adjustment(ReadAdjustment(adjustment_id=charge.id))
    with pytest.raises(NoSuchCharge):
        hotel.service.read_charge(ReadCharge(charge_id=credit.id))
    with pytest.raises(NoSuchCharge):
        hotel.service.void_charge(VoidCharge(charge_id=credit.id, reason="Mistyped"))


def test_what_a_credit_frees_covers_another_stay(hotel: Hotel) -> None:
    ana = uuid4()
    first, second = hotel.books(ana), hotel.books(ana, arrival=date(2026, 12, 24))
    hotel.charges(first, "spa", eur(10000))
    hotel.pays(ana, eur(40000))
    assert hotel.due(second).due == eur(30000)
    adjusts(hotel, 10000, booking_id=first)
    assert hotel.due(second).due == eur(20000)


# ── on which folio ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_it_goes_to_the_folio_where_charges_of_its_kind_stand(hotel: Hotel) -> None:
    ana, acme = uuid4(), uuid4()
    booking = hotel.books(ana)
    rules = (RoutingRule(kinds=("spa",), payer_profile_id=acme),)
    hotel.service.set_routing(SetRouting(booking_id=booking, rules=rules))
    hotel.charges(booking, "spa", eur(12300))
    credit = adjusts(hotel, 2460, booking_id=booking)
    assert (credit.profile_id, hotel.balance(acme), hotel.balance(ana)) == (acme, 9840, 30000)
    assert adjusts(hotel, 2460, folio_id=credit.folio_id).profile_id == acme


def test_another_folio_of_the_booking_is_refused(hotel: Hotel) -> None:
    booking, acme = hotel.books(uuid4()), uuid4()
    main = hotel.folio(booking).id
    rules = (RoutingRule(kinds=("spa",), payer_profile_id=acme),)
    hotel.service.set_routing(SetRouting(booking_id=booking, rules=rules))
    for direction in ("credit", "debit"):
        with pytest.raises(AnotherFolio):
            adjusts(hotel, 100, folio_id=main, direction=direction)


def test_it_moves_with_the_charges_of_its_kind(hotel: Hotel) -> None:
    ana, acme = uuid4(), uuid4()
    booking = hotel.books(ana)
    hotel.charges(booking, "spa", eur(12300))
    credit = adjusts(hotel, 12300, booking_id=booking)
    rules = (RoutingRule(kinds=("spa",), payer_profile_id=acme),)
    hotel.service.set_routing(SetRouting(booking_id=booking, rules=rules))
    assert hotel.service.read_adjustment(ReadAdjustment(adjustment_id=credit.id)).profile_id == acme


def test_a_house_folio_has_the_vat_of_whoever_sold_the_kind_there(hotel: Hotel) -> None:
    ana = uuid4()
    hotel.charges(None, "spa", eur(12300), profile_id=ana, property="LIS-CITY")
    assert adjusts(hotel, 1230, profile_id=ana).vat == eur(230)
    hotel.charges(None, "spa", eur(10000), profile_id=ana, property="OPO")
    with pytest.raises(Invalid) as refused:
        adjusts(hotel, 1230, profile_id=ana)
    assert pointers(refused) == ["/property"]
    assert adjusts(hotel, 1000, profile_id=ana, property="OPO").vat == eur(0)
    assert hotel.balance(ana) == 12300 + 10000 - 1230 - 1000


def test_a_credit_on_a_house_folio_is_of_what_its_own_property_charged(hotel: Hotel) -> None:
    ana = uuid4()
    lisbons = hotel.charges(None, "spa", eur(12300), profile_id=ana, property="LIS-CITY")
    portos = hotel.charges(None, "spa", eur(10000), profile_id=ana, property="OPO")
    with pytest.raises(AdjustmentTooLarge) as refused:
        adjusts(hotel, 10001, profile_id=ana, property="OPO")
    assert refused.value.facts["left"] == "100.00"
    adjusts(hotel, 10000, profile_id=ana, property="OPO")
    with pytest.raises(ChargeAdjusted):
        hotel.service.void_charge(VoidCharge(charge_id=portos.id, reason="Mistyped"))
    hotel.service.void_charge(VoidCharge(charge_id=lisbons.id, reason="Mistyped"))
    assert hotel.balance(ana) == 0


def test_a_property_that_is_not_the_folios_or_is_not_known_is_refused(hotel: Hotel) -> None:
    booking = hotel.books(uuid4())
    hotel.charges(booking, "spa", eur(100))
    with pytest.raises(AnotherProperty):
        adjusts(hotel, 1, booking_id=booking, property="OPO")
    with pytest.raises(NoSuchProperty):
        adjusts(hotel, 1, booking_id=booking, property="NOWHERE")


# ── what is refused ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("more", "pointer"),
    [
        ({"minor": 0}, "/amount/amount"),
        ({"minor": -1}, "/amount/amount"),
        ({"minor": 10**13}, "/amount/amount"),
        ({"kind": "helicopter"}, "/kind"),
        ({"reason": "  "}, "/reason"),
        ({"reason": "x" * 501}, "/reason"),
        ({"reason_code": "Ana was wrong"}, "/reason_code"),
        ({"profile_id": uuid4()}, "/booking_id"),
        ({"business_date": date(2199, 1, 1)}, "/business_date"),
    ],
)
def test_bad_input_is_refused_where_it_stands_and_posts_nothing(
    hotel: Hotel, more: dict[str, Any], pointer: str
) -> None:
    ana = uuid4()
    booking = hotel.books(ana)
    hotel.charges(booking, "spa", eur(100))
    with pytest.raises(Invalid) as refused:
        adjusts(hotel, **{"minor": 1, "booking_id": booking, **more})
    assert pointers(refused) == [pointer]
    assert hotel.balance(ana) == 30100


def test_a_folio_there_is_not_is_refused_where_it_stands(hotel: Hotel) -> None:
    for name in ("booking_id", "profile_id", "folio_id"):
        with pytest.raises(NoSuchFolio) as refused:
            adjusts(hotel, 1, **{name: uuid4()})
        assert pointers(refused) == [f"/{name}"]


def test_another_currency_and_a_closed_folio_are_refused(hotel: Hotel) -> None:
    booking = hotel.books(uuid4())
    charge = hotel.charges(booking, "spa", eur(100))
    with pytest.raises(WrongCurrency):
        adjusts(hotel, 1, booking_id=booking, amount=Money(amount_minor=1, currency="USD"))
    hotel.service.close_folio(CloseFolio(folio_id=charge.folio_id))
    with pytest.raises(FolioClosed):
        adjusts(hotel, 1, booking_id=booking)


def test_a_credit_is_at_most_what_is_charged_of_its_kind(hotel: Hotel) -> None:
    ana = uuid4()
    booking = hotel.books(ana)
    hotel.charges(booking, "spa", eur(1000))
    hotel.charges(booking, "parking", eur(9000))
    adjusts(hotel, 400, booking_id=booking)
    with pytest.raises(AdjustmentTooLarge) as refused:
        adjusts(hotel, 601, booking_id=booking)
    assert (pointers(refused), refused.value.facts) == (["/amount/amount"], {"left": "6.00", "currency": "EUR"})
    adjusts(hotel, 600, booking_id=booking)
    assert hotel.balance(ana) == 39000


@pytest.mark.parametrize("kind", ["room", "city-tax"])
def test_nights_charged_to_a_guests_own_folio_are_counted_once(hotel: Hotel, kind: str) -> None:
    ana = uuid4()
    hotel.charges(None, kind, eur(1000), profile_id=ana)
    with pytest.raises(AdjustmentTooLarge) as refused:
        adjusts(hotel, 1001, kind, profile_id=ana)
    assert refused.value.facts == {"left": "10.00", "currency": "EUR"}


def test_of_a_stay_only_what_is_earned_can_be_credited(hotel: Hotel) -> None:
    booking = hotel.books(uuid4())
    with pytest.raises(AdjustmentTooLarge):
        adjusts(hotel, 1, "room", booking_id=booking)


def test_what_is_on_an_invoice_takes_a_credit_note(hotel: Hotel) -> None:
    booking = hotel.books(uuid4())
    hotel.charges(booking, "spa", eur(1000))
    invoices(hotel, booking)
    with pytest.raises(AdjustmentTooLarge):
        adjusts(hotel, 1, booking_id=booking)
    hotel.charges(booking, "spa", eur(50))
    assert adjusts(hotel, 50, booking_id=booking).amount == eur(50)


def test_a_charge_of_which_too_much_was_credited_is_not_voided(hotel: Hotel) -> None:
    ana = uuid4()
    booking = hotel.books(ana)
    charge, other = hotel.charges(booking, "spa", eur(1000)), hotel.charges(booking, "spa", eur(300))
    adjusts(hotel, 400, booking_id=booking)
    with pytest.raises(ChargeAdjusted):
        hotel.voids(charge)
    hotel.voids(other)
    assert hotel.balance(ana) == 30600


def test_a_debit_counts_for_the_credit_limit_and_a_credit_does_not(hotel: Hotel) -> None:
    acme = uuid4()
    booking = hotel.books(uuid4(), payer=acme)
    hotel.service.set_credit_terms(SetCreditTerms(profile_id=acme, limit=eur(30100), days=30))
    hotel.charges(booking, "spa", eur(100))
    with pytest.raises(CreditLimitReached):
        adjusts(hotel, 1, booking_id=booking, direction="debit")
    adjusts(hotel, 100, booking_id=booking)


def test_a_kind_out_of_use_can_still_be_corrected(hotel: Hotel) -> None:
    booking = hotel.books(uuid4())
    hotel.charges(booking, "spa", eur(100))
    gone = ChargeKind(code="spa", name="SPA", account="revenue:spa", tax_class="standard", active=False)
    hotel.service.set_up_charge_kind(SetUpChargeKind(kind=gone))
    assert adjusts(hotel, 100, booking_id=booking).amount == eur(100)


def test_the_same_command_adjusts_once(hotel: Hotel) -> None:
    ana, command = uuid4(), uuid4()
    booking = hotel.books(ana)
    hotel.charges(booking, "spa", eur(1000))
    with pytest.raises(AdjustmentTooLarge):  # a refused one does not burn the key
        adjusts(hotel, 1001, booking_id=booking, command_id=command)
    assert adjusts(hotel, 100, booking_id=booking, command_id=command) == adjusts(
        hotel, 100, booking_id=booking, command_id=command
    )
    with pytest.raises(CommandReused):
        adjusts(hotel, 101, booking_id=booking, command_id=command)
    assert hotel.balance(ana) == 30900


def invoices(hotel: Hotel, booking: UUID) -> Any:
    hotel.service.set_invoicing(SetInvoicing(property_id=LISBON, time_zone="Europe/Lisbon", prefix="LIS", seller=HOUSE))
    return hotel.service.issue_invoice(IssueInvoice(folio_id=hotel.folio(booking).id, addressee=ADDRESSEE))
