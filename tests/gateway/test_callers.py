"""A telephone system asks who calls."""

from __future__ import annotations

import logging
from datetime import date
from typing import Any

import pytest

from services.contracts.bookings import (
    NoSuchProperty,
    Properties,
    Property,
    ReadProperties,
    ReadStaysOf,
    StayAtAGlance,
    StaysOfGuest,
    StaysOfGuests,
)
from services.contracts.profiles import (
    Call,
    Caller,
    CallersFound,
    LevelMark,
    LookUpCaller,
    NoSuchProfile,
    NoteCall,
)
from services.kit.refusal import Unavailable
from tests.gateway.guests import ANA, BEN, LISBON, NOON, STAY
from tests.gateway.lisbon import House

CITY = Property(id=LISBON, code="LIS-CITY", name="City", currency="EUR", time_zone="Europe/Lisbon", country="PT")
COMING = StayAtAGlance(
    booking_id=STAY,
    property_id=LISBON,
    property="LIS-CITY",
    arrival=date(2026, 12, 1),
    departure=date(2026, 12, 4),
    state="confirmed",
)


def ana(**more: Any) -> Caller:
    said = {"profile_id": ANA, "kind": "person", "matched": "exact", "given_name": "Ana", "family_name": "Silva"}
    return Caller(**{**said, **more})


@pytest.fixture
def known(services) -> Any:
    vip = LevelMark(code="vip", name="VIP", colour="#7b3fa0", conduct="Upgrade.")
    services.will_answer(LookUpCaller, CallersFound(items=(ana(level=vip), ana(profile_id=BEN))))
    stays = (StaysOfGuest(profile_id=ANA, next=COMING, past=3), StaysOfGuest(profile_id=BEN))
    services.will_answer(ReadStaysOf, StaysOfGuests(items=stays))
    return services


def test_a_caller_is_told_in_one_answer(api, known):
    first, second = api.get("/v1/callers", query_string={"number": "+351912345678"}).get_json()["items"]
    assert (first["profile_id"], first["level"]["name"], first["matched"]) == (str(ANA), "VIP", "exact")
    assert first["stays"]["next"]["arrival"] == "2026-12-01"
    assert (first["stays"]["past"], first["stays"]["last"]) == (3, None)
    assert second["stays"] == {"next": None, "present": None, "last": None, "past": 0}


def test_it_takes_two_questions(api, known):
    api.get("/v1/callers", query_string={"number": "+351912345678", "property": "LIS-CITY"})
    assert known.asked == [LookUpCaller(number="+351912345678"), ReadStaysOf(profile_ids=(ANA, BEN))]


@pytest.mark.parametrize("number", ["+351912345678", "00351912345678", "tel:+351912345678", "sip:%2B351912345678@pbx"])
def test_a_number_that_says_its_country_is_not_read_in_a_property(api, known, number):
    api.post("/v1/callers", json={"number": number, "property": "LIS-CITY"})
    assert known.last(LookUpCaller) == LookUpCaller(number=number)


def test_a_national_number_is_one_of_the_propertys_country(api, known):
    known.will_answer(ReadProperties, Properties(items=(CITY,)))
    api.post("/v1/callers", json={"number": "912 345 678", "property": "LIS-CITY"})
    assert known.last(LookUpCaller) == LookUpCaller(number="912 345 678", country="PT")


@pytest.mark.parametrize("answer", [NoSuchProperty(), Properties(items=())])
def test_an_unknown_property_is_said_so(api, known, answer):
    known.will_answer(ReadProperties, answer)
    answer = api.post("/v1/callers", json={"number": "912 345 678", "property": "NOWHERE"})
    assert (answer.status_code, answer.get_json(force=True)["type"]) == (404, "/problems/no-such-property")


def test_while_bookings_is_silent_the_names_are_told(api, known):
    known.will_answer(ReadProperties, Unavailable())
    known.will_answer(ReadStaysOf, Unavailable())
    answer = api.post("/v1/callers", json={"number": "912 345 678", "property": "LIS-CITY"})
    assert [(each["given_name"], each["stays"]) for each in answer.get_json()["items"]] == [("Ana", None)] * 2
    assert max(known.deadlines[0], known.deadlines[2]) <= 0.5


