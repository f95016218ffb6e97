"""The route of Channex' revisions: each is acknowledged, or not, for itself."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import pytest

from services.contracts.bookings import NotANotice, NoticeReport, ReceiveRevision
from services.kit.refusal import CommandReused, DeadlinePassed, Problem
from tests.gateway.guests import NOON, STAY

URL = "/v1/inbound/channex"
REVISION: dict[str, Any] = {"type": "booking_revision", "id": "r-1", "attributes": {"status": "new", "amount": 129.50}}


def report(**more: Any) -> NoticeReport:
    said = {"notice_id": STAY, "source": "channex", "external_id": "BDC-1", "revision": 2**52, "state": "applied"}
    return NoticeReport(**{**said, "booking_id": STAY, "received_at": NOON, **more})


def by_id(**answers: Any) -> Any:
    """The answer for each revision, by its id with an underscore."""
    return lambda asked: answers[json.loads(asked.body)["id"].replace("-", "_")]


def revisions(*ids: str) -> list[dict[str, Any]]:
    return [{**REVISION, "id": each} for each in ids]


@pytest.mark.parametrize("wrap", [lambda r: r, lambda r: {"data": r}], ids=["bare", "data"])
def test_a_revision_is_acknowledged_with_what_became_of_it(api, services, wrap):
    services.will_answer(ReceiveRevision, report())
    answer = api.post(URL, json=wrap(REVISION))
    assert (answer.status_code, answer.headers["Location"]) == (202, f"/v1/inbound/notices/{STAY}")
    told = {"notice_id": str(STAY), "state": "applied", "why": None, "booking_id": str(STAY)}
    assert answer.get_json() == {"id": "r-1", "acknowledged": True, **told}
    assert json.loads(services.last(ReceiveRevision).body)["attributes"]["amount"] == "129.5"


@pytest.mark.parametrize("state", ["ignored", "parked"])
def test_what_is_ignored_or_parked_is_kept_and_so_acknowledged(api, services, state):
    services.will_answer(ReceiveRevision, report(state=state, why="unknown-rate: …", booking_id=None))
    said = api.post(URL, json=REVISION).get_json()
    assert (said["acknowledged"], said["state"], said["why"], said["booking_id"]) == (
        True,
        state,
        "unknown-rate: …",
        None,
    )


@pytest.mark.parametrize(("wrap", "step"), [(lambda r: r, ""), (lambda r: {"data": r}, "/data")], ids=["bare", "data"])
def test_a_malformed_revision_is_422_with_pointers_into_the_body(api, services, wrap, step):
    services.will_answer(ReceiveRevision, NotANotice(errors=[Problem("/attributes/status", "?")]))
    answer = api.post(URL, json=wrap(REVISION))
    assert (answer.status_code, answer.content_type) == (422, "application/problem+json")
    assert [e["pointer"] for e in answer.get_json(force=True)["errors"]] == [f"{step}/attributes/status"]


@pytest.mark.parametrize(("wrap", "step"), [(lambda r: r, ""), (lambda r: {"data": r}, "/data")], ids=["list", "data"])
def test_of_a_list_the_malformed_are_not_acknowledged_and_the_others_are(api, services, wrap, step):
    refused = NotANotice(errors=[Problem("/attributes/status", "?")])
    services.will_answer(ReceiveRevision, by_id(a=report(), b=refused, c=report(state="parked", why="w")))
    answer = api.post(URL, json=wrap(revisions("a", "b", "c")))
    items = answer.get_json()["items"]
    assert (answer.status_code, [(i["id"], i["acknowledged"]) for i in items]) == (
        202,
        [("a", True), ("b", False), ("c", True)],
    )
    assert items[1]["why"] == NotANotice.code()
    assert items[1]["errors"] == [{"pointer": f"{step}/1/attributes/status", "detail": "?"}]


def test_where_bookings_does_not_answer_the_rest_is_not_tried_and_comes_again(api, services):
    services.will_answer(ReceiveRevision, by_id(a=report(), b=DeadlinePassed(), c=report()))
    items = api.post(URL, json=revisions("a", "b", "c")).get_json()["items"]
    assert [(i["acknowledged"], i["why"]) for i in items] == [
        (True, None),
        (False, "deadline-passed"),
        (False, "deadline-passed"),
    ]
    assert len(services.asked) == 2


def test_the_revisions_of_one_call_are_commands_of_their_own_and_the_same_when_it_is_repeated(api, services):
    services.will_answer(ReceiveRevision, report())
    for _ in range(2):
        api.post(URL, json=revisions("a", "b"), headers={"Idempotency-Key": "k"})
    first, second = services.command_ids[:2], services.command_ids[2:]
    assert first == second
    assert len({UUID(str(each)) for each in first}) == 2
    services.will_answer(ReceiveRevision, CommandReused())
    assert api.post(URL, json=revisions("x"), headers={"Idempotency-Key": "k"}).status_code == 422


def test_no_revisions_are_acknowledged_by_none(api, services):
    assert api.post(URL, json={"data": []}).get_json() == {"items": []}


@pytest.mark.parametrize(("said", "pointer"), [(revisions(*"a" * 101), ""), ({"data": revisions(*"a" * 101)}, "/data")])
def test_more_than_a_page_of_them_is_refused(api, services, said, pointer):
    answer = api.post(URL, json=said)
    assert [e["pointer"] for e in answer.get_json(force=True)["errors"]] == [pointer]
    assert services.asked == []


@pytest.mark.parametrize("body", [b"", b"not json", b"\xff", b"[" * 100_000])
def test_what_is_no_json_is_400(api, services, body):
    answer = api.post(URL, data=body, content_type="application/json")
    assert (answer.status_code, answer.get_json(force=True)["type"]) == (400, "/problems/not-json")


def test_only_a_key_for_notices_may_send_them(api, as_key):
    assert api.post(URL, json=REVISION, headers=as_key("read.write")).status_code == 403
