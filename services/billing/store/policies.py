"""Policies of houses, and the terms, fees and deposits of bookings."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from services.billing.domain.policies import Ended, Terms
from services.billing.store.posting import lock_key
from services.contracts.billing.policies import BookingFee, DepositDue, Policy
from services.contracts.bookings import BookingFacts
from services.contracts.values import Money
from services.kit import wire
from services.kit.db import Tx
from services.kit.ids import new_id


@dataclass(frozen=True)
class BookingRow:
    """What is known of how a booking was made and how it ended."""

    held: bool
    confirmed: bool
    terms: Terms | None
    chosen_at: datetime | None
    ended: Ended | None


@dataclass(frozen=True)
class Known:
    """Of one booking and its house. `row` is None where nothing was kept, `arrival` where it was never heard of."""

    policies: tuple[Policy, ...]
    property_id: UUID | None
    time_zone: str
    row: BookingRow | None
    state: str | None
    arrival: date | None
    first_heard: bool


_POLICIES = "(SELECT json_agg(p.policy ORDER BY p.position) FROM policies p WHERE p.property_id = {property_id})"
_READ = sa.text(f"SELECT {_POLICIES.format(property_id=':property_id')}")  # noqa: S608
_KNOWN = sa.text(
    f"""
    SELECT {_POLICIES.format(property_id="b.property_id")} AS policies, b.property_id,
           coalesce(h.time_zone, 'UTC') AS time_zone, t.booking_id IS NOT NULL AS kept, t.held, t.confirmed, t.terms,
           t.chosen_at, t.ended, b.state, b.arrival, b.version
    FROM (
        SELECT coalesce(f.property_id, :property_id) AS property_id, f.state, f.arrival, f.version
        FROM (SELECT) AS one LEFT JOIN folios f ON f.booking_id = :booking_id AND f.part = 'main'
    ) AS b
    LEFT JOIN property_terms h ON h.property_id = b.property_id
    LEFT JOIN booking_terms t ON t.booking_id = :booking_id
    """  # noqa: S608
).bindparams(sa.bindparam("property_id", type_=sa.Uuid))
_KEEP_HOUSE = sa.text(
    "INSERT INTO property_terms (property_id, time_zone, changed_at) VALUES (:property_id, :time_zone, :at)"
    " ON CONFLICT (property_id) DO UPDATE SET time_zone = excluded.time_zone, changed_at = excluded.changed_at"
)
_FORGET = sa.text("DELETE FROM policies WHERE property_id = :property_id")
_KEEP_POLICY = sa.text(
    "INSERT INTO policies (id, property_id, position, kind, policy)"
    " VALUES (:id, :property_id, :position, :kind, :policy)"
).bindparams(sa.bindparam("policy", type_=JSONB))
_LOCK = sa.text("SELECT pg_advisory_xact_lock(:key)")
_KEEP = sa.text(
    """
    INSERT INTO booking_terms AS t (booking_id, property_id, held, confirmed, terms, chosen_at, ended)
    VALUES (:booking_id, :property_id, :held, :confirmed, :terms, :chosen_at, :ended)
    ON CONFLICT (booking_id) DO UPDATE SET
        held = t.held OR excluded.held, confirmed = t.confirmed OR excluded.confirmed,
        terms = coalesce(t.terms, excluded.terms), chosen_at = coalesce(t.chosen_at, excluded.chosen_at),
        ended = coalesce(t.ended, excluded.ended)
    RETURNING held, confirmed, terms, chosen_at, ended
    """
).bindparams(
    sa.bindparam("terms", type_=JSONB(none_as_null=True)), sa.bindparam("ended", type_=JSONB(none_as_null=True))
)
_FORGET_END = sa.text(
    "UPDATE booking_terms SET ended = NULL WHERE booking_id = :booking_id"
    " RETURNING held, confirmed, terms, chosen_at, ended"
)
_FEE = sa.text(
    "SELECT b.*, c.state = 'voided' AS voided FROM booking_fees b LEFT JOIN charges c ON c.id = b.charge_id"
    " WHERE b.booking_id = :booking_id"
)
_KEEP_FEE = sa.text(
    """
    INSERT INTO booking_fees (booking_id, kind, amount_minor, currency, state, charge_id, posted_at)
    VALUES (:booking_id, :kind, :amount, :currency, :state, :charge_id, :at)
    ON CONFLICT (booking_id) DO UPDATE SET
        kind = excluded.kind, amount_minor = excluded.amount_minor, currency = excluded.currency,
        state = excluded.state, charge_id = excluded.charge_id, posted_at = excluded.posted_at
    """
)

# What credit covers of a booking: what is allocated to its folios or, where nothing is owed yet, what was paid for it.
_COVERED = """
    CAST(least(d.amount_minor, greatest((
        SELECT coalesce(sum(a.amount_minor), 0) FROM folios x JOIN allocations a ON a.folio_id = x.id
        JOIN payments p ON p.id = a.payment_id AND p.currency = d.currency WHERE x.booking_id = d.booking_id
    ), (
        SELECT coalesce(sum(c.amount_minor), 0) FROM credits c
        WHERE c.booking_id = d.booking_id AND c.currency = d.currency
    ))) AS bigint)