@pytest.mark.parametrize("number", ["", "anonymous", "912 345 678"])
def test_nobody_is_an_answer_too(api, services, number):
    services.will_answer(LookUpCaller, CallersFound(items=()))
    for answer in (
        api.get("/v1/callers", query_string={"number": number}),
        api.post("/v1/callers", json={"number": number}),
    ):
        assert (answer.status_code, answer.get_json()) == (200, {"items": []})
    assert not any(isinstance(each, ReadStaysOf) for each in services.asked)


@pytest.mark.parametrize("said", [{}, {"number": "x" * 201}, {"number": "1\x00"}, {"number": "1", "who": "2"}])
def test_what_is_no_question_is_refused(api, said):
    assert api.post("/v1/callers", json=said).status_code == 422


def test_the_number_stands_in_no_log(api, known, caplog):
    caplog.set_level(logging.DEBUG)
    api.get("/v1/callers?number=%2B351912345678")
    api.get("/v1/callers?number=912345678&property=LIS-CITY")
    assert "912345678" not in caplog.text


def test_to_look_up_callers_a_key_reads(api, known, as_key):
    assert api.post("/v1/callers", json={"number": "1"}, headers=as_key("read")).status_code == 200
    assert api.post("/v1/callers", json={"number": "1"}, headers=as_key("write")).status_code == 403


def test_a_call_is_noted(api, services):
    services.will_answer(NoteCall, Call(profile_id=ANA, direction="in", answered=True, at=NOON))
    answer = api.post(
        f"/v1/profiles/{ANA}/calls", json={"direction": "in", "at": "2026-11-20T12:00:00Z", "note": "Cot."}
    )
    assert (answer.status_code, answer.get_json()["at"]) == (201, "2026-11-20T12:00:00Z")
    assert services.last(NoteCall) == NoteCall(profile_id=ANA, direction="in", answered=True, at=NOON, note="Cot.")


@pytest.mark.parametrize(
    "body", [{}, {"direction": "up"}, {"direction": "in", "answered": "yes"}, {"direction": "in", "note": ""}]
)
def test_what_is_no_call_is_not_noted(api, body):
    assert api.post(f"/v1/profiles/{ANA}/calls", json=body).status_code == 422


def test_a_call_with_nobody_is_not_noted(api, services):
    services.will_answer(NoteCall, NoSuchProfile())
    assert api.post(f"/v1/profiles/{ANA}/calls", json={"direction": "in"}).status_code == 404


@pytest.mark.servers
def test_a_guest_who_calls_is_known_with_their_stay(databases):
    house = House(databases)
    who = house.knows("Ana", phones=[{"number": "+351912345678"}])
    house.does("POST", f"/v1/profiles/{who}/notes", {"text": "Owes us an apology.", "pinned": True})
    booking = house.books(who)
    said = {"number": "912 345 678", "property": "LIS-CITY"}
    (caller,) = house.does("POST", "/v1/callers", said)["items"]
    assert (caller["profile_id"], caller["family_name"], caller["matched"]) == (who, "Silva", "exact")
    assert [note["text"] for note in caller["warnings"]] == ["Owes us an apology."]
    assert caller["stays"]["next"]["booking_id"] == booking["id"]
    assert house.does("GET", "/v1/callers?number=+351912345678")["items"][0]["profile_id"] == who


@pytest.mark.servers
def test_a_call_that_is_sent_twice_is_on_the_time_line_once_in_the_language_asked(databases):
    house = House(databases)
    who = house.knows("Ana")
    call = {"direction": "in", "note": "Asks for a cot."}
    for _ in range(2):
        house.does("POST", f"/v1/profiles/{who}/calls", call, Idempotency_Key="call 1")
    lines = house.does("GET", f"/v1/profiles/{who}/timeline?kind=call", Accept_Language="de")["items"]
    assert [(line["what"], line["title"]) for line in lines] == [("call.received", "Anruf erhalten")]
    assert len(house.does("GET", f"/v1/profiles/{who}/notes")["items"]) == 1
