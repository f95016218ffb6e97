"""Charges beside the stay, and their kinds."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from services.billing.domain import Folio
from services.billing.store.folios import FOLIO_COLUMNS, FolioRow, folio_row, stored_charges
from services.billing.store.posting import HAS_CREDIT, POST, Journal, Moved, journal_values
from services.billing.store.taxes import taxes_from
from services.contracts.billing import Charge, ChargeKind
from services.contracts.billing.taxes import PropertyTaxes
from services.contracts.values import Money
from services.kit.db import Tx


@dataclass(frozen=True)
class Charging:
    """All that a charge depends on, as of one moment: the folio if there is one, the kind if there is one.

    `limited`: there are credit terms for whoever pays. `elsewhere`: charges of the kind stand on another folio of the
    booking.
    """

    seen: FolioRow | None
    closed: bool
    limited: bool
    elsewhere: bool
    kind: ChargeKind | None
    taxes: PropertyTaxes | None


@dataclass(frozen=True)
class ChargeRow:
    """A charge with the folio it stands on. An adjustment is kept as one, below zero where it is a credit, with
    the code of its `reason`. `credited`: there is a credit of the kind on the folio which is on no invoice.
    """

    charge: Charge
    seen: FolioRow
    closed: bool
    account: str
    property_id: UUID | None
    digest: bytes | None
    reason: str | None
    credited: bool


# Named apart from `FOLIO_COLUMNS`, beside which they stand.
CHARGE_COLUMNS = (
    "c.id AS charge_id, c.folio_id AS charge_folio, c.kind AS charge_kind, c.account AS charge_account,"
    " c.gross_minor AS charge_gross, c.net_minor AS charge_net, c.vat_minor AS charge_vat,"
    " c.vat_basis_points AS charge_rate, c.currency AS charge_currency, c.business_date AS charge_day,"
    " c.source AS charge_source, c.external_id AS charge_number, c.digest AS charge_digest, c.state AS charge_state,"
    " c.journal_id AS charge_journal, c.voided_by AS charge_void, c.invoice_id AS charge_invoice,"
    " c.posted_at AS charge_at, c.voided_at AS charge_void_at, c.property_id AS charge_property,"
    " c.booking_id AS charge_booking, c.reason AS charge_reason, f.payer_profile_id AS charge_payer,"
    " r.text AS charge_words"
)
_CHARGING = f"""
    SELECT k.code, k.name, k.account AS kind_account, k.tax_class, k.active, f.closed_at IS NOT NULL AS closed,
           h.taxes, h.time_zone AS house_zone,
           EXISTS (SELECT FROM credit_terms t WHERE t.profile_id = coalesce(f.payer_profile_id, :of)) AS limited,
           f.booking_id IS NOT NULL AND f.part <> part_for(f.booking_id, :kind) AS elsewhere,
           {FOLIO_COLUMNS}
    FROM (SELECT) AS one LEFT JOIN charge_kinds k ON k.code = :kind LEFT JOIN folios f ON {{folio}}
    LEFT JOIN property_terms h ON h.property_id = coalesce(f.property_id, CAST(:property_id AS uuid))
