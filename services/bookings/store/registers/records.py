"""Registrations: particulars as JSON, the numbers of documents sealed beside them."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from services.bookings.domain.booking import Booking
from services.bookings.domain.registers.party import Party, Record, party_of
from services.bookings.store.registers import documents
from services.bookings.store.registers.terms import KEEP_UNTIL, TERMS
from services.bookings.store.rows import booking_of
from services.contracts.bookings import NoSuchBooking
from services.contracts.bookings.registration import IdentityDocument, Particulars, RegistrationHasChanged
from services.kit import sealing, wire
from services.kit.db import Tx
from services.kit.scope import sees
from services.kit.sealing import Sealed


def party(tx: Tx, booking_id: UUID) -> Party:
    """A booking with its guests. Two statements. Refuses with NoSuchBooking."""
    row = tx.execute(_BOOKING, {"id": booking_id}).first()
    if row is None or not sees(tx.context, row.property_id):
        raise NoSuchBooking
    return _parties(tx, [booking_of(row)])[0]


def parties_of_day(tx: Tx, property_id: UUID, day: date) -> list[Party]:
    """The bookings that arrive on a day, and those whose guests left on it. Two statements."""
    rows = tx.execute(_OF_DAY, {"property_id": property_id, "day": day})
    return _parties(tx, [booking_of(row) for row in rows])


def take_position(tx: Tx, booking: Booking, position: int) -> None:
    """Nobody who comes onto the booking later is given it. Refuses with RegistrationHasChanged where its people changed
    since it was read: one of them may have it now.
    """
    said = {"id": booking.id, "people_version": booking.people_version, "given": position + 1}
    if tx.execute(_TAKE_POSITION, said).first() is None:
        raise RegistrationHasChanged


def keep(tx: Tx, booking_id: UUID, position: int, version: int, person: Particulars) -> int:
    """In place of that version, 0 where nothing is kept; answers the new one. Refuses with RegistrationHasChanged."""
    rest, sealed = _sealed(booking_id, position, person)
    said = {
        **_key(booking_id, position, version),
        "person": json.dumps(wire.dump(rest), ensure_ascii=False),
        "sealed": sealed.content if sealed else None,
        "key_id": sealed.key_id if sealed else None,
        **_stamps(person.document if sealed else None),
        "now": tx.now,
        "actor": tx.context.actor,
    }
    return _changed(tx.execute(_KEEP, said).scalar())


def delete(tx: Tx, booking_id: UUID, position: int, version: int) -> int:
    """Empty it, and answer the new version. Refuses with RegistrationHasChanged."""
    said = {**_key(booking_id, position, version), "now": tx.now, "actor": tx.context.actor}
    return _changed(tx.execute(_DELETE, said).scalar())


def keep_until(tx: Tx, booking_id: UUID) -> Mapping[int, date]:
    """The last day on which each registration of a booking is kept, by position."""
    rows = tx.execute(_KEEP_UNTIL, {"booking_id": booking_id, "terms": json.dumps(TERMS), "now": tx.now})
    return {row.position: row.keep_until for row in rows}


def seal_again(tx: Tx, most: int) -> int:
    """Seal with the present key what was sealed with another one, or has no stamp; answers how many were."""
    sealer = sealing.sealer()
    rows = tx.execute(_SEALED_OTHERWISE, {"key_id": sealer.key_id, "most": most}).all()
    changes = []
    for row in rows:
        about = _about(row.booking_id, row.position)
        numbers = sealer.open(Sealed(bytes(row.sealed), row.key_id), about)
        stamps = _stamps(IdentityDocument(**json.loads(numbers)))
        key = _key(row.booking_id, row.position, row.version)
        changes.append({**key, **vars(sealer.seal(numbers, about)), **stamps})
    if changes:
        tx.execute(_SEAL, changes)
    return len(changes)


def _parties(tx: Tx, bookings: Iterable[Booking]) -> list[Party]:
    found = list(bookings)
    records: dict[UUID, list[Record]] = defaultdict(list)
    for row in tx.execute(_RECORDS, {"ids": [booking.id for booking in found]}) if found else ():
        records[row.booking_id].append(_record(row))
    return [party_of(booking, records[booking.id]) for booking in found]


def _record(row: Any) -> Record:
    person = wire.load(Particulars, row.person) if row.person is not None else None
    if person and row.sealed is not None:
        numbers = sealing.sealer().open(Sealed(bytes(row.sealed), row.key_id), _about(row.booking_id, row.position))
        document = person.document
        assert document is not None
        person = replace(person, document=replace(document, **json.loads(numbers)))
    return Record(
        position=row.position,
        version=row.version,
        person=person,
        destroyed=row.state == "destroyed",
        changed_at=row.changed_at,
    )


def _sealed(booking_id: UUID, position: int, person: Particulars) -> tuple[Particulars, Sealed | None]:
    """The particulars without the document's numbers, and those."""
    document = person.document
    if document is None or not (document.number or document.support_number):
        return person, None
    numbers = {"number": document.number, "support_number": document.support_number}
    rest = replace(person, document=replace(document, number=None, support_number=None))
    return rest, sealing.sealer().seal(json.dumps(numbers).encode(), _about(booking_id, position))


