"""What is true of every route: callers, scopes, request ids, limits, problem documents."""

from __future__ import annotations

import base64
import hmac
import io
import json
import re
import uuid

import pytest

from gateway.access.callers import PUBLIC
from gateway.access.keys import SCOPES
from gateway.app import build
from services.contracts.bookings import NoRoomLeft, OpenBooking, ReadBooking
from services.contracts.profiles import CreateProfile, NoSuchProfile, ReadProfile
from services.kit.refusal import (
    Broken,
    CommandReused,
    DeadlinePassed,
    Forbidden,
    StillRunning,
    Unavailable,
)
from tests.gateway.conftest import FakeServices, KnownCallers, NoDatabase
from tests.gateway.guests import ANA, STAY, ana_silva, anas_stay

PUBLIC_PATHS = {
    "/livez", "/readyz", "/metrics", "/openapi.json",
    "/docs", "/docs/start.js", "/docs/openapi.json", "/docs/<name>", "/problems", "/problems/<code>",
}  # fmt: skip


def routes(api):
    app = api.application
    return [(rule, app.view_functions[rule.endpoint]) for rule in app.url_map.iter_rules()]


def path(rule):
    named = {"profile_id": str(ANA), "code": "LIS"}
    return re.sub(
        r"<(?:(\w+):)?(\w+)>", lambda found: "0" if found[1] == "int" else named.get(found[2], str(STAY)), rule.rule
    )


def test_every_route_says_which_scope_it_needs(api):
    for rule, view in routes(api):
        scope = getattr(view, "scope", None)
        assert scope in (*SCOPES, PUBLIC), f"{rule.rule} says no scope"
        assert (scope == PUBLIC) == (rule.rule in PUBLIC_PATHS), rule.rule


def test_every_route_refuses_callers_without_a_key_and_without_its_scope(api, as_key):
    for rule, view in routes(api):
        if view.scope == PUBLIC:
            continue
        others = ".".join(scope for scope in SCOPES if scope != view.scope)
        for method in rule.methods - {"OPTIONS", "HEAD"}:
            nobody = api.open(path(rule), method=method, headers={"Authorization": ""})
            assert nobody.status_code == 401, rule.rule
            assert nobody.headers["WWW-Authenticate"].startswith("Bearer")
            assert api.open(path(rule), method=method, headers=as_key(others)).status_code == 403, rule.rule


def test_a_route_without_a_scope_is_open_to_nobody(as_key):
    app = build(FakeServices(), NoDatabase(), KnownCallers())
    app.add_url_rule("/forgotten", "forgotten", lambda: "secret")
    assert app.test_client().get("/forgotten", headers=as_key("admin")).status_code == 403


@pytest.mark.parametrize("given", ["Basic foyer_x", "Bearer", "Bearer other_key", "Bearer foyer_" + "x" * 300])
def test_what_is_no_key_of_ours_is_refused(api, given):
    answer = api.get("/v1/properties", headers={"Authorization": given})
    assert answer.status_code in (401, 403)


def test_a_request_id_is_taken_if_it_is_harmless_and_made_otherwise(api, services):
    services.will_answer(ReadProfile, ana_silva())
    taken = api.get(f"/v1/profiles/{ANA}", headers={"X-Request-Id": "desk-7.a_b"})
    assert taken.headers["X-Request-Id"] == "desk-7.a_b"
    assert services.contexts[-1].request_id == "desk-7.a_b"
    made = api.get(f"/v1/profiles/{ANA}", headers={"X-Request-Id": "x y"}).headers["X-Request-Id"]
    assert made != "x y"
    assert services.contexts[-1].request_id == made


def test_services_hear_who_asks_and_with_which_scopes(api, services, as_key):
    services.will_answer(ReadProfile, ana_silva())
    trace = "00-" + "a" * 32 + "-" + "b" * 16 + "-01"
    api.get(f"/v1/profiles/{ANA}", headers={**as_key("read"), "traceparent": trace})
    context = services.contexts[-1]
    assert context.actor.startswith("key:")
    assert context.roles == ("read",)
    assert context.trace == trace


@pytest.mark.parametrize(
    ("refusal", "status", "code"),
    [
        (NoSuchProfile(), 404, "no-such-profile"),
        (NoRoomLeft(), 409, "no-room-left"),
        (StillRunning(), 409, "still-running"),
        (CommandReused(), 422, "command-reused"),
        (Forbidden(), 403, "forbidden"),
        (Unavailable("profiles is not running."), 503, "unavailable"),
        (DeadlinePassed(), 504, "deadline-passed"),
        (Broken("psycopg.errors.UndefinedTable"), 500, "internal"),
        (RuntimeError("secret stack"), 500, "internal"),
    ],
)
def test_a_refusal_is_a_problem_document(api, services, refusal, status, code):
    services.will_answer(ReadBooking, refusal)
    answer = api.get(f"/v1/bookings/{STAY}")
    assert answer.status_code == status
    assert answer.mimetype == "application/problem+json"
    said = answer.get_json(force=True)
    assert said["type"] == f"/problems/{code}"
    assert said["status"] == status
    assert said["title"]
    assert said["request_id"] == answer.headers["X-Request-Id"]
    assert "psycopg" not in answer.text
    assert "secret" not in answer.text


