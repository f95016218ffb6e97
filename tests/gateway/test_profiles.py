"""The routes of profiles and notes."""

from __future__ import annotations

import uuid
from datetime import date

import pytest

from services.contracts.bookings import BookingsFound, FindBookings, NoSuchBooking, ReadBooking
from services.contracts.profiles import (
    AddNote,
    ChangeProfile,
    CreateProfile,
    Email,
    FindProfiles,
    NoSuchProfile,
    NotAProfile,
    Note,
    NotesFound,
    ProfileHasChanged,
    ProfilesFound,
    ReadNotes,
    ReadProfile,
)
from services.kit.refusal import Problem
from tests.gateway.guests import ANA, NOON, STAY, ana_silva, anas_stay, ben_ode

ONE = f"/v1/profiles/{ANA}"


def test_a_profile_is_created_with_its_contact_points(api, services):
    services.will_answer(CreateProfile, ana_silva())
    body = {
        "kind": "person",
        "given_name": "Ana",
        "family_name": "Silva",
        "birth_date": "1980-02-29",
        "emails": [{"address": "ana@example.org", "primary": True}],
        "phones": [{"number": "912 345 678"}],
        "addresses": [{"lines": ["Rua 1"], "city": "Lisboa", "country": "PT"}],
        "country": "PT",
    }
    answer = api.post("/v1/profiles", json=body)
    assert answer.status_code == 201
    assert answer.headers["Location"] == ONE
    assert answer.headers["ETag"] == '"3"'
    said = answer.get_json()
    assert said["id"] == str(ANA)
    assert said["emails"][0]["verified"] is True
    assert said["emails"][0]["relay"] is False
    assert said["created_at"] == "2026-11-20T12:00:00Z"
    asked = services.last(CreateProfile)
    assert asked.emails == (Email(address="ana@example.org", primary=True),)
    assert asked.birth_date == date(1980, 2, 29)
    assert asked.addresses[0].lines == ("Rua 1",)


def test_nobody_can_say_that_an_address_is_verified(api):
    body = {"given_name": "Ana", "emails": [{"address": "a@example.org", "verified": True}]}
    answer = api.post("/v1/profiles", json=body)
    assert answer.get_json(force=True)["errors"][0]["pointer"] == "/emails/0/verified"


def test_names_are_composed_before_they_are_passed_on(api, services):
    services.will_answer(CreateProfile, ana_silva())
    api.post("/v1/profiles", json={"given_name": "Jose\u0301"})
    assert services.last(CreateProfile).given_name == "José"


def test_what_the_service_finds_wrong_arrives_with_its_pointer(api, services):
    services.will_answer(CreateProfile, NotAProfile(errors=[Problem("/emails/0/address", "Not an address.")]))
    answer = api.post("/v1/profiles", json={"given_name": "Ana"})
    assert answer.status_code == 422
    assert answer.get_json(force=True)["errors"] == [{"pointer": "/emails/0/address", "detail": "Not an address."}]


def test_profiles_are_found_by_name_email_and_phone(api, services):
    services.will_answer(FindProfiles, ProfilesFound(items=(ana_silva(), ben_ode()), next="more"))
    found = api.get("/v1/profiles?q=il&limit=2&cursor=abc").get_json()
    assert [p["given_name"] for p in found["items"]] == ["Ana", "Ben"]
    assert found["next"] == "more"
    assert services.last(FindProfiles) == FindProfiles(q="il", limit=2, cursor="abc")
    api.get("/v1/profiles", query_string={"phone": "+351912345678"})
    assert services.last(FindProfiles).phone == "+351912345678"


