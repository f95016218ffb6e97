"""Card numbers that nobody has, each in one place only, and where they could be found again."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pika

from services.contracts.cards import without_cards
from services.kit import config, topology
from tests.system import RETRY_DELAYS, System

CVV = "739"
HOLDER = "Canary Cardholder"


class Cards:
    """Numbers by the place where each was put; written in whatever way, its digits are looked for."""

    def __init__(self) -> None:
        self.places: dict[str, str] = {}

    def put(self, place: str, form: str = "{}{}{}{}") -> str:
        """A number that passes Luhn's check, for one place; `form` says how its four groups are written."""
        start = f"4929{len(self.places):011d}"
        number = next(start + str(last) for last in range(10) if without_cards(start + str(last)) != start + str(last))
        self.places[number] = place
        return form.format(*re.findall("....", number))

    def guarantee(self, place: str) -> dict[str, Any]:
        return {"card_number": self.put(place), "cvv": CVV, "cardholder_name": HOLDER, "expiration_date": "10/2039"}

    def found_in(self, text: str) -> list[str]:
        """The places whose number stands there, as digits in any grouping or in hexadecimal."""
        digits = re.sub(r"\D", "", text)
        told = [place for number, place in self.places.items() if number in digits or number.encode().hex() in text]
        if HOLDER.casefold() in text.casefold():
            told.append("the card's holder")
        if re.search(rf"(?i)(cvv|cvc|card_code|code)\W{{0,6}}{CVV}", text):
            told.append("the check code")
        return told


def everything_kept(system: System) -> Iterator[tuple[str, str]]:
    """Name and text of every row of every table, every message of every queue, and every log."""
    for service in (*config.SERVICES, "gateway"):
        for (table,) in system.rows(service, _TABLES):
            for (row,) in system.rows(service, f'SELECT CAST(t AS text) FROM "{table}" AS t'):
                yield f"{service}, table {table}", row
    yield from _messages(system)
    for path in sorted(system.home.log.glob("*")):
        yield f"log {path.name}", path.read_text(errors="replace")


def _messages(system: System) -> Iterator[tuple[str, str]]:
    delays = [float(delay) for delay in RETRY_DELAYS.split(",")]
    with pika.BlockingConnection(pika.URLParameters(system.amqp_url)) as connection:
        for queue in topology.derive(delays=delays).queues:
            channel = connection.channel()
            while True:
                method, properties, body = channel.basic_get(queue.name)
                if method is None:
                    break
                yield f"queue {queue.name}", f"{json.dumps(vars(properties), default=str)} {body!r}"
            channel.close()  # gives them back


_TABLES = """
    SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'm') ORDER BY relname
"""
