"""The OpenAPI document, the page to try it, and the health of the process."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator

from gateway.app import build
from tests.gateway.conftest import FakeServices, KnownCallers, NoDatabase

# Where a repeated call would move money twice: POST demands an Idempotency-Key.
VALUE_MOVES = (
    "/v1/adjustments",
    "/v1/allocations",
    "/v1/allocations/release",
    "/v1/bookings/{booking_id}/fee/waive",
    "/v1/charges",
    "/v1/charges/{charge_id}/void",
    "/v1/invoices",
    "/v1/invoices/{invoice_id}/credit-notes",
    "/v1/journals/{journal_id}/reverse",
    "/v1/payments",
    "/v1/payments/{payment_id}/refunds",
)


def test_the_document_is_openapi_3_1_and_tells_of_every_route(api):
    said = api.get("/openapi.json", headers={"Authorization": ""}).get_json()
    assert said["openapi"] == "3.1.0"
    assert said["components"]["securitySchemes"]["key"]["scheme"] == "bearer"
    served = {
        re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
        for rule in api.application.url_map.iter_rules()
        if rule.rule.startswith("/v1/")
    }
    assert served == set(said["paths"])


def test_every_operation_says_what_it_does_and_how_it_refuses(api):
    said = api.get("/openapi.json").get_json()
    for path, operations in said["paths"].items():
        for method, operation in operations.items():
            if method == "parameters":
                continue
            assert operation["summary"], path
            assert operation["responses"]["default"] == {"$ref": "#/components/responses/Problem"}
            posts = method == "post"
            keys = [p for p in operation.get("parameters", ()) if p.get("name") == "Idempotency-Key"]
            assert bool(keys) == posts, path
            value_moves = path in VALUE_MOVES and posts
            assert all(key["required"] == value_moves for key in keys), path


def test_money_is_described_as_a_decimal_string(api):
    schemas = api.get("/openapi.json").get_json()["components"]["schemas"]
    assert schemas["Price"]["properties"]["amount"]["type"] == "string"
    assert "amount_minor" not in str(schemas)


def test_every_default_and_example_is_valid_where_it_stands(api):
    said = api.get("/openapi.json").get_json()

    def schemas(part: Any, place: str = "", *, names: bool = False) -> Iterator[tuple[str, dict[str, Any]]]:
        """`names`: the keys are names that were given, and no words of JSON Schema."""
        if isinstance(part, dict):
            if not names:
                yield place, part
            for name, each in part.items():
                given = not names and name in ("properties", "responses")
                yield from schemas(each, f"{place}/{name}", names=given)
        elif isinstance(part, list):
            for index, each in enumerate(part):
                yield from schemas(each, f"{place}/{index}")

    looked_at, wrong = 0, []
    for place, schema in schemas(said):
        values = [schema[word] for word in ("default", "example") if word in schema] + schema.get("examples", [])
        valid = Draft202012Validator(
            {**schema, "components": said["components"]}, format_checker=Draft202012Validator.FORMAT_CHECKER
        )
        looked_at += len(values)
        wrong += [(place, value) for value in values if not valid.is_valid(value)]
    assert wrong == []
    assert looked_at > 200


def test_whoever_is_to_send_an_etag_finds_the_header_once(api):
    """In each of the places that speak of it, and beside the others that change what was read."""
    said = api.get("/openapi.json").get_json()["paths"]
    speak, have = set(), []
    for path, operations in said.items():
        for method, operation in operations.items():
            if method != "parameters":
                headers = [each for each in operation.get("parameters", ()) if each.get("name") == "If-Match"]
                have += [(method, path) for _ in headers]
                if "If-Match" in operation["summary"] + operation.get("description", ""):
                    speak.add((method, path))
    assert len(have) == len(set(have))
    assert speak <= set(have)
    assert {("delete", "/v1/rooms/{room_id}"), ("delete", "/v1/notes/{note_id}")} <= set(have)


def test_the_page_needs_nothing_from_elsewhere(api):
    page = api.get("/docs", headers={"Authorization": ""})
    assert page.status_code == 200
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]
    wanted = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert len(wanted) == 4
    for address in wanted:
        assert address.startswith("/docs/")
        found = api.get(address)
        assert found.status_code == 200, address
        assert found.data


@pytest.fixture
def hanging() -> Iterator[FlaskClient]:
    """A gateway whose database does not answer as long as the test lasts."""
    comes_back = threading.Event()
    checks = {"database": comes_back.wait, "broker": lambda: True}
    yield build(FakeServices(), NoDatabase(), KnownCallers(), checks).test_client()
    comes_back.set()


def test_the_process_lives_whatever_else_does_not(hanging):
    assert hanging.get("/livez").get_json() == {"status": "alive"}


def broken() -> None:
    raise ConnectionError("secret")


@pytest.mark.parametrize(
    ("checks", "failing"),
    [
        ({"database": lambda: None, "broker": lambda: True}, []),
        ({"database": broken, "broker": lambda: False}, ["broker", "database"]),
    ],
)
def test_readiness_names_what_fails_and_no_more(checks, failing):
    app = build(FakeServices(), NoDatabase(), KnownCallers(), checks)
    answer = app.test_client().get("/readyz")
    assert answer.status_code == (503 if failing else 200)
    assert answer.get_json().get("failing", []) == failing
    assert "secret" not in answer.text


def test_what_does_not_come_back_is_not_ready(hanging):
    answer = hanging.get("/readyz")
    assert answer.status_code == 503
    assert answer.get_json()["failing"] == ["database"]


def test_requests_are_counted_by_route_and_status(api):
    api.get("/v1/profiles/nobodys-id")
    api.get("/v1/bookings/00000000-0000-4000-8000-00000000057a")
    counted = api.get("/metrics").text
    assert 'route="/v1/bookings/<uuid:booking_id>",status="503"' in counted
    assert "nobodys-id" not in counted
