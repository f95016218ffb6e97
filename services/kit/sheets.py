"""Tables of text in files: CSV of any encoding and separator, and XLSX, row by row and within bounds; and written so
that no spreadsheet takes a cell for a formula."""

from __future__ import annotations

import codecs
import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import IO, Any, Final

from services.kit.refusal import Invalid

CSV, XLSX = "text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

MOST_CELLS: Final = 256  # of a row
LONGEST_CELL: Final = 2_000  # characters; what is longer is cut to one more, so that whoever checks it refuses it
LONGEST_ROW: Final = 20_000
_LONGEST_LINE: Final = 1 << 20
_LONGEST_BATCH: Final = 400_000  # characters
_MOST_WIDE: Final = 1_000  # rows beyond MOST_CELLS: a cell at the far end of a row makes all of it
_MOST_ROWS: Final = 1_048_576  # of a sheet, by its format
MOST_UNPACKED: Final = 1 << 30  # bytes of a workbook's parts together
_MOST_STRINGS: Final = 128 << 20  # bytes of the texts it keeps in one part, which are read at once
_OTHERS: Final = 16 << 20  # bytes of any part beside sheets and texts
_PIECE: Final = 1 << 16
_SEPARATORS: Final = ",;\t|"
_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_SIGNS = frozenset("=+-@\t\r")
_HARMLESS = re.compile(r"[+-]?\(?[\d][\d\s().,/-]*", re.ASCII)  # +47 22 34, -12.50


class Unreadable(Invalid):
    """The file is no table that can be read: CSV or XLSX."""


@dataclass(frozen=True)
class Row:
    """`number` as a spreadsheet counts, from 1. Where it cannot be taken apart it is not `whole`, and without cells."""

    number: int
    cells: tuple[str, ...]
    whole: bool = True


def rows(file: IO[bytes], *, most_unpacked: int = MOST_UNPACKED) -> Iterator[Row]:
    """Every row that is not empty, of a file that can be sought in. Raises Unreadable, maybe after some rows.

    `most_unpacked`: bytes to which a workbook may unpack.
    """
    start = file.read(8)
    file.seek(0)
    if start.startswith(b"PK\x03\x04"):
        return _of_workbook(file, most_unpacked)
    if start.startswith(b"\xd0\xcf\x11\xe0"):
        raise Unreadable("This is a workbook of before 2007, or one with a password: save it as .xlsx or CSV.")
    return _of_csv(file)


def guarded(cell: str) -> str:
    """The text as it may stand in a spreadsheet: what would be a formula has an apostrophe in front.

    Telephone numbers (``+47 22…``) and negative numbers are none and stay as they are.
    """
    return f"'{cell}" if _FORMULA.match(cell) and not _HARMLESS.fullmatch(cell) else cell


def unguarded(cell: str) -> str:
    """The reverse of `guarded`."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


def is_formula(cell: str) -> bool:
    """Whether a spreadsheet would compute with it, or send it somewhere."""
    return cell[:1] in _SIGNS and len(cell) > 1 and not _HARMLESS.fullmatch(cell)


def csv_lines(table: Iterable[Iterable[str]]) -> Iterator[str]:
    """Lines of CSV (RFC 4180), guarded."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    for row in table:
        writer.writerow([guarded(cell) for cell in row])
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()


def write_workbook(file: IO[bytes], table: Iterable[Iterable[str]]) -> int:
    """One sheet of text cells, guarded; answers the number of rows. It takes memory for one row at a time."""
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet("Profiles")
    count = 0
    for count, row in enumerate(table, 1):  # noqa: B007
        sheet.append([guarded(cell) for cell in row])
    book.save(file)
    return count


def _of_csv(file: IO[bytes]) -> Iterator[Row]:
    encoding = _encoding(file)
    text = io.TextIOWrapper(file, encoding, errors="replace", newline="")
    try:
        lines = _Lines(text)
        first = lines.peek()
        separator = max(_SEPARATORS, key=first.count)
        if said := re.fullmatch(r"sep=(.)\s*", first, re.IGNORECASE):  # as Excel writes it for itself
            separator = said[1]
            next(lines)
        reader = csv.reader(lines, delimiter=separator, strict=False)
        number = 0
        while True:
            number += 1
            lines.cut = False
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error:
                yield Row(number, (), whole=False)
                continue
            if any(cell and not cell.isspace() for cell in cells):
                yield _row(number, cells, not lines.cut)
    finally:
        if not file.closed:
            text.detach()


