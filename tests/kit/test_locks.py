"""Locks of a transaction: whoever takes them in whatever order, nobody deadlocks over them."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from services.kit.context import Context
from services.kit.db import Again, Tx

pytestmark = pytest.mark.servers
NOBODY = Context(actor="test")


def test_two_that_take_the_same_locks_in_opposite_orders_both_get_through(db):
    both_hold_one = threading.Barrier(2)
    begun: list[Sequence[int]] = []

    def takes(first: int, second: int) -> None:
        def work(tx: Tx) -> None:
            begun.append((first, second))
            tx.lock([first])
            if begun.count((first, second)) == 1:
                both_hold_one.wait(timeout=10)
            tx.lock([second])

        db.writing(NOBODY, work)

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(takes, 101, 202), pool.submit(takes, 202, 101)]:
            done.result(timeout=10)
    assert 3 <= len(begun) <= 4  # one of them or both let go of theirs, and began anew with both


def test_a_lock_that_is_held_is_not_taken_again(db):
    def work(tx: Tx) -> list[bool]:
        tx.lock([7, 5])
        tx.lock([5])
        return [tx.may_wait_for(5), tx.may_wait_for(6)]

    assert db.writing(NOBODY, work) == [True, False]


def test_a_statement_that_could_not_take_a_lock_begins_anew_with_it(db):
    seen: list[bool] = []

    def work(tx: Tx) -> None:
        tx.lock([9])
        seen.append(tx.may_wait_for(3))
        tx.took([3], seen[-1])

    db.writing(NOBODY, work)
    assert seen == [False, True]


def test_what_never_comes_to_an_end_is_given_up(db):
    tries: list[int] = []

    def work(tx: Tx) -> None:
        tries.append(1)
        raise Again

    with pytest.raises(Again):
        db.writing(NOBODY, work)
    assert len(tries) == 100
