"""Files of bookings to import."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path

import pytest

from tests.importing.test_demand import COLUMNS


@pytest.fixture
def file(tmp_path: Path):
    def write(*lines: dict[str, object], name: str = "bookings.csv") -> Path:
        path = tmp_path / name
        opened = gzip.open if path.suffix == ".gz" else open
        with opened(path, "wt", newline="") as text:
            writer = csv.DictWriter(text, COLUMNS)
            writer.writeheader()
            writer.writerows(lines)
        return path

    return write
