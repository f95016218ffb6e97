"""Where a guest stands in their life with the house."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from services.kit.refusal import Conflict, Invalid, NotFound
from services.kit.wire import Event, Request, event, request, value

Stage = Literal["lead", "guest", "member", "lapsed"]
StageWhy = Literal["bookings", "stays", "account", "tier", "months-without-stay", "nothing"]


@value
class InLanguage:
    """A text in one language (BCP 47)."""

    language: str
    text: str


@value
class LifeCycle:
    """`since` when and `why` a guest is in this stage; `tier` of the loyalty account; `care`: how the house cares for
    guests of the stage.
    """

    stage: Stage
    since: datetime | None = None
    why: StageWhy | None = None
    tier: str | None = None
    care: tuple[InLanguage, ...] = ()


@value
class StageRule:
    """Who is in a stage: who has so many `bookings` (that hold or held rooms), so many `stays` (that are over), a
    loyalty `account`, or one of these `tiers`; any one of those that are said suffices, and without any it is
    everybody. With `months_without_stay`, only who has stayed, and whose last stay ended that long ago with none to
    come. Of all stages that are true of somebody, the one with the lowest `position` holds.
    """

    code: Stage
    version: int
    position: int
    bookings: int | None = None
    stays: int | None = None
    account: bool = False
    tiers: tuple[str, ...] = ()
    months_without_stay: int | None = None
    care: tuple[InLanguage, ...] = ()


@value
class StageRulesFound:
    """In the order in which they are looked at."""

    items: tuple[StageRule, ...]


@request
class ReadStages(Request[StageRulesFound]):
    pass


@request
class SetStage(Request[StageRule]):
    """The whole rule anew; soon after the answer everybody's stage is looked at again. Refuses with StageHasChanged,
    NotAStage.
    """

    code: str
    version: int
    position: int
    bookings: int | None = None
    stays: int | None = None
    account: bool = False
    tiers: tuple[str, ...] = ()
    months_without_stay: int | None = None
    care: tuple[InLanguage, ...] = ()


@value
class RecomputingStages:
    """It has begun: in batches, of all profiles."""

    run: UUID


@request
class RecomputeStages(Request[RecomputingStages]):
    """Look at everybody's stage again, from what is known of their bookings and loyalty accounts."""


@event
class StagesToRecompute(Event):
    """The next batch of a run over all profiles: those behind `after`."""

    aggregate = "run"
    run: UUID
    after: UUID | None = None


@event
class StageChanged(Event):
    """`version` is the profile's."""

    aggregate = "profile_id"
    profile_id: UUID
    version: int
    stage: Stage
    before: Stage
    why: StageWhy


class NoSuchStage(NotFound):
    """There is no such stage."""


class StageHasChanged(Conflict):
    """Somebody else has changed this stage since it was read."""


class NotAStage(Invalid):
    """The rule of the stage is not valid."""
