"""Finding somebody: by what is on the card and by what is on bookings, in one list."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from services.contracts.bookings import (
    BookingsFound,
    FindBookings,
    FindByDocument,
    GuestsOfDocument,
    NoSuchBooking,
    ReadBooking,
    RegisteredGuest,
)
from services.contracts.profiles import FindProfiles, Matched, ProfilesFound
from services.kit.refusal import Invalid, Problem, Unavailable
from tests.gateway.guests import ANA, BEN, STAY, ana_silva, anas_stay, ben_ode
from tests.gateway.lisbon import House

NAME, BOOKING = {"field": "name", "how": "words"}, {"field": "booking", "how": "exact"}
CLEA = ana_silva(id=UUID("00000000-0000-4000-8000-0000000000c1"), given_name="Clea")
TAIL = Matched(field="phone", how="tail")


class Register:
    """Answers as the service does, of people who match whatever is typed."""

    def __init__(self, *typed: Any) -> None:
        self.typed, self.everybody = typed, {each.id: each for each in (*typed, ana_silva(), ben_ode(), CLEA)}

    def __call__(self, asked: FindProfiles) -> ProfilesFound:
        if asked.ids:
            return ProfilesFound(items=tuple(self.everybody[who] for who in asked.ids))
        first = int(asked.cursor or 0)
        items = self.typed[first : first + asked.limit]
        more = str(first + asked.limit) if len(self.typed) > first + asked.limit else None
        return ProfilesFound(items=items, next=more, matched=(TAIL,) * len(items))


def found(api: Any, query: str) -> list[tuple[str, Any]]:
    answer = api.get(f"/v1/profiles?{query}")
    assert answer.status_code == 200, answer.text
    return [(item["given_name"], item["matched"]) for item in answer.get_json()["items"]]


def walked(api: Any, query: str) -> list[list[str]]:
    """The names on each page."""
    pages, cursor = [], None
    while True:
        said = api.get(f"/v1/profiles?{query}" + (f"&cursor={cursor}" if cursor else "")).get_json()
        pages.append([item["given_name"] for item in said["items"]])
        if not (cursor := said["next"]):
            return pages


def test_each_one_found_says_what_matched(api, services):
    hit = Matched(field="name", how="words")
    services.will_answer(FindProfiles, ProfilesFound(items=(ana_silva(),), matched=(hit,)))
    assert found(api, "q=silva") == [("Ana", NAME)]
    assert services.asked == [FindProfiles(q="silva")]  # what is no reference is asked of nobody else


def test_where_everybody_is_listed_nothing_matched(api, services):
    services.will_answer(FindProfiles, ProfilesFound(items=(ana_silva(),)))
    assert found(api, "") == [("Ana", None)]


@pytest.mark.parametrize("field", ["email", "phone"])
def test_a_whole_address_matched_exactly(api, services, field):
    services.will_answer(FindProfiles, ProfilesFound(items=(ana_silva(),)))
    assert found(api, f"{field}=x") == [("Ana", {"field": field, "how": "exact"})]


def test_who_is_on_the_booking_that_was_typed_comes_first_and_once(api, services):
    services.will_answer(FindBookings, BookingsFound(items=(anas_stay(),)))
    services.will_answer(FindProfiles, Register(ben_ode(), ana_silva()))
    said = [("Ana", BOOKING), ("Ben", {"field": "phone", "how": "tail"})]
    assert found(api, "q=4711223") == said
    assert services.last(FindBookings).external_ref == "4711223"


def test_a_bookings_id_finds_its_people(api, services):
    services.will_answer(ReadBooking, anas_stay())
    services.will_answer(FindProfiles, Register())
    assert found(api, f"q={STAY}") == [("Ana", BOOKING)]
    assert services.last(ReadBooking).booking_id == STAY


@pytest.mark.parametrize("q", ["ana", "ana 17", "a1@example.org", "a17", "x" * 64 + "1"])
def test_what_can_be_no_reference_is_not_asked_of_bookings(api, services, q):
    services.will_answer(FindProfiles, Register())
    api.get("/v1/profiles", query_string={"q": q})
    assert [type(each) for each in services.asked] == [FindProfiles]


@pytest.mark.parametrize("refusal", [Unavailable(), NoSuchBooking()])
def test_without_an_answer_of_bookings_the_rest_is_found(api, services, refusal):
    services.will_answer(FindBookings, refusal)
    services.will_answer(FindProfiles, Register(ben_ode()))
    assert found(api, "q=BDC-4711") == [("Ben", {"field": "phone", "how": "tail"})]
    assert services.deadlines[0] <= 0.5


def test_profiles_that_were_slow_beside_bookings_are_waited_for(api, services):
    answers = iter([Unavailable(), ProfilesFound(items=(ben_ode(),), matched=(TAIL,))])
    services.will_answer(FindProfiles, lambda _: next(answers))
    services.will_answer(FindBookings, BookingsFound(items=()))
    assert [name for name, _ in found(api, "q=BDC-4711")] == ["Ben"]


def with_people(*who: UUID) -> BookingsFound:
    ana = anas_stay().people[0]
    return BookingsFound(items=(anas_stay(people=tuple(replace(ana, profile_id=each) for each in who)),))


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 5])
def test_a_list_of_both_is_turned_over_whole_and_without_repeats(api, services, limit):
    services.will_answer(FindBookings, with_people(ANA, BEN))
    others = [ana_silva(id=UUID(int=n), given_name=f"Guest {n}") for n in range(1, 4)]
    services.will_answer(FindProfiles, Register(others[0], ana_silva(), *others[1:], CLEA))
    pages = walked(api, f"q=4711223&limit={limit}")
    assert all(len(page) <= limit for page in pages)
    assert [name for page in pages for name in page] == ["Ana", "Ben", "Guest 1", "Guest 2", "Guest 3", "Clea"]


def test_a_booking_that_is_named_finds_its_people(api, services):
    services.will_answer(FindBookings, with_people(ANA, BEN))
    services.will_answer(FindProfiles, Register())
    assert found(api, "booking=BDC-4711") == [("Ana", BOOKING), ("Ben", BOOKING)]


def test_a_booking_that_is_named_is_not_answered_without_bookings(api, services):
    services.will_answer(FindBookings, Unavailable())
    assert api.get("/v1/profiles?booking=BDC-4711").status_code == 503


def test_a_search_has_nothing_about_anybody_in_its_address(api, services):
    services.will_answer(FindProfiles, ProfilesFound(items=(ana_silva(),)))
    answer = api.post("/v1/profiles/search", json={"phone": "912 345 678", "country": "PT"})
    assert [item["id"] for item in answer.get_json()["items"]] == [str(ANA)]
    assert services.asked == [FindProfiles(phone="912 345 678", country="PT")]


@pytest.mark.parametrize("body", [{}, {"country": "PT"}, {"q": "a", "email": "b"}, {"q": ""}, {"q": None}])
def test_a_search_says_one_thing(api, body):
    answer = api.post("/v1/profiles/search", json=body)
    assert (answer.status_code, answer.get_json(force=True)["errors"][0]["pointer"]) == (422, "/q")


def test_to_search_a_key_needs_to_read_alone(api, services, as_key):
    services.will_answer(FindProfiles, Register())
    assert api.post("/v1/profiles/search", json={"q": "silva"}, headers=as_key("read")).status_code == 200
    assert api.post("/v1/profiles/search", json={"q": "silva"}, headers=as_key("write")).status_code == 403


def test_the_document_says_what_matched(api):
    schemas = api.get("/openapi.json").get_json()["components"]["schemas"]
    assert "matched" in schemas["FoundProfile"]["properties"]


@pytest.mark.servers
def test_somebody_is_found_by_all_that_is_known_of_them(databases):
    house = House(databases)
    ana = house.knows("Ana", phones=[{"number": "+351912345678"}])
    house.knows("Bruno", "Costa")
    booking = house.books(ana)
    for typed, field, how in (
        ("silv", "name", "beginning"), ("ana@exam", "email", "beginning"), ("5678", "phone", "tail"),
        (booking["id"], "booking", "exact"),
    ):  # fmt: skip
        for answer in (
            house.does("GET", f"/v1/profiles?q={typed}"),
            house.does("POST", "/v1/profiles/search", {"q": typed}),
        ):
            found = [(item["id"], item["matched"]) for item in answer["items"]]
            assert found == [(ana, {"field": field, "how": how})]


def test_a_guest_is_found_by_their_document_and_its_number_leaves_no_trace(api, services):
    services.will_answer(FindByDocument, GuestsOfDocument(profile_ids=(ANA, BEN)))
    services.will_answer(FindProfiles, Register())
    said = {"document": "AB 123"}
    first, second = (api.post("/v1/profiles/search", json=said, headers={"Idempotency-Key": "1"}) for _ in range(2))
    exact = {"field": "document", "how": "exact"}
    assert [(item["id"], item["matched"]) for item in first.get_json()["items"]] == [
        (str(ANA), exact),
        (str(BEN), exact),
    ]
    assert services.last(FindByDocument) == FindByDocument(document="AB 123")
    assert set(services.digests) == {None}
    assert services.command_ids[0] != services.command_ids[2]  # no id that is made of what the caller said


def test_a_document_is_looked_for_in_no_address(api):
    assert api.get("/v1/profiles?document=AB123").status_code == 422


def test_where_no_numbers_are_kept_it_is_said_so(api, services):
    services.will_answer(FindByDocument, Invalid(errors=[Problem("/document", "No sealing keys are set.")]))
    answer = api.post("/v1/profiles/search", json={"document": "AB 123"})
    assert (answer.status_code, answer.get_json(force=True)["errors"][0]["pointer"]) == (422, "/document")


def test_who_was_registered_without_a_profile_is_answered_with_their_booking(api, services):
    met = RegisteredGuest(booking_id=CLEA.id, position=2)
    services.will_answer(FindByDocument, GuestsOfDocument(profile_ids=(), registered=(met,)))
    answer = api.post("/v1/profiles/search", json={"document": "AB 123"}).get_json()
    assert answer == {"items": [], "next": None, "registered": [{"booking_id": str(CLEA.id), "position": 2}]}


@pytest.mark.servers
def test_a_guest_who_was_registered_is_found_by_their_document(databases, monkeypatch):
    monkeypatch.setenv("FOYER_SEALING_KEYS", "1:" + "a-secret-of-chance-" * 2)
    house = House(databases)
    ana = house.knows("Ana")
    booking = house.books(ana)
    said = {"document": {"kind": "passport", "number": "AB1234567", "issuing_country": "PT"}}
    house.does("PUT", f"/v1/bookings/{booking['id']}/registrations/0", said, If_Match='"0"')
    found = house.does("POST", "/v1/profiles/search", {"document": "ab-123 4567"})["items"]
    assert [(item["id"], item["matched"]["field"]) for item in found] == [(ana, "document")]
    met = {"document": {"kind": "passport", "number": "CD7654321", "issuing_country": "GB"}}
    house.does("PUT", f"/v1/bookings/{booking['id']}/registrations/4", met, If_None_Match="*")
    answer = house.does("POST", "/v1/profiles/search", {"document": "CD7654321"})
    assert (answer["items"], answer["registered"]) == ([], [{"booking_id": booking["id"], "position": 4}])
