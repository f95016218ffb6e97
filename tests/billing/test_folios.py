"""Folios as they are shown and closed, and charges taken back."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
import sqlalchemy as sa

from services.contracts.billing import (
    ChargeInvoiced,
    ChargeVoided,
    CloseFolio,
    FindFolios,
    FolioClosed,
    NoSuchCharge,
    NoSuchFolio,
    ReadCharge,
    ReadFolio,
    ReopenFolio,
    VoidCharge,
)
from services.kit.db import Database
from services.kit.refusal import Invalid
from tests.billing.hotel import Hotel
from tests.billing.makers import LISBON, eur, stay


@pytest.fixture
def hotel(billing_db: Database) -> Hotel:
    return Hotel(billing_db)


def test_a_folio_shows_its_charges_and_what_is_paid_and_due(hotel: Hotel) -> None:
    ana = uuid4()
    booking = hotel.books(ana)
    charge = hotel.charges(booking, "spa", eur(6000), description="Massage")
    hotel.pays(ana, eur(10000))
    folio = hotel.folio(booking)
    assert (folio.state, folio.stay, folio.profile_id, folio.property_id) == ("open", eur(30000), ana, LISBON)
    assert folio.charges == (charge,)
    (total,) = folio.totals
    assert (total.total, total.paid, total.due) == (eur(36000), eur(10000), eur(26000))
    assert hotel.service.read_folio(ReadFolio(folio_id=folio.id)) == folio


def test_a_guests_folios_are_read_page_by_page_newest_first(hotel: Hotel) -> None:
    ana = uuid4()
    bookings = [hotel.books(ana, ref=str(n)) for n in range(3)]
    hotel.charges(None, "spa", eur(1), profile_id=ana)
    seen, cursor = [], None
    while True:
        page = hotel.service.find_folios(FindFolios(profile_id=ana, limit=3, cursor=cursor))
        seen += [folio.booking_id for folio in page.items]
        if (cursor := page.next) is None:
            break
    assert seen == [None, *reversed(bookings)]
    for wrong in (FindFolios(), FindFolios(profile_id=ana, cursor="x"), FindFolios(profile_id=ana, limit=0)):
        with pytest.raises(Invalid):
            hotel.service.find_folios(wrong)


def test_a_closed_folio_takes_no_charges_and_gives_none_back_until_it_is_reopened(hotel: Hotel) -> None:
    booking = hotel.books(uuid4())
    charge = hotel.charges(booking, "spa", eur(1))
    for _ in range(2):
        closed = hotel.service.close_folio(CloseFolio(folio_id=charge.folio_id))
        assert closed.state == "closed"
    with pytest.raises(FolioClosed):
        hotel.charges(booking, "spa", eur(1))
    with pytest.raises(FolioClosed):
        hotel.voids(charge)
    for _ in range(2):
        assert hotel.service.reopen_folio(ReopenFolio(folio_id=charge.folio_id)).state == "open"
    hotel.charges(booking, "spa", eur(1))
    with pytest.raises(NoSuchFolio):
        hotel.service.close_folio(CloseFolio(folio_id=uuid4()))


def test_charges_and_a_closing_at_the_same_moment_have_an_order(hotel: Hotel) -> None:
    booking = hotel.books(uuid4())
    folio_id = hotel.folio(booking).id

    def charge(_: int) -> bool:
        try:
            hotel.charges(booking, "spa", eur(1))
        except FolioClosed:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        tried = [pool.submit(charge, n) for n in range(12)]
        closing = pool.submit(hotel.service.close_folio, CloseFolio(folio_id=folio_id))
        tried += [pool.submit(charge, n) for n in range(12)]
        closing.result()
        posted = sum(t.result() for t in tried)
    assert len(hotel.folio(booking).charges) == posted
    assert charge(0) is False


def test_a_void_is_a_reversal_that_says_what_it_reverses_and_happens_once(hotel: Hotel) -> None:
    ana = uuid4()
    booking = hotel.books(ana)
    charge = hotel.charges(booking, "spa", eur(6000))
    voided = hotel.voids(charge)
    assert (voided.state, hotel.balance(ana)) == ("voided", 30000)
    (journal,) = hotel.rows("journals", "id", voided.voided_by)
    assert (journal.kind, journal.reverses) == ("void", charge.journal_id)
    assert hotel.service.read_charge(ReadCharge(charge_id=charge.id)) == voided
    assert hotel.announced("revenue.posted")[-1]["total"]["amount_minor"] == 0
    with pytest.raises(ChargeVoided):
        hotel.voids(charge)
    with pytest.raises(NoSuchCharge):
        hotel.service.void_charge(VoidCharge(charge_id=uuid4(), reason="Mistyped"))
    with pytest.raises(Invalid):
        hotel.voids(charge, " ")


def test_two_who_void_at_once_void_once(hotel: Hotel) -> None:
    ana = uuid4()
    charge = hotel.charges(hotel.books(ana), "spa", eur(6000))

    def void(_: int) -> bool:
        try:
            hotel.voids(charge)
        except ChargeVoided:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(void, range(8))) == 1
    assert hotel.balance(ana) == 30000


def test_a_void_repeated_under_its_command_id_answers_the_same(hotel: Hotel) -> None:
    charge, command = hotel.charges(hotel.books(uuid4()), "spa", eur(1)), uuid4()
    said = VoidCharge(charge_id=charge.id, reason="Mistyped")
    assert hotel.service.void_charge(said, command) == hotel.service.void_charge(said, command)


def test_a_void_is_for_whoever_owes_the_charge_now(hotel: Hotel) -> None:
    ana, sol = uuid4(), uuid4()
    facts = hotel.hears(stay(ana, eur(30000)))
    charge = hotel.charges(facts.booking_id, "spa", eur(6000))
    hotel.hears(stay(ana, eur(30000), booking_id=facts.booking_id, version=2, payer=sol), changed=True)
    hotel.voids(charge)
    assert (hotel.balance(ana), hotel.balance(sol)) == (0, 30000)


def test_an_invoiced_charge_is_not_voided(hotel: Hotel) -> None:
    ana = uuid4()
    charge = hotel.charges(hotel.books(ana), "spa", eur(1))
    with hotel.db.engine.begin() as connection:
        connection.execute(sa.text("UPDATE charges SET invoice_id = :i WHERE id = :c"), {"i": uuid4(), "c": charge.id})
    with pytest.raises(ChargeInvoiced):
        hotel.voids(charge)
    assert hotel.balance(ana) == 30001
