"""Charges that tills and other systems tell of."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from services.billing.service import BillingService
from services.contracts.billing import (
    AnotherProperty,
    ChargeNotice,
    ChargeSaidOtherwise,
    FolioNotYet,
    NotACharge,
    NotOneBooking,
)
from services.contracts.bookings import (
    Booking,
    NoSuchBooking,
)
from services.contracts.profiles import NoSuchProfile
from services.contracts.values import Price
from services.kit import wire
from services.kit.db import Database
from services.kit.doors import doors_of
from services.kit.refusal import Invalid
from tests.billing.hotel import NOON, Hotel, sold
from tests.billing.makers import eur, stay


@pytest.fixture
def hotel(billing_db: Database) -> Hotel:
    return Hotel(billing_db)


def test_notices_of_charges_have_a_queue_of_their_own() -> None:
    (door,) = (door for door in doors_of(BillingService) if door.kind == "inbound")
    assert (door.queue("billing"), door.key) == ("billing.notices", "charge.notice")


def test_a_notice_heard_twice_is_charged_once(hotel: Hotel) -> None:
    ana = uuid4()
    hotel.books(ana)
    for _ in range(3):
        hotel.service.hear_charge(sold())
    assert hotel.balance(ana) == 34500
    (line, _) = hotel.account(ana).lines
    assert (line.kind, line.description) == ("restaurant", "Dinner")


def test_a_notice_heard_by_many_at_once_is_charged_once(hotel: Hotel) -> None:
    ana = uuid4()
    hotel.books(ana)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(hotel.service.hear_charge, [sold()] * 16))
    assert hotel.balance(ana) == 34500


def test_the_same_number_with_another_content_is_refused_for_good(hotel: Hotel) -> None:
    ana = uuid4()
    hotel.books(ana)
    hotel.sells()
    for other in ({"amount": "46.00"}, {"kind": "spa"}, {"description": "Lunch"}, {"at": NOON}):
        with pytest.raises(ChargeSaidOtherwise) as refused:
            hotel.sells(**other)
        assert refused.value.permanent
    assert hotel.balance(ana) == 34500


def test_by_http_and_by_the_bus_it_is_the_same_charge(hotel: Hotel) -> None:
    booking = hotel.books(uuid4())
    hotel.service.hear_charge(sold(at=NOON))
    first = hotel.sells(at=NOON).charge
    assert first
    said = {"source": "till", "external_id": "T-1", "description": "Dinner", "business_date": NOON.date()}
    assert hotel.charges(booking, "restaurant", eur(4500), **said) == first


def test_a_charge_counts_for_the_day_that_was_written_on_it(hotel: Hotel) -> None:
    hotel.books(uuid4())
    late = datetime(2026, 11, 20, 23, 30, tzinfo=timezone(timedelta(hours=-5)))
    charge = hotel.sells(at=late).charge
    assert charge
    assert charge.business_date == date(2026, 11, 20)


def test_a_till_names_the_booking_or_the_guest(hotel: Hotel) -> None:
    ana, ben = uuid4(), uuid4()
    hotel.guests.add(ben)
    booking = hotel.books(ana)
    named = [hotel.sells(str(n), **by).charge for n, by in enumerate(({"booking_id": booking}, {"profile_id": ben}))]
    assert [charge and charge.profile_id for charge in named] == [ana, ben]
    with pytest.raises(NoSuchProfile):
        hotel.sells("3", profile_id=uuid4())
    with pytest.raises(NoSuchBooking):
        hotel.sells("4", booking_id=uuid4())
    with pytest.raises(NoSuchBooking):
        hotel.sells("5", booking_ref="BDC-2")


def test_a_reference_that_several_channels_use_is_the_sources_own_or_nobodys(hotel: Hotel) -> None:
    ana, ben, eva = uuid4(), uuid4(), uuid4()
    hotel.books(ana)
    hotel.books(ben, source="another")
    with pytest.raises(NotOneBooking):
        hotel.sells()
    hotel.books(eva, source="till")
    hotel.sells()
    assert hotel.balance(eva) == 34500
    with pytest.raises(AnotherProperty):
        hotel.sells(property="OPO")


def test_a_booking_without_a_folio_yet_is_tried_again_later(hotel: Hotel) -> None:
    ana = uuid4()
    booking = hotel.books(ana)
    other = hotel.known.pop()
    tentative = uuid4()
    hotel.known.append(Booking(**{**vars(other), "id": tentative}))
    with pytest.raises(FolioNotYet) as refused:
        hotel.service.hear_charge(sold())
    assert not refused.value.permanent
    hotel.hears(stay(ana, eur(100), booking_id=tentative))
    hotel.service.hear_charge(sold())
    assert (hotel.balance(ana), tentative != booking) == (34600, True)


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"kind": None}, "/kind"),
        ({"amount": None}, "/amount"),
        ({"amount": Price(amount="1.234", currency="EUR")}, "/amount/amount"),
        ({"amount": Price(amount="0", currency="EUR")}, "/amount/amount"),
        ({"amount": Price(amount="-1", currency="EUR")}, "/amount/amount"),
        ({"amount": Price(amount="1", currency="XXY")}, "/amount/currency"),
        ({"description": "x" * 501}, "/description"),
        ({"booking_id": uuid4(), "room": "1", "property": "LIS-CITY"}, "/booking_id"),
        ({"booking_ref": None, "room": "101"}, "/property"),
        ({"booking_ref": None, "room": "1\n01", "property": "LIS-CITY"}, "/room"),
        ({"booking_ref": None}, "/booking_id"),
        ({"kind": "helicopter"}, "/kind"),
        ({"kind": "spa\x00"}, "/kind"),
        ({"booking_ref": "BDC\x00"}, "/booking_ref"),
        ({"property": "\ud800"}, "/property"),
        ({"external_id": " "}, "/external_id"),
        ({"source": ""}, "/source"),
    ],
)
def test_a_notice_that_is_not_well_formed_is_refused_where_it_is_wrong(
    hotel: Hotel, wrong: dict[str, Any], pointer: str
) -> None:
    ana = uuid4()
    hotel.books(ana)
    said = {**vars(sold()), **wrong}
    with pytest.raises(Invalid) as refused:
        hotel.service.hear_charge(ChargeNotice(**said))
    assert [e.pointer for e in refused.value.errors] == [pointer]
    assert refused.value.permanent
    assert hotel.balance(ana) == 30000


def test_a_faulty_notice_names_all_its_faults(hotel: Hotel) -> None:
    with pytest.raises(NotACharge) as refused:
        hotel.service.hear_charge(
            ChargeNotice(source="till", external_id="1", room="1", booking_ref="BDC-1", description="x" * 501)
        )
    faulty = {e.pointer for e in refused.value.errors}
    assert faulty == {"/kind", "/amount", "/booking_id", "/description", "/property"}


def test_a_till_takes_back_what_it_sold_once(hotel: Hotel) -> None:
    ana = uuid4()
    hotel.books(ana)
    hotel.sells()
    for _ in range(2):
        report = hotel.sells(status="void")
        assert (report.state, report.charge and report.charge.state) == ("voided", "voided")
    assert hotel.balance(ana) == 30000
    assert hotel.sells().state == "voided"
    assert hotel.balance(ana) == 30000


def test_a_void_that_overtakes_its_charge_waits_for_it(hotel: Hotel) -> None:
    ana = uuid4()
    hotel.books(ana)
    assert [hotel.sells(status="void").state for _ in range(2)] == ["awaited", "awaited"]
    assert hotel.sells().state == "voided"
    assert hotel.balance(ana) == 30000
    assert [line.amount.amount_minor for line in hotel.account(ana).lines] == [-4500, 4500, 30000]


def test_a_charge_and_its_void_at_the_same_moment_come_to_nothing(hotel: Hotel) -> None:
    ana = uuid4()
    hotel.books(ana)
    for n in range(5):
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(hotel.service.hear_charge, [sold(str(n)), sold(str(n), status="void")]))
    assert hotel.balance(ana) == 30000


def test_the_example_in_the_documents_is_well_formed(hotel: Hotel) -> None:
    told = (Path(__file__).parents[2] / "docs" / "charges.md").read_text(encoding="utf-8")
    example = wire.load(ChargeNotice, json.loads(told.split("```json")[1].split("```")[0]), strict=True)
    ana = uuid4()
    hotel.books(ana, ref=example.booking_ref or "")
    hotel.service.hear_charge(example)
    assert hotel.balance(ana) == 34500
