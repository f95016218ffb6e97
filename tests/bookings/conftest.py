"""A desk with the property LIS-CITY: two rooms of type A, two of type B."""

from __future__ import annotations

import pytest

from services.kit.db import Database
from tests.bookings.makers import Desk
from tests.bookings.numbered import sets_up_rooms


@pytest.fixture
def desk(bookings_db: Database) -> Desk:
    desk = Desk(bookings_db)
    desk.sets_up()
    return desk


@pytest.fixture
def four_rooms(desk: Desk) -> None:
    """Numbered ones, and four of each type to sell."""
    desk.sets_up(capacity=4)
    sets_up_rooms(desk)
