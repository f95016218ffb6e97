"""Codes that show whether an address reaches its owner: how long they are good, how many are sent and how often tried.

Six digits and five tries: who guesses is right once in 200,000 codes, and gets three of them in an hour.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import ceil
from typing import Final
from uuid import UUID

from services.contracts.profiles import AlreadyVerified, Channel, NotACode, NotVerifiable, TooManyCodes
from services.contracts.profiles.cards import WhyNot
from services.kit.refusal import Problem
from services.profiles.domain.contacts import Point

GOOD_FOR = timedelta(minutes=15)
TRIES = 5
PER_ADDRESS, IN_HOUR = 3, timedelta(hours=1)
PER_PROFILE, IN_DAY = 10, timedelta(days=1)
REASON = 500  # characters
_CODE = re.compile(r"[0-9]{6}")
_BETWEEN = re.compile(r"[\s-]")


@dataclass(frozen=True)
class Sent:
    """A code for an address of a profile; `tries` are those that were wrong."""

    id: UUID
    profile_id: UUID
    key: str
    channel: Channel
    to: str
    expires_at: datetime
    over: bool
    tries: int
    stamp: bytes | None
    key_id: str | None

    def is_open(self, now: datetime) -> bool:
        return not self.over and self.tries < TRIES and now < self.expires_at


def own_email(points: Iterable[Point], today: date) -> Point | None:
    """Where a code goes without anybody having named an address: the primary one before others, and one that was
    verified before another that was not. None where the guest has no e-mail address of their own.
    """
    found = [p for p in points if p.kind == "email" and p.identifies and not p.why_not(today)]
    return max(found, key=lambda p: (p.primary, p.verified), default=None)


def to_verify(points: Iterable[Point], wanted: str | UUID, today: date) -> Point:
    """The point of a card with this key or id. Refuses one that is not there, belongs to nobody or is verified."""
    pointer = "/contact_id" if isinstance(wanted, UUID) else "/address"
    found = next((p for p in points if wanted in (p.key, p.id)), None)
    if found is None:
        raise NotVerifiable(errors=[Problem(pointer, "This is not on the profile.")])
    if not found.identifies:
        why = found.why_not(today)[0]
        raise NotVerifiable(errors=[Problem(pointer, _WHY_NOT[why])], facts={"why_not": why})
    if found.verified:
        raise AlreadyVerified
    return found


_WHY_NOT: Final[Mapping[WhyNot, str]] = {
    "relay": "This forwards for a booking, and belongs to no guest: ask for their own.",
    "agency": "This is an agency's: ask for the guest's own.",
    "placeholder": "This is nobody's: ask for the guest's own.",
    "past": "This is not the guest's any more.",
    "not-yet": "This is not the guest's yet.",
}


def channel_of(point: Point) -> Channel:
    return "email" if point.kind == "email" else "sms"


def refuse_too_many(third: datetime | None, tenth: datetime | None, now: datetime) -> None:
    """`third` and `tenth`: when the last but two was sent to this address, the last but nine to this profile."""
    until = [at + span for at, span in ((third, IN_HOUR), (tenth, IN_DAY)) if at is not None and at + span > now]
    if until:
        raise TooManyCodes(facts={"retry_after": str(ceil((max(until) - now).total_seconds()))})


def read_code(said: str) -> str:
    """Six digits, written with or without a gap."""
    digits = _BETWEEN.sub("", said)
    if not _CODE.fullmatch(digits):
        raise NotACode(errors=[Problem("/code", "Six digits.")])
    return digits


def covered(point_value: str) -> str:
    """``a•••@example.org``, ``+351•••678``: enough to know one's own by."""
    name, at, domain = point_value.rpartition("@")
    return f"{name[:1]}•••@{domain}" if at else f"{point_value[:4]}•••{point_value[-3:]}"
