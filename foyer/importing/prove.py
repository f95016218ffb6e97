"""Proves an import against its file: revenue to the cent, rooms night by night, and nothing left behind anywhere.

The file's side is computed from the file alone; the other side is asked of the services, or counted in their outboxes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import psycopg

from foyer.importing import demand
from services.contracts.billing import ProveLedger
from services.contracts.bookings import CountNotices, ProveCounters, ReadProperties
from services.contracts.values import to_price
from services.kit import config, parked
from services.kit.ask import Client
from services.kit.context import Context

_ALL = 1_000_000
_CONTEXT = Context(actor="system:prove")


@dataclass(frozen=True)
class Fact:
    """Two figures that must be equal."""

    name: str
    wanted: Decimal | int
    found: Decimal | int

    @property
    def holds(self) -> bool:
        return self.wanted == self.found

    def line(self) -> str:
        verdict = "equal" if self.holds else f"WRONG, wanted {self.wanted:,}"
        return f"{self.name:<58} {self.found:>16,}  {verdict}"


def facts(path: Path, limit: int | None, amqp_url: str) -> Iterator[Fact]:
    """Everything that must hold once the import is quiet."""
    rows = demand.read(path, limit)
    accepted = [row for row in rows if not row.faults]
    client = Client(amqp_url, deadline=120)
    try:
        revenue, unbalanced = Decimal(0), 0
        for code in {demand.property_code(row) for row in rows}:
            (hotel,) = client.ask(ReadProperties(property=code), context=_CONTEXT).items
            proof = client.ask(ProveLedger(property_id=hotel.id), context=_CONTEXT)
            revenue += sum((Decimal(to_price(money).amount) for money in proof.room_revenue), Decimal(0))
            unbalanced += proof.unbalanced_journals
        counters = client.ask(ProveCounters(), context=_CONTEXT)
        counted = client.ask(CountNotices(source=demand.SOURCE), context=_CONTEXT).counts
    finally:
        client.close()
    departed = sum((row.price for row in accepted if row.outcome == "departed"), Decimal(0))
    yield Fact("room revenue of departed stays, EUR: file and ledger", departed, revenue)
    yield Fact("notices accepted: two per accepted row", 2 * len(accepted), sum(line.count for line in counted))
    refused = sum(parked_notices(amqp_url).values())
    yield Fact("notices refused: two per row without guests, nights or rate", 2 * (len(rows) - len(accepted)), refused)
    yield Fact("journals that do not sum to zero", 0, unbalanced)
    yield Fact("nights whose counter differs from the stays", 0, counters.differing)
    yield Fact("events waiting in outboxes", 0, messages_in_databases()[0])
    yield Fact("parked messages that are no refused notice", 0, _unexplained(amqp_url))


def messages_in_databases() -> tuple[int, int]:
    """Over all services: events announced and not yet published; messages announced or handled at all."""
    unpublished = ever = 0
    for service in config.SERVICES:
        with psycopg.connect(config.database_url(service)) as connection:
            row = connection.execute(_MESSAGES).fetchone()
            assert row is not None
            unpublished, ever = unpublished + row[0], ever + row[1]
    return unpublished, ever


def parked_notices(amqp_url: str) -> Counter[str]:
    """Parked notices of the file, by reason; one that was sent again after a crash counts once."""
    found = {each.message_id: each.reason for each in parked.list(amqp_url, ["bookings"], _ALL) if _ours(each)}
    return Counter(found.values())


def _unexplained(amqp_url: str) -> int:
    return sum(not _ours(each) for each in parked.list(amqp_url, limit=_ALL))


def _ours(each: parked.Parked) -> bool:
    return each.properties.get("app_id") == demand.SOURCE


_MESSAGES = """
    SELECT (SELECT count(*) FROM outbox WHERE published_at IS NULL),
           (SELECT coalesce(max(seq), 0) FROM outbox) + (SELECT count(*) FROM inbox)
"""
