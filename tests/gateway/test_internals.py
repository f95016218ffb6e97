"""What the house keeps of guests for itself: over HTTP, on every booking, and on nothing that a guest sees."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from gateway.printing import setting
from services.contracts.bookings import FindBookings, ReadBooking
from services.contracts.profiles import GuestInternals, InternalsFound, LevelMark, ReadInternals
from tests.databases import Databases
from tests.gateway.a_house import _GUEST as A_REGISTRATION
from tests.gateway.a_house import _PARTY as SELLER
from tests.gateway.a_house import _REGISTER as REGISTER
from tests.gateway.conftest import FakeServices
from tests.gateway.guests import ANA, STAY, anas_stay
from tests.gateway.lisbon import DEPARTURE, TODAY, House, pointers

LEVEL, CONDUCT, NOTE, COMPLAINT, TASK, TASK_TEXT, PREFERENCE, ALLERGY, CARE = (
    f"Canary{n}{word}"
    for n, word in enumerate(("level", "conduct", "note", "complaint", "task", "text", "taste", "allergy", "care"))
)
CANARIES = (LEVEL, CONDUCT, NOTE, COMPLAINT, TASK, TASK_TEXT, PREFERENCE, ALLERGY, CARE)


@pytest.fixture
def house(databases: Databases) -> House:
    return House(databases)


@pytest.fixture
def ana(house: House) -> str:
    """A guest of whom the house knows a lot."""
    house.does("POST", "/v1/levels", {"code": "canary", "name": LEVEL, "conduct": CONDUCT, "colour": "#aabbcc"})
    ana = house.knows("Ana", level=LEVEL)
    house.does("POST", f"/v1/profiles/{ana}/notes", {"text": NOTE, "pinned": True, "kind": "warning"})
    house.does("POST", f"/v1/profiles/{ana}/notes", {"text": COMPLAINT, "kind": "complaint"})
    house.does("POST", f"/v1/profiles/{ana}/tasks", {"title": TASK, "text": TASK_TEXT, "due_on": str(TODAY)})
    house.does("POST", f"/v1/profiles/{ana}/preferences", {"text": PREFERENCE})
    allergy = {"kind": "allergies", "option": "nuts", "text": ALLERGY}
    house.does("POST", f"/v1/profiles/{ana}/preferences", allergy)
    stages = house.does("GET", "/v1/stages")["items"]
    rules = ("position", "bookings", "stays", "account", "tiers", "months_without_stay")
    for stage in stages:
        said = {name: stage[name] for name in rules} | {"care": [{"language": "en", "text": CARE}]}
        house.does("PUT", f"/v1/stages/{stage['code']}", said, If_Match="*")
    return ana


def internal(booking: Any) -> Any:
    return next(person for person in booking["people"] if person["role"] == "booker")["internal"]


def is_known(found: Any, ana: str) -> bool:
    mark, texts = found["level"], [warning["text"] for warning in found["warnings"]]
    said = (found["profile_id"], mark["name"], mark["conduct"], texts, [task["title"] for task in found["tasks"]])
    return said == (ana, LEVEL, CONDUCT, [NOTE], [TASK]) and found["do_not_book"] is False


# ── on bookings ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_level_warnings_and_tasks_stand_on_every_booking(house: House, ana: str):
    stay = house.books(ana)
    assert is_known(internal(house.booking(stay)), ana)
    for path in (f"?profile={ana}", "?property=LIS-CITY"):
        assert is_known(internal(house.does("GET", f"/v1/bookings{path}")["items"][0]), ana)
    people = house.does("GET", f"/v1/bookings/{stay['id']}/people")["items"]
    assert is_known(people[0]["internal"], ana)
    assert is_known(house.does("GET", f"/v1/bookings/{stay['id']}/people/0")["internal"], ana)
    assert is_known(internal(house.does("POST", f"/v1/bookings/{stay['id']}/cancel")), ana)


def test_they_stand_on_the_board(house: House, ana: str):
    rooms = [{"number": "101", "room_type": "A"}]
    house.does("PUT", "/v1/properties/LIS-CITY/rooms", {"rooms": rooms})
    stay = house.books(ana, arrival=str(TODAY))
    house.does("POST", f"/v1/bookings/{stay['id']}/check-in", {"accept_dirty": True})
    room = house.does("GET", "/v1/rooms?property=LIS-CITY")["items"][0]
    assert room["stay"]["booking_id"] == stay["id"]
    assert [is_known(each, ana) for each in room["stay"]["internals"]] == [True]
    assert room["stay"]["profile_ids"] == [ana]


def test_the_view_has_the_open_tasks_and_what_is_known(house: House, ana: str):
    view = house.does("GET", f"/v1/profiles/{ana}/view")
    assert [task["title"] for task in view["tasks"]] == [TASK]
    assert view["sections"]["tasks"]["stale"] is False
    profile = view["profile"]
    assert (profile["level"], profile["level_mark"]["conduct"]) == (LEVEL, CONDUCT)
    assert [each["text"] for each in profile["preferences"]] == [PREFERENCE]
    assert profile["life_cycle"]["care"] == [{"language": "en", "text": CARE}]
    task = view["tasks"][0]["id"]
    house.does("POST", f"/v1/tasks/{task}/done")
    assert house.does("GET", f"/v1/profiles/{ana}")["notes"][0]["text"] == NOTE


def test_one_question_is_asked_for_a_whole_page(api, services: FakeServices):
    stays = tuple(anas_stay(id=uuid4()) for _ in range(20))
    services.will_answer(FindBookings, type("Found", (), {"items": stays, "next": None})())
    mark = LevelMark(code="vip", name="VIP")
    services.will_answer(ReadInternals, InternalsFound(items=(GuestInternals(profile_id=ANA, level=mark),)))
    found = api.get("/v1/bookings").get_json()["items"]
    assert {each["people"][0]["internal"]["level"]["name"] for each in found} == {"VIP"}
    assert [type(asked) for asked in services.asked] == [FindBookings, ReadInternals]
    assert services.last(ReadInternals).profile_ids == (ANA,)
    assert services.deadlines[-1] <= 0.3


def test_a_booking_is_shown_while_profiles_is_silent(api, services: FakeServices):
    services.will_answer(ReadBooking, anas_stay())
    answer = api.get(f"/v1/bookings/{STAY}")
    assert answer.status_code == 200
    assert answer.get_json()["people"][0]["internal"] is None


# ── on nothing that a guest sees ─────────────────────────────────────────────────────────────────────────────────────


def test_guests_see_nothing_of_it(house: House, ana: str, monkeypatch: pytest.MonkeyPatch):
    """Messages, the registration card, the invoice and the statement, as what is set on their pages."""
    monkeypatch.setenv("FOYER_SEALING_KEYS", "1:" + "a-secret-of-chance-" * 2)
    printed: list[str] = []
    monkeypatch.setattr(setting, "check_writable", printed.append)
    house.does("PUT", "/v1/properties/LIS-CITY/invoicing", {"prefix": "LIS", "seller": SELLER})
    house.does("PUT", "/v1/properties/LIS-CITY/register", REGISTER)
    stay = house.books(ana, arrival=str(TODAY))
    house.does("POST", f"/v1/bookings/{stay['id']}/check-in")
    message = {"profile_id": ana, "channel": "email", "purpose": "stay", "subject": "Umbrella", "text": "Found."}
    house.does("POST", "/v1/messages", message)
    house.does("PUT", f"/v1/bookings/{stay['id']}/registrations/0", A_REGISTRATION, If_Match='"0"')
    charge = {"booking_id": stay["id"], "kind": "restaurant", "amount": {"amount": "9.00", "currency": "EUR"}}
    house.does("POST", "/v1/charges", charge, Idempotency_Key="one")
    house.does("POST", f"/v1/bookings/{stay['id']}/check-out")
    folio = house.does("GET", f"/v1/folios?booking={stay['id']}")["items"][0]["id"]
    invoice = house.does("POST", "/v1/invoices", {"folio_id": folio}, Idempotency_Key="two")
    pages = (
        f"/v1/bookings/{stay['id']}/registration-card",
        f"/v1/invoices/{invoice['id']}.pdf",
        f"/v1/profiles/{ana}/statement.pdf?currency=EUR&from={TODAY}&until={TODAY}",
    )
    for page in pages:
        assert house.calls("GET", page).data.startswith(b"%PDF"), page
    assert len(printed) == len(pages)
    messages = house.calls("GET", f"/v1/messages?profile={ana}").text
    assert messages.count('"template"') >= 2
    seen = [*printed, messages, str(invoice)]
    assert [canary for canary in CANARIES if any(canary in text for text in seen)] == []
    assert any("Silva" in text for text in printed)


def test_events_and_the_time_line_say_nothing_of_it(house: House, ana: str):
    house.books(ana)
    timeline = house.calls("GET", f"/v1/profiles/{ana}/timeline").text
    kept = [str(house.databases.admin("profiles").execute("SELECT body FROM outbox").fetchall()), timeline]
    assert [canary for canary in CANARIES[1:] if any(canary in text for text in kept)] == []


# ── over HTTP ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_note_is_changed_by_its_etag_and_removed_with_its_history(house: House, ana: str):
    note = house.calls("POST", f"/v1/profiles/{ana}/notes", {"text": "Late riser", "property": "LIS-CITY"})
    path = note.headers["Location"]
    assert note.headers["ETag"] == '"1"'
    assert house.refuses("PATCH", path, {"text": "Early riser"}) == (428, "precondition-required")
    changed = house.does("PATCH", path, {"text": "Early riser"}, If_Match='"1"')
    assert (changed["version"], changed["text"]) == (2, "Early riser")
    assert house.refuses("PATCH", path, {"text": "x"}, If_Match='"1"') == (412, "note-has-changed")
    assert pointers(house.calls("PATCH", path, {}, If_Match="*")) == [""]
    edits = house.does("DELETE", path, If_Match='"2"')["edits"]
    assert [edit["text"] for edit in edits] == ["Early riser", "Late riser"]
    assert house.refuses("GET", path) == (404, "no-such-note")
    assert house.does("GET", f"{path}/history")["removed_by"].startswith("key:")


def test_a_task_is_due_on_the_day_of_its_property(house: House, ana: str):
    said = {"title": "Cot", "property": "LIS-CITY", "due_on": "2026-07-01", "assignee": "staff:rui"}
    task = house.does("POST", f"/v1/profiles/{ana}/tasks", said)
    assert (task["due_at"], task["due_on"]) == ("2026-07-01T22:59:59Z", "2026-07-01")
    found = house.does("GET", "/v1/tasks?assignee=staff:rui&property=LIS-CITY")["items"]
    assert [each["id"] for each in found] == [task["id"]]
    path = f"/v1/tasks/{task['id']}"
    changed = house.does("PATCH", path, {"due_on": None, "assignee": "staff:ines"}, If_Match='"1"')
    assert (changed["due_at"], changed["assignee"]) == (None, "staff:ines")
    assert house.refuses("PATCH", path, {"title": "x"}, If_Match='"1"') == (412, "task-has-changed")
    assert house.does("POST", f"{path}/done")["done_by"].startswith("key:")
    assert house.does("POST", f"{path}/reopen")["done_at"] is None


def test_preferences_are_told_in_the_language_asked_for(house: House, ana: str):
    path = f"/v1/profiles/{ana}/preferences"
    added = house.does("POST", path, {"kind": "pillow", "option": "no-feathers"}, Accept_Language="pt-PT,pt;q=0.9")
    assert (added["kind_label"], added["option_label"]) == ("Almofada", "Sem penas")
    found = house.does("GET", path, Accept_Language="de")
    assert {each["option_label"] for each in found["items"]} == {"Ohne Federn", None}
    assert found["hidden"] == 1
    kinds = house.does("GET", "/v1/preference-kinds", Accept_Language="fr")["items"]
    assert next(kind for kind in kinds if kind["code"] == "pillow")["label"] == "Oreiller"


def test_sensitive_preferences_are_shown_for_a_reason_that_is_kept(house: House, ana: str):
    path = f"/v1/profiles/{ana}/preferences"
    assert ALLERGY not in house.calls("GET", path).text
    assert pointers(house.calls("POST", f"{path}/look", {"reason": "curious"})) == ["/reason"]
    looked = house.does("POST", f"{path}/look", {"reason": "meal"})
    assert ALLERGY in [each["text"] for each in looked["items"]]
    line = house.does("GET", f"/v1/profiles/{ana}/timeline?kind=preference")["items"][0]
    assert (line["what"], line["facts"]) == ("preference.looked_at", {"reason": "meal"})


def test_preferences_are_changed_by_their_etag_and_ended(house: House, ana: str):
    added = house.calls("POST", f"/v1/profiles/{ana}/preferences", {"kind": "floor", "option": "low"})
    path = added.headers["Location"]
    changed = house.does("PATCH", path, {"option": "high"}, If_Match=added.headers["ETag"])
    assert (changed["option"], changed["version"]) == ("high", 2)
    assert house.refuses("PATCH", path, {"option": "low"}, If_Match='"1"') == (412, "preference-has-changed")
    assert house.does("DELETE", path)["in_effect"] is False
    assert house.refuses("PATCH", path, {"option": "low"}, If_Match="*") == (409, "preference-has-ended")


def test_do_not_book_of_a_level_refuses_bookings_at_once(house: House, ana: str):
    level = house.does("GET", "/v1/levels/canary")
    said = {"name": level["name"], "do_not_book": True}
    changed = house.does("PUT", "/v1/levels/canary", said, If_Match=f'"{level["version"]}"')
    assert changed["do_not_book"]
    stay = {"property": "LIS-CITY", "arrival": str(TODAY), "departure": str(DEPARTURE), "booker": {"profile_id": ana}}
    assert house.refuses("POST", "/v1/bookings", {**stay, "rooms": [{"room_type": "A"}]})[1] == "do-not-book"
    unwelcome = house.databases.admin("bookings").execute("SELECT profile_id, do_not_book FROM unwelcome").fetchall()
    assert [(str(who), no) for who, no in unwelcome] == [(ana, True)]
    house.does("DELETE", "/v1/levels/canary", If_Match="*")
    assert "canary" not in [each["code"] for each in house.does("GET", "/v1/levels")["items"]]
    assert house.does("GET", f"/v1/profiles/{ana}")["do_not_book"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/levels"),
        ("PUT", "/v1/levels/vip"),
        ("DELETE", "/v1/levels/vip"),
        ("PUT", "/v1/preference-kinds/floor"),
        ("DELETE", "/v1/preference-kinds/floor"),
        ("PUT", "/v1/stages/guest"),
        ("POST", "/v1/stages/recompute"),
    ],
)
def test_what_the_house_decides_needs_an_admin(api, as_key, method: str, path: str):
    assert api.open(path, method=method, json={}, headers=as_key("read.write")).status_code == 403


def test_a_rule_of_a_stage_moves_everybody(house: House, ana: str):
    house.books(ana)
    profiles = house.services._services["profiles"]
    profiles.follow_stages()
    assert house.does("GET", f"/v1/profiles/{ana}")["life_cycle"]["why"] == "bookings"
    assert house.does("PUT", "/v1/stages/guest", {"position": 30, "stays": 1}, If_Match="*")["bookings"] is None
    found = house.does("GET", f"/v1/profiles/{ana}")
    assert (found["stage"], found["life_cycle"]["why"]) == ("lead", "nothing")
    assert house.refuses("PUT", "/v1/stages/friend", {"position": 1}, If_Match="*") == (404, "no-such-stage")
    assert house.calls("POST", "/v1/stages/recompute").status_code == 202
