"""The time line of a guest, read."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from services.contracts.profiles import ReadTimeline, Timeline, TimelineItem
from services.kit.db import Tx
from services.kit.doors import query
from services.kit.refusal import Invalid, Problem
from services.profiles.domain.timeline import INNER, changes
from services.profiles.store import timeline

_MOST: Final = 200
_CURSOR: Final = re.compile(r"(-?\d{1,17})_(\d{1,18})", re.ASCII)
_BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


class TimeLines:
    @query
    def read_timeline(self, tx: Tx, request: ReadTimeline) -> Timeline:
        if not 1 <= request.limit <= _MOST:
            raise Invalid(errors=[Problem("/limit", f"From 1 to {_MOST}.")])
        found = timeline.of_profile(
            tx,
            request.profile_id,
            kinds=request.kinds,
            property_id=request.property_id,
            before=_position(request.cursor),
            limit=request.limit + 1,
        )
        page, more = found[: request.limit], found[request.limit :]
        return Timeline(items=tuple(map(_item, page)), next=_cursor(page[-1]) if more else None)


def _item(row: Any) -> TimelineItem:
    return TimelineItem(
        id=str(row.seq),
        at=row.at,
        kind=row.kind,
        what=row.what,
        property_id=row.house,
        booking_id=row.booking_id,
        ref=row.ref,
        actor=row.actor,
        changed=changes(row.earlier, row.facts) if row.what == "booking.changed" else (),
        facts={name: fact for name, fact in row.facts.items() if name not in INNER and fact is not None},
    )


def _cursor(row: Any) -> str:
    """Where it stands in the line: the same place for ever, whatever comes before or after it."""
    return f"{(row.at - _BEGINNING) // _MICROSECOND}_{row.seq}"


def _position(cursor: str | None) -> tuple[datetime, int] | None:
    if cursor is None:
        return None
    said = _CURSOR.fullmatch(cursor)
    try:
        if said:
            return _BEGINNING + int(said[1]) * _MICROSECOND, int(said[2])
    except OverflowError:
        pass
    raise Invalid(errors=[Problem("/cursor", "Not a cursor of this list.")])
