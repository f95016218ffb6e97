"""All profiles as a file: CSV as a stream, or a workbook."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from itertools import chain
from typing import Any, Final

from flask import Response, g, stream_with_context
from marshmallow import fields, validate

from gateway import exporting
from gateway.access.callers import admit, needs
from gateway.asking import ask_within
from gateway.blueprint import Blueprint
from gateway.outside import Count, Strict
from services.contracts.profiles import ListProfiles, Profile, ProfilesPage, ReadFields
from services.kit import sheets

blueprint = Blueprint("exports", __name__, description="Profiles as files")

_MOST_IN_WORKBOOK: Final = 50_000  # it is made whole before it is sent
_PATIENCE: Final = 10.0  # seconds for each page
_BOM: Final = "\ufeff"  # so that spreadsheets read it as UTF-8
_BINARY: Final[dict[str, Any]] = {"schema": {"type": "string", "format": "binary"}}


class ExportQuery(Strict):
    format = fields.String(load_default="csv", validate=validate.OneOf(["csv", "xlsx"]))
    cursor = fields.UUID(load_default=None, metadata={"description": "The id on the last line that you have."})
    limit = Count(load_default=None, validate=validate.Range(min=1, max=10_000_000))


@blueprint.get("/profiles/export")
@needs("admin")
@blueprint.arguments(ExportQuery, location="query")
@blueprint.doc(responses={"200": {"description": "A table", "content": {sheets.CSV: _BINARY, sheets.XLSX: _BINARY}}})
def export_profiles(wanted: dict[str, Any]) -> Response:
    """All profiles in the order of their ids, in columns that an import reads without a change.

    Fields of the house's own are columns `field.<code>`, without those that are masked.

    Needs the scopes read and admin. A workbook holds at most 50,000; go on after the last id with `cursor`.
    """
    admit(g.caller, "read", by_property=False)
    most = wanted["limit"]
    if wanted["format"] == "xlsx":
        most = min(most or _MOST_IN_WORKBOOK, _MOST_IN_WORKBOOK)
    pages = _begun(exporting.pages(_ask, wanted["cursor"], most))
    table = exporting.table(pages, exporting.own_fields(ask_within(ReadFields(), _PATIENCE)))
    name = f"attachment; filename=profiles.{wanted['format']}"
    if wanted["format"] == "csv":
        lines = (line.encode() for line in chain([_BOM], sheets.csv_lines(table)))
        return Response(stream_with_context(lines), mimetype=sheets.CSV, headers={"Content-Disposition": name})
    with tempfile.TemporaryFile() as file:
        sheets.write_workbook(file, table)
        file.seek(0)
        return Response(file.read(), mimetype=sheets.XLSX, headers={"Content-Disposition": name})


def _ask(request: ListProfiles) -> ProfilesPage:
    return ask_within(request, _PATIENCE)


def _begun(pages: Iterator[tuple[Profile, ...]]) -> Iterator[tuple[Profile, ...]]:
    """The first page is asked for now: what is refused is answered as a problem, not as half a file."""
    first = next(pages, ())
    return chain([first], pages)
