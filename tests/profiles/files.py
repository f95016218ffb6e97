"""Files of guests as hotels have them, and their way through an import."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from typing import Any

from services.contracts.profiles import BeginImport, EndImport, Import, ImportRows, ReadImport, ReadImportReport
from services.kit import sheets
from services.kit.sheets import Row
from tests.profiles.conftest import Register

HEADER = ("Vorname", "Nachname", "E-Mail", "Telefon", "Geburtsdatum", "Land")
ANA = ("Ana", "Silva", "ana.silva@sapo.pt", "+351912345678", "1985-03-12", "PT")
BRUNO = ("Bruno", "Costa", "bruno@sapo.pt", "+351913333333", "1980-01-02", "PT")


def lines(*rows: Sequence[str], header: Sequence[str] = HEADER) -> list[Row]:
    return [Row(number, tuple(cells)) for number, cells in enumerate((header, *rows), 1)]


def parsed(data: bytes) -> list[Row]:
    return list(sheets.rows(io.BytesIO(data)))


def begin(register: Register, found: Sequence[Row], **said: Any) -> Import:
    digest = hashlib.sha256(repr(found).encode()).hexdigest()
    return register.service.begin_import(BeginImport(header=found[0].cells, digest=digest, **said))


def send(register: Register, begun: Import, batch: Sequence[Row], number: int = 0) -> Any:
    rows = tuple((str(row.number), *row.cells) for row in batch)
    return register.service.import_rows(ImportRows(import_id=begun.id, number=number, rows=rows))


def brings(register: Register, found: Sequence[Row], **said: Any) -> Import:
    """The whole file, and how the import stands after it."""
    begun = begin(register, found, **said)
    for number, batch in enumerate(sheets.batches(found[1:], begun.batch_rows)):
        send(register, begun, batch, number)
    register.service.end_import(EndImport(import_id=begun.id, rows=len(found) - 1))
    return register.service.read_import(ReadImport(import_id=begun.id))


def report(register: Register, done: Import) -> list[tuple[int, str, str | None]]:
    items = register.service.read_import_report(ReadImportReport(import_id=done.id)).items
    return [(line.row, line.outcome, line.field) for line in items]