def _stamps(document: IdentityDocument | None) -> dict[str, bytes | None]:
    """By which its numbers are known again; None where nothing is sealed."""
    if document is None:
        return {"stamp": None, "support_stamp": None}
    return {
        "stamp": documents.stamp(document.number),
        "support_stamp": documents.stamp(document.support_number),
    }


def _about(booking_id: UUID, position: int) -> str:
    return f"registration {booking_id} {position}"


def _key(booking_id: UUID, position: int, version: int) -> dict[str, Any]:
    return {"booking_id": booking_id, "position": position, "version": version}


def _changed(version: int | None) -> int:
    if version is None:
        raise RegistrationHasChanged
    return version


_BOOKING = sa.text(
    "SELECT b.*, p.code, p.country, p.time_zone FROM bookings b JOIN properties p ON p.id = b.property_id"
    " WHERE b.id = :id"
)
_TAKE_POSITION = sa.text(
    """
    UPDATE bookings SET people_given = greatest(people_given, :given)
    WHERE id = :id AND people_version = :people_version
    RETURNING people_given
    """
)
_OF_DAY = sa.text(
    """
    SELECT b.*, p.code, p.country, p.time_zone
    FROM bookings b JOIN properties p ON p.id = b.property_id
    WHERE b.property_id = :property_id
      AND (b.arrival = :day OR b.state = 'departed' AND b.held_until = :day)
    """
)
_RECORDS = sa.text("SELECT * FROM registrations WHERE booking_id = ANY(CAST(:ids AS uuid[])) ORDER BY position")
_KEEP = sa.text(
    """
    INSERT INTO registrations AS r
        (booking_id, position, version, state, person, sealed, key_id, stamp, support_stamp, changed_at,
         changed_by)
    SELECT :booking_id, :position, 1, 'kept', CAST(:person AS jsonb), :sealed, :key_id, :stamp, :support_stamp,
        :now, :actor
    WHERE :version = 0 OR EXISTS (
        SELECT FROM registrations k WHERE k.booking_id = :booking_id AND k.position = :position
    )
    ON CONFLICT (booking_id, position) DO UPDATE
    SET version = r.version + 1, state = 'kept', person = excluded.person, sealed = excluded.sealed,
        key_id = excluded.key_id, stamp = excluded.stamp, support_stamp = excluded.support_stamp,
        changed_at = excluded.changed_at, changed_by = excluded.changed_by
    WHERE r.state <> 'destroyed' AND (r.version = :version OR r.state = 'deleted' AND :version = 0)
    RETURNING r.version
    """
).bindparams(
    sa.bindparam("booking_id", type_=sa.Uuid),
    sa.bindparam("position", type_=sa.Integer),
    sa.bindparam("version", type_=sa.Integer),
    sa.bindparam("sealed", type_=sa.LargeBinary),
    sa.bindparam("key_id", type_=sa.Text),
    sa.bindparam("stamp", type_=sa.LargeBinary),
    sa.bindparam("support_stamp", type_=sa.LargeBinary),
    sa.bindparam("now", type_=sa.DateTime(timezone=True)),
    sa.bindparam("actor", type_=sa.Text),
)
_DELETE = sa.text(
    """
    UPDATE registrations
    SET version = version + 1, state = 'deleted', person = NULL, sealed = NULL, key_id = NULL, stamp = NULL,
        support_stamp = NULL, changed_at = :now, changed_by = :actor
    WHERE booking_id = :booking_id AND position = :position AND version = :version AND state = 'kept'
    RETURNING version
    """
)
_KEEP_UNTIL = sa.text(f"SELECT * FROM ({KEEP_UNTIL}) AS u WHERE u.booking_id = :booking_id")  # noqa: S608
# Two comparisons, as an index knows no "other than".
_SEALED_OTHERWISE = sa.text(
    """
    SELECT booking_id, position, version, sealed, key_id FROM registrations
    WHERE key_id < :key_id OR key_id > :key_id OR sealed IS NOT NULL AND (stamp IS NULL OR support_stamp IS NULL)
    LIMIT :most FOR UPDATE SKIP LOCKED
    """
)
_SEAL = sa.text(
    """
    UPDATE registrations SET sealed = :content, key_id = :key_id, stamp = :stamp, support_stamp = :support_stamp
    WHERE booking_id = :booking_id AND position = :position AND version = :version
    """
)
