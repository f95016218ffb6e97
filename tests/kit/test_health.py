"""The health page answers at once, whatever the checks behind it do, and tells nothing internal."""

from __future__ import annotations

import json
import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator

import pytest

from services.kit.health import Check, Health
from tests.kit.processes import run_python, until

Start = Callable[..., Callable[[str], tuple[int, str]]]


@pytest.fixture
def started() -> Iterator[Start]:
    """Starts a health page with these checks; answers a function that asks it."""
    running: list[Health] = []

    def start(alive: Callable[[], bool] | None = None, **checks: Check) -> Callable[[str], tuple[int, str]]:
        health = Health(checks, alive)
        running.append(health)
        port = health.start(0, "127.0.0.1")

        def get(path: str) -> tuple[int, str]:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
                    return answer.status, answer.read().decode()
            except urllib.error.HTTPError as refused:
                return refused.code, refused.read().decode()

        get.port = port  # type: ignore[attr-defined]
        return get

    yield start
    for health in running:
        health.stop()


def test_it_is_ready_when_every_check_passes(started: Start) -> None:
    get = started(database=lambda: None, broker=lambda: True)

    until(lambda: get("/readyz") == (200, '{"status": "ready"}\n'))


def test_it_names_the_checks_that_fail_and_not_why(started: Start) -> None:
    def database() -> None:
        raise OSError("postgresql://foyer:secret@10.0.0.7 refused")

    get = started(database=database, broker=lambda: False, clock=lambda: True)

    until(lambda: json.loads(get("/readyz")[1])["failing"] == ["broker", "database"])
    assert get("/readyz") == (503, '{"status": "unready", "failing": ["broker", "database"]}\n')


def test_it_is_not_ready_before_the_checks_have_run(started: Start) -> None:
    release = threading.Event()
    get = started(database=lambda: release.wait(5))

    assert get("/readyz")[0] == 503
    release.set()
    until(lambda: get("/readyz")[0] == 200)


def test_a_check_that_hangs_does_not_hold_up_the_answer(started: Start) -> None:
    release = threading.Event()
    get = started(database=lambda: release.wait(30))

    began = time.monotonic()
    answers = [get(path)[0] for path in ("/livez", "/readyz", "/metrics")]

    assert answers == [200, 503, 200]
    assert time.monotonic() - began < 5
    release.set()


def test_a_check_that_no_longer_comes_back_makes_it_unready(started: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.kit.health._STALE", 0.2)
    monkeypatch.setattr("services.kit.health._READY_PAUSE", 0.01)
    hanging, release = threading.Event(), threading.Event()
    get = started(database=lambda: release.wait(30) if hanging.is_set() else True)
    until(lambda: get("/readyz")[0] == 200)

    hanging.set()

    until(lambda: get("/readyz")[0] == 503)
    release.set()


def test_a_loop_that_no_longer_turns_is_not_alive(started: Start) -> None:
    assert started(alive=lambda: False)("/livez") == (503, '{"status": "stuck"}\n')


def test_a_client_that_says_nothing_does_not_hold_up_others(started: Start) -> None:
    get = started()
    silent = [socket.create_connection(("127.0.0.1", get.port)) for _ in range(20)]  # type: ignore[attr-defined]

    began = time.monotonic()
    assert get("/livez")[0] == 200

    assert time.monotonic() - began < 5
    for connection in silent:
        connection.close()


def test_other_paths_are_not_found(started: Start) -> None:
    assert started()("/etc/passwd")[0] == 404


def test_the_doors_are_counted(started: Start) -> None:
    from services.kit import metrics

    metrics.observe("billing", "command", "take_payment", "done", 0.003)
    metrics.refused("bookings", "open_booking", "no-room-left")
    metrics.retried("loyalty", "earn_points")
    metrics.parked("consent", "note_booking", "invalid")

    said = started()("/metrics")[1]

    assert 'foyer_door_seconds_bucket{door="command",le="0.005",name="take_payment"' in said
    assert 'foyer_refusals_total{code="no-room-left",name="open_booking",service="bookings"}' in said
    assert 'foyer_retries_total{name="earn_points",service="loyalty"}' in said
    assert 'foyer_parked_total{name="note_booking",reason_kind="invalid",service="consent"}' in said


def test_it_answers_from_a_process_of_green_threads() -> None:
    said = run_python(
        """
        from services.kit import serve
        serve.go_green()
        import time, urllib.request
        from services.kit.health import Health
        health = Health({"database": lambda: True})
        port = health.start(0, "127.0.0.1")
        time.sleep(0.1)
        print(urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5).read().decode())
        """
    )

    assert said.strip() == '{"status": "ready"}'
