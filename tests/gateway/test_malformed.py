"""Whatever is sent, to whichever address: a problem document, never a fault of ours. On all services and databases."""

from __future__ import annotations

import logging
import random
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from gateway.app import build
from gateway.problem_types import known
from tests.databases import Databases
from tests.gateway.a_house import furnished
from tests.gateway.conftest import KnownCallers
from tests.gateway.in_process import AllServices
from tests.gateway.malformed import Call, Operation, operations

pytestmark = pytest.mark.servers

_SOME = 12  # malformed calls of each operation, of about 600
# After these a booking, a charge, a folio is no more what it was: so they come last.
_ENDS = ("/cancel", "/no-show", "/check-in", "/check-out", "/relocate", "/void", "/close", "/credit-notes")
# What may be answered with 503 though everything runs.
_NOT_NOW = {"/problems/folio-not-yet", "/problems/fonts-missing"}


@dataclass
class House:
    """The gateway before all services, with something of everything in them."""

    api: FlaskClient
    services: AllServices
    operations: tuple[Operation, ...]

    def send(self, call: Call) -> TestResponse:
        headers = dict(call.headers)
        if call.method == "POST":
            headers.setdefault("Idempotency-Key", str(uuid.uuid4()))
        if call.content() is not None:
            headers.setdefault("Content-Type", "application/json")
        return self.api.open(call.address(), method=call.method, data=call.content(), headers=headers)

    def faults(self, choose: Callable[[Operation], Iterator[Call]]) -> list[str]:
        """What is wrong with the answers to the calls chosen of each operation."""
        found = []
        for operation in self.operations:
            for call in choose(operation):
                self.services.faults.clear()
                wrong = _wrong(self.send(call))
                if wrong:
                    found.append(f"{call.method} {call.address()}: {wrong} {self.services.faults}")
        return found


def _wrong(answer: TestResponse) -> str:
    """Why this is no answer to a call that nobody should make; nothing where it is one."""
    if answer.status_code < 400:
        return ""
    said: dict[str, Any] = answer.get_json(force=True, silent=True) or {}
    if answer.mimetype != "application/problem+json" or said.get("status") != answer.status_code:
        return f"{answer.status_code} is no problem document"
    if said["request_id"] != answer.headers["X-Request-Id"]:
        return "another request's id"
    if said["type"].removeprefix("/problems/") not in known():
        return f"{said['type']} leads nowhere"
    if answer.status_code >= 500 and said["type"] not in _NOT_NOW:
        return str(answer.status_code)
    pointers = [each["pointer"] for each in said.get("errors", ())]
    if answer.status_code == 422 and not pointers and said["type"] != "/problems/command-reused":
        return "no pointers"
    if not all(not pointer or pointer.startswith("/") for pointer in pointers):
        return f"no JSON pointers: {pointers}"
    return ""


@pytest.fixture
def house(databases: Databases, monkeypatch: pytest.MonkeyPatch) -> House:
    monkeypatch.setenv("FOYER_SEALING_KEYS", "1:" + "a-secret-of-chance-" * 2)
    services = AllServices(databases)
    api = build(services, databases.empty("gateway"), KnownCallers()).test_client()
    api.environ_base["HTTP_AUTHORIZATION"] = "Bearer foyer_read.write.inbound.admin"
    examples = furnished(api, services)
    found = operations(api.get("/openapi.json").get_json(), examples)
    return House(api, services, tuple(sorted(found, key=lambda each: each.right.rule.endswith(_ENDS))))


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Thousands of refusals are not worth a line each."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def some(operation: Operation) -> Iterator[Call]:
    """The same ones in each run, others of each operation."""
    calls = list(operation.spoiled())
    yield operation.right
    yield from random.Random(operation.name).sample(calls, min(_SOME, len(calls)))


def test_malformed_calls_are_answered_with_problems_and_break_nothing(house):
    assert len(house.operations) > 60
    assert "\n".join(house.faults(some)) == ""
    house.services.settle()
    assert house.services.faults == []


@pytest.mark.chaos
def test_every_malformed_call_is_answered_with_a_problem(house):
    assert "\n".join(house.faults(Operation.spoiled)) == ""
    house.services.settle()
    assert house.services.faults == []


def test_most_calls_that_should_be_right_are_taken(house):
    """Else the malformed ones would all be refused for one and the same reason."""
    taken = [house.send(operation.right).status_code < 400 for operation in house.operations]
    assert sum(taken) > 0.7 * len(taken)