@pytest.mark.parametrize(
    ("method", "address", "status"),
    [
        ("GET", "/nowhere", 404),
        ("GET", "/v1/profiles/not-an-id", 404),
        ("DELETE", "/v1/profiles", 405),
        ("GET", "/docs/../../etc/passwd", 404),
        ("GET", "/docs/nothing.js", 404),
    ],
)
def test_what_flask_refuses_is_a_problem_document_too(api, method, address, status):
    answer = api.open(address, method=method)
    assert answer.status_code == status
    assert answer.mimetype == "application/problem+json"
    assert answer.get_json(force=True)["request_id"]


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"{", "application/json", 400),
        (b"", "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        (b'{"given_name": NaN}', "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b"[1]", "application/json", 422),
        (b'"text"', "application/json", 422),
        (b"given_name=Ana", "application/x-www-form-urlencoded", 415),
        (b"<a/>", "text/xml", 415),
        (b'{"given_name": "' + b"a" * 1024 * 1024 + b'"}', "application/json", 413),
    ],
)
def test_bodies_that_are_no_json_or_too_large_are_refused(api, body, content_type, status):
    answer = api.post("/v1/profiles", data=body, content_type=content_type)
    assert answer.status_code == status
    assert answer.mimetype == "application/problem+json"


def pointers(answer):
    assert answer.status_code == 422, answer.text
    return {fault["pointer"] for fault in answer.get_json(force=True)["errors"]}


@pytest.mark.parametrize("text", ["a\x00b", "a\ud800b", "\udc00", "a\x1b[2J", "line\nbreak", "a\x85b", "x" * 201, ""])
def test_hostile_text_is_refused_where_it_stands(api, text):
    answer = api.post("/v1/profiles", data=json.dumps({"given_name": text}), content_type="application/json")
    assert answer.status_code == 422
    assert pointers(answer) <= {"/given_name", ""}


@pytest.mark.parametrize("body", [b"[1]", b'"text"', b'{"given_name": "a\\ud800"}'])
def test_a_body_that_is_wrong_as_a_whole_is_pointed_at_as_a_whole(api, body):
    assert pointers(api.post("/v1/profiles", data=body, content_type="application/json")) == {""}


@pytest.mark.parametrize("key", ["%00", "LIS%00", "a%1b[2J", "%E2%80%AE"])
def test_a_code_in_the_path_with_characters_that_cannot_be_seen_is_refused(api, services, key):
    assert pointers(api.get(f"/v1/properties/{key}/taxes")) == {"/key"}
    assert services.asked == []


@pytest.mark.parametrize("instant", ["0001-01-01T00:00:00%2B14:00", "9999-12-31T23:59:59-14:00"])
def test_an_instant_beyond_the_calendar_is_refused_where_it_stands(api, instant):
    assert pointers(api.get(f"/v1/profiles/{ANA}/consents?at={instant}")) == {"/at"}


def test_a_hostile_field_name_cannot_break_the_answer(api):
    answer = api.post("/v1/profiles", data='{"a\\ud800/~b": 1}', content_type="application/json")
    assert answer.status_code == 422


def test_each_fault_has_its_pointer(api):
    body = {
        "given_name": 5,
        "surname": "Silva",
        "emails": [{"address": "a@example.org"}, {"adress": "b@example.org"}],
    }
    assert pointers(api.post("/v1/profiles", json=body)) == {
        "/given_name",
        "/surname",
        "/emails/1/adress",
        "/emails/1/address",
    }


def test_a_query_parameter_nobody_knows_is_refused(api):
    assert pointers(api.get("/v1/profiles?name=Ana")) == {"/name"}
    assert pointers(api.get("/v1/profiles?limit=201")) == {"/limit"}
    assert pointers(api.get("/v1/profiles?q=%00")) == {"/q"}


def test_an_idempotency_key_is_one_command_of_one_caller(api, services, as_key):
    services.will_answer(CreateProfile, ana_silva())
    send = lambda headers: api.post("/v1/profiles", json={"given_name": "Ana"}, headers=headers)  # noqa: E731
    for headers in ({"Idempotency-Key": "one"}, {"Idempotency-Key": "one"}, {"Idempotency-Key": "two"}, {}, {}):
        assert send(headers).status_code == 201
    send({"Idempotency-Key": "one", **as_key("write")})
    first, again, other, free, free_again, another_caller = services.command_ids
    assert first == again
    assert len({first, other, free, free_again, another_caller}) == 5
    assert all(isinstance(i, uuid.UUID) for i in services.command_ids)


