"""From a charge to points: what billing really announces, heard by loyalty's own door, both on their databases."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from services.contracts.billing import PostAdjustment, RevenuePosted, ReverseJournal
from services.kit import wire
from services.kit.db import Database
from tests.billing.hotel import Hotel
from tests.billing.makers import eur, stay
from tests.databases import Databases
from tests.loyalty.makers import Loyalty


class House:
    """A hotel with 6 % VAT on rooms and 23 % on the rest, in the prices; ten points a euro of all of it."""

    def __init__(self, billing_db: Database, loyalty_db: Database, databases: Databases) -> None:
        self.hotel, self.loyalty = Hotel(billing_db), Loyalty(loyalty_db)
        self.hotel.taxes(("accommodation", 600), ("standard", 2300))
        self._heard = 0
        databases.admin("loyalty").execute(
            "INSERT INTO earning_rules (kind, points_per_unit) VALUES ('spa', 10), ('city-tax', 10)"
        )

    def points(self, guest: UUID) -> int:
        """Once loyalty has heard all that billing announced."""
        announced = self.hotel.announced("revenue.posted")
        for said in announced[self._heard :]:
            self.loyalty.service.bring_points(wire.load(RevenuePosted, said))
        self._heard = len(announced)
        return self.loyalty.account(guest).points


@pytest.fixture
def house(billing_db: Database, loyalty_db: Database, databases: Databases) -> House:
    return House(billing_db, loyalty_db, databases)


def test_points_are_for_what_the_house_earns_and_not_for_vat(house: House) -> None:
    ana = uuid4()
    house.hotel.charges(house.hotel.books(ana), "spa", eur(12300))
    assert house.points(ana) == 1000


def test_a_void_takes_back_exactly_the_points_of_its_charge(house: House) -> None:
    ana = uuid4()
    booking = house.hotel.books(ana)
    kept, wrong = house.hotel.charges(booking, "spa", eur(4567)), house.hotel.charges(booking, "spa", eur(1234))
    assert house.points(ana) == (kept.net.amount_minor + wrong.net.amount_minor) // 10
    house.hotel.voids(wrong)
    assert house.points(ana) == kept.net.amount_minor // 10
    house.hotel.voids(kept)
    assert house.points(ana) == 0


def test_city_tax_earns_no_points_even_by_a_rule(house: House) -> None:
    ana = uuid4()
    house.hotel.charges(house.hotel.books(ana), "city-tax", eur(5000))
    assert house.points(ana) == 0


def test_a_credit_takes_points_back_and_its_reversal_gives_them_again(house: House) -> None:
    ana = uuid4()
    facts = house.hotel.hears(stay(ana, eur(31800), state="departed"))
    assert house.points(ana) == 3000
    said = PostAdjustment(
        booking_id=facts.booking_id, kind="room", amount=eur(5300), direction="credit", reason="Noise at night"
    )
    credit = house.hotel.service.post_adjustment(said)
    assert house.points(ana) == 2500
    house.hotel.service.reverse_journal(ReverseJournal(journal_id=credit.journal_id, reason_code="wrong-booking"))
    assert house.points(ana) == 3000
