"""The zone of a property is known in one place, whoever said it last."""

from __future__ import annotations

from importlib import import_module
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from services.contracts.billing import NoTaxes, ReadBookingTerms, ReadTaxes, SetTaxes, VatRate
from services.kit.db import Database
from tests.billing.houses import House
from tests.billing.makers import LISBON, eur, stay
from tests.billing.nights import VAT
from tests.databases import Databases


@pytest.fixture
def house(billing_db: Database) -> House:
    return House(billing_db)


def taxed(house: House, zone: str, *vat: VatRate) -> None:
    house.service.set_taxes(SetTaxes(property_id=LISBON, country="PT", time_zone=zone, currency="EUR", vat=vat))


def zone_of_terms(house: House) -> str:
    facts = house.hears(stay(uuid4(), eur(30000)))
    return str(house.service.read_booking_terms(ReadBookingTerms(booking_id=facts.booking_id)).time_zone)


def test_policies_hold_by_the_zone_that_the_taxes_said(house: House) -> None:
    taxed(house, "Asia/Tokyo")
    assert zone_of_terms(house) == "Asia/Tokyo"


def test_taxes_hold_by_the_zone_that_the_policies_said_last(house: House) -> None:
    taxed(house, "Asia/Tokyo", VAT)
    house.asks(time_zone="Europe/Lisbon")
    found = house.service.read_taxes(ReadTaxes(property_id=LISBON))
    assert (found.time_zone, found.vat) == ("Europe/Lisbon", (VAT,))


def test_a_property_with_policies_only_has_no_taxes(house: House) -> None:
    house.asks(time_zone="Europe/Lisbon")
    with pytest.raises(NoTaxes):
        house.service.read_taxes(ReadTaxes(property_id=LISBON))
    assert house.charges(house.hears(stay(uuid4(), eur(30000))).booking_id, "spa", eur(100)).vat == eur(0)


def test_the_zone_is_nowhere_else(house: House) -> None:
    taxed(house, "Asia/Tokyo", VAT)
    with house.db.engine.connect() as connection:
        (row,) = connection.execute(sa.text("SELECT * FROM property_terms"))
    assert row.time_zone == "Asia/Tokyo"
    assert "Asia" not in row.taxes


def test_the_migration_brings_both_zones_to_one_place(house: House, databases: Databases) -> None:
    """Where the two were not the same, stays were earned by the one of the taxes."""
    migration = import_module("services.billing.migrations.versions.0009_adjustments")
    both, only_taxes, only_policies = (uuid4() for _ in range(3))
    admin = databases.admin("billing")
    with admin.transaction(force_rollback=True):
        admin.execute("CREATE TABLE policy_houses (property_id uuid PRIMARY KEY, time_zone text NOT NULL)")
        admin.execute("ALTER TABLE property_terms ALTER COLUMN time_zone DROP NOT NULL")
        for property_id, taxes in ((both, "Asia/Tokyo"), (only_taxes, "Asia/Seoul")):
            admin.execute(
                "INSERT INTO property_terms (property_id, taxes, changed_at) VALUES (%s, %s, now())",
                [property_id, f'{{"country": "PT", "time_zone": "{taxes}"}}'],
            )
        for property_id in (both, only_policies):
            admin.execute("INSERT INTO policy_houses VALUES (%s, 'Europe/Lisbon')", [property_id])
        admin.execute(migration._ZONES)
        found: dict[UUID, tuple[str, str | None]] = {
            row[0]: (row[1], row[2])
            for row in admin.execute("SELECT property_id, time_zone, taxes FROM property_terms").fetchall()
        }
    assert found == {
        both: ("Asia/Tokyo", '{"country": "PT"}'),
        only_taxes: ("Asia/Seoul", '{"country": "PT"}'),
        only_policies: ("Europe/Lisbon", None),
    }
