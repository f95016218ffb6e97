"""What the register says of guests when they leave."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from services.contracts.bookings import BookingCheckedOut, PostalAddress
from services.contracts.profiles import Address, CreateProfile, Email
from tests.billing.makers import eur, stay
from tests.profiles.people import ANAS_MAIL, ana_as_entered

TODAY = datetime.now(UTC).date()


def departs(register, *profile_ids, days_ago: int = 0) -> BookingCheckedOut:
    facts = stay(profile_ids[0], eur(30000), state="departed", version=5, arrival=TODAY - timedelta(days=days_ago + 3))
    event = BookingCheckedOut(
        booking_id=facts.booking_id, version=5, booking=replace(facts, profile_ids=tuple(profile_ids))
    )
    register.service.tell_how_they_left(event)
    return event


def test_guests_are_told_as_they_are_known_at_check_out(register):
    home = Address(lines=("Rua Augusta 1",), city="Lisboa", postcode="1100-048", country="PT")
    ana = register.service.create_profile(ana_as_entered(level="VIP", addresses=(home,)))
    acme = register.service.create_profile(CreateProfile(kind="company", name="ACME, Lda."))
    event = departs(register, ana.id, acme.id)
    (said,) = register.bookings.departed
    assert (said.booking_id, said.version) == (event.booking_id, 5)
    guest, company = said.guests
    assert (guest.profile_id, guest.given_name, guest.family_name, guest.level) == (ana.id, "Ana", "Silva", "VIP")
    assert (guest.emails, guest.phones) == ((ANAS_MAIL,), ("+351912345678",))
    assert guest.addresses == (
        PostalAddress(lines=("Rua Augusta 1",), city="Lisboa", postcode="1100-048", country="PT"),
    )
    assert (company.company, company.given_name) == ("ACME, Lda.", None)


def test_what_a_guest_no_longer_has_when_they_leave_is_left_out(register):
    gone = {"valid_to": TODAY - timedelta(days=3)}
    old = Address(lines=("Rua Nova 3",), city="Porto", country="PT", **gone)
    home = Address(lines=("Rua Augusta 1",), city="Lisboa", country="PT")
    said = ana_as_entered(
        emails=(Email(address="old@sapo.pt", **gone), Email(address=ANAS_MAIL)), addresses=(old, home)
    )
    departs(register, register.service.create_profile(said).id)
    ((guest,),) = (kept.guests for kept in register.bookings.departed)
    assert guest.emails == (ANAS_MAIL,)
    assert [place.city for place in guest.addresses] == ["Lisboa"]


def test_a_guest_whom_the_register_does_not_have_is_left_out(register):
    ana = register.service.create_profile(ana_as_entered())
    departs(register, uuid4(), ana.id)
    (said,) = register.bookings.departed
    assert [guest.profile_id for guest in said.guests] == [ana.id]


def test_of_a_stay_of_long_ago_nobody_knows_how_its_guests_were(register):
    ana = register.service.create_profile(ana_as_entered())
    departs(register, ana.id, days_ago=40)
    assert register.bookings.departed == []
