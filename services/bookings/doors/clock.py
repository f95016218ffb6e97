"""What happens with bookings by the clock, each in a transaction of its own.

What is due is found anew by each run, and looked at again once its row is locked: so two runs at once, one that was
broken off, or days without any, come to the same, once.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from uuid import UUID

from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection

from services.bookings.domain.booking import Booking
from services.bookings.doors.keeping import keep, with_rooms
from services.bookings.store import due
from services.bookings.store.due import Due
from services.kit.context import Context
from services.kit.db import Database, Tx

MOST = 2000  # of one run; the next takes the others
_LOG = logging.getLogger(__name__)
_GIVEN = Context(actor="service:bookings")

Change = Callable[[Booking, Tx], Booking]


def each(db: Database, tx: Tx, what: Due, change: Change) -> None:
    """Change all with which this is to happen now; one that cannot be changed does not keep the others waiting."""
    for booking_id in due.find(tx, what, MOST):
        try:
            db.writing(_GIVEN, partial(_one, what, change, booking_id))
        except (OperationalError, NoConnection):
            raise  # the database does not answer: the next run goes on from here
        except Exception:
            _LOG.exception("%s: booking %s could not be changed", what, booking_id)


def _one(what: Due, change: Change, booking_id: UUID, tx: Tx) -> None:
    before = due.lock(tx, what, booking_id)
    if before is None:
        return
    after = change(before, tx)
    keep(tx, with_rooms(tx, after, before, sold_elsewhere=True), before, sold_elsewhere=True)
