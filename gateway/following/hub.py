"""One reader of the log per process for all who are connected to it.

The server gives each stream a thread, which waits here and costs nothing while it does. The reader looks while anybody
follows, several times a second, and wakes all at once: many changes of one moment go out together.
"""

from __future__ import annotations

import logging
import select
import time
import weakref
from collections import deque
from collections.abc import Callable, Iterator
from threading import Condition, Thread
from typing import Final
from uuid import UUID

from prometheus_client import Gauge
from sqlalchemy.exc import SQLAlchemyError

from gateway.following import log
from gateway.following.ending import told_to_end
from gateway.following.log import Change
from gateway.problems import Refused
from services.kit.context import Context
from services.kit.db import Database

MOST: Final = 120  # followers of one process; the server has 256 threads, of which calls want 128
BEAT: Final = 5.0  # seconds between two signs of life; who has hung up is noticed at the next one
_LOOK_EVERY: Final = 0.2  # seconds
_RECENT: Final = 5_000  # changes at hand; who is further behind reads the log by itself
_CONTEXT: Final = Context(actor="gateway")

_log = logging.getLogger(__name__)
_open = Gauge("foyer_room_streams", "Streams of rooms that are open")


class Hub:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._news = Condition()
        self._followers = 0
        self._reading = False
        self._ended = False
        self._recent: deque[Change] = deque(maxlen=_RECENT)
        self._since = self._last = -1  # what is recent lies between these positions; negative while not known yet

    def follow(self, after: int | None, property_id: UUID | None, admitted: Callable[[], bool]) -> Follower:
        """Everything that changes from now on, or after a position; `admitted` is asked again and again.

        Refuses with 503 where too many follow already.
        """
        with self._news:
            if self._followers >= MOST or self._ended:
                detail = "As many follow the rooms here as this process holds."
                raise Refused(503, "unavailable", detail, headers={"Retry-After": "5"})
            self._followers += 1
            _open.inc()
        try:
            with self._database.reading(_CONTEXT) as tx:
                last, forgotten = log.ends(tx)
        except BaseException:
            self._leave()
            raise
        known = after is not None and forgotten <= after <= last
        start = after if after is not None and known else last
        follower = Follower(self, start, property_id, admitted, missed=after is not None and not known)
        follower.close = weakref.finalize(follower, self._leave)
        with self._news:
            if not self._reading:
                self._reading, self._since, self._last = True, -1, -1
                self._recent.clear()
                Thread(target=self._read, name="followers", daemon=True).start()
        return follower

    def news(self, position: int, property_id: UUID | None, until: float) -> tuple[int, list[bytes]] | None:
        """What follows a position and how far that goes, as soon as there is something or the time has come.

        None where the process ends.
        """
        with self._news:
            while not self._ended and self._last <= position and (left := until - time.monotonic()) > 0:
                self._news.wait(left)
            if self._ended:
                return None
            last = self._last
            if last <= position:
                return position, []
            if position >= self._since:
                found = [change for change in self._recent if change.position > position]
                return last, [each.text for each in found if property_id in (None, each.property_id)]
        with self._database.reading(_CONTEXT) as tx:
            page = log.after(tx, position, property_id, 1000)
        reached = page[-1].position if len(page) == 1000 else max(last, page[-1].position if page else 0)
        return reached, [each.text for each in page]

    def _leave(self) -> None:
        with self._news:
            self._followers -= 1
            _open.dec()

    def _read(self) -> None:
        """The reader's whole life: as long as anybody follows and the process is not told to end."""
        descriptor = told_to_end()
        ending = [] if descriptor is None else [descriptor]
        while True:
            with self._news:
                if not self._followers:
                    self._reading = False
                    return
            pause = _LOOK_EVERY
            try:
                self._look()
            except SQLAlchemyError as fault:
                _log.warning("the log of rooms failed: %s", type(fault).__name__)
                pause = 1.0
            if select.select(ending, [], [], pause)[0]:
                with self._news:
                    self._ended = True
                    self._news.notify_all()
                return

    def _look(self) -> None:
        with self._database.reading(_CONTEXT) as tx:
            waiting = log.waiting(tx)
            if self._last < 0:
                last = log.ends(tx).last
                with self._news:
                    self._since = self._last = last
                    self._news.notify_all()
        if waiting:
            self._database.writing(_CONTEXT, log.number)
        with self._database.reading(_CONTEXT) as tx:
            found = log.after(tx, self._last)
        if found:
            with self._news:
                dropped = len(self._recent) + len(found) - _RECENT
                if dropped > 0:
                    self._since = [*self._recent, *found][dropped - 1].position
                self._recent.extend(found)
                self._last = found[-1].position
                self._news.notify_all()


class Follower:
    """The body of one stream. Its place is given back when it is closed or forgotten."""

    def __init__(
        self, hub: Hub, position: int, property_id: UUID | None, admitted: Callable[[], bool], missed: bool
    ) -> None:
        self._hub = hub
        self._position = position
        self._property_id = property_id
        self._admitted = admitted
        self._begun = False
        self._missed = missed
        self._beat_at = time.monotonic() + BEAT
        self.close: Callable[[], object] = lambda: None

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        if not self._begun:
            self._begun = True
            return self._first()
        while True:
            found = self._hub.news(self._position, self._property_id, self._beat_at)
            if found is None:
                break
            self._position, texts = found
            beat = time.monotonic() >= self._beat_at
            if beat:
                self._beat_at = time.monotonic() + BEAT
                if not self._admitted():
                    break
            if texts:
                return b"".join(texts)
            if beat:
                return b": alive\nid: %d\n\n" % self._position
        raise StopIteration

    def _first(self) -> bytes:
        """An id without an event: who is cut off before anything changed can go on from here, too."""
        reset = b'event: reset\ndata: {"type":"reset"}\n' if self._missed else b""
        return b"retry: 1000\nid: %d\n%s\n" % (self._position, reset)
