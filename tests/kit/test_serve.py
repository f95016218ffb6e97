"""A service process starts in any order, stops in time, and loses nothing on either way."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pika
import pytest

from deploy.local.home import free_port
from services.kit import topology, wire
from services.kit.db import Database
from tests.databases import Databases
from tests.kit.laundry import BasketBrought, LaundryService, ShirtBrought
from tests.kit.processes import run_python, until
from tests.kit.wire_between import Between

INBOX = "billing.inbox"
_PROCESS = """
from services.kit import serve
serve.go_green()
from tests.kit.laundry import LaundryService
serve.run(LaundryService)
"""


class Laundry:
    """The service of `tests.kit.laundry` as a process, with what it hears and what it has done."""

    def __init__(self, env: dict[str, str], amqp_url: str, db: Database, log: Path) -> None:
        self.amqp_url, self.db, self.log = amqp_url, db, log
        self.port = free_port()
        self.env = {**os.environ, **env, "FOYER_HEALTH_PORT": str(self.port)}
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, **env: str) -> Laundry:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-c", _PROCESS], env={**self.env, **env}, stdout=log, stderr=log
            )
        return self

    def ready(self) -> Laundry:
        until(lambda: self.get("/readyz")[0] == 200, self.said)
        return self

    def get(self, path: str) -> tuple[int, str, float]:
        """Status (0: no answer), body and the seconds it took."""
        began = time.monotonic()
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=2) as answer:
                return answer.status, answer.read().decode(), time.monotonic() - began
        except urllib.error.HTTPError as refused:
            return refused.code, refused.read().decode(), time.monotonic() - began
        except OSError:
            return 0, "", time.monotonic() - began

    def brings(self, count: int = 1, how: str = "statement", seconds: float = 0.0) -> None:
        self._hears(
            BasketBrought(basket_id=uuid.uuid4(), how=how, seconds=seconds)  # type: ignore[arg-type]
            for _ in range(count)
        )

    def brings_shirts(self, count: int) -> None:
        self._hears(ShirtBrought(shirt_id=uuid.uuid4()) for _ in range(count))

    def _hears(self, events: Iterable[BasketBrought | ShirtBrought]) -> None:
        with pika.BlockingConnection(pika.URLParameters(self.amqp_url)) as connection:
            channel = connection.channel()
            channel.confirm_delivery()  # without, a busy broker loses some when the connection ends
            for event in events:
                named = pika.BasicProperties(message_id=str(uuid.uuid4()), type=event.routing_key(), delivery_mode=2)
                channel.basic_publish("", INBOX, wire.text(event).encode(), named)

    def washed(self) -> int:
        with self.db.engine.connect() as connection:
            return connection.exec_driver_sql("SELECT count(*) FROM inbox").scalar_one()

    def waiting(self, queue: str = INBOX) -> int:
        """Baskets in the queue that nobody holds."""
        with pika.BlockingConnection(pika.URLParameters(self.amqp_url)) as connection:
            return connection.channel().queue_declare(queue, passive=True).method.message_count

    def counts(self) -> str:
        return f"washed {self.washed()}, waiting {self.waiting()}, parked {self.waiting('billing.parked')}"

    def stop(self, patience: float = 10, sign: int = signal.SIGTERM) -> tuple[int, float]:
        """Exit status and the seconds until it came."""
        assert self.process is not None
        began = time.monotonic()
        self.process.send_signal(sign)
        status = self.process.wait(patience)
        return status, time.monotonic() - began

    def said(self) -> str:
        return self.log.read_text()

    def end(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()


@pytest.fixture
def laundry(
    amqp_url: str, databases: Databases, billing_db: Database, tmp_path: Path
) -> Iterator[Callable[[], Laundry]]:
    """Its queues declared and empty; not started."""
    topology.declare(amqp_url, topology.derive([LaundryService], [], [1]))
    with pika.BlockingConnection(pika.URLParameters(amqp_url)) as connection:
        connection.channel().queue_purge(INBOX)
    env = {"FOYER_AMQP_URL": amqp_url, "FOYER_BILLING_DB_URL": databases.url("billing")}
    made = Laundry(env, amqp_url, billing_db, tmp_path / "laundry.log")
    yield made
    made.end()


@pytest.fixture
def between(amqp_url: str) -> Iterator[Between]:
    proxy = Between(amqp_url)
    yield proxy
    proxy.down()


@pytest.mark.servers
def test_stopped_under_load_it_exits_in_time_and_nothing_finished_comes_again(laundry: Laundry) -> None:
    laundry.start().ready()
    laundry.brings(300, seconds=0.1)
    until(lambda: laundry.washed() > 20, laundry.said)

    status, seconds = laundry.stop()

    assert (status, seconds < 10) == (0, True), laundry.said()
    assert laundry.washed() < 300
    until(lambda: laundry.washed() + laundry.waiting() == 300, lambda: f"{laundry.said()}\n{laundry.counts()}")


@pytest.mark.servers
def test_stopped_and_started_under_load_it_parks_nothing(laundry: Laundry) -> None:
    """While it stops, its handlers unregister one by one: what still arrives for them is not "unheard"."""
    for round_ in range(3):
        laundry.start().ready()
        laundry.brings(20, seconds=0.01)
        laundry.brings_shirts(100)
        laundry.brings(20, seconds=0.01)
        until(lambda so_far=140 * round_: laundry.washed() > so_far + 40, laundry.said)
        assert laundry.stop()[0] == 0, laundry.said()
    laundry.start().ready()
    until(lambda: laundry.washed() == 420, lambda: f"{laundry.said()}\n{laundry.counts()}", timeout=60)
    assert laundry.waiting("billing.parked") == 0


@pytest.mark.servers
def test_stopped_while_the_broker_is_down_it_exits(laundry: Laundry, between: Between) -> None:
    """Trap 9: nameko alone would wait for its consumers for ever."""
    laundry.start(FOYER_AMQP_URL=between.url, FOYER_DRAIN_SECONDS="2").ready()
    between.down()
    until(lambda: laundry.get("/readyz")[0] == 503, laundry.said)

    _, seconds = laundry.stop()

    assert seconds < 4


@pytest.mark.servers
def test_stopped_under_a_handler_that_never_yields_it_exits(laundry: Laundry) -> None:
    laundry.start(FOYER_DRAIN_SECONDS="2").ready()
    laundry.brings(how="busy", seconds=60)
    until(lambda: laundry.get("/livez")[0] == 0, laundry.said)

    status, seconds = laundry.stop()

    assert (status, seconds < 4) == (1, True)


@pytest.mark.servers
def test_stopped_while_it_waits_at_the_start_it_exits_at_once(laundry: Laundry, between: Between) -> None:
    between.down()
    laundry.start(FOYER_AMQP_URL=between.url)
    until(lambda: "waiting for the broker" in laundry.said(), laundry.said)

    status, seconds = laundry.stop(sign=signal.SIGINT)

    assert (status, seconds < 2) == (0, True)


@pytest.mark.servers
def test_it_waits_for_the_broker_and_then_serves(laundry: Laundry, between: Between) -> None:
    between.down()
    laundry.brings(3)
    laundry.start(FOYER_AMQP_URL=between.url)
    until(lambda: "waiting for the broker" in laundry.said(), laundry.said)
    until(lambda: '"failing": ["broker"]' in laundry.get("/readyz")[1], laundry.said)
    assert laundry.get("/livez")[0] == 200

    between.up()

    laundry.ready()
    until(lambda: laundry.washed() == 3, laundry.said)
    assert laundry.said().count("waiting for the broker") == 1


@pytest.mark.servers
def test_it_waits_for_the_database_and_then_serves(laundry: Laundry) -> None:
    proxy = Between(laundry.env["FOYER_BILLING_DB_URL"])
    proxy.down()
    laundry.start(FOYER_BILLING_DB_URL=proxy.url)
    until(lambda: "waiting for the database" in laundry.said(), laundry.said)

    proxy.up()

    laundry.ready()
    proxy.down()


@pytest.mark.servers
def test_it_waits_for_its_queues_and_then_serves(laundry: Laundry) -> None:
    with pika.BlockingConnection(pika.URLParameters(laundry.amqp_url)) as connection:
        connection.channel().queue_delete(INBOX)
    laundry.start()
    until(lambda: "waiting for the broker" in laundry.said(), laundry.said)

    topology.declare(laundry.amqp_url, topology.derive([LaundryService], [], [1]))

    laundry.ready()


@pytest.mark.servers
def test_it_consumes_again_soon_after_the_broker_is_back(laundry: Laundry, between: Between) -> None:
    """Trap 16: nameko's pauses between attempts grow to half a minute."""
    laundry.start(FOYER_AMQP_URL=between.url).ready()
    between.down()
    time.sleep(8)  # long enough for pauses to grow
    laundry.brings(1)

    between.up()
    back = time.monotonic()

    until(lambda: laundry.washed() == 1, laundry.said)
    assert time.monotonic() - back < 3
    laundry.ready()


