"""Registers as exported: a log that can only be added to, and beside it the sealed files, which come to an end."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from services.bookings.domain.registers.law import Move
from services.contracts.bookings.registers import (
    AlreadyReceived,
    ExportState,
    NoSuchRegister,
    RegisterEntry,
    RegisterExport,
    RegisterFile,
    RegisterFileDestroyed,
    RegisterHouse,
)
from services.contracts.bookings.registration import GuestStatus
from services.kit import sealing, wire
from services.kit.db import Tx
from services.kit.scope import sees
from services.kit.sealing import Sealed


@dataclass(frozen=True, kw_only=True)
class New:
    """What is exported; `content` is the file as it would be with no number and no time, to know a repeat by."""

    id: UUID
    property_id: UUID
    country: str
    form: str
    day: date
    number: int
    exempt: int
    left_out: tuple[GuestStatus, ...]
    content: bytes
    moves: Sequence[Move]
    file: RegisterFile | None


def house(tx: Tx, property_id: UUID) -> RegisterHouse:
    """How the authority knows a property; nothing where nobody has said it."""
    said = tx.execute(_HOUSE, {"property_id": property_id}).scalar()
    return wire.load(RegisterHouse, said or {})


def keep_house(tx: Tx, property_id: UUID, said: RegisterHouse) -> None:
    row = {"property_id": property_id, "house": json.dumps(wire.dump(said)), "now": tx.now, "actor": tx.context.actor}
    tx.execute(_KEEP_HOUSE, row)


def next_number(tx: Tx, property_id: UUID, country: str) -> int:
    """Whoever takes it holds the lock of this register."""
    return int(tx.execute(_NEXT, {"property_id": property_id, "country": country}).scalar_one())


def last(tx: Tx, property_id: UUID, country: str, day: date) -> tuple[RegisterExport, bytes] | None:
    """The last export of a day, with the digest of what is in it."""
    row = tx.execute(_LAST, {"property_id": property_id, "country": country, "day": day}).first()
    return (_register(row), bytes(row.content_sha256)) if row else None


def add(tx: Tx, new: New) -> RegisterExport:
    """Three statements."""
    text = new.file.text.encode() if new.file else None
    row = {
        "id": new.id,
        "property_id": new.property_id,
        "country": new.country,
        "form": new.form,
        "day": new.day,
        "number": new.number,
        "guests": len(new.moves),
        "exempt": new.exempt,
        "left_out": json.dumps([wire.dump(each) for each in new.left_out]),
        "content_sha256": new.content,
        "file_name": new.file.name if new.file else None,
        "media_type": new.file.media_type if new.file else None,
        "file_sha256": hashlib.sha256(text).digest() if text is not None else None,
        "now": tx.now,
        "actor": tx.context.actor,
    }
    tx.execute(_ADD, row)
    entries = [
        {
            "export_id": new.id,
            "place": place,
            "booking_id": move.party.booking.id,
            "position": move.guest.position,
            "version": move.guest.version,
            "event": move.event,
        }
        for place, move in enumerate(new.moves)
    ]
    if text is not None:
        tx.execute(_ADD_ENTRIES, entries)
        sealed = sealing.sealer().seal(text, _about(new.id))
        tx.execute(_ADD_FILE, {"export_id": new.id, **vars(sealed)})
    return read(tx, new.id)


def read(tx: Tx, export_id: UUID) -> RegisterExport:
    """Refuses with NoSuchRegister."""
    row = tx.execute(_READ, {"id": export_id}).first()
    if row is None or not sees(tx.context, row.property_id):
        raise NoSuchRegister
    return _register(row)


def entries(tx: Tx, export_id: UUID) -> tuple[RegisterEntry, ...]:
    """What is in its file, in order."""
    return tuple(RegisterEntry(**row._mapping) for row in tx.execute(_ENTRIES, {"id": export_id}))


def find(tx: Tx, property_id: UUID | None, day: date | None, before: UUID | None, limit: int) -> list[RegisterExport]:
    """Newest first, beginning behind `before`."""
    said = {"property_id": property_id, "day": day, "before": before, "limit": limit}
    return [_register(row) for row in tx.execute(_FIND, said)]


def file(tx: Tx, export_id: UUID) -> RegisterFile:
    """Refuses with NoSuchRegister and RegisterFileDestroyed."""
    row = tx.execute(_FILE, {"id": export_id}).first()
    if row is None:
        raise NoSuchRegister
    if row.content is None:
        raise RegisterFileDestroyed
    text = sealing.sealer().open(Sealed(bytes(row.content), row.key_id), _about(export_id))
    return RegisterFile(name=row.file_name, media_type=row.media_type, text=text.decode())


def keep_receipt(tx: Tx, export_id: UUID, reference: str, received_on: date) -> RegisterExport:
    """The same receipt again changes nothing; refuses with AlreadyReceived."""
    said = {"id": export_id, "reference": reference, "day": received_on, "actor": tx.context.actor, "now": tx.now}
    tx.execute(_KEEP_RECEIPT, said)
    kept = read(tx, export_id)
    if kept.receipt != reference:
        raise AlreadyReceived
    return kept


def seal_again(tx: Tx, most: int) -> int:
    """Seal with the present key what was sealed with another one; answers how many were."""
    sealer = sealing.sealer()
    rows = tx.execute(_SEALED_OTHERWISE, {"key_id": sealer.key_id, "most": most}).all()
    changes = []
    for row in rows:
        about = _about(row.export_id)
        sealed = sealer.seal(sealer.open(Sealed(bytes(row.content), row.key_id), about), about)
        changes.append({"export_id": row.export_id, **vars(sealed)})
    if changes:
        tx.execute(_SEAL, changes)
    return len(changes)


def _register(row: Any) -> RegisterExport:
    state: ExportState = "exported"
    if row.guests == 0:
        state = "empty"
    elif not row.there:
        state = "destroyed"
    elif row.reference is not None:
        state = "sent"
    return RegisterExport(
        id=row.id,
        property_id=row.property_id,
        country=row.country,
        form=row.form,
        day=row.day,
        number=row.number,
        state=state,
        guests=row.guests,
        exempt=row.exempt,
        left_out=tuple(wire.load(GuestStatus, each) for each in row.left_out),
        file_name=row.file_name,
        sha256=bytes(row.file_sha256).hex() if row.file_sha256 is not None else None,
        exported_at=row.exported_at,
        exported_by=row.exported_by,
        receipt=row.reference,
        received_on=row.received_on,
    )


def _about(export_id: UUID) -> str:
    return f"register {export_id}"


_HOUSE = sa.text("SELECT house FROM register_houses WHERE property_id = :property_id")
_KEEP_HOUSE = sa.text(
    """
    INSERT INTO register_houses (property_id, house, changed_at, changed_by)
    VALUES (:property_id, CAST(:house AS jsonb), :now, :actor)
    ON CONFLICT (property_id) DO UPDATE
    SET house = excluded.house, changed_at = excluded.changed_at, changed_by = excluded.changed_by
    """
)
_NEXT = sa.text(
    "SELECT coalesce(max(number), 0) + 1 FROM register_exports WHERE property_id = :property_id AND country = :country"
)
_EXPORTS = """
    SELECT x.*, c.reference, c.received_on, EXISTS (SELECT FROM register_files f WHERE f.export_id = x.id) AS there
    FROM register_exports x LEFT JOIN register_receipts c ON c.export_id = x.id
