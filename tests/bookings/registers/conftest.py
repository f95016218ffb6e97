"""A desk that registers its guests, in Spain where a test says so, with keys to seal their documents by."""

from __future__ import annotations

import pytest

from services.kit.db import Database
from tests.bookings.registers.makers import KEYS, Reception


@pytest.fixture(autouse=True)
def sealing_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOYER_SEALING_KEYS", KEYS)


@pytest.fixture
def reception(bookings_db: Database) -> Reception:
    return Reception(bookings_db)


@pytest.fixture
def spain(reception: Reception) -> Reception:
    reception.has_house("ES")
    return reception