@pytest.mark.parametrize("name", [str(STAY), "BDC-4711"])
def test_profiles_are_found_by_a_booking_or_its_outside_reference(api, services, name):
    services.will_answer(ReadBooking, anas_stay())
    services.will_answer(FindBookings, BookingsFound(items=(anas_stay(),)))
    services.will_answer(FindProfiles, ProfilesFound(items=(ana_silva(),)))
    assert [p["id"] for p in api.get(f"/v1/profiles?booking={name}").get_json()["items"]] == [str(ANA)]
    assert services.last(FindProfiles).ids == (ANA,)


def test_a_booking_nobody_knows_has_no_people(api, services):
    services.will_answer(ReadBooking, NoSuchBooking())
    assert api.get(f"/v1/profiles?booking={uuid.uuid4()}").get_json() == {"items": [], "next": None}


def test_a_profile_has_an_etag_and_is_not_sent_twice(api, services):
    services.will_answer(ReadProfile, ana_silva())
    answer = api.get(ONE)
    assert answer.headers["ETag"] == '"3"'
    again = api.get(ONE, headers={"If-None-Match": '"3"'})
    assert again.status_code == 304
    assert again.data == b""


def test_a_profile_that_is_read_only_if_unchanged_is_not_shown_when_it_has_changed(api, services):
    services.will_answer(ReadProfile, ana_silva())
    answer = api.get(ONE, headers={"If-Match": '"2"'})
    assert answer.status_code == 412
    assert answer.get_json(force=True)["type"] == "/problems/profile-has-changed"
    assert "Silva" not in answer.text
    assert api.get(ONE, headers={"If-Match": '"3"'}).status_code == 200


def test_a_change_needs_the_etag_that_was_read(api, services):
    services.will_answer(ChangeProfile, ana_silva(version=4, family_name="Sousa"))
    missing = api.patch(ONE, json={"family_name": "Sousa"})
    assert missing.status_code == 428
    answer = api.patch(ONE, json={"family_name": "Sousa", "sex": None}, headers={"If-Match": '"3"'})
    assert answer.status_code == 200
    assert answer.headers["ETag"] == '"4"'
    asked = services.last(ChangeProfile)
    assert (asked.version, asked.family_name, asked.clear) == (3, "Sousa", ("sex",))
    assert asked.emails is None


def test_a_change_of_an_older_state_is_412(api, services):
    services.will_answer(ChangeProfile, ProfileHasChanged())
    answer = api.patch(ONE, json={"family_name": "Sousa"}, headers={"If-Match": '"2"'})
    assert answer.status_code == 412
    assert answer.get_json(force=True)["type"] == "/problems/profile-has-changed"
    assert api.patch(ONE, json={"family_name": "S"}, headers={"If-Match": "W/x"}).status_code == 412


def test_a_star_changes_whatever_is_there(api, services):
    services.will_answer(ReadProfile, ana_silva(version=9))
    services.will_answer(ChangeProfile, ana_silva(version=10))
    assert api.patch(ONE, json={"sex": "f"}, headers={"If-Match": "*"}).status_code == 200
    assert services.last(ChangeProfile).version == 9


def test_a_change_of_nothing_is_refused(api):
    assert api.patch(ONE, json={}, headers={"If-Match": '"3"'}).status_code == 422


def test_notes_are_added_and_listed(api, services):
    note = Note(id=STAY, profile_id=ANA, text="Late\narrival", pinned=True, author="key:1", written_at=NOON)
    services.will_answer(AddNote, note)
    services.will_answer(ReadNotes, NotesFound(items=(note,)))
    answer = api.post(f"{ONE}/notes", json={"text": "Late\narrival", "pinned": True})
    assert answer.status_code == 201
    assert services.last(AddNote) == AddNote(profile_id=ANA, text="Late\narrival", pinned=True)
    assert api.get(f"{ONE}/notes").get_json()["items"] == [answer.get_json()]


def test_a_profile_nobody_knows_is_404(api, services):
    services.will_answer(ReadProfile, NoSuchProfile())
    answer = api.get(ONE)
    assert answer.status_code == 404
    assert answer.get_json(force=True)["title"] == "No such profile"