"""
_LAST = sa.text(
    f"{_EXPORTS} WHERE x.property_id = :property_id AND x.country = :country AND x.day = :day"
    " ORDER BY x.number DESC LIMIT 1"
)
_READ = sa.text(f"{_EXPORTS} WHERE x.id = :id")
_FIND = sa.text(
    f"""
    {_EXPORTS}
    WHERE (:property_id IS NULL OR x.property_id = :property_id)
      AND (:day IS NULL OR x.day = :day)
      AND (:before IS NULL OR x.id < :before)
    ORDER BY x.id DESC LIMIT :limit
    """
).bindparams(
    sa.bindparam("property_id", type_=sa.Uuid),
    sa.bindparam("day", type_=sa.Date),
    sa.bindparam("before", type_=sa.Uuid),
)
_ADD = sa.text(
    """
    INSERT INTO register_exports (id, property_id, country, form, day, number, guests, exempt, left_out, content_sha256,
                                  file_name, media_type, file_sha256, exported_at, exported_by)
    VALUES (:id, :property_id, :country, :form, :day, :number, :guests, :exempt, CAST(:left_out AS jsonb),
            :content_sha256, :file_name, :media_type, :file_sha256, :now, :actor)
    """
)
_ADD_ENTRIES = sa.text(
    "INSERT INTO register_entries (export_id, place, booking_id, position, version, event)"
    " VALUES (:export_id, :place, :booking_id, :position, :version, :event)"
)
_ENTRIES = sa.text(
    """
    SELECT e.booking_id, e.position, e.version, e.event, CAST(person.it ->> 'profile_id' AS uuid) AS profile_id
    FROM register_entries e
    LEFT JOIN (bookings b JOIN register_files f ON f.export_id = :id) ON b.id = e.booking_id
    LEFT JOIN LATERAL jsonb_array_elements(b.people) AS person (it)
        ON CAST(person.it ->> 'position' AS integer) = e.position
    WHERE e.export_id = :id ORDER BY e.place
    """
)
_ADD_FILE = sa.text("INSERT INTO register_files (export_id, content, key_id) VALUES (:export_id, :content, :key_id)")
_FILE = sa.text(
    """
    SELECT x.file_name, x.media_type, f.content, f.key_id
    FROM register_exports x LEFT JOIN register_files f ON f.export_id = x.id
    WHERE x.id = :id
    """
)
_KEEP_RECEIPT = sa.text(
    """
    INSERT INTO register_receipts (export_id, reference, received_on, kept_at, kept_by)
    SELECT id, :reference, :day, :now, :actor FROM register_exports WHERE id = :id
    ON CONFLICT (export_id) DO NOTHING
    """
)
_SEALED_OTHERWISE = sa.text(
    """
    SELECT export_id, content, key_id FROM register_files WHERE key_id < :key_id OR key_id > :key_id
    LIMIT :most FOR UPDATE SKIP LOCKED
    """
)
_SEAL = sa.text("UPDATE register_files SET content = :content, key_id = :key_id WHERE export_id = :export_id")
