"""Fresh views answered without Flask: the same answer, and never one that the long way would not give."""

from __future__ import annotations

import json
import threading
from dataclasses import replace

import pytest
from sqlalchemy.exc import TimeoutError as PoolTimeout

from gateway.app import build
from gateway.asking import Asking
from gateway.view import store
from gateway.view.reading import Views
from gateway.view.short_cut import FreshViews
from services.contracts.profiles import NoSuchProfile, ReadProfile
from services.kit.context import Context
from tests.gateway.conftest import KnownCallers
from tests.gateway.guests import ANA, BEN, ana_silva

pytestmark = pytest.mark.servers

CONTEXT = Context(actor="key:1")
VIEW = f"/v1/profiles/{ANA}/view"
READER = {"Authorization": "Bearer foyer_read"}


@pytest.fixture
def short_cut(databases, gateway_db):
    return FreshViews(databases.url("gateway"), KnownCallers())


@pytest.fixture
def client(gateway_db, owners, short_cut):
    return build(owners, gateway_db, KnownCallers(), short_cut=short_cut).test_client()


def took_the_short_cut(short_cut, address=VIEW, method="GET", authorization="Bearer foyer_read"):
    environ = {"REQUEST_METHOD": method, "PATH_INFO": address, "HTTP_AUTHORIZATION": authorization}
    return short_cut(environ, lambda *_: None) is not None


def test_what_was_marked_old_for_everybody_is_not_answered(client, short_cut, gateway_db):
    client.get(VIEW, headers=READER)
    assert took_the_short_cut(short_cut)
    gateway_db.writing(CONTEXT, lambda tx: store.mark_all_old(tx, "profile"))
    assert not took_the_short_cut(short_cut)
    client.get(VIEW, headers=READER)
    assert took_the_short_cut(short_cut)


def test_both_ways_give_the_same_view(client, short_cut, gateway_db, owners):
    long_way = client.get(VIEW, headers=READER)
    owners.asked.clear()
    assert took_the_short_cut(short_cut)
    answer = client.get(VIEW, headers=READER)
    assert owners.asked == []
    assert answer.mimetype == "application/json"
    first, second = long_way.get_json(), answer.get_json()
    assert first["tasks"] == second["tasks"] != []
    assert first == second
    again = json.loads(Views(gateway_db, Asking(owners)).of(ANA, CONTEXT))
    assert again["sections"]["profile"]["as_of"] == second["sections"]["profile"]["as_of"]


def test_who_is_limited_to_some_properties_takes_the_long_way(client, short_cut, monkeypatch):
    client.get(VIEW, headers=READER)
    assert took_the_short_cut(short_cut)
    known = KnownCallers.of
    monkeypatch.setattr(KnownCallers, "of", lambda *given: replace(known(*given), properties=(str(ANA),)))
    assert not took_the_short_cut(short_cut)


def test_an_answer_of_the_short_cut_has_the_headers_of_every_answer(client):
    client.get(VIEW, headers=READER)
    headers = client.get(VIEW, headers={**READER, "X-Request-Id": "desk-7"}).headers
    assert headers["X-Request-Id"] == "desk-7"
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_it_is_for_fresh_views_and_readers_only(client, short_cut, gateway_db):
    assert not took_the_short_cut(short_cut)
    client.get(VIEW, headers=READER)
    assert took_the_short_cut(short_cut)
    assert took_the_short_cut(short_cut, VIEW.upper().replace("/V1/PROFILES", "/v1/profiles").replace("VIEW", "view"))
    assert not took_the_short_cut(short_cut, VIEW + "/")
    assert not took_the_short_cut(short_cut, VIEW.replace("view", "loyalty"))
    assert not took_the_short_cut(short_cut, f"/v1/profiles/{BEN}/view")
    assert not took_the_short_cut(short_cut, method="POST")
    assert not took_the_short_cut(short_cut, authorization="Bearer foyer_write.admin")
    assert not took_the_short_cut(short_cut, authorization="")
    gateway_db.writing(CONTEXT, lambda tx: store.mark_old(tx, "loyalty", ANA))
    assert not took_the_short_cut(short_cut)


def test_callers_without_the_scope_are_refused_as_ever(client):
    client.get(VIEW, headers=READER)
    assert client.get(VIEW, headers={"Authorization": "Bearer foyer_write"}).status_code == 403
    assert client.get(VIEW).status_code == 401


def test_a_store_of_keys_that_is_down_is_a_problem_like_any_other(owners, databases, gateway_db):
    class NoKeys(KnownCallers):
        def of(self, authorization, address=""):
            raise PoolTimeout

    short_cut = FreshViews(databases.url("gateway"), NoKeys())
    answer = build(owners, gateway_db, NoKeys(), short_cut=short_cut).test_client().get(VIEW, headers=READER)
    assert answer.status_code == 503
    assert answer.get_json(force=True)["type"] == "/problems/unavailable"


def test_a_call_by_the_short_cut_is_counted_and_told_what_is_left(owners, databases, gateway_db):
    class Slow(KnownCallers):
        def of(self, authorization, address=""):
            return replace(super().of(authorization, address), rate=1)

    callers = Slow(clock=lambda: 1000.0)
    short_cut = FreshViews(databases.url("gateway"), callers)
    client = build(owners, gateway_db, callers, short_cut=short_cut).test_client()
    answers = [client.get(VIEW, headers=READER) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert [answer.headers["RateLimit"] for answer in answers] == ['"key";r=1;t=1', '"key";r=0;t=2', '"key";r=0;t=2']


def test_a_guest_nobody_knows_is_404(client, owners):
    owners.will_answer(ReadProfile, NoSuchProfile())
    assert client.get(f"/v1/profiles/{BEN}/view", headers=READER).status_code == 404


def test_hostile_text_of_a_guest_stays_json(client, owners):
    name = 'An"a \u2028 \\ </script> 😀'
    owners.will_answer(ReadProfile, ana_silva(given_name=name))
    client.get(VIEW, headers=READER)
    assert client.get(VIEW, headers=READER).get_json()["profile"]["given_name"] == name


def test_a_restart_of_the_database_costs_nothing_but_the_long_way_once(client, short_cut, databases):
    client.get(VIEW, headers=READER)
    assert took_the_short_cut(short_cut)
    databases.admin("gateway").execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND application_name = 'foyer views'"
    )
    assert client.get(VIEW, headers=READER).status_code == 200
    assert took_the_short_cut(short_cut)


def test_more_readers_than_connections_are_all_answered(client, short_cut):
    short_cut._more = threading.BoundedSemaphore(2)
    client.get(VIEW, headers=READER)
    found = []
    threads = [
        threading.Thread(target=lambda: found.append(client.get(VIEW, headers=READER).status_code)) for _ in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert found == [200] * 12
    assert len(short_cut._idle) <= 2
