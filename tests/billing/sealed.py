"""A ledger to look at and to spoil, and journals that belong to nothing else."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from services.billing import store
from services.billing.domain import Entry
from services.billing.store import Journal
from services.contracts.billing import LedgerDifference, VerifyLedger
from services.kit.context import Context
from services.kit.db import Database
from tests.billing.makers import Billing, eur, stay

POSTER = Context(actor="test")


def a_ledger(db: Database) -> Billing:
    """With a few guests' stays and payments."""
    made = Billing(db)
    for _ in range(3):
        ana = uuid4()
        made.hears(stay(ana, eur(30000)))
        made.pays(ana, eur(10000))
    return made


def verify(billing: Billing) -> list[LedgerDifference]:
    """All parts of the report, as `foyer ledger verify` asks for them."""
    found: list[LedgerDifference] = []
    cursor: str | None = None
    while True:
        report = billing.service.verify_ledger(VerifyLedger(cursor=cursor))
        found += report.differences
        cursor = report.next
        if cursor is None:
            return found


def post(billing: Billing, entries: tuple[Entry, ...], kind: str = "adjustment", **more: Any) -> Journal:
    journal = Journal(kind, entries, **more)
    billing.db.writing(POSTER, lambda tx: store.post(tx, journal))
    return journal


def adjustment(guest: UUID, minor: int = 500) -> tuple[Entry, ...]:
    return Entry("guests", minor, "EUR", guest), Entry("rounding", -minor, "EUR")