"""  # noqa: S608
# Routed to somebody, it stands on their part of the booking; that part is there as soon as the rule is.
_OF_BOOKING = sa.text(_CHARGING.format(folio="f.booking_id = :of AND f.part = part_for(:of, :kind)"))
_OF_GUEST = sa.text(_CHARGING.format(folio="f.payer_profile_id = :of AND f.booking_id IS NULL"))
_OF_FOLIO = sa.text(_CHARGING.format(folio="f.id = :of"))
_READ = f"""
    SELECT {CHARGE_COLUMNS}, f.closed_at IS NOT NULL AS closed, {FOLIO_COLUMNS}, EXISTS (
        SELECT FROM charges o WHERE o.folio_id = c.folio_id AND o.kind = c.kind AND o.gross_minor < 0
            AND o.state = 'posted' AND o.invoice_id IS NULL
    ) AS credited
    FROM charges c JOIN folios f ON f.id = c.folio_id LEFT JOIN remarks r ON r.journal_id = c.journal_id
    WHERE """  # noqa: S608
_READ_BY_ID = sa.text(_READ + "c.id = :id")
_READ_BY_JOURNAL = sa.text(_READ + "c.journal_id = :journal_id")
_READ_BY_KEY = sa.text(_READ + "c.source = :source AND c.external_id = :external_id")
OF_FOLIOS = sa.text(
    f"""
    SELECT found.* FROM unnest(CAST(:folios AS uuid[])) AS wanted (id), LATERAL (
        SELECT {CHARGE_COLUMNS}
        FROM charges c JOIN folios f ON f.id = c.folio_id LEFT JOIN remarks r ON r.journal_id = c.journal_id
        WHERE c.folio_id = wanted.id AND (c.reason IS NOT NULL) = :adjusting
        ORDER BY c.posted_at DESC, c.id LIMIT :most
    ) AS found
    """  # noqa: S608
)
_POST_CHARGE = sa.text(
    """
    WITH folio AS (
        UPDATE folios f
        SET charges = CAST(:charges AS jsonb), earned = CAST(:earned AS jsonb), version = f.version + 1
        WHERE f.id = :folio_id AND f.version = :version
        RETURNING f.id, f.booking_id, f.property_id
    ), charge AS (
        INSERT INTO charges (
            id, folio_id, booking_id, property_id, profile_id, kind, account, gross_minor, net_minor, vat_minor,
            vat_basis_points, currency, business_date, source, external_id, digest, reason, state, journal_id, posted_at
        )
        SELECT :charge_id, folio.id, folio.booking_id, coalesce(folio.property_id, :charge_property), :payer_id,
               :charge_kind, :account, :gross, :net, :vat, :rate, :currency, :business_date, :source, :external_id,
               :digest, :reason, 'posted', :journal_id, :at
        FROM folio
    )"""  # noqa: S608
    + POST
    + HAS_CREDIT
)
# An invoice that takes the charge at this moment is waited for: either it has the charge, or the void.
_VOID_CHARGE = sa.text(
    """
    WITH mine AS (
        SELECT folio_id FROM charges WHERE id = :charge_id AND state = 'posted' AND invoice_id IS NULL FOR UPDATE
    ), folio AS (
        UPDATE folios f
        SET charges = CAST(:charges AS jsonb), earned = CAST(:earned AS jsonb), version = f.version + 1
        FROM mine WHERE f.id = mine.folio_id AND f.id = :folio_id AND f.version = :version
        RETURNING f.id, f.booking_id, f.property_id
    ), voided AS (
        UPDATE charges c SET state = 'voided', voided_by = :journal_id, voided_at = :at
        FROM folio WHERE c.id = :charge_id
    )"""  # noqa: S608
    + POST
    + HAS_CREDIT
)
_TAKE_TURN = sa.text("SELECT pg_advisory_xact_lock(:key)")
_KEEP_EARLY_VOID = sa.text(
    "INSERT INTO early_voids (source, external_id, heard_at) VALUES (:source, :external_id, :at) ON CONFLICT DO NOTHING"
)
_TAKE_EARLY_VOID = sa.text(
    "DELETE FROM early_voids WHERE source = :source AND external_id = :external_id RETURNING source"
)
_READ_KINDS = sa.text("SELECT code, name, account, tax_class, active FROM charge_kinds ORDER BY code")
_KEEP_KIND = sa.text(
    """
    INSERT INTO charge_kinds (code, name, account, tax_class, active)
    VALUES (:code, :name, :account, :tax_class, :active)
    ON CONFLICT (code) DO UPDATE SET
        name = excluded.name, account = excluded.account, tax_class = excluded.tax_class, active = excluded.active
    """
)


def charging_booking(tx: Tx, booking_id: UUID, kind: str) -> Charging:
    return _charging(tx.execute(_OF_BOOKING, {"of": booking_id, "kind": kind, "property_id": None}).one())


def charging_guest(tx: Tx, profile_id: UUID, kind: str, property_id: UUID | None) -> Charging:
    """The guest's house folio; `property_id` is where it was sold."""
    return _charging(tx.execute(_OF_GUEST, {"of": profile_id, "kind": kind, "property_id": property_id}).one())


def charging_folio(tx: Tx, folio_id: UUID, kind: str, property_id: UUID | None) -> Charging:
    """This very folio; `property_id` is for one of no booking."""
    return _charging(tx.execute(_OF_FOLIO, {"of": folio_id, "kind": kind, "property_id": property_id}).one())


def charge(tx: Tx, charge_id: UUID) -> ChargeRow | None:
    """Also an adjustment."""
    row = tx.execute(_READ_BY_ID, {"id": charge_id}).first()
    return _charge_row(row) if row else None


def charge_of_journal(tx: Tx, journal_id: UUID) -> ChargeRow | None:
    """The charge, or the adjustment, that a journal posted."""
    row = tx.execute(_READ_BY_JOURNAL, {"journal_id": journal_id}).first()
    return _charge_row(row) if row else None


def charge_said(tx: Tx, source: str, external_id: str) -> ChargeRow | None:
    """The charge a source means by its number."""
    row = tx.execute(_READ_BY_KEY, {"source": source, "external_id": external_id}).first()
    return _charge_row(row) if row else None


def charges_of_folios(tx: Tx, folio_ids: Sequence[UUID], most: int) -> dict[UUID, list[Charge]]:
    """Of each folio the newest, at most `most`; without adjustments."""
    found: dict[UUID, list[Charge]] = {folio_id: [] for folio_id in folio_ids}
    for row in tx.execute(OF_FOLIOS, {"folios": list(folio_ids), "most": most, "adjusting": False}):
        found[row.charge_folio].append(charge_of(row))
    return found