"""
_DEPOSITS = f"""
    SELECT d.*, CASE WHEN d.state IN ('open', 'overdue') AND d.covered >= d.amount_minor THEN 'met' ELSE d.state END
        AS shown
    FROM (
        SELECT d.*, f.payer_profile_id, {_COVERED} AS covered
        FROM deposits_due d JOIN folios f ON f.booking_id = d.booking_id AND f.part = 'main'
        WHERE
"""  # noqa: S608
_DEPOSIT = sa.text(f"{_DEPOSITS} d.booking_id = :booking_id) AS d")
_ON = "d.property_id = :property_id"
_AFTER = "(d.due_on, d.booking_id) > (:after_day, :after_id)"
# What is stored of the deposits that may show such a state.
_STORED = {
    "open": "d.state = 'open'",
    "met": "d.state IN ('open', 'met', 'overdue')",
    "overdue": "d.state = 'overdue'",
    "dropped": "d.state = 'dropped'",
}
_ADD = sa.text(
    """
    INSERT INTO deposits_due (booking_id, property_id, amount_minor, currency, due_on, state)
    VALUES (:booking_id, :property_id, :amount, :currency, :due_on, 'open') ON CONFLICT DO NOTHING
    """
)
_DROP = sa.text("UPDATE deposits_due SET state = 'dropped' WHERE booking_id = :booking_id AND state <> 'dropped'")
_CAP = sa.text(
    """
    UPDATE deposits_due d SET amount_minor = CASE WHEN :total > 0 THEN :total ELSE d.amount_minor END,
        state = CASE WHEN :total > 0 THEN d.state ELSE 'dropped' END
    WHERE d.booking_id = :booking_id AND d.state IN ('open', 'overdue') AND d.amount_minor > :total
      AND EXISTS (
          SELECT FROM folios f WHERE f.booking_id = d.booking_id AND f.part = 'main' AND f.seen_version = :version
      )
    """
)
_CLOSE_THE_DAY = sa.text(
    f"""
    WITH late AS MATERIALIZED (
        SELECT d.booking_id FROM deposits_due d LEFT JOIN property_terms h ON h.property_id = d.property_id
        WHERE d.state = 'open'
          AND d.due_on < CAST(CAST(:now AS timestamptz) AT TIME ZONE coalesce(h.time_zone, 'UTC') AS date)
        ORDER BY d.due_on, d.booking_id LIMIT :most FOR UPDATE OF d SKIP LOCKED
    )
    UPDATE deposits_due d SET state = CASE WHEN {_COVERED} >= d.amount_minor THEN 'met' ELSE 'overdue' END
    FROM late, folios f
    WHERE d.booking_id = late.booking_id AND f.booking_id = d.booking_id AND f.part = 'main'
    RETURNING d.booking_id, f.payer_profile_id, d.amount_minor, d.currency, d.due_on, d.state
    """  # noqa: S608
)


# ── of a house ───────────────────────────────────────────────────────────────────────────────────────────────────────


def policies_of(tx: Tx, property_id: UUID) -> tuple[Policy, ...]:
    return _policies(tx.execute(_READ, {"property_id": property_id}).scalar())


def set_policies(tx: Tx, property_id: UUID, time_zone: str, policies: Iterable[Policy]) -> tuple[Policy, ...]:
    """In place of those there were, each with an id of its own; one that was there before keeps the one it had."""
    tx.execute(_LOCK, {"key": lock_key(property_id)})
    before = {_without_id(policy): policy.id for policy in policies_of(tx, property_id)}
    kept = [_with_id(policy, before.pop(_without_id(policy), None) or new_id()) for policy in policies]
    tx.execute(_KEEP_HOUSE, {"property_id": property_id, "time_zone": time_zone, "at": tx.now})
    tx.execute(_FORGET, {"property_id": property_id})
    rows = [
        {"id": p.id, "property_id": property_id, "position": n, "kind": p.kind, "policy": wire.dump(p)}
        for n, p in enumerate(kept)
    ]
    if rows:
        tx.execute(_KEEP_POLICY, rows)
    return tuple(kept)


# ── of a booking ─────────────────────────────────────────────────────────────────────────────────────────────────────


def known(tx: Tx, booking_id: UUID, property_id: UUID | None = None) -> Known:
    """What a house asks and what is kept of a booking, in one trip. Days are in UTC where no zone is known."""
    row = tx.execute(_KNOWN, {"booking_id": booking_id, "property_id": property_id}).one()
    return Known(
        policies=_policies(row.policies),
        property_id=row.property_id,
        time_zone=row.time_zone,
        row=_booking(row) if row.kept else None,
        state=row.state,
        arrival=row.arrival,
        first_heard=row.version == 1,
    )


def keep_booking(tx: Tx, facts: BookingFacts, row: BookingRow) -> BookingRow:
    """Add this to what is kept; answers all of it, also what somebody else kept at the same moment."""
    kept = tx.execute(
        _KEEP,
        {
            "booking_id": facts.booking_id,
            "property_id": facts.property_id,
            "held": row.held,
            "confirmed": row.confirmed,
            "terms": wire.dump(row.terms) if row.terms else None,
            "chosen_at": row.chosen_at,
            "ended": wire.dump(row.ended) if row.ended else None,
        },
    ).one()
    return _booking(kept)


def forget_end(tx: Tx, booking_id: UUID) -> BookingRow:
    """What is kept of a booking that has not ended after all."""
    return _booking(tx.execute(_FORGET_END, {"booking_id": booking_id}).one())


def fee_of(tx: Tx, booking_id: UUID) -> BookingFee | None:
    """One whose charge was voided like any other is waived too."""
    row = tx.execute(_FEE, {"booking_id": booking_id}).first()
    if row is None:
        return None
    return BookingFee(
        booking_id=row.booking_id,
        kind=row.kind,
        amount=Money(amount_minor=row.amount_minor, currency=row.currency),
        state="waived" if row.voided and row.state == "posted" else row.state,
        charge_id=row.charge_id,
        posted_at=row.posted_at,
    )


def keep_fee(tx: Tx, fee: BookingFee) -> None:
    tx.execute(
        _KEEP_FEE,
        {
            "booking_id": fee.booking_id,
            "kind": fee.kind,
            "amount": fee.amount.amount_minor,
            "currency": fee.amount.currency,
            "state": fee.state,
            "charge_id": fee.charge_id,
            "at": fee.posted_at,
        },
    )


# ── deposits ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def add_deposit(tx: Tx, facts: BookingFacts, amount: Money, due_on: date) -> None:
    row = {"booking_id": facts.booking_id, "property_id": facts.property_id, "due_on": due_on}
    tx.execute(_ADD, {**row, "amount": amount.amount_minor, "currency": amount.currency})


def drop_deposit(tx: Tx, booking_id: UUID) -> None:
    tx.execute(_DROP, {"booking_id": booking_id})


def cap_deposit(tx: Tx, facts: BookingFacts) -> None:
    """No deposit is more than the price: where that fell below it, the deposit falls too."""
    row = {"booking_id": facts.booking_id, "total": facts.total.amount_minor, "version": facts.version}
    tx.execute(_CAP, row)


def deposit_of(tx: Tx, booking_id: UUID) -> DepositDue | None:
    row = tx.execute(_DEPOSIT, {"booking_id": booking_id}).first()
    return _deposit(row) if row else None


def deposits(
    tx: Tx, property_id: UUID | None, state: str | None, after: tuple[date, UUID] | None, limit: int
) -> list[DepositDue]:
    """Earliest due first. Met is what credit covers at this moment, told overdue or not."""
    day, booking_id = after or (None, None)
    values = {"property_id": property_id, "state": state, "after_day": day, "after_id": booking_id, "limit": limit}
    within = [clause for clause, given in ((_ON, property_id), (_AFTER, after)) if given]
    within += [_STORED[state]] if state else []
    shown = "WHERE d.shown = :state" if state else ""
    statement = sa.text(
        f"SELECT * FROM ({_DEPOSITS} {' AND '.join(within) or 'true'}) AS d) AS d {shown}"  # noqa: S608
        " ORDER BY due_on, booking_id LIMIT :limit"
    )
    names = statement.compile().params
    return [_deposit(row) for row in tx.execute(statement, {n: v for n, v in values.items() if n in names})]


def close_days(tx: Tx, most: int) -> list[Any]:
    """Deposits whose day is over where the house stands become met or overdue, each once; answers these, of both."""
    return list(tx.execute(_CLOSE_THE_DAY, {"now": tx.now, "most": most}))


def _booking(row: Any) -> BookingRow:
    return BookingRow(
        held=row.held,
        confirmed=row.confirmed,
        terms=wire.load(Terms, row.terms) if row.terms else None,
        chosen_at=row.chosen_at,
        ended=wire.load(Ended, row.ended) if row.ended else None,
    )


def _deposit(row: Any) -> DepositDue:
    return DepositDue(
        booking_id=row.booking_id,
        property_id=row.property_id,
        profile_id=row.payer_profile_id,
        amount=Money(amount_minor=row.amount_minor, currency=row.currency),
        covered=Money(amount_minor=row.covered, currency=row.currency),
        due_on=row.due_on,
        state=row.shown,
    )


def _policies(stored: Any) -> tuple[Policy, ...]:
    return tuple(wire.load(Policy, each) for each in stored or ())


def _with_id(policy: Policy, policy_id: UUID | None) -> Policy:
    return Policy(**{**vars(policy), "id": policy_id})


def _without_id(policy: Policy) -> Policy:
    return _with_id(policy, None)
