"""Invoices on disk: what can be invoiced, the numbers, and the invoices themselves."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from services.billing.domain import Rated
from services.billing.domain.invoices import Item
from services.billing.store.retired import ids_of
from services.contracts.billing import (
    Debtor,
    Invoice,
    InvoicePayment,
    InvoiceSummary,
    Invoicing,
    Party,
    PrefixTaken,
)
from services.contracts.values import Money
from services.kit import wire
from services.kit.db import Tx
from services.kit.scope import houses

_DEBTOR = sa.text("SELECT id, payer_profile_id, property_id FROM folios WHERE id = :folio_id")
_INVOICING = sa.text("SELECT settings FROM invoicing WHERE property_id = :property_id")
_KEEP_INVOICING = sa.text(
    """
    INSERT INTO invoicing (property_id, prefix, settings, changed_by, changed_at)
    VALUES (:property_id, :prefix, :settings, :by, :at)
    ON CONFLICT (property_id) DO UPDATE SET prefix = excluded.prefix, settings = excluded.settings,
        changed_by = excluded.changed_by, changed_at = excluded.changed_at
    """
)
# A charge stands on the folio that its row names (it may have been routed to another), all else on its journal's. What
# takes a charge back (`reverses`) stands where the charge does.
_ITEMS = sa.text(
    """
    WITH mine AS (
        SELECT f.id, f.booking_id, f.property_id, f.arrival, f.nights FROM folios f
        WHERE f.payer_profile_id = :profile_id AND (CAST(:folio_id AS uuid) IS NULL OR f.id = :folio_id)
    ), posted AS (
        SELECT j.id, j.kind, j.folio_id, j.property_id, j.reverses, j.posted_at, j.business_date
        FROM mine JOIN journals j ON j.folio_id = mine.id
        UNION
        SELECT j.id, j.kind, j.folio_id, j.property_id, j.reverses, j.posted_at, j.business_date
        FROM mine JOIN charges c ON c.folio_id = mine.id JOIN journals j ON j.id IN (c.journal_id, c.voided_by)
    )
    SELECT j.id, m.id AS folio_id, m.booking_id, c.kind AS charge_kind, j.kind, j.reverses, r.text AS words,
           c.vat_basis_points, m.arrival, m.nights, e.account, e.amount_minor, e.currency,
           coalesce(c.business_date, j.business_date, CAST(j.posted_at AT TIME ZONE 'UTC' AS date)) AS day,
           CASE WHEN j.kind = 'check-out' THEN
               (SELECT count(*) FROM journals o WHERE o.folio_id = j.folio_id AND o.kind = 'night') END AS over_before,
           s.rates
    FROM posted j
    LEFT JOIN charges c ON c.journal_id = coalesce(j.reverses, j.id)
    JOIN mine m ON m.id = coalesce(c.folio_id, j.folio_id)
    LEFT JOIN remarks r ON r.journal_id = j.id
    LEFT JOIN LATERAL (
        SELECT json_agg(json_build_array(basis_points, net_minor, vat_minor, nights, first_on, last_on)
                        ORDER BY first_on, basis_points) AS rates
        FROM stay_rates WHERE journal_id = j.id
    ) AS s ON true
    JOIN entries e ON e.journal_id = j.id AND (e.account LIKE 'revenue:%' OR e.account LIKE 'tax:%')
    WHERE NOT EXISTS (SELECT FROM invoiced_items i WHERE i.journal_id = j.id)
      AND coalesce(j.property_id, m.property_id, CASE WHEN CAST(:folio_id AS uuid) IS NOT NULL
              THEN CAST(:property_id AS uuid) END) = CAST(:property_id AS uuid)
    ORDER BY e.id
    """
)
# What is allocated to these folios and was not shown as paid by an invoice that still stands.
_PAYMENTS = sa.text(
    """
    SELECT a.folio_id, p.id, p.method, p.received_at, a.amount_minor - coalesce((
        SELECT sum(s.amount_minor) FROM invoice_payments s
        WHERE s.folio_id = a.folio_id AND s.payment_id = a.payment_id
          AND NOT EXISTS (SELECT FROM invoices n WHERE n.credits = s.invoice_id AND NOT n.partial)
    ), 0) AS minor
    FROM allocations a JOIN payments p ON p.id = a.payment_id
    WHERE a.folio_id = ANY(:folio_ids) AND p.currency = :currency
    ORDER BY p.received_at, p.id
    """
)
_NAMES = sa.text("SELECT code, name FROM charge_kinds")
_NEXT_NUMBER = sa.text(
    """
    INSERT INTO invoice_numbers AS n (property_id, kind, year, last, last_at)
    VALUES (:property_id, :kind, :year, 1, :at)
    ON CONFLICT (property_id, kind, year) DO UPDATE SET last = n.last + 1, last_at = greatest(n.last_at, :at)
    RETURNING last, last_at
    """
)
_KEEP = sa.text(
    """
    WITH kept AS (
        INSERT INTO invoices (
            id, kind, property_id, year, count, number, profile_id, currency, total_minor, issued_at, issued_by,
            credits, partial, content
        ) VALUES (
            :id, :kind, :property_id, :year, :count, :number, :profile_id, :currency, :total, :at, :by,
            :credits, :partial, :content
        )
    ), folios AS (
        INSERT INTO invoice_folios (invoice_id, folio_id) SELECT :id, unnest(CAST(:folio_ids AS uuid[]))
    ), items AS (
        INSERT INTO invoiced_items (journal_id, folio_id, invoice_id)
        SELECT i.journal_id, i.folio_id, :id
        FROM unnest(CAST(:item_ids AS uuid[]), CAST(:item_folios AS uuid[])) AS i (journal_id, folio_id)
    ), charged AS (
        UPDATE charges SET invoice_id = :id WHERE journal_id = ANY(CAST(:item_ids AS uuid[]))
    ), paid AS (
        INSERT INTO invoice_payments (invoice_id, folio_id, payment_id, amount_minor)
        SELECT :id, p.folio_id, p.payment_id, p.minor
        FROM unnest(CAST(:paid_folios AS uuid[]), CAST(:paid_payments AS uuid[]), CAST(:paid_minor AS bigint[]))
             AS p (folio_id, payment_id, minor)
    )
    INSERT INTO invoice_parties (invoice_id, party) VALUES (:id, :party)
    """
)
_FREE = sa.text(
    """
    WITH freed AS (
        UPDATE charges c SET invoice_id = NULL
        FROM invoiced_items i WHERE i.invoice_id = ANY(:invoice_ids) AND c.journal_id = i.journal_id
    )
    DELETE FROM invoiced_items WHERE invoice_id = ANY(:invoice_ids)
    """
)
_READ = sa.text(
    """
    SELECT i.content, p.party, i.currency, n.*
    FROM invoices i LEFT JOIN invoice_parties p ON p.invoice_id = i.id
    LEFT JOIN LATERAL (
        SELECT array_agg(id ORDER BY seq) AS notes, CAST(-sum(total_minor) AS bigint) AS credited,
               (array_agg(id) FILTER (WHERE NOT partial))[1] AS credited_by
        FROM invoices WHERE credits = i.id
    ) AS n ON true
    WHERE i.id = :invoice_id
    """
)
_LOWERED_BY = sa.text("SELECT content FROM invoices WHERE credits = :invoice_id AND partial ORDER BY seq")
_FIND = sa.text(
    """
    SELECT i.seq, i.id, i.kind, i.number, i.property_id, i.profile_id, i.content::json ->> 'issued_on' AS issued_on,
           i.total_minor, i.currency, i.credits, i.partial, n.id AS credited_by
    FROM invoices i LEFT JOIN invoices n ON n.credits = i.id AND NOT n.partial
    WHERE i.seq < :before
      AND (CAST(:profiles AS uuid[]) IS NULL OR i.profile_id = ANY(CAST(:profiles AS uuid[])))
      AND (CAST(:property_id AS uuid) IS NULL OR i.property_id = :property_id)
      AND (CAST(:houses AS uuid[]) IS NULL OR i.property_id = ANY(CAST(:houses AS uuid[])))
      AND (CAST(:number AS text) IS NULL OR i.number = :number)
      AND (CAST(:folio_id AS uuid) IS NULL OR EXISTS (
          SELECT FROM invoice_folios f WHERE f.invoice_id = i.id AND f.folio_id = :folio_id))
    ORDER BY i.seq DESC LIMIT :limit
    """
)
_IS_INVOICED = sa.text("SELECT EXISTS (SELECT FROM invoiced_items WHERE journal_id = :journal_id)")
# Of the properties that the caller is limited to: their journals, and payments for their bookings.
_THEIRS = """(CAST(:houses AS uuid[]) IS NULL OR coalesce(j.property_id, (
    SELECT f.property_id FROM folios f WHERE f.booking_id = j.booking_id AND f.part = 'main'
)) = ANY(CAST(:houses AS uuid[])))"""
_OPENING = sa.text(
    f"""
    SELECT coalesce(sum(e.amount_minor), 0) FROM entries e JOIN journals j ON j.id = e.journal_id
    WHERE e.profile_id = ANY(CAST(:profiles AS uuid[])) AND e.currency = :currency AND j.posted_at < :first
      AND {_THEIRS}
    """  # noqa: S608
)
_STATEMENT = sa.text(
    f"""
    SELECT j.posted_at, j.kind, r.text AS words, e.amount_minor, j.booking_id, j.payment_id, j.reason
    FROM entries e JOIN journals j ON j.id = e.journal_id LEFT JOIN remarks r ON r.journal_id = j.id
    WHERE e.profile_id = ANY(CAST(:profiles AS uuid[])) AND e.currency = :currency
      AND j.posted_at >= :first AND j.posted_at < :after
      AND (cardinality(CAST(:profiles AS uuid[])) = 1 OR NOT EXISTS (
          SELECT FROM entries m
          WHERE m.journal_id = j.id AND m.profile_id = ANY(CAST(:profiles AS uuid[])) AND m.currency = e.currency
          HAVING sum(m.amount_minor) = 0 AND count(DISTINCT m.profile_id) > 1
      ))
      AND {_THEIRS}
    ORDER BY j.posted_at, e.id LIMIT :limit
    """  # noqa: S608
)


@dataclass(frozen=True)
class Shown:
    """What of a payment an invoice shows as paid on one folio."""

    folio_id: UUID
    payment: InvoicePayment


def debtor(tx: Tx, folio_id: UUID) -> Debtor | None:
    row = tx.execute(_DEBTOR, {"folio_id": folio_id}).first()
    return Debtor(folio_id=row.id, profile_id=row.payer_profile_id, property_id=row.property_id) if row else None


def invoicing(tx: Tx, property_id: UUID) -> Invoicing | None:
    text = tx.execute(_INVOICING, {"property_id": property_id}).scalar()
    return wire.load(Invoicing, json.loads(text)) if text else None


def keep_invoicing(tx: Tx, said: Invoicing) -> None:
    """Raises PrefixTaken."""
    given = {"property_id": said.property_id, "prefix": said.prefix, "settings": wire.text(said)}
    try:
        tx.execute(_KEEP_INVOICING, {**given, "by": tx.context.actor, "at": tx.now})
    except IntegrityError as fault:
        raise PrefixTaken from fault


def items_to_invoice(tx: Tx, profile_id: UUID, property_id: UUID, folio_id: UUID | None) -> list[Item]:
    """What has been earned on the folios that this profile pays and stands on no invoice."""
    given = {"profile_id": profile_id, "property_id": property_id, "folio_id": folio_id}
    found: dict[tuple[UUID, str], Item] = {}
    for row in tx.execute(_ITEMS, given):
        item = found.get((row.id, row.currency))
        if item is None:
            rest = row.nights - row.over_before if row.over_before is not None else 0
            item = Item(
                journal_id=row.id,
                folio_id=row.folio_id,
                booking_id=row.booking_id,
                kind=row.charge_kind,
                on=row.arrival + timedelta(days=row.over_before) if rest > 0 else row.day,
                currency=row.currency,
                postings={},
                nights=rest if rest > 0 else 1 if row.kind == "night" else None,
                basis_points=row.vat_basis_points,
                reverses=row.reverses,
                words=row.words if row.charge_kind else None,
                rates=tuple(_rated(*part) for part in row.rates or ()),
            )
        postings = {**item.postings, row.account: item.postings.get(row.account, 0) + row.amount_minor}
        found[row.id, row.currency] = replace(item, postings=postings)
    return list(found.values())


def _rated(basis_points: int, net: int, vat: int, nights: int, first: str | None, last: str | None) -> Rated:
    on = [date.fromisoformat(day) if day else None for day in (first, last)]
    return Rated(basis_points, net, vat, nights, *on)


def payments_to_show(
    tx: Tx, folio_ids: Iterable[UUID], currency: str, zone: ZoneInfo
) -> dict[UUID, list[InvoicePayment]]:
    """What is allocated to each folio and has not been shown as paid on it yet, the oldest payment first."""
    found: dict[UUID, list[InvoicePayment]] = {}
    for row in tx.execute(_PAYMENTS, {"folio_ids": list(folio_ids), "currency": currency}):
        if row.minor > 0:
            payment = InvoicePayment(
                payment_id=row.id,
                received_on=row.received_at.astimezone(zone).date(),
                method=row.method,
                amount=Money(amount_minor=int(row.minor), currency=currency),
            )
            found.setdefault(row.folio_id, []).append(payment)
    return found


def kind_names(tx: Tx) -> dict[str, str]:
    return {row.code: row.name for row in tx.execute(_NAMES)}


def next_number(tx: Tx, property_id: UUID, kind: str, year: int) -> tuple[int, datetime]:
    """The next number of this series, and the moment of issue, which is never before that of the number before.

    Nobody else gets one until this transaction ends; rolled back, the number is the next one's. Take it last.
    """
    row = tx.execute(_NEXT_NUMBER, {"property_id": property_id, "kind": kind, "year": year, "at": tx.now}).one()
    return row.last, row.last_at


def keep_invoice(
    tx: Tx,
    invoice: Invoice,
    year: int,
    count: int,
    items: Mapping[UUID, UUID],
    paid: Sequence[Shown],
    words: Mapping[int, str],
) -> None:
    """Write the invoice as issued; addressee, reason and people's words beside it. `items` are what stands on it: the
    folio of each journal.
    """
    bare = replace(invoice, addressee=None, reason=None)
    party = {
        "addressee": wire.dump(invoice.addressee) if invoice.addressee else None,
        "reason": invoice.reason,
        "words": {str(number): said for number, said in words.items()},
    }
    tx.execute(
        _KEEP,
        {
            "id": invoice.id,
            "kind": invoice.kind,
            "property_id": invoice.property_id,
            "year": year,
            "count": count,
            "number": invoice.number,
            "profile_id": invoice.profile_id,
            "currency": invoice.total.currency,
            "total": invoice.total.amount_minor,
            "at": invoice.issued_at,
            "by": tx.context.actor,
            "credits": invoice.credits,
            "partial": invoice.partial,
            "content": wire.text(bare),
            "folio_ids": list(invoice.folio_ids),
            "item_ids": list(items),
            "item_folios": list(items.values()),
            "paid_folios": [each.folio_id for each in paid],
            "paid_payments": [each.payment.payment_id for each in paid],
            "paid_minor": [each.payment.amount.amount_minor for each in paid],
            "party": json.dumps(party, ensure_ascii=False),
        },
    )


def free_items(tx: Tx, invoice_ids: Sequence[UUID]) -> None:
    """What stood on these can be invoiced again."""
    tx.execute(_FREE, {"invoice_ids": list(invoice_ids)})


def lowered_by(tx: Tx, invoice_id: UUID) -> list[Invoice]:
    """The partial credit notes of an invoice, as issued, without what is anybody's."""
    return [
        wire.load(Invoice, json.loads(content))
        for content in tx.execute(_LOWERED_BY, {"invoice_id": invoice_id}).scalars()
    ]


