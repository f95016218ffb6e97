"""Ids that begin with the time."""

from __future__ import annotations

import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from uuid import UUID

import pytest

from services.kit.ids import new_id


def some(count: int) -> list[UUID]:
    return [new_id() for _ in range(count)]


def test_an_id_begins_with_the_milliseconds_of_now():
    before, made, after = time.time_ns(), new_id(), time.time_ns()
    assert (type(made), made.version) == (UUID, 7)
    assert before // 1_000_000 <= made.int >> 80 <= after // 1_000_000


def test_later_ids_are_greater_however_many_there_are():
    made = some(10_000)
    assert sorted(set(made)) == made


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of fork()
def test_processes_that_are_copies_of_one_make_ids_of_their_own():
    some(1)  # whatever is drawn at first is drawn before the copies are made
    with ProcessPoolExecutor(2, mp_context=get_context("fork")) as pool:
        made = [each for of_one in pool.map(some, [2_000] * 4) for each in of_one]
    assert len(set(made)) == len(made) == 8_000
