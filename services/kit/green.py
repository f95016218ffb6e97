"""How a process of green threads waits for its database: one turn of eventlet's hub for one answer.

psycopg's own wait loop in C would stop every green thread; its `wait_selector` in Python does not, but makes and
empties a selector for every statement, which costs more than the rest of sending it.
"""

from __future__ import annotations

from typing import Any

from eventlet.hubs import trampoline
from psycopg import waiting

_READ, _WRITE = waiting.WAIT_R, waiting.WAIT_W
_READABLE, _WRITABLE = waiting.READY_R, waiting.READY_W


def wait(gen: Any, fileno: int, interval: float = 0.0, timeout: float | None = None) -> Any:
    """Carry psycopg's generator to its end, in the place of `psycopg.waiting.wait`.

    A connection that dies while it is waited for becomes readable, so that nobody needs to look at intervals.
    """
    if timeout is not None:
        return waiting.wait_selector(gen, fileno, interval, timeout)
    try:
        wanted = next(gen)
        while True:
            if wanted == _READ:
                trampoline(fileno, read=True)
                wanted = gen.send(_READABLE)
            elif wanted == _WRITE:
                trampoline(fileno, write=True)
                wanted = gen.send(_WRITABLE)
            else:
                # Both: the statement does not fit into the socket's buffer, and the hub waits for one thing only.
                return waiting.wait_selector(_beginning_with(wanted, gen), fileno, interval)
    except StopIteration as end:
        return end.value


def install() -> None:
    """Every connection of this process waits so; the connection modules look `wait` up for each statement."""
    waiting.wait = wait


def _beginning_with(wanted: Any, gen: Any) -> Any:
    """`gen`, which has already said what it waits for first."""
    while True:
        try:
            wanted = gen.send((yield wanted))
        except StopIteration as end:
            return end.value
