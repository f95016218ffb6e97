"""The OpenAPI document, the page to try it, and the health of the process."""

from __future__ import annotations

import re
import time

import pytest

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


def test_the_process_lives_whatever_else_does_not(api):
    started = time.perf_counter()
    assert api.get("/livez", headers={"Authorization": ""}).get_json() == {"status": "alive"}
    assert time.perf_counter() - started < 1


def silent() -> None:
    time.sleep(1.5)


def broken() -> None:
    raise ConnectionError("secret")


@pytest.mark.parametrize(
    ("checks", "failing"),
    [
        ({"database": lambda: None, "broker": lambda: True}, []),
        ({"database": broken, "broker": lambda: False}, ["broker", "database"]),
        ({"database": silent, "broker": lambda: True}, ["database"]),
    ],
)
def test_readiness_names_what_fails_and_no_more(checks, failing):
    app = build(FakeServices(), NoDatabase(), KnownCallers(), checks)
    answer = app.test_client().get("/readyz")
    assert answer.status_code == (503 if failing else 200)
    assert answer.get_json().get("failing", []) == failing
    assert "secret" not in answer.text


def test_requests_are_counted_by_route_and_status(api):
    api.get("/v1/profiles/nobodys-id")
    api.get("/v1/bookings/00000000-0000-4000-8000-00000000057a")
    counted = api.get("/metrics").text
    assert 'route="/v1/bookings/<uuid:booking_id>",status="503"' in counted
    assert "nobodys-id" not in counted
