"""API keys on the real database."""

from __future__ import annotations

import uuid

import pytest
import sqlalchemy as sa

from gateway.access import keys
from gateway.access.callers import KNOWN_FOR, UNKNOWN_FOR, Callers
from gateway.problems import Refused
from services.kit.context import Context
from services.kit.refusal import Invalid

pytestmark = pytest.mark.servers


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_key_is_shown_once_and_only_its_hash_is_kept(gateway_db):
    text = keys.create(gateway_db, "channel manager", ["inbound", "read"])
    assert text.startswith("foyer_")
    (kept,) = keys.list(gateway_db)
    assert (kept.name, kept.scopes, kept.revoked_at) == ("channel manager", ("inbound", "read"), None)
    with gateway_db.reading(Context()) as tx:
        row = tx.execute(sa.text("SELECT api_keys::text FROM api_keys")).scalar()
    assert text.removeprefix("foyer_") not in row


@pytest.mark.parametrize("scopes", [[], ["everything"], ["read", "root"]])
def test_a_key_has_known_scopes(gateway_db, scopes):
    with pytest.raises(Invalid):
        keys.create(gateway_db, "x", scopes)


def test_a_key_names_its_caller(gateway_db):
    text = keys.create(gateway_db, "desk", ["read", "write"])
    caller = Callers(gateway_db).of(f"Bearer {text}")
    assert caller.scopes == ("read", "write")
    assert caller.actor == f"key:{keys.list(gateway_db)[0].id}"


def test_the_use_of_a_key_is_noted(gateway_db):
    text = keys.create(gateway_db, "desk", ["read"])
    assert keys.list(gateway_db)[0].last_used_at is None
    Callers(gateway_db).of(f"Bearer {text}")
    noted = keys.list(gateway_db)[0].last_used_at
    Callers(gateway_db).of(f"Bearer {text}")
    assert keys.list(gateway_db)[0].last_used_at == noted is not None


@pytest.mark.parametrize("named_by", ["id", "name"])
def test_a_revoked_key_is_refused_within_ten_seconds(gateway_db, named_by):
    clock = Clock()
    callers = Callers(gateway_db, clock=clock)
    header = f"Bearer {keys.create(gateway_db, 'desk', ['read'])}"
    assert callers.of(header)
    keys.revoke(gateway_db, getattr(keys.list(gateway_db)[0], named_by))
    assert KNOWN_FOR <= 10
    clock.now += KNOWN_FOR
    with pytest.raises(Refused) as refused:
        callers.of(header)
    assert refused.value.status == 401


def test_a_key_of_a_name_two_have_is_not_revoked_by_it(gateway_db):
    for _ in range(2):
        keys.create(gateway_db, "desk", ["read"])
    with pytest.raises(keys.NoSuchKey):
        keys.revoke(gateway_db, "desk")


def test_a_key_made_after_it_was_refused_works_within_a_second(gateway_db, monkeypatch):
    clock = Clock()
    callers = Callers(gateway_db, clock=clock)
    monkeypatch.setattr("gateway.access.keys.secrets.token_urlsafe", lambda _: "the-same")
    with pytest.raises(Refused):
        callers.of("Bearer foyer_the-same")
    keys.create(gateway_db, "desk", ["read"])
    assert UNKNOWN_FOR <= 1
    clock.now += UNKNOWN_FOR
    assert callers.of("Bearer foyer_the-same").scopes == ("read",)


def test_known_keys_are_not_looked_up_again_at_once(gateway_db):
    header = f"Bearer {keys.create(gateway_db, 'desk', ['read'])}"
    callers = Callers(gateway_db)
    callers.of(header)
    gateway_db.engine.dispose()
    callers._database = None  # type: ignore[assignment]
    assert callers.of(header)


def test_guessing_does_not_fill_the_memory(gateway_db, monkeypatch):
    monkeypatch.setattr("gateway.access.callers._AT_MOST", 5)
    callers = Callers(gateway_db)
    for guess in range(20):
        with pytest.raises(Refused):
            callers.of(f"Bearer foyer_{guess}")
    assert len(callers._seen) <= 5


# ── limited to properties ────────────────────────────────────────────────────────────────────────────────────────────

LISBON, PORTO = uuid.UUID(int=1), uuid.UUID(int=2)


def test_a_key_may_be_limited_to_properties(gateway_db):
    text = keys.create(gateway_db, "desk", ["read"], properties=[LISBON, PORTO, LISBON])
    assert Callers(gateway_db).of(f"Bearer {text}").properties == (str(LISBON), str(PORTO))
    assert keys.list(gateway_db)[0].properties == (LISBON, PORTO)


def test_a_key_is_limited_to_nothing_unless_that_is_said(gateway_db):
    text = keys.create(gateway_db, "desk", ["read"])
    assert Callers(gateway_db).of(f"Bearer {text}").properties is None


@pytest.mark.parametrize("properties", [[], [uuid.UUID(int=n) for n in range(101)]])
def test_a_limit_names_from_one_to_a_hundred_properties(gateway_db, properties):
    with pytest.raises(Invalid):
        keys.create(gateway_db, "desk", ["read"], properties=properties)


def test_a_key_is_limited_otherwise_within_ten_seconds(gateway_db):
    clock = Clock()
    callers = Callers(gateway_db, clock=clock)
    header = f"Bearer {keys.create(gateway_db, 'desk', ['read'])}"
    assert callers.of(header).properties is None
    keys.limit(gateway_db, "desk", [PORTO])
    clock.now += KNOWN_FOR
    assert callers.of(header).properties == (str(PORTO),)
    keys.limit(gateway_db, "desk", None)
    clock.now += KNOWN_FOR
    assert callers.of(header).properties is None


def test_a_key_there_is_not_cannot_be_limited(gateway_db):
    with pytest.raises(keys.NoSuchKey):
        keys.limit(gateway_db, "nobody's", [PORTO])