@pytest.mark.servers
def test_health_answers_at_once_while_every_worker_is_busy(laundry: Laundry) -> None:
    laundry.start(FOYER_MAX_WORKERS="4").ready()
    laundry.brings(8, seconds=3)
    until(lambda: laundry.waiting() <= 6, laundry.said)

    answers = [laundry.get(path) for path in ("/livez", "/readyz", "/metrics") * 5]

    assert laundry.washed() == 0
    assert {status for status, _, _ in answers} == {200}
    assert max(seconds for _, _, seconds in answers) < 0.1


@pytest.mark.servers
def test_what_it_did_can_be_counted(laundry: Laundry) -> None:
    laundry.start().ready()
    laundry.brings(3)
    until(lambda: laundry.washed() == 3, laundry.said)

    counted = 'foyer_door_seconds_count{door="subscribe",name="wash",outcome="done",service="billing"} 3.0'
    until(lambda: counted in laundry.get("/metrics")[1], laundry.said)


@pytest.mark.servers
def test_its_log_lines_are_json_without_passwords(laundry: Laundry) -> None:
    laundry.start().ready()
    laundry.stop()

    lines = [json.loads(line) for line in laundry.said().splitlines()]

    assert {line["service"] for line in lines} == {"billing"}
    assert lines[-1]["message"] == "stopped"
    password = laundry.amqp_url.split(":")[2].split("@")[0]
    assert password not in laundry.said()


