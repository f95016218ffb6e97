"""Who may be the same person: pairs to be looked into, what is decided of them, and cards that are retired."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from services.kit.refusal import Conflict, Invalid, NotFound
from services.kit.wire import Event, Request, event, request, value

MatchState = Literal["open", "same", "different"]


@value
class MatchReason:
    """`weight` above zero speaks for one person, below zero against; `text` is English, `code` its key."""

    code: str
    weight: float
    text: str


@value
class Duplicate:
    """`score` 0–1. `match_id` is there once the pair is on the work list."""

    profile_id: UUID
    score: float
    reasons: tuple[MatchReason, ...]
    match_id: UUID | None = None


@value
class Duplicates:
    items: tuple[Duplicate, ...]


@request
class ReadDuplicates(Request[Duplicates]):
    """Who may be the same as a profile, the likeliest first, as the register is now. Refuses with NoSuchProfile."""

    profile_id: UUID


@value
class Match:
    """A pair; `different` ones are never suggested again."""

    id: UUID
    version: int
    profile_ids: tuple[UUID, ...]
    score: float
    reasons: tuple[MatchReason, ...]
    state: MatchState
    found_at: datetime
    decided_by: str | None = None
    decided_at: datetime | None = None


@value
class MatchesFound:
    items: tuple[Match, ...]
    next: str | None = None


@request
class FindMatches(Request[MatchesFound]):
    """The surest first."""

    state: MatchState = "open"
    limit: int = 50
    cursor: str | None = None


@request
class DecideMatch(Request[Match]):
    """With `same`, `bookings_to` may name the one of the two to whom the other's bookings move. The same decision again
    changes nothing. Refuses with NoSuchMatch, MatchDecided and NotADecision.
    """

    match_id: UUID
    decision: Literal["same", "different"]
    bookings_to: UUID | None = None


@value
class MatchingRules:
    """From `certain` a booking is linked by itself, from `review` on a pair is on the work list."""

    version: int
    certain: float
    review: float


@request
class ReadMatchingRules(Request[MatchingRules]):
    """As they are now."""


@request
class SetMatchingRules(Request[MatchingRules]):
    """Refuses with NotMatchingRules and MatchingHasChanged."""

    version: int
    certain: float
    review: float


@event
class BookingsToMove(Event):
    """The bookings of a profile are those of another one. `why` is a code."""

    aggregate = "profile_id"
    profile_id: UUID
    into: UUID
    why: str


@event
class ProfileRetired(Event):
    """Nothing was left on a card but what another one has now: it answers with that one."""

    aggregate = "profile_id"
    profile_id: UUID
    version: int
    into: UUID


class NoSuchMatch(NotFound):
    """There is no such pair."""


class MatchDecided(Conflict):
    """The pair has been decided otherwise."""


class NotADecision(Invalid):
    """The decision is not complete or not valid."""


class NotMatchingRules(Invalid):
    """The thresholds are not valid."""


class MatchingHasChanged(Conflict):
    """Somebody else has changed the thresholds since they were read."""