def read_invoice(tx: Tx, invoice_id: UUID) -> tuple[Invoice, dict[int, str]] | None:
    """The invoice as issued, and people's words by line; without what has been erased since."""
    row = tx.execute(_READ, {"invoice_id": invoice_id}).first()
    if row is None:
        return None
    party = json.loads(row.party) if row.party else {}
    addressee = party.get("addressee")
    invoice = replace(
        wire.load(Invoice, json.loads(row.content)),
        addressee=wire.load(Party, addressee) if addressee else None,
        reason=party.get("reason"),
        credited_by=row.credited_by,
        credit_notes=tuple(row.notes or ()),
        credited=Money(amount_minor=row.credited, currency=row.currency) if row.notes else None,
    )
    return invoice, {int(number): said for number, said in party.get("words", {}).items()}


def find_invoices(
    tx: Tx, before: int, limit: int, profile_id: UUID | None, **wanted: Any
) -> list[tuple[int, InvoiceSummary]]:
    """Of a profile also those that were issued to profiles which went up in it."""
    wanted["profiles"] = ids_of(tx, profile_id) if profile_id else None
    rows = tx.execute(_FIND, {"before": before, "limit": limit, "houses": houses(tx), **wanted})
    return [
        (
            row.seq,
            InvoiceSummary(
                id=row.id,
                kind=row.kind,
                number=row.number,
                property_id=row.property_id,
                profile_id=row.profile_id,
                issued_on=date.fromisoformat(row.issued_on),
                total=Money(amount_minor=row.total_minor, currency=row.currency),
                credits=row.credits,
                partial=row.partial,
                credited_by=row.credited_by,
            ),
        )
        for row in rows
    ]


def is_invoiced(tx: Tx, journal_id: UUID) -> bool:
    """Whether what this journal posted stands on an invoice; ask under the payer's lock."""
    return bool(tx.execute(_IS_INVOICED, {"journal_id": journal_id}).scalar())


def statement(
    tx: Tx, profile_id: UUID, currency: str, first: datetime, after: datetime, limit: int
) -> tuple[int, list[Any]]:
    """What was owed before `first`, and the entries from then until before `after`.

    Also those of profiles that went up in this one, but for what only went from one of them to the other.
    """
    given = {"profiles": ids_of(tx, profile_id), "currency": currency, "first": first, "houses": houses(tx)}
    opening = int(tx.execute(_OPENING, given).scalar() or 0)
    return opening, list(tx.execute(_STATEMENT, {**given, "after": after, "limit": limit}))
