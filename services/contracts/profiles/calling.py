"""Who calls: guests by the number that a telephone system shows, and calls on their time lines."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from services.contracts.profiles.cards import Kind
from services.contracts.profiles.internal import Note
from services.contracts.profiles.levels import LevelMark
from services.kit.wire import Request, request, value

MatchedHow = Literal["exact", "tail"]
CallDirection = Literal["in", "out"]


@value
class Caller:
    """Somebody who may be calling: by their number as it is (``exact``), or by its last digits alone (``tail``).

    `warnings` are the pinned notes of the houses the asker may see, at most ten.
    """

    profile_id: UUID
    kind: Kind
    matched: MatchedHow
    given_name: str | None = None
    family_name: str | None = None
    second_family_name: str | None = None
    name: str | None = None
    title: str | None = None
    preferred_name: str | None = None
    language: str | None = None
    stage: str | None = None
    level: LevelMark | None = None
    do_not_book: bool = False
    verified: bool = False
    warnings: tuple[Note, ...] = ()
    open_tasks: int = 0


@value
class CallersFound:
    """Several where they share the number, the likeliest first, at most twenty; nobody where it was withheld."""

    items: tuple[Caller, ...]


@request
class LookUpCaller(Request[CallersFound]):
    """`number` as a telephone system sends it: with ``+`` or ``00``, as dialled in `country`, with an extension, as a
    ``tel:`` or ``sip:`` URI, ``anonymous``. Numbers and guests that are past are nobody's.
    """

    number: str
    country: str | None = None


@value
class Call:
    """`note_id` is the note in which it stands what was said."""

    profile_id: UUID
    direction: CallDirection
    answered: bool
    at: datetime
    note_id: UUID | None = None


@request
class NoteCall(Request[Call]):
    """A call that was had, or not `answered`, on the time line of whom it was with; `at` is now, if not said.

    Refuses with NoSuchProfile, NotAProfile.
    """

    profile_id: UUID
    direction: CallDirection
    answered: bool
    at: datetime | None = None
    note: str | None = None
    property_id: UUID | None = None
