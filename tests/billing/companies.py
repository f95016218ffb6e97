"""What tests of companies say to billing, and what they look at."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from services.contracts.billing import (
    AgedDebt,
    CreditTerms,
    LedgerDifference,
    ReadAgeing,
    Routing,
    RoutingRule,
    SetCreditTerms,
    SetRouting,
    VerifyLedger,
)
from services.contracts.values import Money
from services.kit.db import Database
from tests.billing.makers import Billing, eur

TODAY = datetime.now(UTC).date()
ANA, SOL, ACME = (UUID(f"00000000-0000-4000-8000-00000000000{n}") for n in (1, 2, 3))


def routes(billing: Billing, booking_id: UUID, **payers: UUID) -> Routing:
    """Each kind to its payer."""
    rules = tuple(RoutingRule(kinds=(kind,), payer_profile_id=payer) for kind, payer in payers.items())
    return billing.service.set_routing(SetRouting(booking_id=booking_id, rules=rules))


def spends(billing: Billing, booking_id: UUID, kind: str, amount_minor: int) -> Any:
    return billing.charges(booking_id, kind, eur(amount_minor))


def agrees(billing: Billing, company: UUID, limit: Money, days: int = 30) -> CreditTerms:
    return billing.service.set_credit_terms(SetCreditTerms(profile_id=company, limit=limit, days=days))


def ageing(billing: Billing, company: UUID) -> AgedDebt:
    (debt,) = billing.service.read_ageing(ReadAgeing(profile_id=company)).debts
    return debt


def revenue_told(db: Database, booking_id: UUID) -> dict[str, int]:
    """By kind what somebody knows who takes of each the highest version only, as loyalty does."""
    with db.engine.connect() as connection:
        rows = connection.execute(sa.text("SELECT body FROM outbox WHERE routing_key = 'revenue.posted.v1'"))
        told = [json.loads(row.body) for row in rows]
    told = sorted((t for t in told if t["booking_id"] == str(booking_id)), key=lambda t: t["version"])
    return {t["kind"]: t["total"]["amount_minor"] for t in told}


def differences(billing: Billing) -> list[LedgerDifference]:
    """Where the ledger is not what was posted, over all its parts."""
    found, cursor = [], None
    while True:
        report = billing.service.verify_ledger(VerifyLedger(cursor=cursor))
        found += report.differences
        if (cursor := report.next) is None:
            return found


def pointers(refused: pytest.ExceptionInfo[Any]) -> list[str]:
    return [error.pointer for error in refused.value.errors]
