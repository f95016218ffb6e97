"""Recognising the guests of bookings, on the real PostgreSQL."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from uuid import uuid4

import sqlalchemy as sa

from services.contracts.bookings import Person, PostalAddress
from services.contracts.profiles import ChangeProfile, CreateProfile, Email, Phone, ReadProfile
from tests.profiles.conftest import Register
from tests.profiles.people import ANAS_MAIL, ANAS_PHONE, ANAS_RELAY, ana_as_entered, ana_silva, bruno_costa


def test_a_new_guest_gets_a_profile_and_is_announced(register: Register):
    (ana,) = register.recognises(ana_silva())
    assert ana["created"]
    assert [e["profile_id"] for e in register.announced("profile.created.v1")] == [ana["profile_id"]]
    profile = register.reads(ana["profile_id"])
    assert (profile.given_name, profile.family_name, profile.language, profile.stage) == ("Ana", "Silva", "pt", "guest")
    assert [(e.address, e.primary, e.source) for e in profile.emails] == [(ANAS_MAIL, True, "booking")]
    assert [p.number for p in profile.phones] == [ANAS_PHONE]
    assert [a.country for a in profile.addresses] == ["PT"]


def test_a_guest_who_comes_back_is_recognised_and_nothing_is_changed(register: Register):
    (first,) = register.recognises(ana_silva())
    (second,) = register.recognises(ana_silva())
    assert (second["profile_id"], second["created"]) == (first["profile_id"], False)
    assert second["score"] >= 0.9
    assert second["reasons"] == ["same-email-and-name", "same-phone-and-name"]
    assert register.announced("profile.changed.v1") == []


def test_the_announcement_says_which_people_it_is_about_and_holds_no_personal_data(register: Register):
    event = register.bookings.receive(ana_silva(), bruno_costa())
    register.service.recognise_guests(event)
    (said,) = register.announced("guests.identified.v1")
    assert (said["booking_version"], [p["position"] for p in said["people"]]) == (1, [0, 1])
    assert "silva" not in json.dumps(register.everything_announced()).lower()
    assert ANAS_PHONE not in json.dumps(register.everything_announced())


def test_new_contact_points_are_added_and_old_ones_stay(register: Register):
    register.recognises(ana_silva(phone=None, language=None, country=None))
    (ana,) = register.recognises(ana_silva(email=ANAS_MAIL.upper(), birth_date=date(1985, 6, 15)))
    profile = register.reads(ana["profile_id"])
    assert [e.address for e in profile.emails] == [ANAS_MAIL]
    assert [p.number for p in profile.phones] == [ANAS_PHONE]
    assert (profile.language, profile.birth_date, profile.version) == ("pt", date(1985, 6, 15), 2)
    assert [(e["profile_id"], e["version"]) for e in register.announced("profile.changed.v1")] == [(str(profile.id), 2)]


def test_what_the_house_has_written_is_not_overwritten(register: Register):
    entered = register.service.create_profile(ana_as_entered(language="en", birth_date=date(1985, 6, 15)))
    (ana,) = register.recognises(ana_silva(given_name="Anna", language="pt"))
    profile = register.reads(ana["profile_id"])
    assert profile.id == entered.id
    assert (profile.given_name, profile.language) == ("Ana", "en")


def test_a_lead_who_books_is_a_guest(register: Register):
    lead = register.service.create_profile(ana_as_entered())
    assert lead.stage == "lead"
    register.recognises(ana_silva())
    assert register.reads(lead.id).stage == "guest"


def test_a_nameless_card_gets_the_name_of_who_uses_its_address(register: Register):
    (nameless,) = register.recognises(Person(email=ANAS_MAIL, roles=("booker", "primary")))
    (ana,) = register.recognises(ana_silva())
    assert ana["profile_id"] == nameless["profile_id"]
    assert register.finds(q="silva") == [ana["profile_id"]]


def test_a_relay_address_is_kept_but_never_matched(register: Register):
    (first,) = register.recognises(ana_silva(email=ANAS_RELAY, phone=None))
    (second,) = register.recognises(ana_silva(email=ANAS_RELAY, phone=None))
    assert first["profile_id"] != second["profile_id"]
    assert [(e.address, e.relay) for e in register.reads(first["profile_id"]).emails] == [(ANAS_RELAY, True)]


def test_a_relay_address_of_a_known_guest_does_not_become_the_primary_one(register: Register):
    register.recognises(ana_silva(email=ANAS_RELAY))
    (ana,) = register.recognises(ana_silva())
    emails = register.reads(ana["profile_id"]).emails
    assert [(e.address, e.primary) for e in emails] == [(ANAS_MAIL, True), (ANAS_RELAY, False)]


def test_the_real_address_given_later_moves_the_booking_to_the_known_guest(register: Register):
    (known,) = register.recognises(ana_silva(phone=None))
    event = register.bookings.receive(ana_silva(email=ANAS_RELAY, phone=None))
    register.service.recognise_guests(event)
    (stranger,) = register.identified(event.booking_id)
    assert stranger["created"]
    register.service.recognise_changed_guests(register.bookings.change(event.booking_id, ana_silva(phone=None)))
    (ana,) = register.identified(event.booking_id)
    assert ana["profile_id"] == known["profile_id"]


def test_a_new_address_on_the_same_booking_stays_with_the_same_guest(register: Register):
    event = register.bookings.receive(ana_silva(email=ANAS_RELAY, phone=None))
    register.service.recognise_guests(event)
    (before,) = register.identified(event.booking_id)
    register.service.recognise_changed_guests(register.bookings.change(event.booking_id, ana_silva()))
    (after,) = register.identified(event.booking_id)
    assert (after["profile_id"], after["reasons"]) == (before["profile_id"], ["same-booking"])
    assert register.count("profiles") == 1


def test_somebody_else_in_the_same_place_is_somebody_else(register: Register):
    event = register.bookings.receive(ana_silva())
    register.service.recognise_guests(event)
    (ana,) = register.identified(event.booking_id)
    register.service.recognise_changed_guests(register.bookings.change(event.booking_id, bruno_costa(position=0)))
    (bruno,) = register.identified(event.booking_id)
    assert bruno["profile_id"] != ana["profile_id"]


def test_a_profile_that_the_booking_names_is_kept_and_says_whether_it_is_welcome(register: Register):
    ana = register.service.create_profile(ana_as_entered(level="Do Not Book"))
    booker = Person(position=0, roles=("booker", "primary"), profile_id=ana.id)
    (found,) = register.recognises(booker)
    assert (found["profile_id"], found["reasons"], found["do_not_book"]) == (str(ana.id), ["named-by-booking"], True)


def test_a_guest_with_the_name_of_the_booker_whom_the_booking_names_is_the_booker(register: Register):
    ana = register.service.create_profile(ana_as_entered())
    booker = Person(position=1, roles=("booker",), profile_id=ana.id)
    bare = ana_silva(email=None, phone=None, roles=("primary",))
    found = register.recognises(bare, booker)
    assert [person["profile_id"] for person in found] == [str(ana.id)] * 2
    assert register.count("profiles") == 1


def test_a_profile_that_does_not_exist_is_not_believed(register: Register):
    (found,) = register.recognises(ana_silva(profile_id=uuid4()))
    assert found["created"]


def test_an_unwelcome_guest_is_announced_as_such(register: Register):
    ana = register.service.create_profile(ana_as_entered(level="Do Not Book"))
    (found,) = register.recognises(ana_silva())
    assert (found["profile_id"], found["do_not_book"]) == (str(ana.id), True)


def test_a_number_that_ten_people_have_identifies_nobody(register: Register):
    for number in range(9):
        register.service.create_profile(CreateProfile(given_name=f"Guest{number}", phones=(Phone(number=ANAS_PHONE),)))
    (ninth,) = register.recognises(ana_silva(email=None))  # the tenth with this number
    assert ninth["created"]
    (again,) = register.recognises(ana_silva(email=None))
    assert again["created"]
    assert again["profile_id"] != ninth["profile_id"]


def test_a_number_that_ten_people_have_does_not_join_two_guests_of_one_booking(register: Register):
    for number in range(10):
        register.service.create_profile(CreateProfile(given_name=f"Guest{number}", phones=(Phone(number=ANAS_PHONE),)))
    ana, anna = register.recognises(ana_silva(email=None), ana_silva(position=1, given_name="Anna", email=None))
    assert ana["profile_id"] != anna["profile_id"]


def test_a_number_that_nine_people_have_still_identifies(register: Register):
    for number in range(8):
        register.service.create_profile(CreateProfile(given_name=f"Guest{number}", phones=(Phone(number=ANAS_PHONE),)))
    (ninth,) = register.recognises(ana_silva(email=None))
    (again,) = register.recognises(ana_silva(email=None))
    assert again["profile_id"] == ninth["profile_id"]


def test_name_and_birth_date_are_enough_without_any_address(register: Register):
    bare = ana_silva(email=None, phone=None, birth_date=date(1985, 6, 15))
    (first,) = register.recognises(bare)
    (second,) = register.recognises(replace(bare, given_name="SILVA", family_name="Ana"))
    assert second["profile_id"] == first["profile_id"]
    assert second["reasons"] == ["same-name-and-birth-date"]


def test_a_company_is_found_by_name_and_domain(register: Register):
    acme = Person(position=0, roles=("booker",), company="ACME Viagens, Lda.", email="sales@acme.pt")
    first = register.recognises(acme, ana_silva(position=1, roles=("primary",)))
    second = register.recognises(replace(acme, company="Acme Viagens", email="groups@acme.pt"))
    assert first[0]["profile_id"] == second[0]["profile_id"] != first[1]["profile_id"]
    profile = register.reads(first[0]["profile_id"])
    assert (profile.kind, profile.name, len(profile.emails)) == ("company", "ACME Viagens, Lda.", 2)


def test_a_company_is_found_by_name_and_place(register: Register):
    home = PostalAddress(lines=("Rua Augusta 1",), postcode="1100-048", city="Lisboa", country="PT")
    acme = Person(position=0, roles=("payer",), company="ACME Viagens, Lda.", address=home)
    (first,) = register.recognises(acme)
    (second,) = register.recognises(replace(acme, company="Acme Viagens"))
    (elsewhere,) = register.recognises(replace(acme, address=replace(home, country="ES")))
    assert second["profile_id"] == first["profile_id"] != elsewhere["profile_id"]
    assert second["reasons"] == ["same-company-and-place"]
    assert register.reads(first["profile_id"]).addresses[0].lines == ("Rua Augusta 1",)


def test_a_guest_of_a_booking_brings_their_address_and_nationality(register: Register):
    home = PostalAddress(lines=("Rua\x00 Augusta 1", ""), city="Lisboa")
    (ana,) = register.recognises(ana_silva(address=home, nationality="PT", sex="female"))
    found = register.reads(ana["profile_id"])
    assert [(a.lines, a.city, a.country) for a in found.addresses] == [(("Rua Augusta 1",), "Lisboa", "PT")]
    assert (found.nationality, found.sex) == ("PT", "female")


def test_a_booking_whose_people_are_known_is_left_alone(register: Register):
    event = register.bookings.receive(ana_silva())
    register.bookings.people[event.booking_id] = replace(register.bookings.people[event.booking_id], identified=True)
    register.service.recognise_guests(event)
    assert register.everything_announced() == []


def test_a_repeated_or_late_event_makes_nobody_new(register: Register):
    event = register.bookings.receive(ana_silva(email=None, phone=None))
    message_id = uuid4()
    register.service.recognise_guests(event, message_id=message_id)
    register.service.recognise_guests(event, message_id=message_id)
    register.service.recognise_guests(event)  # another message about the same people
    assert register.count("profiles") == 1
    assert len(register.announced("guests.identified.v1")) == 1


def test_bookings_of_one_new_guest_at_the_same_moment_make_one_profile(register: Register):
    born = date(1985, 6, 15)
    variants = [
        ana_silva(),
        ana_silva(phone=None),
        ana_silva(given_name="Anna"),
        ana_silva(birth_date=born),
        ana_silva(family_name="SILVA", phone=None, birth_date=born),
    ]
    events = [register.bookings.receive(variants[n % len(variants)], bruno_costa()) for n in range(25)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(register.service.recognise_guests, events))
    found = {register.identified(event.booking_id)[0]["profile_id"] for event in events}
    assert len(found) == 1
    assert len(register.announced("guests.identified.v1")) == 25


def test_one_booking_heard_of_at_once_in_several_ways_is_recognised_once(register: Register):
    event = register.bookings.receive(ana_silva(email=None, phone=None))
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: register.service.recognise_guests(event), range(8)))
    assert register.count("profiles") == 1
    assert len(register.announced("guests.identified.v1")) == 1


def test_hostile_words_do_no_harm(register: Register):
    (found,) = register.recognises(
        Person(
            roles=("booker", "primary"),
            given_name="\u202eAna\x00",
            family_name="'; DROP TABLE profiles; --",
            email="\x00@\x00",
            phone="\u0661\u0662" * 50,
            language="\x00",
            country="\u0130\u0130",
            birth_date=date(1, 1, 1),
        )
    )
    profile = register.reads(found["profile_id"])
    assert (profile.given_name, profile.emails, profile.phones) == ("Ana", (), ())


def test_recognising_a_guest_takes_three_statements(register: Register):
    register.recognises(ana_silva())
    event = register.bookings.receive(ana_silva(), bruno_costa(), bruno_costa(position=2, given_name="Rita"))
    seen: list[str] = []

    def note(_connection, _cursor, statement, *_rest):
        seen.append(statement.split()[0] + (" kit" if "inbox" in statement or "outbox" in statement else ""))

    sa.event.listen(register.db.engine, "before_cursor_execute", note)
    try:
        register.service.recognise_guests(event)
    finally:
        sa.event.remove(register.db.engine, "before_cursor_execute", note)
    assert [s for s in seen if not s.endswith("kit")] == ["SELECT", "WITH", "WITH"]


def test_a_verified_address_is_enough_for_a_name_that_is_cut_short(register: Register):
    ana = register.service.create_profile(
        CreateProfile(given_name="Ana", family_name="Silva", emails=(Email(address=ANAS_MAIL),))
    )
    register.verifies(ana.id, ANAS_MAIL)
    (found,) = register.recognises(ana_silva(given_name=None, phone=None))
    assert (found["profile_id"], found["reasons"]) == (str(ana.id), ["same-verified-email"])


def test_an_address_taken_off_a_card_identifies_no_longer(register: Register):
    ana = register.service.create_profile(ana_as_entered())
    register.service.change_profile(ChangeProfile(profile_id=ana.id, version=1, clear=("emails", "phones")))
    (found,) = register.recognises(ana_silva())
    assert found["created"]
    assert register.service.read_profile(ReadProfile(profile_id=ana.id)).emails == ()