def post_charge(
    tx: Tx, seen: FolioRow, after: Folio, said: Charge, account: str, journal: Journal, digest: Any
) -> bool:
    """Write the charge, the folio's sums and the journal; answers whether the payer ever had credit. Raises Moved."""
    row = tx.execute(
        _POST_CHARGE,
        {
            "charge_id": said.id,
            "charge_property": journal.property_id,
            "payer_id": after.payer_id,
            "charge_kind": said.kind,
            "account": account,
            "gross": said.amount.amount_minor,
            "net": said.net.amount_minor,
            "vat": said.vat.amount_minor,
            "rate": said.vat_basis_points,
            "currency": said.amount.currency,
            "source": said.source,
            "external_id": said.external_id,
            "digest": digest,
            **_folio_values(seen, after),
            **journal_values(tx, journal),
        },
    ).first()
    if row is None:
        raise Moved
    return bool(row.credit)


def void_charge(tx: Tx, charge_id: UUID, seen: FolioRow, after: Folio, journal: Journal) -> bool:
    """Take the charge back; answers whether its payer ever had credit. Raises Moved where it is not as it was seen."""
    values = {"charge_id": charge_id, **_folio_values(seen, after), **journal_values(tx, journal)}
    row = tx.execute(_VOID_CHARGE, values).first()
    if row is None:
        raise Moved
    return bool(row.credit)


def take_turn(tx: Tx, source: str, external_id: str) -> None:
    """One at a time for what a source says under one number, until the transaction ends; before any other lock."""
    digest = hashlib.blake2b(
        f"charge\n{source}\n{external_id}".encode("utf-8", "surrogatepass"), digest_size=8
    ).digest()
    tx.execute(_TAKE_TURN, {"key": int.from_bytes(digest, "big", signed=True)})


def keep_early_void(tx: Tx, source: str, external_id: str) -> None:
    """Remember a void whose charge has not come yet."""
    tx.execute(_KEEP_EARLY_VOID, {"source": source, "external_id": external_id, "at": tx.now})


def take_early_void(tx: Tx, source: str, external_id: str) -> bool:
    """Whether a void of this charge came before it; it is forgotten."""
    return tx.execute(_TAKE_EARLY_VOID, {"source": source, "external_id": external_id}).first() is not None


def charge_kinds(tx: Tx) -> tuple[ChargeKind, ...]:
    return tuple(ChargeKind(**row._mapping) for row in tx.execute(_READ_KINDS))


def keep_charge_kind(tx: Tx, kind: ChargeKind) -> None:
    tx.execute(_KEEP_KIND, vars(kind))


def charge_of(row: Any) -> Charge:
    """A charge from `CHARGE_COLUMNS`."""
    currency = row.charge_currency
    return Charge(
        id=row.charge_id,
        folio_id=row.charge_folio,
        profile_id=row.charge_payer,
        booking_id=row.charge_booking,
        kind=row.charge_kind,
        description=row.charge_words or "",
        amount=Money(amount_minor=row.charge_gross, currency=currency),
        net=Money(amount_minor=row.charge_net, currency=currency),
        vat=Money(amount_minor=row.charge_vat, currency=currency),
        vat_basis_points=row.charge_rate,
        business_date=row.charge_day,
        source=row.charge_source,
        external_id=row.charge_number,
        state=row.charge_state,
        journal_id=row.charge_journal,
        voided_by=row.charge_void,
        invoice_id=row.charge_invoice,
        posted_at=row.charge_at,
        voided_at=row.charge_void_at,
    )


def _charge_row(row: Any) -> ChargeRow:
    return ChargeRow(
        charge=charge_of(row),
        seen=folio_row(row),
        closed=row.closed,
        account=row.charge_account,
        property_id=row.charge_property,
        digest=bytes(row.charge_digest) if row.charge_digest else None,
        reason=row.charge_reason,
        credited=row.credited,
    )


def _charging(row: Any) -> Charging:
    return Charging(
        seen=folio_row(row) if row.id else None,
        closed=row.closed,
        limited=row.limited,
        elsewhere=bool(row.elsewhere),
        kind=ChargeKind(
            code=row.code, name=row.name, account=row.kind_account, tax_class=row.tax_class, active=row.active
        )
        if row.code
        else None,
        taxes=taxes_from(row.taxes, row.house_zone),
    )


def _folio_values(seen: FolioRow, after: Folio) -> dict[str, Any]:
    return {
        "folio_id": seen.id,
        "version": seen.version,
        "charges": stored_charges(after.charges),
        "earned": stored_charges(after.earned),
        "guests": [after.payer_id],
    }
