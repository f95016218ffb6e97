"""Guests from a file that is sent here: taken apart as it comes, worked on as soon as can be, told row by row."""

from __future__ import annotations

import hashlib
import json
import tempfile
from typing import IO, Any, Final, cast, get_args
from uuid import UUID

import marshmallow
from flask import Response, g, request
from marshmallow import fields, validate
from werkzeug.exceptions import RequestEntityTooLarge

from gateway.access.callers import needs
from gateway.admission import takes
from gateway.asking import ask, ask_within, command, command_within, reply
from gateway.blueprint import Blueprint
from gateway.outside import Strict, Text, listing, page, schema_of
from gateway.problems import Refused, invalid
from services.contracts.profiles import (
    BeginImport,
    DateOrder,
    EndImport,
    Import,
    KeepRows,
    Outcome,
    ReadImport,
    ReadImportReport,
    ReportLine,
)
from services.kit import sheets
from services.kit.sheets import Unreadable

blueprint = Blueprint("imports", __name__, description="Guests from files")

MOST_BYTES: Final = 32 * 1024 * 1024
_MOST_UNPACKED: Final = 256 * 1024 * 1024
_MOST_MAPPING: Final = 64 * 1024
_PIECE: Final = 64 * 1024
_PATIENCE: Final = 10.0  # seconds for each batch
FORM: Final = "multipart/form-data"

_FILE: Final[dict[str, Any]] = {"type": "string", "format": "binary"}
_BODY: Final[dict[str, Any]] = {
    "required": True,
    "content": {
        sheets.CSV: {"schema": _FILE},
        sheets.XLSX: {"schema": _FILE},
        FORM: {
            "schema": {
                "type": "object",
                "required": ["file"],
                "properties": {
                    "file": _FILE,
                    "mapping": {
                        "type": "string",
                        "description": 'JSON: {"columns": {"Mail": "email", "Memo": null}, "country": "PT",'
                        ' "dates": "dmy"}. A column by its name or its number from 1; the others are guessed.',
                    },
                },
            }
        },
    },
}


class ImportQuery(Strict):
    dry_run = fields.Boolean(load_default=False, metadata={"description": "Only say what would become of the rows."})
    country = Text(load_default=None, most=3, metadata={"description": "Where numbers and dates are read."})
    dates = fields.String(load_default=None, validate=validate.OneOf(get_args(DateOrder)))


class ImportMapping(Strict):
    columns = fields.Dict(keys=Text(), values=Text(allow_none=True, most=40), validate=validate.Length(max=256))
    country = Text(most=3)
    dates = fields.String(validate=validate.OneOf(get_args(DateOrder)))


class ReportQuery(Strict):
    cursor = Text(load_default=None, most=20)
    outcome = fields.String(load_default=None, validate=validate.OneOf(get_args(Outcome)))


@blueprint.post("/imports")
@needs("write")
@takes(sheets.CSV, sheets.XLSX, FORM, "application/octet-stream", most=MOST_BYTES)
@blueprint.arguments(ImportQuery, location="query")
@blueprint.doc(requestBody=_BODY)
@blueprint.response(202, schema_of(Import))
def begin_import(wanted: dict[str, Any]) -> Response:
    """Import the guests of a CSV file or a workbook of up to 32 MiB; its first row says what the columns are.

    The same file again goes on with an import of it that has not ended. Larger files: `foyer import-profiles`.
    """
    request.max_content_length = MOST_BYTES
    with tempfile.TemporaryFile() as file:
        said = {**wanted, **_take_in(file)}
        digest = _digest(file)
        found = sheets.rows(file, most_unpacked=_MOST_UNPACKED)
        header = next(found, None)
        if header is None:
            raise Unreadable("The file has no rows.")
        g.body = {"file": digest, **said}
        begun = command(BeginImport(header=header.cells, digest=digest, **said))
        rows, why = 0, None
        try:
            for number, batch in enumerate(sheets.batches(found, begun.batch_rows)):
                kept = tuple((str(row.number), *row.cells) for row in batch)
                command_within(KeepRows(import_id=begun.id, number=number, rows=kept), _PATIENCE)
                rows += len(batch)
        except Unreadable as fault:
            why = fault.detail
    ended = command_within(EndImport(import_id=begun.id, rows=rows, why=why), _PATIENCE)
    return reply(ended, 202, headers={"Location": f"/v1/imports/{begun.id}"})


@blueprint.get("/imports/<uuid:import_id>")
@needs("write")
@blueprint.response(200, schema_of(Import))
def read_import(import_id: UUID) -> Response:
    """How far it has come, and what became of the rows so far."""
    return reply(ask(ReadImport(import_id=import_id)))


@blueprint.get("/imports/<uuid:import_id>/report")
@needs("write")
@blueprint.arguments(ReportQuery, location="query")
@blueprint.response(200, listing(schema_of(ReportLine), "ImportReportPage"))
def read_import_report(wanted: dict[str, Any], import_id: UUID) -> Response:
    """Row by row: its number in the file, what became of it, and the field and fault, never the value."""
    wanted["only"] = wanted.pop("outcome")
    return reply(page(ask_within(ReadImportReport(import_id=import_id, **wanted), _PATIENCE)))


def _take_in(file: IO[bytes]) -> dict[str, Any]:
    """Keep what is sent in `file`; answers what the mapping says."""
    if request.mimetype == FORM:
        return _of_form(file)
    left = MOST_BYTES
    while piece := request.stream.read(_PIECE):
        left -= len(piece)
        if left < 0:
            raise RequestEntityTooLarge
        file.write(piece)
    file.seek(0)
    return {}


def _of_form(file: IO[bytes]) -> dict[str, Any]:
    request.max_form_memory_size = _MOST_MAPPING
    sent = request.files.get("file")
    if sent is None:
        raise invalid({"file": ["Missing data for required field."]})
    sent.save(file)
    file.seek(0)
    if "mapping" not in request.form:
        return {}
    try:
        said = json.loads(request.form["mapping"])
    except (ValueError, RecursionError):
        raise invalid({"mapping": ["Not JSON."]}) from None
    try:
        return cast(dict[str, Any], ImportMapping().load(said))
    except marshmallow.ValidationError as fault:
        raise invalid({"mapping": fault.messages}) from None


def _digest(file: IO[bytes]) -> str:
    found = hashlib.sha256()
    while piece := file.read(_PIECE):
        found.update(piece)
    if not file.tell():
        raise Refused(422, "invalid", "The file is empty.")
    file.seek(0)
    return found.hexdigest()
