"""Credit terms, and how old what is owed is."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import sqlalchemy as sa

from services.billing.domain import Debt, business_date
from services.billing.store.folios import FOLIO_COLUMNS, folio_row
from services.contracts.billing import CreditLimitReached, CreditTerms
from services.contracts.values import Money, to_price
from services.kit.db import Tx
from services.kit.scope import houses

_SET = sa.text(
    """
    INSERT INTO credit_terms (profile_id, limit_minor, currency, days, set_by, set_at)
    VALUES (:profile_id, :limit, :currency, :days, :by, :at)
    ON CONFLICT (profile_id) DO UPDATE SET limit_minor = excluded.limit_minor, currency = excluded.currency,
        days = excluded.days, set_by = excluded.set_by, set_at = excluded.set_at
    """
)
_HAND_OVER = sa.text(
    """
    INSERT INTO credit_terms (profile_id, limit_minor, currency, days, set_by, set_at)
    SELECT :now_is, limit_minor, currency, days, set_by, set_at FROM credit_terms WHERE profile_id = :was
    ON CONFLICT (profile_id) DO NOTHING
    """
)
_READ = sa.text("SELECT profile_id, limit_minor, currency, days FROM credit_terms WHERE profile_id = :profile_id")
_ROOM_LEFT = sa.text(
    """
    SELECT t.limit_minor, t.currency, CAST(coalesce((
        SELECT sum(b.minor) FROM balances b WHERE b.profile_id = t.profile_id AND b.currency = :currency
    ), 0) AS bigint) AS balance
    FROM credit_terms t WHERE t.profile_id = :profile_id
    """
)
_OPEN = sa.text(
    f"""
    SELECT {FOLIO_COLUMNS}, f.arrival, coalesce(m.time_zone, h.time_zone) AS zone,
           (SELECT json_agg(json_build_array(c.business_date, c.currency, c.gross_minor, t.time_zone)) FROM charges c
            LEFT JOIN property_terms t ON t.property_id = c.property_id
            WHERE c.folio_id = f.id AND c.state = 'posted') AS dated,
           (SELECT json_object_agg(a.currency, a.minor) FROM (
                SELECT p.currency, sum(a.amount_minor) AS minor
                FROM allocations a JOIN payments p ON p.id = a.payment_id WHERE a.folio_id = f.id GROUP BY 1
            ) AS a) AS covered
    FROM folios f LEFT JOIN folios m ON m.booking_id = f.booking_id AND m.part = 'main'
    LEFT JOIN property_terms h ON h.property_id = f.property_id
    WHERE f.payer_profile_id = :profile_id
        AND (CAST(:houses AS uuid[]) IS NULL OR f.property_id = ANY(CAST(:houses AS uuid[])))
        AND (f.deferred_minor + f.recognised_minor <> 0 OR f.charges <> '{{}}')
    """  # noqa: S608
)


@dataclass(frozen=True)
class OpenFolio:
    """What one folio is owed for in one currency, and how much of it is covered by credit."""

    currency: str
    debts: tuple[Debt, ...]
    covered_minor: int


def set_terms(tx: Tx, terms: CreditTerms) -> None:
    tx.execute(
        _SET,
        {
            "profile_id": terms.profile_id,
            "limit": terms.limit.amount_minor,
            "currency": terms.limit.currency,
            "days": terms.days,
            "by": tx.context.actor,
            "at": tx.now,
        },
    )


def hand_over_terms(tx: Tx, was: UUID, now_is: UUID) -> None:
    """What holds for the one holds for the other one, unless that has terms of its own."""
    tx.execute(_HAND_OVER, {"was": was, "now_is": now_is})


def terms_of(tx: Tx, profile_id: UUID) -> CreditTerms | None:
    row = tx.execute(_READ, {"profile_id": profile_id}).first()
    if row is None:
        return None
    limit = Money(amount_minor=row.limit_minor, currency=row.currency)
    return CreditTerms(profile_id=profile_id, limit=limit, days=row.days)


def check_limit(tx: Tx, profile_id: UUID, amount: Money) -> None:
    """Refuse with CreditLimitReached what would bring the payer above its limit; under `lock_guest` of the payer.

    Without terms there is no limit. In another currency than the limit's, nothing may be owed beyond what is in credit.
    """
    row = tx.execute(_ROOM_LEFT, {"profile_id": profile_id, "currency": amount.currency}).first()
    if row is None:
        return
    limit = row.limit_minor if row.currency == amount.currency else 0
    if row.balance + amount.amount_minor > limit:
        left = Money(amount_minor=max(0, limit - row.balance), currency=amount.currency)
        raise CreditLimitReached(facts={"left": to_price(left).amount, "currency": amount.currency})


def open_folios(tx: Tx, profile_id: UUID) -> list[OpenFolio]:
    """What the profile owes: charges since their days, all the rest of a folio since its arrival; by hotel days.

    To who is limited on folios of their properties; a house account, which several charge, is none of these.
    """
    found = []
    for row in tx.execute(_OPEN, {"profile_id": profile_id, "houses": houses(tx)}):
        dated: dict[str, list[Debt]] = defaultdict(list)
        today = business_date(tx.now, row.zone)
        for day, currency, minor, zone in row.dated or ():
            dated[currency].append(Debt(date.fromisoformat(day), minor, business_date(tx.now, zone or row.zone)))
        for currency, owed in folio_row(row).folio.owed().items():
            rest = Debt(row.arrival, owed - sum(d.amount_minor for d in dated[currency]), today)
            covered = int((row.covered or {}).get(currency, 0))
            found.append(OpenFolio(currency, (rest, *dated[currency]), covered))
    return found
