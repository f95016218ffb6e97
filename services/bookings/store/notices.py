"""Notices of other systems: kept as they came (without card numbers), with what became of them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from services.bookings.domain.booking import Booking
from services.bookings.domain.mapping import House
from services.bookings.domain.notices import CANCEL_OF_UNKNOWN, UNKNOWN_BOOKING
from services.bookings.store import own_fields
from services.bookings.store.properties import property_of
from services.bookings.store.rows import booking_of
from services.contracts.bookings import BookingNotice, NoSuchNotice, NoticeCount, NoticeReport
from services.kit import wire
from services.kit.db import Tx
from services.kit.scope import NotYourProperty, houses


@dataclass(frozen=True)
class Known:
    """What is known of the booking a notice is about; `settled` is the last revision that had its say (−1: none).

    `reported` is there when this very notice has come before; `waiting` says that notices came before the booking did.
    """

    booking: Booking | None
    reported: NoticeReport | None
    settled: int
    waiting: bool


def take_turn(tx: Tx, notice: BookingNotice) -> House | None:
    """One at a time for notices about the same booking, until the transaction ends; and the property it names.

    The property has the codes that the notice's source uses there, which are not those of the house.
    """
    turn = f"{notice.source}\n{notice.external_id}"
    row = tx.execute(_TAKE_TURN, {"turn": turn, "source": notice.source, "code": notice.property}).one()
    house = property_of(row)
    codes = {(kind, theirs): ours for kind, theirs, ours in row.codes or ()}
    return House(**vars(house), codes=codes) if house else None


def known(tx: Tx, notice: BookingNotice) -> Known:
    """Locks the booking. Its own statement, after `take_turn`: so it sees what the one before has committed."""
    key: dict[str, Any] = {
        "source": notice.source,
        "external_id": notice.external_id,
        "revision": notice.revision,
    }
    row = tx.execute(_KNOWN, {**key, **_EARLY}).one()
    reported = None
    if row.notice_id:
        reported = NoticeReport(
            **key,
            notice_id=row.notice_id,
            state=row.notice_state,
            why=row.why,
            booking_id=row.notice_booking_id,
            received_at=row.received_at,
        )
    return Known(booking_of(row) if row.id else None, reported, row.settled, bool(row.waiting))


def notice_row(report: NoticeReport, notice: BookingNotice) -> dict[str, Any]:
    """Columns of `notices` as JSON-ready values."""
    return {
        "id": str(report.notice_id),
        "source": report.source,
        "external_id": report.external_id,
        "revision": report.revision,
        "state": report.state,
        "why": report.why,
        "booking_id": str(report.booking_id) if report.booking_id else None,
        "body": _body(report, notice),
        "received_at": report.received_at.isoformat(),
    }


def keep(tx: Tx, row: dict[str, Any]) -> None:
    """A notice that changed no booking; a replayed one gets its new state."""
    tx.execute(_KEEP, {"notice": json.dumps(row, ensure_ascii=False)})


def read(tx: Tx, notice_id: UUID) -> tuple[NoticeReport, BookingNotice]:
    """Refuses with NoSuchNotice, also where it is about another property than the caller's."""
    row = tx.execute(_READ, {"id": notice_id, "houses": houses(tx)}).first()
    if row is None:
        raise NoSuchNotice
    return _report_of(row), wire.load(BookingNotice, own_fields.opened_notice(row.body))


def permit(tx: Tx, notice_id: UUID) -> None:
    """Refuses with NotYourProperty where it is about another property than the caller's. A statement if limited."""
    limit = houses(tx)
    if limit is not None and tx.execute(_READ, {"id": notice_id, "houses": limit}).first() is None:
        raise NotYourProperty


def waiting(tx: Tx, notice: BookingNotice) -> list[tuple[NoticeReport, BookingNotice]]:
    """Notices that came before the booking did, in the order of their revisions."""
    key = {"source": notice.source, "external_id": notice.external_id, **_EARLY}
    rows = tx.execute(_WAITING, key)
    return [(_report_of(row), wire.load(BookingNotice, own_fields.opened_notice(row.body))) for row in rows]


def stating_consents(tx: Tx, source: str, external_id: str | None) -> tuple[UUID, datetime] | None:
    """The last applied notice about a booking that says what somebody consents to, and when it came."""
    row = tx.execute(_STATING_CONSENTS, {"source": source, "external_id": external_id}).first()
    return (row.id, row.received_at) if row else None


def parked(tx: Tx, source: str, why: str | None) -> list[tuple[UUID, ...]]:
    """Parked notices of a source, where `why` is given those parked under this code: a booking's together, in order."""
    wanted = {"source": source, "why": why, "houses": houses(tx)}
    return [tuple(row.ids) for row in tx.execute(_PARKED, wanted)]


def find(
    tx: Tx,
    *,
    state: str | None,
    source: str | None,
    external_id: str | None,
    before: UUID | None,
    limit: int,
) -> list[NoticeReport]:
    """Newest first, beginning behind `before`; each filter applies where it is given."""
    filters = {"state": state, "source": source, "external_id": external_id}
    given = {name: value for name, value in filters.items() if value is not None}
    statement = _FIND.where(*(_N.c[name] == value for name, value in given.items())).limit(limit)
    if before:
        statement = statement.where(_N.c.id < before)
    limit_to = houses(tx)
    if limit_to is not None:
        statement = statement.where(sa.text(_THEIRS))
    return [_report_of(row) for row in tx.execute(statement, {"houses": limit_to})]


