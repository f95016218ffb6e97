"""How often a caller may call: a bucket per caller that holds a burst and refills at a steady rate.

The buckets are those of this process alone: behind n gateway processes a key may do up to n times as much. It costs no
round trip, and what is limited is the work that one process does for one caller.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Final, NamedTuple

DEFAULT_RATE: Final = 200  # calls per second of a key for which nothing else was said
BURST_SECONDS: Final = 2.0  # of the rate that a bucket holds: twice the rate may come at once
_AT_MOST: Final = 10_000  # buckets that are not full; guessing must not fill the memory
_ROUNDING: Final = 1e-6  # seconds


class Turn(NamedTuple):
    """`left`: calls that may follow at once. `wait`: seconds until this one is let through, 0 if it is."""

    left: int
    full_in: float
    wait: float


class Buckets:
    """The generic cell rate algorithm (ITU-T I.371): of a bucket only the moment is kept at which it is full again."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._full_at: dict[Hashable, float] = {}
        self._lock = Lock()

    def take(self, caller: Hashable, rate: float, seconds: float = BURST_SECONDS) -> Turn:
        """One call of a caller who may do `rate` per second, and `rate * seconds` at once; a refused one costs none."""
        now = self._clock()
        with self._lock:
            full_in = max(self._full_at.get(caller, now) - now, 0.0) + 1 / rate
            wait = full_in - seconds
            if wait > _ROUNDING:
                return Turn(0, full_in - 1 / rate, wait)
            if len(self._full_at) >= _AT_MOST:
                self._forget(now)
            self._full_at[caller] = now + full_in
        return Turn(int((_ROUNDING - wait) * rate), full_in, 0.0)

    def _forget(self, now: float) -> None:
        """Full buckets are as good as none; where too many are not, the fuller half goes."""
        self._full_at = {caller: full_at for caller, full_at in self._full_at.items() if full_at > now}
        if len(self._full_at) >= _AT_MOST:
            self._full_at = dict(sorted(self._full_at.items(), key=lambda each: each[1])[_AT_MOST // 2 :])
