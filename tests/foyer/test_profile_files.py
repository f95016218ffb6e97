"""A file of guests over the real bus: killed on the way, gone on with, told row by row; and the register taken out."""

from __future__ import annotations

import csv
import subprocess
import sys
import uuid
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.databases import Databases
from tests.kit.processes import until
from tests.system import System

pytestmark = pytest.mark.servers

GUESTS = 200
HEADER = ("Given name", "Family name", "Email", "Birth date", "Country")


@pytest.fixture(scope="module")
def system(databases: Databases, amqp_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """Profiles alone, with a broker and databases."""
    made = System(tmp_path_factory.mktemp("system"), databases, amqp_url)
    try:
        made.foyer("topology")
        made.start("profiles")
        made.wait_ready("profiles", timeout=120)
        yield made
    finally:
        made.end()


def guests(folder: Path, tag: str) -> Path:
    file = folder / f"{tag}.csv"
    with file.open("w", newline="", encoding="utf-8") as opened:
        lines = csv.writer(opened)
        lines.writerow(HEADER)
        for n in range(GUESTS):
            born = date(1950, 1, 1) + timedelta(days=100 * n)
            lines.writerow((f"Guest{n}", f"Of{tag}", f"guest{n}@{tag}.example.com", born, "PT"))
        lines.writerow(("Nobody", f"Of{tag}", "no address", "", ""))
    return file


def found(system: Any, tag: str) -> int:
    """How many of the file's guests are in the register."""
    row = system.databases.admin("profiles").execute(
        "SELECT count(*) FROM contact_points WHERE key LIKE %s", [f"%@{tag}.example.com"]
    )
    return int(row.fetchone()[0])


def report(file: Path) -> list[dict[str, str]]:
    with file.with_name(f"{file.name}.report.csv").open(encoding="utf-8", newline="") as opened:
        return list(csv.DictReader(opened))


def test_an_import_that_is_killed_goes_on_and_imports_each_row_once(system: Any, tmp_path: Path) -> None:
    tag = f"t{uuid.uuid4().hex[:10]}"
    file = guests(tmp_path, tag)
    command = [sys.executable, "-m", "foyer", "import-profiles", str(file), "--batch", "5", "--rate", "100"]
    started = subprocess.Popen(command, env=system.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until(lambda: found(system, tag) > 10, timeout=60)
    started.kill()
    started.wait()
    assert found(system, tag) < GUESTS
    system.restart("profiles")
    system.wait_ready("profiles", timeout=120)
    said = system.foyer("import-profiles", str(file), "--batch", "5", "--resume")
    assert "Going on" in said
    assert found(system, tag) == GUESTS
    lines = report(file)
    assert [int(line["row"]) for line in lines] == list(range(2, GUESTS + 3))
    assert (lines[-1]["outcome"], lines[-1]["field"]) == ("refused", "email")
    assert {line["outcome"] for line in lines[:-1]} == {"created"}
    assert not [line for line in lines if tag in "".join(line.values())]


def test_what_is_exported_is_known_when_it_is_imported(system: Any, tmp_path: Path) -> None:
    tag = f"t{uuid.uuid4().hex[:10]}"
    system.foyer("import-profiles", str(guests(tmp_path, tag)))
    for name in ("register.csv", "register.xlsx"):
        system.foyer("export-profiles", "--to", str(tmp_path / name))
        said = system.foyer("import-profiles", str(tmp_path / name), "--dry-run")
        assert "nobody was written" in said
        assert {line["outcome"] for line in report(tmp_path / name)} == {"known"}


def test_a_mapping_says_what_columns_hold(system: Any, tmp_path: Path) -> None:
    tag = f"t{uuid.uuid4().hex[:10]}"
    file, mapping = tmp_path / "odd.csv", tmp_path / "odd.yaml"
    file.write_text(f"x;y;z\n3/4/1980;Ana;a@{tag}.example.com\n", encoding="utf-8")
    mapping.write_text("columns: {x: birth_date, 2: given_name, z: email}\ndates: mdy\n", encoding="utf-8")
    system.foyer("import-profiles", str(file), "--mapping", str(mapping))
    (row,) = system.databases.admin("profiles").execute(
        "SELECT birth_date FROM profiles p JOIN contact_points c ON c.profile_id = p.id WHERE c.key = %s",
        [f"a@{tag}.example.com"],
    )
    assert str(row[0]) == "1980-03-04"
