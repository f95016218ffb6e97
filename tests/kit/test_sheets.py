"""Tables of text, in and out."""

from __future__ import annotations

import io
import zipfile
from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from services.kit import sheets
from services.kit.sheets import Unreadable, guarded, is_formula, unguarded

GUESTS = "Vorname;Größe\r\nJürgen;1\r\n"


def read(data: bytes, **options: int) -> list[tuple[str, ...]]:
    return [row.cells for row in sheets.rows(io.BytesIO(data), **options)]


def workbook(*rows: object) -> bytes:
    book, buffer = Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(buffer)
    return buffer.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_a_file_is_read_in_the_encoding_it_is_written_in(encoding):
    assert read(GUESTS.encode(encoding)) == [("Vorname", "Größe"), ("Jürgen", "1")]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_a_file_is_read_with_its_own_separator(separator):
    assert read(f"a{separator}b\n1{separator}2".encode()) == [("a", "b"), ("1", "2")]


def test_a_separator_that_excel_names_is_taken():
    assert read(b"sep=;\r\na,b;c\r\n") == [("a,b", "c")]


def test_one_wrong_byte_does_not_make_another_encoding_of_a_file():
    cells = read("Müller;São\nJosé;Zoë\n".encode() + b"B\xfcd;x\n")
    assert cells[0] == ("Müller", "São")
    assert "\ufffd" in cells[2][0]


def test_empty_rows_are_left_out_and_counted():
    found = list(sheets.rows(io.BytesIO(b"a,b\n\n , \n1,2\n")))
    assert [(row.number, row.cells) for row in found] == [(1, ("a", "b")), (4, ("1", "2"))]


def test_a_quoted_cell_has_separators_and_line_breaks():
    assert read(b'a,b\n"x,\ny",2\n') == [("a", "b"), ("x,\ny", "2")]


def test_a_cell_of_a_megabyte_is_one_row_that_cannot_be_read():
    found = list(sheets.rows(io.BytesIO(b"a,b\n" + b"x" * (1 << 20) + b",2\n3,4\n")))
    assert [row.cells for row in found if row.whole] == [("a", "b"), ("3", "4")]
    assert len(found) == 3


def test_a_line_of_many_megabytes_is_not_kept():
    found = list(sheets.rows(io.BytesIO(b"a,b\n" + b"x," * (3 << 20) + b"\n3,4\n")))
    assert [row.cells for row in found if row.whole] == [("a", "b"), ("3", "4")]


def test_a_quote_that_does_not_end_does_not_take_the_file_with_it():
    found = read(b'a,b\n"x,' + b"\n1,2" * 60_000)
    assert found[-1] == ("1", "2")


def test_a_nul_is_a_character_as_others_are():
    assert read(b"a,b\n1\x00,2\n")[1] == ("1\x00", "2")


def test_the_cells_of_a_workbook_are_texts():
    row = ("Ana", 912345678.0, 1.5, True, date(1985, 3, 12), datetime(2024, 5, 1, 12, 30), None, "x")  # noqa: DTZ001
    assert read(workbook(row)) == [
        ("Ana", "912345678", "1.5", "yes", "1985-03-12", "2024-05-01T12:30:00", "", "x"),
    ]


def test_a_formula_of_a_workbook_is_not_computed():
    assert read(workbook(("=1+1",))) == [("=1+1",)]


def _changed(part: str, old: bytes, new: bytes) -> bytes:
    source, buffer = zipfile.ZipFile(io.BytesIO(workbook(("a", "b")))), io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            data = source.read(name)
            target.writestr(name, data.replace(old, new) if name == part else data)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        b"PK\x03\x04not a zip",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1old",
        _changed("xl/worksheets/sheet1.xml", b"</row>", b"</rwo>"),
        _changed("xl/worksheets/sheet1.xml", b"<worksheet", b'<!DOCTYPE x [<!ENTITY a "b">]><worksheet'),
        _changed("xl/workbook.xml", b"<sheets>", b"<sheetz>"),
    ],
    ids=["no zip", "an old workbook", "a broken sheet", "entities", "no sheets"],  # the files hold the time
)
def test_a_damaged_workbook_is_refused(data):
    with pytest.raises(Unreadable):
        read(data)


def test_a_workbook_that_unpacks_to_too_much_is_refused():
    data = _changed("xl/worksheets/sheet1.xml", b"<sheetData>", b"<!--" + b" " * 3_000_000 + b"--><sheetData>")
    with pytest.raises(Unreadable):
        read(data, most_unpacked=1 << 20)


def test_a_row_far_down_costs_nothing_beyond_the_rows_a_sheet_can_have():
    data = _changed("xl/worksheets/sheet1.xml", b'r="1"', b'r="999999999"')
    assert read(data) == []


@pytest.mark.parametrize("cell", ["=1", "+cmd", "-cmd", "@x", "\tx", "\rx", "'=1", "''=1"])
def test_what_would_be_a_formula_is_guarded(cell):
    assert guarded(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["+47 22 33 44 55", "+4722334455", "-12.50", "-5", "Ana", "'Owens", "", "a=b"])
def test_what_is_no_formula_stays_as_it_is(cell):
    assert guarded(cell) == cell
    assert not is_formula(cell)


@given(st.text(max_size=40))
def test_a_guarded_cell_is_unguarded_to_what_it_was(cell):
    assert unguarded(guarded(cell)) == cell
    assert not is_formula(guarded(cell))


@given(st.lists(st.lists(st.text(max_size=20), min_size=2, max_size=4), min_size=1, max_size=5))
def test_a_table_is_read_as_it_was_written(table):
    table = [[cell.replace("\r", " ").replace("\0", " ") for cell in row] for row in table]
    table = [["first", "second"], *([f"x{row[0]}", *row[1:]] for row in table)]
    written = "".join(sheets.csv_lines(table)).encode("utf-8-sig", "replace")
    found = [[unguarded(cell) for cell in row] for row in read(written)]
    assert found == [[cell.encode(errors="replace").decode() for cell in row] for row in table]
