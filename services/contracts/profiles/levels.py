"""Levels: the house's own labels for guests. Strictly internal."""

from __future__ import annotations

from uuid import UUID

from services.kit.refusal import Conflict, Invalid, NotFound
from services.kit.wire import Event, Request, event, request, value


@value
class LevelMark:
    """A level as it stands on a guest. `conduct`: how staff treat who has it; `colour` as ``#7b3fa0``."""

    code: str
    name: str
    colour: str | None = None
    conduct: str | None = None
    do_not_book: bool = False


@value
class Level:
    """`code` stays, `name` is shown. A `retired` one is given to nobody any more; who has it keeps it."""

    code: str
    version: int
    name: str
    colour: str | None = None
    position: int = 0
    conduct: str | None = None
    do_not_book: bool = False
    retired: bool = False


@value
class LevelsFound:
    """In the house's order."""

    items: tuple[Level, ...]


@request
class ReadLevels(Request[LevelsFound]):
    retired: bool = False


@request
class ReadLevel(Request[Level]):
    """Refuses with NoSuchLevel."""

    code: str


@request
class AddLevel(Request[Level]):
    """Refuses with LevelExists, NotALevel."""

    code: str
    name: str
    colour: str | None = None
    position: int = 0
    conduct: str | None = None
    do_not_book: bool = False


@request
class SetLevel(Request[Level]):
    """The whole level anew; who has it keeps it. Where its name or `do_not_book` become others, LevelChanged is
    announced for everybody who has it, soon after the answer. Refuses with LevelHasChanged, LevelExists, NotALevel.
    """

    code: str
    version: int
    name: str
    colour: str | None = None
    position: int = 0
    conduct: str | None = None
    do_not_book: bool = False
    retired: bool = False


@event
class LevelRuleChanged(Event):
    """A level's name, colour, conduct or `do_not_book` are others. Profiles tells it of who has the level, in batches:
    `after` is the last profile that was told of.
    """

    aggregate = "code"
    code: str
    version: int
    after: UUID | None = None


class NoSuchLevel(NotFound):
    """There is no such level."""


class LevelExists(Conflict):
    """Another level has this code or this name."""


class LevelHasChanged(Conflict):
    """Somebody else has changed this level since it was read."""


class NotALevel(Invalid):
    """The level is not complete or not valid."""
