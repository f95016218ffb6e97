"""A desk with the property LIS-CITY: two rooms of type A, two of type B."""

from __future__ import annotations

import pytest

from services.kit.db import Database
from tests.bookings.makers import Desk


@pytest.fixture
def desk(bookings_db: Database) -> Desk:
    desk = Desk(bookings_db)
    desk.sets_up()
    return desk
