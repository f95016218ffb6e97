"""Calls that are said again under their Idempotency-Key, on all services and databases."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from tests.databases import Databases
from tests.gateway.lisbon import House

pytestmark = pytest.mark.servers

PASSPORT = {"code": "passport", "type": "text", "labels": [{"language": "en", "text": "Passport"}], "encrypted": True}


@pytest.fixture
def house(databases: Databases, monkeypatch: pytest.MonkeyPatch) -> House:
    monkeypatch.setenv("FOYER_SEALING_KEYS", "1:" + "a-secret-of-chance-" * 2)
    house = House(databases)
    house.does("POST", "/v1/fields", PASSPORT)
    return house


def ana(number: str) -> dict[str, Any]:
    return {"given_name": "Ana", "fields": {"passport": number}}


def guess(number: str) -> bytes:
    said = json.dumps(["/v1/profiles", ana(number)], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(said.encode()).digest()


def test_a_call_is_known_again_by_what_was_said_also_where_it_is_kept_nowhere(house):
    first = house.does("POST", "/v1/profiles", ana("AB1234567"), Idempotency_Key="one")
    assert house.does("POST", "/v1/profiles", ana("AB1234567"), Idempotency_Key="one") == first
    assert house.refuses("POST", "/v1/profiles", ana("AB1234568"), Idempotency_Key="one") == (422, "command-reused")


def test_nobody_who_reads_the_tables_finds_by_trying_what_was_said(house):
    house.does("POST", "/v1/profiles", ana("AB1234567"), Idempotency_Key="one")
    kept = house.databases.admin("profiles").execute("SELECT body_hash FROM commands").fetchall()
    assert kept
    assert guess("AB1234567") not in {bytes(row[0]) for row in kept}
