"""Goal 1: booking through the gateway, 16 clients: rooms taken on every night, the booking, its event, one commit.

Ours are the gateway, bookings and the relay; other services would only compete for the same two cores. The limit is
the same change as one statement in pgbench; the peer is the textbook nameko stack.
"""

from __future__ import annotations

import json
import random
import socket
import uuid
from contextlib import ExitStack
from datetime import date, timedelta
from typing import Any

from sqlalchemy import create_engine

from tests.bench import pgbench
from tests.bench.load import Load, http
from tests.bench.party import Party
from tests.bench.rounds import Ratio, Report, Run, Settings, contest
from tests.bench.servers import amqp_url, databases
from tests.bench.system import running
from tests.bench.textbook.models import Base

CLIENTS = 16
HOUSE = "BENCH"
TYPES = ("A", "B", "C", "D", "E", "F", "G", "H")
PLENTY = 100_000
NIGHTS = 3
DAYS = 360


def run(settings: Settings, report: Report) -> None:
    with ExitStack() as stack:
        url = stack.enter_context(amqp_url())
        made = stack.enter_context(databases())
        system = stack.enter_context(running(made, url, "bookings", "relay", "gateway"))
        admin = made.admin("bookings")

        first = date.today() + timedelta(days=30)  # noqa: DTZ011
        body = {"name": "Bench", "currency": "EUR", "time_zone": "Europe/Lisbon", "country": "PT"}
        types = [{"code": code, "name": code, "capacity": PLENTY} for code in TYPES]
        status, said = system.call("PUT", f"/v1/properties/{HOUSE}", {**body, "room_types": types})
        if status != 200:
            raise RuntimeError(f"the property could not be set up: {status} {said}")

        textbook_url = stack.enter_context(Textbook(made, url, first))
        ours = Load(system.url, CLIENTS)
        theirs = Load(textbook_url, CLIENTS)
        key = {"Authorization": f"Bearer {system.api_key}"}

        def book() -> bytes:
            return http("POST", "/v1/bookings", _booking(first), {**key, "Idempotency-Key": uuid.uuid4().hex})

        in_pgbench = 0

        def limit(seconds: float) -> Run:
            nonlocal in_pgbench
            done = pgbench.run(made.url("bookings"), _statement(said, first), clients=CLIENTS, seconds=seconds)
            in_pgbench += done.count
            return done

        contest(
            "Goal 1: bookings through the gateway, 16 clients",
            {
                "pgbench": limit,
                "textbook": lambda seconds: theirs.run(lambda: http("POST", "/bookings", _booking(first)), seconds),
                "ours": lambda seconds: ours.run(book, seconds),
            },
            [
                Ratio("ours", "pgbench", goal=0.30, floor=0.06),
                Ratio("ours", "textbook", goal=20, floor=4),
            ],
            settings,
            report,
        )
        made_by = ours.statuses[201]
        report.check(f"ours answered 201 {made_by} times and nothing else", dict(ours.statuses) == {201: made_by})
        report.check(
            f"the textbook answered 201 {theirs.statuses[201]} times and nothing else", set(theirs.statuses) == {201}
        )
        rows = admin.execute(_COUNTS).fetchone()
        report.check(f"{rows[0]} bookings stand, each with its event", rows[0] == rows[1] == made_by + in_pgbench)
        report.check(f"{rows[2]} nights are counted as sold", rows[2] == NIGHTS * rows[0])


def _booking(first: date) -> bytes:
    arrival = first + timedelta(days=random.randrange(DAYS))  # noqa: S311
    said = {
        "property_id": HOUSE,
        "arrival": str(arrival),
        "departure": str(arrival + timedelta(days=NIGHTS)),
        "rooms": [{"room_type": random.choice(TYPES), "adults": 2, "children": 0}],  # noqa: S311
        "booker": {"given_name": "Ana", "family_name": "Silva"},
        "price": {"amount": "300.00", "currency": "EUR"},
    }
    return json.dumps(said).encode()


class Textbook:
    """The textbook's two processes and its tables, beside those of bookings; enters as its address."""

    def __init__(self, made: Any, amqp: str, first: date) -> None:
        self._made, self._amqp, self._first = made, amqp, first
        self._stack = ExitStack()

    def __enter__(self) -> str:
        database = self._made.owner_url("bookings")
        engine = create_engine(database.replace("postgresql://", "postgresql+psycopg://", 1))
        Base.metadata.create_all(engine)
        engine.dispose()
        self._made.admin("bookings").execute(
            "INSERT INTO textbook_nights (property, room_type, night, capacity, sold)"
            " SELECT %s, unnest(%s::text[]), %s::date + n, %s, 0 FROM generate_series(0, %s) n",
            [HOUSE, list(TYPES), self._first, PLENTY, DAYS + NIGHTS],
        )
        with socket.create_server(("127.0.0.1", 0)) as free:
            address = "{}:{}".format(*free.getsockname())
        self._stack.enter_context(Party("tests.bench.textbook.service", self._amqp, database))
        self._stack.enter_context(Party("tests.bench.textbook.gateway", self._amqp, address))
        return f"http://{address}"

    def __exit__(self, *_: object) -> None:
        self._stack.close()


def _statement(house: Any, first: date) -> str:
    """What a direct booking changes, as one statement."""
    ids = ", ".join(f"'{kind['id']}'" for kind in house["room_types"])
    return f"""
\\set day random(0, {DAYS - 1})
\\set kind random(1, {len(TYPES)})
WITH stay AS (
    SELECT date '{first}' + CAST(:day AS int) AS arrival
), wanted AS (
    SELECT t.id, arrival + n AS night, t.capacity, t.overbooking
    FROM stay, room_types t, generate_series(0, {NIGHTS - 1}) n
    WHERE t.id = (ARRAY[{ids}]::uuid[])[CAST(:kind AS int)]
), taken AS (
    INSERT INTO nights AS n (room_type_id, night, capacity, overbooking, sold, oversold)
    SELECT id, night, capacity, overbooking, 1, 0 FROM wanted ORDER BY night
    ON CONFLICT (room_type_id, night) DO UPDATE SET sold = n.sold + 1 WHERE n.sold < n.capacity + n.overbooking
    RETURNING 1
), opened AS (
    INSERT INTO bookings (id, version, state, property_id, source, channel, method, arrival, departure, held_until,
                          rooms, price_minor, currency, flags, people, people_version, identified, told_state,
                          booked_at, changed_at)
    SELECT gen_random_uuid(), 1, 'confirmed', '{house["id"]}', 'direct', 'direct', 'web', arrival,
           arrival + {NIGHTS}, arrival + {NIGHTS},
           '[{{"room_type_id": "{house["room_types"][0]["id"]}", "room_type": "A", "adults": 2, "children": 0}}]',
           30000, 'EUR', '{{}}', '[{{"position": 0, "given_name": "Ana", "family_name": "Silva"}}]', 1, false,
           'confirmed', now(), now()
    FROM stay WHERE (SELECT count(*) FROM taken) = {NIGHTS}
    RETURNING id
)
INSERT INTO outbox (event_id, routing_key, exchange, aggregate_id, body, headers, published_at)
SELECT gen_random_uuid(), 'booking.received.v1', 'bookings.events', id, '{"x" * 250}',
       '{{"foyer-actor": "key-bench", "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}}', now()
FROM opened;
"""


_COUNTS = """
    SELECT (SELECT count(*) FROM bookings), (SELECT count(DISTINCT aggregate_id) FROM outbox),
           (SELECT sum(sold) FROM nights)
"""
