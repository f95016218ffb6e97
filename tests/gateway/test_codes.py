"""The routes of other systems' codes, and of parked notices that are replayed all at once."""

from __future__ import annotations

import pytest

from services.contracts.bookings import (
    Code,
    Codes,
    NoSuchProperty,
    NotACode,
    ReadCodes,
    ReplayNotices,
    ReplaysAsked,
    SetCodes,
)
from services.kit.refusal import Problem
from tests.gateway.guests import LISBON

URL = "/v1/properties/LIS-CITY/codes"
CODE = {"kind": "room_type", "theirs": "DBL", "ours": "A"}
KEPT = Codes(property_id=LISBON, codes=(Code(**CODE, source="channex"),))  # type: ignore[arg-type]


def test_codes_go_in_and_come_out_with_their_source(api, services):
    services.will_answer(SetCodes, KEPT)
    services.will_answer(ReadCodes, KEPT)
    said = {"property_id": str(LISBON), "codes": [{**CODE, "source": "channex"}]}
    assert api.put(f"{URL}?source=channex", json={"codes": [CODE]}).get_json() == said
    asked = services.last(SetCodes)
    assert (asked.property, asked.source, asked.codes) == ("LIS-CITY", "channex", (Code(**CODE),))
    assert api.get(f"{URL}?source=channex").get_json() == said
    assert api.get(URL).get_json() == said
    assert services.last(ReadCodes).source is None


@pytest.mark.parametrize(
    ("query", "body", "pointer"),
    [
        ("", {"codes": []}, "/source"),
        ("?source=x", {}, "/codes"),
        ("?source=x", {"codes": [{**CODE, "kind": "house"}]}, "/codes/0/kind"),
        ("?source=x", {"codes": [{**CODE, "source": "y"}]}, "/codes/0/source"),
        ("?source=x", {"codes": [{**CODE, "theirs": ""}]}, "/codes/0/theirs"),
        ("?source=x", {"codes": [CODE] * 1001}, "/codes"),
    ],
)
def test_what_are_no_codes_is_422_with_its_place(api, services, query, body, pointer):
    answer = api.put(URL + query, json=body)
    assert (answer.status_code, [e["pointer"] for e in answer.get_json(force=True)["errors"]]) == (422, [pointer])
    assert services.asked == []


def test_what_bookings_refuses_is_passed_on(api, services):
    services.will_answer(SetCodes, NotACode(errors=[Problem("/codes/0/ours", "?")]))
    answer = api.put(f"{URL}?source=x", json={"codes": [CODE]})
    assert (answer.status_code, answer.get_json(force=True)["errors"][0]["pointer"]) == (422, "/codes/0/ours")
    services.will_answer(ReadCodes, NoSuchProperty())
    assert api.get(URL).status_code == 404


def test_codes_are_read_and_set_by_those_who_may(api, as_key):
    assert api.put(f"{URL}?source=x", json={"codes": []}, headers=as_key("read.write")).status_code == 403
    assert api.get(URL, headers=as_key("write")).status_code == 403


def test_parked_notices_of_a_source_are_replayed_all_at_once(api, services):
    services.will_answer(ReplayNotices, ReplaysAsked(notices=3, bookings=2))
    answer = api.post("/v1/inbound/notices/replay", json={"source": "channex", "why": "unknown-room-type"})
    assert (answer.status_code, answer.get_json()) == (202, {"notices": 3, "bookings": 2})
    assert services.last(ReplayNotices) == ReplayNotices(source="channex", why="unknown-room-type")
    assert api.post("/v1/inbound/notices/replay", json={"source": "channex"}).status_code == 202
    assert api.post("/v1/inbound/notices/replay", json={"why": "x"}).status_code == 422
