"""Which addresses say who somebody is."""

from __future__ import annotations

import pytest

from services.profiles.domain import contacts
from services.profiles.domain.identifiers import seeded
from services.profiles.domain.names import Unfit
from services.profiles.domain.relays import RELAYS


def test_the_domain_of_an_address_is_written_small_and_equal_ones_share_a_key():
    point = contacts.email(" Ana.Silva@SAPO.pt ")
    assert (point.value, point.key) == ("Ana.Silva@sapo.pt", "ana.silva@sapo.pt")
    assert point.identifies


@pytest.mark.parametrize(
    "address", ["n/a", "", "ana", "ana@", "@sapo.pt", "ana silva@sapo.pt", "ana@localhost", "a" * 300 + "@sapo.pt"]
)
def test_what_is_no_address_is_refused(address):
    with pytest.raises(Unfit):
        contacts.email(address)


@pytest.mark.parametrize(
    ("address", "site"),
    [
        ("x1y2@guest.booking.com", "Booking.com"),
        ("x1y2@GUEST.Booking.com", "Booking.com"),
        ("x1y2@eu.guest.booking.com", "Booking.com"),
        ("abc@reply.airbnb.com", "Airbnb"),
        ("abc@m.expediapartnercentral.com", "Expedia"),
        ("abc@messages.homeaway.com", "Vrbo"),
        ("abc@agoda-messaging.com", "Agoda"),
        ("ctriphotelreshk@ctrip.com", "Trip.com"),
        ("abc@privaterelay.appleid.com", "Apple"),
        ("desk@makemytrip.com", "agency"),
    ],
)
def test_relay_addresses_are_recognised(address, site):
    found = seeded().of_key("email", address)
    assert found is not None
    assert found.site == site
    assert not contacts.email(address).identifies


@pytest.mark.parametrize(
    "address", ["ana@booking.com", "ana@notguest.booking.com.pt", "ana@xguest.booking.com", "ana@ctrip.com"]
)
def test_a_domain_that_only_resembles_a_relay_is_none(address):
    assert seeded().of_key("email", address) is None


def test_every_relay_says_how_sure_we_are_and_stands_once():
    assert {relay.confidence for relay in RELAYS} == {"sure", "likely"}
    assert len({relay.domain for relay in RELAYS}) == len(RELAYS)
    assert all(relay.domain == relay.domain.lower() for relay in RELAYS)


@pytest.mark.parametrize(
    "address", ["noreply@hotel.example", "test@example.com", "none@none.com", "NA@gmail.com", "no-email@x.pt"]
)
def test_placeholders_identify_nobody(address):
    assert not contacts.email(address).identifies


def test_a_relay_is_never_verified():
    assert not contacts.email("x1y2@guest.booking.com", verified=True).verified


@pytest.mark.parametrize(
    ("number", "country", "e164"),
    [
        ("912 345 678", "PT", "+351912345678"),
        ("+351 912-345-678", "DE", "+351912345678"),
        ("00351912345678", "PT", "+351912345678"),
        ("(020) 7946 0018", "GB", "+442079460018"),
    ],
)
def test_numbers_are_brought_to_one_form(number, country, e164):
    assert contacts.phone(number, country).value == e164


@pytest.mark.parametrize(
    "number", ["n/a", "", "0000000000", "+351999999999", "123456789", "12", "9" * 50, "ana@sapo.pt"]
)
def test_what_is_no_number_is_refused(number):
    with pytest.raises(Unfit):
        contacts.phone(number, "PT")


def test_a_number_without_country_code_needs_a_country():
    with pytest.raises(Unfit, match="country"):
        contacts.phone("912345678", None)


def test_a_number_with_an_extension_is_a_proxy():
    assert not contacts.phone("+1 415 555 2671 ext 1234", None).identifies
