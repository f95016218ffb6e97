"""Guests from files and into files, through the gateway and all services."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook

from services.kit import sheets
from tests.databases import Databases
from tests.gateway.lisbon import House

pytestmark = pytest.mark.servers

ANA = ("Ana", "SILVA", "ana.silva@sapo.pt", "912 345 678", "12.03.1985", "Portugal")
HEADER = ("Vorname", "Nachname", "E-Mail", "Telefon", "Geburtsdatum", "Land")


@pytest.fixture
def house(databases: Databases) -> House:
    return House(databases)


def in_csv(*rows: Any) -> bytes:
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=";").writerows(rows)
    return buffer.getvalue().encode()


def in_workbook(*rows: Any) -> bytes:
    book, buffer = Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(buffer)
    return buffer.getvalue()


def sends(house: House, data: Any, kind: str = sheets.CSV, path: str = "/v1/imports?country=PT") -> Any:
    """How the import stands when all of it has been worked on."""
    answer = house.api.post(path, data=data, content_type=kind)
    assert answer.status_code == 202, answer.text
    house.services.settle()
    assert house.services.faults == []
    return house.does("GET", answer.headers["Location"])


def exported(house: House, query: str = "") -> bytes:
    answer = house.api.get(f"/v1/profiles/export{query}")
    assert answer.status_code == 200, answer.text
    return answer.get_data()


def test_a_file_of_guests_is_imported(house: House):
    done = sends(house, in_csv(HEADER, ANA))
    assert (done["state"], done["counts"]["created"]) == ("done", 1)
    (ana,) = house.does("GET", "/v1/profiles?email=ana.silva@sapo.pt")["items"]
    assert (ana["family_name"], ana["phones"][0]["number"], ana["birth_date"]) == (
        "Silva",
        "+351912345678",
        "1985-03-12",
    )


def test_a_workbook_with_a_mapping_is_imported(house: House):
    file = in_workbook(("Foo", "Bar", "Memo"), ("Ana", "Silva", "=1+1"))
    mapping = {"columns": {"Foo": "given_name", "2": "family_name", "Memo": None}}
    form = {"file": (io.BytesIO(file), "guests.xlsx"), "mapping": json.dumps(mapping)}
    done = sends(house, form, "multipart/form-data", "/v1/imports")
    assert (done["counts"]["created"], done["columns"]) == (1, ["given_name", "family_name", None])


def test_a_report_tells_of_each_row_what_became_of_it(house: House):
    done = sends(house, in_csv(HEADER, ANA, ("Bob", "Ray", "bob at ray", "", "", "")))
    lines = house.does("GET", f"/v1/imports/{done['id']}/report")["items"]
    assert [(line["row"], line["outcome"], line["field"]) for line in lines] == [
        (2, "created", None),
        (3, "refused", "email"),
    ]
    only = house.does("GET", f"/v1/imports/{done['id']}/report?outcome=refused")["items"]
    assert [line["row"] for line in only] == [3]


def test_a_dry_run_writes_nobody(house: House):
    done = sends(house, in_csv(HEADER, ANA), path="/v1/imports?country=PT&dry_run=true")
    assert (done["dry_run"], done["counts"]["created"]) == (True, 1)
    assert house.does("GET", "/v1/profiles")["items"] == []


def test_the_same_file_again_brings_nobody_new(house: House):
    sends(house, in_csv(HEADER, ANA))
    done = sends(house, in_csv(HEADER, ANA))
    assert (done["counts"]["known"], done["counts"]["created"]) == (1, 0)


@pytest.mark.parametrize(
    ("data", "kind", "status"),
    [
        (b"", sheets.CSV, 422),
        (b"foo;bar\n1;2\n", sheets.CSV, 422),
        (b"PK\x03\x04garbage", sheets.XLSX, 422),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", sheets.XLSX, 422),
        (b"{}", "application/json", 415),
        (b"x" * (33 * 1024 * 1024), sheets.CSV, 413),
    ],
)
def test_what_is_no_file_of_guests_is_refused(house: House, data: bytes, kind: str, status: int):
    assert house.api.post("/v1/imports", data=data, content_type=kind).status_code == status


def test_a_workbook_that_unpacks_to_gigabytes_is_refused(house: House):
    bomb = io.BytesIO(in_workbook(HEADER))
    with zipfile.ZipFile(bomb, "a", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/media/image1.png", b"\0" * (20 << 20))
    assert house.api.post("/v1/imports", data=bomb.getvalue(), content_type=sheets.XLSX).status_code == 422


def test_a_consent_of_a_file_stands_with_its_proof(house: House):
    header = (*HEADER, "Newsletter", "Consent date", "Wording version", "Consent source")
    sends(house, in_csv(header, (*ANA, "ja", "01.05.2024", "2024-01", "web form")))
    (ana,) = house.does("GET", "/v1/profiles?email=ana.silva@sapo.pt")["items"]
    said = house.does("GET", f"/v1/profiles/{ana['id']}/consents")
    (proof,) = said["proof"]
    assert (proof["granted"], proof["wording_version"], proof["source"]) == (True, "2024-01", "web form")
    assert proof["stated_at"].startswith("2024-05-01T00:00:00")
    assert [s["granted"] for s in said["states"] if (s["purpose"], s["channel"]) == ("marketing", "email")] == [True]


def test_an_import_does_not_resubscribe_whoever_withdrew(house: House):
    header = (*HEADER, "Newsletter", "Consent date", "Wording version", "Consent source")
    sends(house, in_csv(HEADER, ANA))
    (ana,) = house.does("GET", "/v1/profiles?email=ana.silva@sapo.pt")["items"]
    withdrawn = {"purpose": "marketing", "channel": "any", "granted": False, "wording_version": "1", "source": "desk"}
    house.does("POST", f"/v1/profiles/{ana['id']}/consents", withdrawn, Idempotency_Key="w")
    sends(house, in_csv(header, (*ANA, "ja", "01.05.2024", "2024-01", "web form")))
    states = house.does("GET", f"/v1/profiles/{ana['id']}/consents")["states"]
    assert not [s for s in states if s["purpose"] == "marketing" and s["granted"]]


def test_what_was_exported_imports_again_without_a_change(house: House):
    house.knows("Ana", phones=[{"number": "+351912345678"}], addresses=[{"lines": ["=Rua 1"], "city": "Lisboa"}])
    house.knows("@ndré", "+Costa", emails=[], level="VIP", sex="male", nationality="PT")
    house.company()
    before = house.does("GET", "/v1/profiles")["items"]
    for kind, name in ((sheets.CSV, "csv"), (sheets.XLSX, "xlsx")):
        done = sends(house, exported(house, f"?format={name}"), kind)
        assert done["counts"] == {**dict.fromkeys(done["counts"], 0), "rows": 3, "known": 3}
    assert house.does("GET", "/v1/profiles")["items"] == before


def test_no_cell_of_an_export_is_a_formula_and_a_number_stays_a_number(house: House):
    house.knows("=cmd()", emails=[], phones=[{"number": "+4722334455"}])
    (line,) = csv.DictReader(io.StringIO(exported(house).decode("utf-8-sig")))
    assert (line["given_name"], line["phone"]) == ("'=cmd()", "+4722334455")
    sheet = load_workbook(io.BytesIO(exported(house, "?format=xlsx"))).active
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n", "inlineStr"}


def test_an_export_goes_on_after_the_last_id(house: House):
    for name in ("Ana", "Bia", "Caio"):
        house.knows(name, name)
    first = list(csv.DictReader(io.StringIO(exported(house, "?limit=2").decode("utf-8-sig"))))
    rest = list(csv.DictReader(io.StringIO(exported(house, f"?cursor={first[-1]['id']}").decode("utf-8-sig"))))
    assert len(first) == 2
    assert {line["given_name"] for line in first + rest} == {"Ana", "Bia", "Caio"}


def test_an_export_needs_an_admin_who_may_read(house: House):
    for scopes in ("read", "admin", "write"):
        answer = house.api.get("/v1/profiles/export", headers={"Authorization": f"Bearer foyer_{scopes}"})
        assert answer.status_code == 403


def test_the_houses_own_fields_are_exported_and_import_again_but_for_those_that_are_masked(house: House):
    for field in (
        {"code": "newspaper", "type": "text"},
        {"code": "diets", "type": "choices", "options": [option("vegan"), option("kosher"), option("fish")]},
        {"code": "height", "type": "number", "decimals": 2},
        {"code": "passport", "type": "text", "masked": True},
    ):
        house.does("POST", "/v1/fields", {**field, "labels": [{"language": "en", "text": field["code"]}]})
    own = {"newspaper": "=Público", "diets": ["vegan", "fish"], "height": 1.75}
    ana = house.knows("Ana", fields={**own, "passport": "AB1234567"})
    (line,) = csv.DictReader(io.StringIO(exported(house).decode("utf-8-sig")))
    said = {name: text for name, text in line.items() if name.startswith("field.")}
    assert said == {"field.newspaper": "'=Público", "field.diets": "vegan,fish", "field.height": "1.75"}
    for kind, name in ((sheets.CSV, "csv"), (sheets.XLSX, "xlsx")):
        assert sends(house, exported(house, f"?format={name}"), kind)["counts"]["known"] == 1
    assert house.does("GET", f"/v1/profiles/{ana}")["fields"].items() >= own.items()


def option(code: str) -> dict[str, Any]:
    return {"code": code, "labels": [{"language": "en", "text": code.title()}]}
