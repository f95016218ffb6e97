"""The promises of the doors, kept by a real process on a real broker and a real database."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pika
import psycopg
import pytest
import sqlalchemy as sa
from nameko.testing.services import worker_factory

from services.kit import tables
from services.kit.client import Client
from services.kit.context import Context
from services.kit.db import Database
from services.kit.refusal import Broken, CommandReused, Invalid, StillRunning
from tests.kit import toy

pytestmark = pytest.mark.servers
HERE = Path(__file__).parents[2]


def eventually(fact: Callable[[], Any], seconds: float = 20) -> Any:
    """Wait until `fact` is true, and answer it."""
    until = time.monotonic() + seconds
    while not (found := fact()):
        assert time.monotonic() < until, "it did not become true"
        threading.Event().wait(0.02)
    return found


@pytest.fixture(scope="module")
def database_url(run_name: str) -> Iterator[str]:
    admin = os.environ["FOYER_TEST_DB_URL"]
    name = f"toy_{run_name}"
    url = admin.rsplit("/", 1)[0] + "/" + name
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        engine = sa.create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
        tables.metadata.create_all(engine)
        with engine.begin() as made:
            made.execute(sa.text("CREATE TABLE effects (id bigserial PRIMARY KEY, what text NOT NULL)"))
        engine.dispose()
        yield url
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def db(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    yield database
    database.close()


@pytest.fixture
def toy_service(db: Database) -> toy.ToyService:
    return worker_factory(toy.ToyService, db=db)


def effects(db: Database, what: str) -> int:
    with db.reading(Context()) as tx:
        return tx.execute(sa.text("SELECT count(*) FROM effects WHERE what = :w"), {"w": what}).scalar()


def something() -> str:
    return uuid.uuid4().hex


# ── called directly ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_repeated_command_is_carried_out_once_and_answered_alike(toy_service, db):
    what, command_id = something(), uuid.uuid4()
    first = toy_service.do_effect(toy.DoEffect(what=what), command_id=command_id)
    again = toy_service.do_effect(toy.DoEffect(what=what), command_id=command_id)
    assert first == again == toy.Count(effects=1)
    assert effects(db, what) == 1


def test_a_command_id_with_another_content_is_refused(toy_service, db):
    command_id, other = uuid.uuid4(), something()
    toy_service.do_effect(toy.DoEffect(what=something()), command_id=command_id)
    with pytest.raises(CommandReused):
        toy_service.do_effect(toy.DoEffect(what=other), command_id=command_id)
    assert effects(db, other) == 0


def test_a_failed_command_changes_nothing_and_does_not_burn_its_id(toy_service, db):
    what, command_id = something(), uuid.uuid4()
    with pytest.raises(toy.TooMuch):
        toy_service.do_effect(toy.DoEffect(what=what, then="refuse"), command_id=command_id)
    assert effects(db, what) == 0
    toy_service.do_effect(toy.DoEffect(what=what), command_id=command_id)
    assert effects(db, what) == 1


def test_twins_at_the_same_moment_have_one_effect(toy_service, db):
    what, command_id, answers = something(), uuid.uuid4(), []

    def go() -> None:
        try:
            answers.append(toy_service.do_effect(toy.DoEffect(what=what), command_id=command_id).effects)
        except StillRunning:
            answers.append("running")

    threads = [threading.Thread(target=go) for _ in range(8)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    assert set(answers) <= {1, "running"}
    assert 1 in answers
    assert effects(db, what) == 1


def test_an_event_is_handled_once(toy_service, db):
    what, message_id = something(), uuid.uuid4()
    for _ in range(3):
        toy_service.carry_out(toy.EffectWanted(what=what), message_id=message_id)
    assert effects(db, what) == 1


def test_what_is_announced_is_committed_with_the_work_or_not_at_all(toy_service, db):
    what = something()
    with pytest.raises(KeyError):
        toy_service.do_effect(toy.DoEffect(what=what, then="stumble"))
    toy_service.do_effect(toy.DoEffect(what=what))
    with db.reading(Context()) as tx:
        rows = tx.execute(sa.select(tables.outbox).where(tables.outbox.c.aggregate_id == what)).all()
    assert [(r.routing_key, r.exchange, json.loads(r.body)) for r in rows] == [
        ("effect.done.v1", "toy.events", {"what": what})
    ]


def test_a_query_cannot_write(db):
    with db.reading(Context()) as tx, pytest.raises(sa.exc.DBAPIError, match="read-only"):
        tx.execute(sa.text("INSERT INTO effects (what) VALUES ('x')"))


def test_replicas_together_keep_a_timers_interval(toy_service, db):
    door = toy.ToyService.tick.foyer_door
    before = effects(db, "tick")
    threads = [threading.Thread(target=door.run, args=(toy_service, None)) for _ in range(6)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    assert effects(db, "tick") - before <= 1


# ── over the bus ─────────────────────────────────────────────────────────────────────────────────────────────────────


class Running:
    """The toy service as a process, and a channel to speak to it."""

    def __init__(self, amqp_url: str, database_url: str) -> None:
        self.amqp_url = amqp_url
        self.env = {
            **os.environ,
            "FOYER_AMQP_URL": amqp_url,
            "FOYER_CONSENT_DB_URL": database_url,
            "FOYER_RETRY_DELAYS": "0.05,0.05",
            "PYTHONWARNINGS": "ignore",
        }
        self.connection = pika.BlockingConnection(pika.URLParameters(amqp_url))
        self.channel = self.connection.channel()
        self.channel.confirm_delivery()
        dead = {"x-queue-type": "quorum", "x-dead-letter-exchange": "", "x-dead-letter-routing-key": "consent.parked"}
        for queue in ("consent.inbox", "consent.notices"):
            self.channel.queue_declare(queue, durable=True, arguments=dead)
        self.channel.queue_declare("consent.parked", durable=True, arguments={"x-queue-type": "quorum"})
        self.channel.exchange_declare("foyer.wait.50", "fanout", durable=True)
        waiting = {"x-queue-type": "quorum", "x-message-ttl": 50, "x-dead-letter-exchange": ""}
        self.channel.queue_declare("foyer.wait.50", durable=True, arguments=waiting)
        self.channel.queue_bind("foyer.wait.50", "foyer.wait.50")
        self.channel.exchange_declare("nameko-rpc", "topic", durable=True)
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.kit.toy"], cwd=HERE, env=self.env, stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout.readline() == "ready\n"

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(15)
        self.connection.close()

    def publish(self, queue: str, body: bytes | dict, **properties: Any) -> None:
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        said = {"content_type": "application/json", "delivery_mode": 2, **properties}
        self.channel.basic_publish("", queue, body, pika.BasicProperties(**said), mandatory=True)

    def event(self, what: str, then: str = "", message_id: str | None = None, topic: str = "effect.wanted") -> None:
        self.publish(
            "consent.inbox",
            {"what": what, "then": then},
            type=f"{topic}.v1",
            message_id=message_id or str(uuid.uuid4()),
        )

    def parked(self) -> tuple[dict[str, Any], bytes]:
        """The next parked message: its headers and body. Takes it out."""

        def get() -> Any:
            found = self.channel.basic_get("consent.parked", auto_ack=True)
            return found if found[0] else None

        _, properties, body = eventually(get)
        return properties.headers, body

    def left_in(self, queue: str) -> int:
        return self.channel.queue_declare(queue, passive=True).method.message_count


@pytest.fixture(scope="module")
def running(amqp_url: str, database_url: str) -> Iterator[Running]:
    service = Running(amqp_url, database_url)
    yield service
    service.stop()


def test_an_event_over_the_bus_is_handled_and_acknowledged(running, db):
    what, message_id = something(), str(uuid.uuid4())
    for _ in range(5):
        running.event(what, message_id=message_id)
    marker = something()
    running.event(marker)
    eventually(lambda: effects(db, marker) == 1 and running.left_in("consent.inbox") == 0)
    assert effects(db, what) == 1


def test_a_failing_handler_is_tried_again_then_parked_with_its_reason(running, db):
    what = something()
    running.event(what, then="stumble")
    headers, body = running.parked()
    assert headers["foyer-reason"] == "KeyError after 3 attempts"
    assert headers["foyer-queue"] == "consent.inbox"
    assert headers["foyer-stack"]
    assert "ana.silva" not in json.dumps(headers)
    assert json.loads(body)["what"] == what
    assert effects(db, what) == 0


def test_events_that_share_a_transaction_have_one_effect_each_and_only_the_bad_one_is_parked(running, db):
    running.process.send_signal(signal.SIGSTOP)  # so that they wait together
    ids = [str(uuid.uuid4()) for _ in range(60)]
    whats = [something() for _ in ids]
    for what, message_id in [*zip(whats, ids, strict=True), *zip(whats[:20], ids[:20], strict=True)]:
        running.event(what, message_id=message_id, topic="effect.shared")
    bad = something()
    running.event(bad, then="stumble", topic="effect.shared")
    running.process.send_signal(signal.SIGCONT)
    headers, _ = running.parked()
    assert headers["foyer-handler"] == "carry_out_together"
    eventually(lambda: running.left_in("consent.inbox") == 0 and effects(db, whats[-1]) == 1)
    assert [effects(db, what) for what in whats] == [1] * len(whats)
    assert effects(db, bad) == 0
    with db.reading(Context()) as tx:
        shared = "SELECT count(DISTINCT xmin::text) FROM effects WHERE what = ANY(:whats)"
        transactions = tx.execute(sa.text(shared), {"whats": whats}).scalar()
        announced = tx.execute(
            sa.select(sa.func.count()).where(tables.outbox.c.aggregate_id == sa.any_(sa.literal(whats))),
        ).scalar()
    assert transactions < len(whats)
    assert announced == len(whats)


def test_a_refused_event_is_parked_at_once(running):
    running.event(something(), then="refuse")
    headers, _ = running.parked()
    assert headers["foyer-reason"] == "There are too many effects already."
    assert "foyer-attempt" not in headers


POISON = {
    "not JSON": b"\xff\xfe not json",
    "cut off": b'{"what": "x"',
    "a list": b"[1, 2]",
    "null": b"null",
    "wrong type": b'{"what": 5}',
    "missing field": b"{}",
    "NaN": b'{"what": NaN}',
    "deep": b"[" * 100_000,
    "empty": b"",
    "large": b'{"what": "' + b"x" * 10_000_000,
}


@pytest.mark.parametrize("queue", ["consent.inbox", "consent.notices"])
@pytest.mark.parametrize("poison", POISON.values(), ids=POISON)
def test_a_malformed_message_is_parked_and_the_next_one_handled(running, db, queue, poison):
    running.publish(queue, poison, type="effect.wanted.v1", message_id=str(uuid.uuid4()))
    headers, body = running.parked()
    assert headers["foyer-queue"] == queue
    assert headers["foyer-reason"]
    assert body == poison
    what = something()
    running.publish(queue, {"what": what}, type="effect.wanted.v1", message_id=str(uuid.uuid4()))
    eventually(lambda: effects(db, what) == 1)


def test_an_unknown_content_type_or_encoding_is_no_reason_to_lose_a_message(running, db):
    what = something()
    running.publish("consent.notices", {"what": what}, content_type="application/x-weird", content_encoding="x-unknown")
    eventually(lambda: effects(db, what) == 1)


def test_a_type_nobody_hears_and_an_event_without_an_id_are_parked(running):
    running.publish("consent.inbox", {"what": "x"}, type="nobody.hears.v1", message_id=str(uuid.uuid4()))
    assert "Nobody" in running.parked()[0]["foyer-reason"]
    running.publish("consent.inbox", {"what": "x"}, type="effect.wanted.v1")
    assert "UUID" in running.parked()[0]["foyer-reason"]


def test_a_call_without_reply_to_is_parked_and_kills_nobody(running, db):
    running.publish("rpc-consent", {"args": [{"what": "x"}], "kwargs": {}})
    # published to the queue itself, so the method is that queue's name
    assert "reply_to" in running.parked()[0]["foyer-reason"]
    assert running.process.poll() is None


def test_a_handler_killed_in_the_middle_has_one_effect_after_the_restart(amqp_url, database_url, db, running):
    what, message_id = something(), str(uuid.uuid4())
    running.event(what, then="die", message_id=message_id)
    running.process.wait(10)
    assert effects(db, what) == 0
    running.channel.queue_purge("consent.inbox")
    running.event(what, message_id=message_id)
    running.start()
    eventually(lambda: effects(db, what) == 1)


@pytest.fixture
def ask(running) -> Iterator[Callable[..., Any]]:
    """Ask the running service a method with a body."""
    client = Client(running.amqp_url, deadline=5)
    yield lambda method, body: client.ask_raw("consent", method, body, context=Context())
    client.close()


def test_green_threads_wait_for_the_database_side_by_side(ask):
    answers: list[Any] = []
    body = {"what": something(), "seconds": 0.5}
    started = time.monotonic()
    asking = [threading.Thread(target=lambda: answers.append(ask("count_effects", body))) for _ in range(5)]
    [t.start() for t in asking]
    [t.join() for t in asking]
    took = time.monotonic() - started
    assert answers == [{"effects": 0}] * 5
    assert took < 2, "five waits of half a second each, one after the other"


def test_a_strict_request_says_where_it_is_wrong(ask):
    with pytest.raises(Invalid) as refused:
        ask("do_effect", {"what": 7, "whta": "x"})
    assert {e.pointer for e in refused.value.errors} == {"/what", "/whta"}


def test_a_failure_inside_a_service_is_answered_without_its_message(ask):
    with pytest.raises(Broken) as broken:
        ask("do_effect", {"what": "x", "then": "stumble"})
    assert "ana.silva" not in str(broken.value.to_wire())


def test_a_method_nobody_has_is_answered(ask):
    with pytest.raises(Broken):
        ask("do_nothing", {})


def test_a_restart_of_the_database_is_not_felt_by_the_next_message(toy_service, db, database_url):
    what = something()
    for _ in range(3):
        toy_service.do_effect(toy.DoEffect(what=what))
        toy_service.count_effects(toy.CountEffects(what=what))
        with psycopg.connect(database_url, autocommit=True) as admin:
            others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
            admin.execute(f"{others} AND application_name = 'foyer'")
    assert toy_service.count_effects(toy.CountEffects(what=what)) == toy.Count(effects=3)