class _Lines:
    """The lines of a text, none longer than a megabyte: the rest of such a one is skipped."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self._text = text
        self._ahead: str | None = None
        self.cut = False

    def peek(self) -> str:
        self._ahead = self._text.readline(_LONGEST_LINE)
        return self._ahead

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._ahead if self._ahead is not None else self._text.readline(_LONGEST_LINE)
        self._ahead = None
        if not line:
            raise StopIteration
        if len(line) == _LONGEST_LINE and line[-1] not in "\r\n":
            self.cut = True
            while rest := self._text.readline(_LONGEST_LINE):
                if rest[-1] in "\r\n":
                    break
        return line


def _row(number: int, cells: Iterable[str], whole: bool = True) -> Row:
    kept = tuple(cell if len(cell) <= LONGEST_CELL else cell[: LONGEST_CELL + 1] for cell in cells)
    whole = whole and len(kept) <= MOST_CELLS and sum(map(len, kept)) <= LONGEST_ROW
    return Row(number, kept if whole else (), whole)


def batches(found: Iterable[Row], most: int) -> Iterator[list[Row]]:
    """So many rows at a time, or fewer where they are long: the same for the same file, whenever it is read."""
    batch: list[Row] = []
    size = 0
    for row in found:
        batch.append(row)
        size += sum(map(len, row.cells))
        if len(batch) == most or size > _LONGEST_BATCH:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _encoding(file: IO[bytes]) -> str:
    """By its mark; else UTF-8, unless most of what is not ASCII is no UTF-8: then that of Windows in the west."""
    start = file.read(_PIECE)
    file.seek(0)
    if start.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    evens, odds = start[0::2].count(0), start[1::2].count(0)
    if odds > len(start) * 0.2 and not evens:
        return "utf-16-le"
    if evens > len(start) * 0.2 and not odds:
        return "utf-16-be"
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    good = bad = 0
    while piece := file.read(_PIECE):
        if not piece.isascii():
            text = decoder.decode(piece)
            wrong = text.count("\ufffd")
            bad += wrong
            good += len(text) - wrong - len(text.encode("ascii", "ignore"))
    file.seek(0)
    return "utf-8" if good >= bad else "cp1252"


def _of_workbook(file: IO[bytes], most_unpacked: int) -> Iterator[Row]:
    _refuse_bombs(file, most_unpacked)
    from openpyxl import load_workbook

    try:
        book = load_workbook(file, read_only=True, keep_links=False)
        sheet = book.worksheets[0]
        sheet.reset_dimensions()  # what it says of its size need not be true
        wide = 0
        for number, values in enumerate(sheet.iter_rows(max_row=_MOST_ROWS, values_only=True), 1):
            if not values:
                continue
            wide += len(values) > MOST_CELLS
            if wide > _MOST_WIDE:
                raise Unreadable("The workbook has too many columns.")
            cells = [_text(value) for value in values[: MOST_CELLS + 1]]
            while cells and not cells[-1].strip():
                cells.pop()
            if cells:
                yield _row(number, cells)
    except Invalid:
        raise
    except GeneratorExit:
        raise
    except Exception as fault:  # whatever openpyxl stumbles over in a file that somebody made by hand
        raise Unreadable("The workbook is damaged.") from fault


def _text(value: Any) -> str:
    """A cell as somebody would write it: whole numbers without a point, days as days."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time().isoformat() == "00:00:00" else value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


def _refuse_bombs(file: IO[bytes], most_unpacked: int) -> None:
    """A few kilobytes can unpack to gigabytes, and a text can be defined by itself: looked at before it is unpacked."""
    try:
        with zipfile.ZipFile(file) as packed:
            parts = packed.infolist()
            if len(parts) > 1_000 or sum(part.file_size for part in parts) > most_unpacked:
                raise Unreadable("The workbook is too large: save it as CSV.")
            for part in parts:
                name = part.filename.lower()
                most = most_unpacked if "worksheets/" in name else _OTHERS
                if part.file_size > (_MOST_STRINGS if name.endswith("sharedstrings.xml") else most):
                    raise Unreadable("The workbook is too large: save it as CSV.")
                if name.endswith((".xml", ".rels")):
                    with packed.open(part) as opened:
                        if b"<!" in opened.read(2_048).replace(b"<!--", b""):
                            raise Unreadable("The workbook is damaged.")
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, OSError, EOFError, ValueError) as fault:
        raise Unreadable("The workbook is damaged.") from fault
    finally:
        file.seek(0)