@pytest.mark.servers
@pytest.mark.parametrize("green", [True, False])
def test_a_statement_does_not_hold_up_other_green_threads(databases: Databases, green: bool) -> None:
    """Trap 1: with psycopg's own wait loop five statements of a fifth of a second take a whole one."""
    said = run_python(
        f"""
        import time
        from psycopg import waiting
        from services.kit import serve
        of_psycopg = waiting.wait
        serve.go_green()
        if not {green}:
            waiting.wait = of_psycopg
        import eventlet, sqlalchemy as sa
        from services.kit.db import Database
        db = Database({databases.url("billing")!r})
        def work(_):
            with db.engine.connect() as connection:
                connection.execute(sa.text("SELECT pg_sleep(0.2)"))
        pool = eventlet.GreenPool(5)
        list(pool.imap(lambda _: db.engine.connect().close(), range(5)))
        began = time.monotonic()
        list(pool.imap(work, range(5)))
        print(time.monotonic() - began)
        """,
        env={"PSYCOPG_WAIT_FUNC": "wait_c"},
    )

    assert (float(said) < 0.7) is green


def test_names_are_resolved_by_the_system() -> None:
    """Trap 20: eventlet's own resolver reads the search domains of clusters wrongly."""
    said = run_python(
        """
        from services.kit import serve
        serve.go_green()
        import socket
        print(socket.getaddrinfo.__module__)
        """,
        env={"EVENTLET_NO_GREENDNS": "no"},
    )

    assert "greendns" not in said


def test_nothing_is_said_about_eventlet_at_the_start() -> None:
    assert run_python("from services.kit import serve; serve.go_green()", stderr=True) == ""


def test_a_service_nobody_knows_is_refused_in_one_sentence() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "services.kit.serve", "kitchen"], capture_output=True, text=True, check=False
    )

    assert done.returncode == 2
    assert done.stderr.startswith("There is no service called 'kitchen'")
    assert done.stderr.count("\n") == 1


def test_a_missing_address_is_named_in_one_sentence() -> None:
    env = {k: v for k, v in os.environ.items() if not k.startswith("FOYER_")}
    code = "from services.kit import config; config.amqp_url()"

    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=False)

    assert done.returncode == 2
    assert done.stderr.startswith("FOYER_AMQP_URL is not set")
    assert done.stderr.count("\n") == 1
