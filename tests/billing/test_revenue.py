"""What the ledger tells of revenue: without VAT, without what is a tax, and reversed exactly."""

from __future__ import annotations

from importlib import import_module
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from services.contracts.billing import ChargeKind, RoutingRule, SetRouting, SetUpChargeKind
from services.contracts.values import Money
from services.kit.db import Database
from tests.billing.hotel import Hotel
from tests.billing.makers import eur, stay
from tests.databases import Databases


@pytest.fixture
def hotel(billing_db: Database) -> Hotel:
    """With 23 % VAT on all but the rooms, in the prices."""
    made = Hotel(billing_db)
    made.taxes(("standard", 2300), ("food", 1300))
    return made


def told(hotel: Hotel, booking_id: UUID) -> list[tuple[str, int, int]]:
    """Kind, total and version of each, in the order in which they were announced."""
    events = [e for e in hotel.announced("revenue.posted") if e["booking_id"] == str(booking_id)]
    return [(e["kind"], e["total"]["amount_minor"], e["version"]) for e in events]


def test_a_charges_revenue_is_told_without_its_vat(hotel: Hotel) -> None:
    booking = hotel.books(uuid4())
    hotel.charges(booking, "spa", eur(12300))
    hotel.charges(booking, "spa", eur(12300))
    assert [(kind, total) for kind, total, _ in told(hotel, booking)] == [("spa", 10000), ("spa", 20000)]


def test_vat_on_top_of_a_price_is_no_revenue_either(hotel: Hotel) -> None:
    hotel.taxes(("standard", 2300), gross=False)
    booking = hotel.books(uuid4())
    hotel.charges(booking, "spa", eur(10000))
    assert [(kind, total) for kind, total, _ in told(hotel, booking)] == [("spa", 10000)]


def test_a_voided_charge_is_told_as_the_total_without_it(hotel: Hotel) -> None:
    booking = hotel.books(uuid4())
    kept, wrong = hotel.charges(booking, "spa", eur(4567)), hotel.charges(booking, "spa", eur(1234))
    hotel.voids(wrong)
    hotel.voids(kept)
    totals = [total for _, total, _ in told(hotel, booking)]
    assert totals == [kept.net.amount_minor, (kept.net.amount_minor + wrong.net.amount_minor), kept.net.amount_minor, 0]
    assert [version for _, _, version in told(hotel, booking)] == [2, 3, 4, 5]


def test_a_void_takes_back_what_was_told_then_whatever_the_rate_is_now(hotel: Hotel) -> None:
    booking = hotel.books(uuid4())
    charge = hotel.charges(booking, "spa", eur(12300))
    hotel.taxes(("standard", 1000))
    hotel.voids(charge)
    assert [total for _, total, _ in told(hotel, booking)] == [10000, 0]


def test_city_tax_charged_by_hand_is_never_told(hotel: Hotel) -> None:
    booking = hotel.books(uuid4())
    hotel.voids(hotel.charges(booking, "city-tax", eur(600)))
    hotel.charges(booking, "city-tax", eur(600))
    assert told(hotel, booking) == []


def test_a_kind_on_a_tax_account_is_never_told(hotel: Hotel) -> None:
    levy = ChargeKind(code="levy", name="Levy", account="tax:levy", tax_class="none")
    hotel.service.set_up_charge_kind(SetUpChargeKind(kind=levy))
    booking = hotel.books(uuid4())
    hotel.charges(booking, "levy", eur(600))
    assert told(hotel, booking) == []


def test_a_room_charge_and_the_stay_are_told_together_without_their_vat(hotel: Hotel) -> None:
    hotel.taxes(("accommodation", 600))
    facts = hotel.hears(stay(uuid4(), eur(31800), state="departed"))
    hotel.charges(facts.booking_id, "room", eur(5300))
    assert [(kind, total) for kind, total, _ in told(hotel, facts.booking_id)] == [("room", 30000), ("room", 35000)]


def test_what_is_moved_to_another_payer_stays_the_same_revenue(hotel: Hotel) -> None:
    ana, acme = uuid4(), uuid4()
    booking = hotel.books(ana)
    hotel.charges(booking, "spa", eur(12300))
    rules = (RoutingRule(kinds=("spa",), payer_profile_id=acme),)
    hotel.service.set_routing(SetRouting(booking_id=booking, rules=rules))
    hotel.charges(booking, "spa", eur(1230))
    kinds = told(hotel, booking)
    assert [(kind, total) for kind, total, _ in kinds] == [("spa", 10000), ("spa", 11000)]
    assert kinds[0][2] < kinds[1][2]


def test_a_kind_that_came_to_nothing_moves_with_its_charges(hotel: Hotel) -> None:
    """Else two folios would tell of one kind."""
    booking, acme = hotel.books(uuid4()), uuid4()
    hotel.voids(hotel.charges(booking, "spa", eur(12300)))
    rules = (RoutingRule(kinds=("spa",), payer_profile_id=acme),)
    hotel.service.set_routing(SetRouting(booking_id=booking, rules=rules))
    with hotel.db.engine.connect() as connection:
        statement = sa.text("SELECT f.part FROM charges c JOIN folios f ON f.id = c.folio_id")
        assert list(connection.execute(statement).scalars()) == [str(acme)]


def test_the_migration_finds_what_charges_had_earned(hotel: Hotel, databases: Databases) -> None:
    ana = uuid4()
    booking = hotel.books(ana)
    hotel.voids(hotel.charges(booking, "spa", eur(999)))
    hotel.charges(booking, "spa", eur(12300))
    hotel.charges(booking, "restaurant", eur(1130))
    hotel.charges(booking, "city-tax", eur(600))
    hotel.charges(None, "spa", Money(amount_minor=500, currency="JPY"), profile_id=ana)
    admin = databases.admin("billing")
    earned = "SELECT id, key, value FROM folios, jsonb_each(earned) WHERE value <> '0' ORDER BY id, key"
    before = admin.execute(earned).fetchall()
    assert len(before) == 3
    admin.execute("UPDATE folios SET earned = '{}'")
    admin.execute(import_module("services.billing.migrations.versions.0009_adjustments")._EARNED)
    assert admin.execute(earned).fetchall() == before
