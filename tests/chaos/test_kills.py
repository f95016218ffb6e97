"""Every process, the broker and the database killed with `kill -9` in the middle of a burst: each effect exactly once.

The stack is the one of `make run`, with its supervisor. `make test` kills each once during a burst of 500 notices;
`make chaos` does it again and again (FOYER_CHAOS_ROUNDS, by default 5).
"""

from __future__ import annotations

import os
import random
import time
import uuid
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.chaos.stack import SERVICES, Stack, eventually

pytestmark = [pytest.mark.servers, pytest.mark.xdist_group("chaos"), pytest.mark.timeout(900)]

BURST = 500
PRICE = 30_000  # minor units of each stay
PATIENCE = 240  # seconds; on a machine of its own it is quiet within 60 of the last kill
VICTIMS = [*SERVICES, "view", "relay", "gateway", "rabbitmq", "postgres"]


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    # a short path: PostgreSQL's socket and Erlang's node want one
    home = Path(tmp_path_factory.mktemp("kill")) / "foyer"
    made = Stack(home)
    yield made
    assert made.stop() == [], "processes were left running"


@pytest.fixture(scope="module")
def hotel(stack: Stack) -> str:
    rooms = [{"code": "A", "name": "Double", "capacity": 10_000, "occupancy": 2}]
    said = {"name": "Kill", "currency": "EUR", "time_zone": "Europe/Lisbon", "country": "PT", "room_types": rooms}
    stack.call("PUT", "/v1/properties/KILL", said)
    return "KILL"


def burst(hotel: str, tag: str, count: int) -> list[dict[str, Any]]:
    """Bookings by as many new guests, three nights each."""
    arrival = date.today() + timedelta(days=20)  # noqa: DTZ011
    return [
        {
            "source": "chaos",
            "external_id": f"{tag}-{number}",
            "revision": 1,
            "status": "new",
            "property": hotel,
            "channel": "booking.com",
            "arrival": str(arrival),
            "departure": str(arrival + timedelta(days=3)),
            "rooms": [{"room_type": "A", "adults": 2, "price": {"amount": "300.00", "currency": "EUR"}}],
            "booker": {
                "given_name": "Ana",
                "family_name": f"Silva {tag} {number}",
                "email": f"ana.{tag}.{number}@mail.example.org",
                "country": "PT",
            },
        }
        for number in range(count)
    ]


def effects(stack: Stack) -> dict[str, int]:
    """How often each effect of a booking has happened."""
    ledger = "SELECT coalesce(sum(amount_minor) FILTER (WHERE account = 'guests'), 0) FROM entries"
    return {
        "bookings": stack.one("bookings", "SELECT count(*) FROM bookings WHERE source = 'chaos'"),
        "identified": stack.one("bookings", "SELECT count(*) FROM bookings WHERE source = 'chaos' AND identified"),
        "profiles": stack.one("profiles", "SELECT count(*) FROM profiles"),
        "folios": stack.one("billing", "SELECT count(*) FROM folios WHERE booking_id IS NOT NULL"),
        "stays": stack.one("billing", ledger) // PRICE,
        "consents": stack.one("consent", "SELECT count(*) FROM accounts"),
        "members": stack.one("loyalty", "SELECT count(*) FROM accounts"),
        "letters": stack.one("notifier", "SELECT count(*) FROM messages"),
    }


def all_quiet(stack: Stack) -> bool:
    return not stack.in_queues() and not stack.in_outboxes()


def kill_during_a_burst(stack: Stack, hotel: str, victims: list[str]) -> None:
    eventually(lambda: all_quiet(stack), PATIENCE, "quiet before")
    before = effects(stack)
    notices = burst(hotel, uuid.uuid4().hex[:8], BURST)
    part = BURST // (len(victims) + 1)
    for number, victim in enumerate(victims):
        stack.publish(notices[number * part : (number + 1) * part])
        stack.kill(victim)
    stack.publish(notices[len(victims) * part :])
    wanted = {name: count + BURST for name, count in before.items()}
    eventually(lambda: effects(stack) == wanted, PATIENCE, "every effect has happened")
    eventually(lambda: all_quiet(stack), PATIENCE, "quiet after")
    assert effects(stack) == wanted
    assert stack.parked() == 0
    unbalanced = "SELECT count(*) FROM (SELECT 1 FROM entries GROUP BY journal_id HAVING sum(amount_minor) <> 0) AS j"
    assert stack.one("billing", unbalanced) == 0
    sold = "SELECT DISTINCT sold FROM nights n JOIN room_types t ON t.id = n.room_type_id WHERE t.code = 'A'"
    assert (wanted["bookings"],) in stack.rows("bookings", sold)


@pytest.mark.parametrize("victim", VICTIMS)
def test_a_killed_process_loses_nothing_and_doubles_nothing(stack, hotel, victim):
    kill_during_a_burst(stack, hotel, [victim])


@pytest.mark.chaos
def test_all_of_them_killed_again_and_again(stack, hotel):
    seed = int(os.environ.get("FOYER_CHAOS_SEED", time.time_ns() % 10**6))
    print(f"FOYER_CHAOS_SEED={seed}")
    dice = random.Random(seed)
    for _ in range(int(os.environ.get("FOYER_CHAOS_ROUNDS", "5"))):
        kill_during_a_burst(stack, hotel, dice.sample(VICTIMS, 4))
