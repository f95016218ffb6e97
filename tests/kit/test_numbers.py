"""Whole numbers on their way to the database: their type is none that a sum of two leaves at once."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa

from services.kit.context import Context
from services.kit.db import Database

pytestmark = pytest.mark.servers


def answer(db: Database, statement: str, **parameters: Any) -> Any:
    with db.reading(Context(actor="test")) as tx:
        return tx.execute(sa.text(statement), parameters).scalar()


def test_two_small_numbers_may_add_up_to_a_large_one(db):
    assert answer(db, "SELECT :one + :other", one=30_000, other=30_000) == 60_000
    assert answer(db, "SELECT -:one - :other", one=30_000, other=30_000) == -60_000
    assert answer(db, "SELECT :one * :other", one=30_000, other=30_000) == 900_000_000


def test_what_stands_in_an_array_may_add_up_to_a_large_one(db):
    assert answer(db, "SELECT n + n FROM unnest(:numbers) AS n", numbers=[30_000]) == 60_000


def test_a_transaction_that_writes_sends_them_alike(db):
    sum_of_two = sa.text("SELECT :one + :other")
    parameters = {"one": 30_000, "other": 30_000}
    assert db.writing(Context(actor="test"), lambda tx: tx.execute(sum_of_two, parameters).scalar()) == 60_000


def test_a_day_and_a_number_are_a_day(db):
    assert answer(db, "SELECT CAST(:day AS date) + :nights", day="2026-12-01", nights=31) == date(2027, 1, 1)
    assert answer(
        db, "SELECT date(make_interval(days => :nights) + CAST(:day AS date))", nights=1, day="2026-12-31"
    ) == (date(2027, 1, 1))


@pytest.mark.parametrize(
    ("number", "sent_as"),
    [
        (0, "integer"),
        (-1, "integer"),
        ((1 << 31) - 1, "integer"),
        (-(1 << 31), "integer"),
        (1 << 31, "bigint"),
        (-(1 << 31) - 1, "bigint"),
        ((1 << 63) - 1, "bigint"),
        (1 << 63, "numeric"),
        (True, "boolean"),
    ],
)
def test_a_number_is_sent_as_the_type_that_holds_it(db, number, sent_as):
    assert (
        answer(db, "SELECT pg_typeof(:number) || ' ' || :number", number=number) == f"{sent_as} {str(number).lower()}"
    )


def test_an_array_is_sent_as_the_type_that_holds_the_longest(db):
    assert answer(db, "SELECT CAST(pg_typeof(:numbers) AS text)", numbers=[1, 2]) == "integer[]"
    assert answer(db, "SELECT CAST(pg_typeof(:numbers) AS text)", numbers=[1, 1 << 40]) == "bigint[]"
    assert answer(db, "SELECT sum(n) FROM unnest(:numbers) AS n", numbers=[1, 1 << 40]) == (1 << 40) + 1