def counts(tx: Tx, source: str) -> list[NoticeCount]:
    return [NoticeCount(**row._mapping) for row in tx.execute(_COUNTS, {"source": source})]


def _body(report: NoticeReport, notice: BookingNotice) -> dict[str, Any]:
    """Of one that may still be applied, all; else without the house's own fields of its people."""
    said = wire.dump(notice)
    return own_fields.sealed_notice(said) if report.state == "parked" else own_fields.forgotten_in_notice(said)


def _report_of(row: Any) -> NoticeReport:
    received: datetime = row.received_at
    return NoticeReport(
        notice_id=row.id,
        source=row.source,
        external_id=row.external_id,
        revision=row.revision,
        state=row.state,
        why=row.why,
        booking_id=row.booking_id,
        received_at=received,
    )


# What the notices that came before their booking are known by.
_EARLY = {"unknown": UNKNOWN_BOOKING + "%", "cancel_of_unknown": CANCEL_OF_UNKNOWN}

_TAKE_TURN = sa.text(
    """
    SELECT turn.taken, p.*,
           (SELECT jsonb_agg(to_jsonb(t) ORDER BY t.code) FROM room_types t WHERE t.property_id = p.id) AS room_types,
           (SELECT jsonb_agg(jsonb_build_array(c.kind, c.theirs, c.ours)) FROM codes c
            WHERE c.property_id = p.id AND c.source = :source AND c.kind <> 'property') AS codes
    FROM (SELECT pg_advisory_xact_lock(hashtextextended(:turn, 0)) AS taken) AS turn
    LEFT JOIN properties p ON p.id = coalesce(
        (SELECT c.property_id FROM codes c WHERE c.kind = 'property' AND c.source = :source AND c.theirs = :code),
        (SELECT h.id FROM properties h WHERE h.code = :code)
    )
    """
)

_KNOWN = sa.text(
    """
    SELECT n.id AS notice_id, n.state AS notice_state, n.why, n.booking_id AS notice_booking_id, n.received_at,
           said.settled, said.waiting, b.*
    FROM (
        SELECT coalesce(max(revision) FILTER (WHERE state = 'applied'), -1) AS settled,
               bool_or(state = 'parked' AND why LIKE :unknown OR why = :cancel_of_unknown) AS waiting
        FROM notices WHERE external_id = :external_id AND source = :source
    ) AS said
    LEFT JOIN notices n ON n.external_id = :external_id AND n.source = :source AND n.revision = :revision
    LEFT JOIN LATERAL (
        SELECT b.*, p.code, p.country, p.time_zone FROM bookings b JOIN properties p ON p.id = b.property_id
        WHERE b.external_ref = :external_id AND b.source = :source FOR UPDATE OF b
    ) AS b ON true
    """
)

_KEEP = sa.text(
    """
    INSERT INTO notices
    SELECT n.* FROM jsonb_populate_record(CAST(NULL AS notices), CAST(:notice AS jsonb)) AS n
    ON CONFLICT (id) DO UPDATE
        SET state = excluded.state, why = excluded.why, booking_id = excluded.booking_id, body = excluded.body
    """
)

# About a property of the caller's: that of its booking, else the one it names, by the codes as they are now. One that
# names none that is known is the whole organisation's matter.
_THEIRS = """(CAST(:houses AS uuid[]) IS NULL OR coalesce(
    (SELECT b.property_id FROM bookings b WHERE b.id = notices.booking_id),
    (SELECT c.property_id FROM codes c
     WHERE c.kind = 'property' AND c.source = notices.source AND c.theirs = notices.body ->> 'property'),
    (SELECT p.id FROM properties p WHERE p.code = notices.body ->> 'property')
) = ANY(CAST(:houses AS uuid[])))"""

_READ = sa.text(f"SELECT * FROM notices WHERE id = :id AND {_THEIRS}")  # noqa: S608

_WAITING = sa.text(
    "SELECT * FROM notices WHERE external_id = :external_id AND source = :source"
    " AND (state = 'parked' AND why LIKE :unknown OR why = :cancel_of_unknown) ORDER BY revision"
)

_STATING_CONSENTS = sa.text(
    "SELECT id, received_at FROM notices WHERE external_id = :external_id AND source = :source AND state = 'applied'"
    " AND body @? '$.**.consents[*].granted' ORDER BY revision DESC LIMIT 1"
)

_PARKED = sa.text(
    "SELECT array_agg(id ORDER BY revision) AS ids FROM notices WHERE state = 'parked' AND source = :source"  # noqa: S608
    f" AND (CAST(:why AS text) IS NULL OR split_part(why, ':', 1) = :why) AND {_THEIRS}"
    " GROUP BY external_id ORDER BY min(received_at)"
)

_COUNTS = sa.text(
    "SELECT state, split_part(why, ':', 1) AS why, count(*) AS count FROM notices"
    " WHERE source = :source GROUP BY 1, 2 ORDER BY 1, 2"
)

_N = sa.table(
    "notices",
    sa.column("id", sa.Uuid),
    sa.column("source"),
    sa.column("external_id"),
    sa.column("revision"),
    sa.column("state"),
    sa.column("why"),
    sa.column("booking_id", sa.Uuid),
    sa.column("received_at"),
)
_FIND = sa.select(_N).order_by(_N.c.id.desc())