def test_a_command_is_known_by_what_the_caller_said(api, services):
    """Not by the order of its fields, and not by what the gateway adds to it."""
    services.will_answer(CreateProfile, ana_silva())

    def send(body: dict[str, str], key: str = "one") -> None:
        assert api.post("/v1/profiles", json=body, headers={"Idempotency-Key": key} if key else {}).status_code == 201

    for body in ({"given_name": "Ana", "language": "pt"}, {"language": "pt", "given_name": "Ana"}):
        send(body)
    send({"given_name": "Anna", "language": "pt"})
    send({"given_name": "Ana"}, key="")
    first, again, other, without = services.digests
    assert first == again != other
    assert without is None


def test_what_the_caller_said_is_guessed_by_nobody_without_their_key(api, services, as_key):
    """The digest is made under the API key, in whatever header it came."""
    services.will_answer(CreateProfile, ana_silva())
    named = base64.b64encode(b"anybody:foyer_write").decode()
    for key in (as_key("write"), {"Authorization": f"Basic {named}"}, as_key("write.read")):
        api.post("/v1/profiles", json={"given_name": "Ana"}, headers={"Idempotency-Key": "one", **key})
    mine, as_password, anothers = services.digests
    assert mine == as_password != anothers
    assert mine == hmac.digest(b"foyer_write", b'["/v1/profiles",{"given_name":"Ana"}]', "sha256").hex()


@pytest.mark.parametrize("key", ["", "x" * 256, "schl\u00fcssel"])
def test_an_idempotency_key_is_1_to_255_printable_characters(api, services, key):
    services.will_answer(CreateProfile, ana_silva())
    answer = api.post(
        "/v1/profiles",
        json={"given_name": "Ana"},
        environ_overrides={"HTTP_IDEMPOTENCY_KEY": key},
    )
    assert answer.status_code == 400
    assert services.asked == []


def test_one_deadline_holds_for_all_that_a_request_asks(api, services):
    services.will_answer(ReadProfile, ana_silva())
    services.will_answer(OpenBooking, anas_stay())
    body = {
        "property_id": "LIS-CITY", "arrival": "2026-12-01", "departure": "2026-12-04",
        "rooms": [{"room_type": "A"}], "booker": {"profile_id": str(ANA)},
    }  # fmt: skip
    assert api.post("/v1/bookings", json=body).status_code == 201
    assert 0 < services.deadlines[1] <= services.deadlines[0] <= 2.0


def test_the_access_log_holds_no_query_and_no_body(as_key):
    log = io.StringIO()
    api = build(FakeServices(), NoDatabase(), KnownCallers(), log=log).test_client()
    api.get("/v1/properties?property=ana@example.org", headers=as_key("read"))
    api.get("/v1/ana@example.org")
    api.get(f'/v1/profiles/{ANA}"')
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    assert [line["status"] for line in lines] == [503, 404, 404]
    assert lines[0]["route"] == lines[0]["path"] == "/v1/properties"
    assert lines[0]["actor"].startswith("key:")
    assert "ana@example.org" not in log.getvalue()


def test_answers_are_not_kept_by_browsers_and_not_guessed_at(api):
    headers = api.get("/nowhere").headers
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")


@pytest.mark.parametrize(
    ("path", "nothing", "something"),
    [
        (f"/v1/bookings/{STAY}", {"price": None}, {"departure": "2026-12-05"}),
        (f"/v1/functions/{STAY}", {"name": None}, {"notes": ""}),
        ("/v1/groups/CONF", {"may_exceed": None}, {"may_exceed": False}),
        (f"/v1/identifier-rules/{STAY}", {}, {"site": None}),
        (f"/v1/notes/{STAY}", {}, {"pinned": False}),
        (f"/v1/preferences/{STAY}", {}, {"text": None}),
        (f"/v1/profiles/{ANA}", {}, {"birth_date": None}),
        (f"/v1/tasks/{STAY}", {}, {"due_at": None}),
    ],
)
def test_a_change_says_something(api, services, path, nothing, something):
    """Null says something where it empties a field."""
    for said in ({}, nothing):
        answer = api.patch(path, json=said, headers={"If-Match": '"1"'})
        assert (answer.status_code, answer.get_json()["errors"][0]["detail"]) == (
            422,
            "Say at least one field to change.",
        )
    assert services.asked == []
    api.patch(path, json=something, headers={"If-Match": '"1"'})
    assert len(services.asked) == 1
