"""The time line: everything that happened to a guest, newest first, in all houses and services."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from services.kit.wire import Request, request, value

TimelineKind = Literal[
    "stay",
    "payment",
    "charge",
    "message",
    "consent",
    "points",
    "change",
    "note",
    "task",
    "preference",
    "verification",
    "move",
    "call",
    "complaint",
]


@value
class TimelineItem:
    """`at` is when it happened, `what` the event (``booking.confirmed``), `ref` the thing it happened to: a payment, a
    message, a note. `facts` hold ids, states, amounts and names of fields, never values of personal ones. `changed`
    says of a booking what is not as it was before: ``dates``, ``rooms``, ``price``, ``people``, ``details``.
    """

    id: str
    at: datetime
    kind: TimelineKind
    what: str
    property_id: UUID | None = None
    booking_id: UUID | None = None
    ref: UUID | None = None
    actor: str | None = None
    changed: tuple[str, ...] = ()
    facts: dict[str, Any]


@value
class Timeline:
    items: tuple[TimelineItem, ...]
    next: str | None = None


@request
class ReadTimeline(Request[Timeline]):
    """Newest first. A page stands where it was cut, however many lines come meanwhile. Refuses with NoSuchProfile.

    Of a profile that went up in another one: what happened to either.
    """

    profile_id: UUID
    kinds: tuple[TimelineKind, ...] = ()
    property_id: UUID | None = None
    limit: int = 50
    cursor: str | None = None
