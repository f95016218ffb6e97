"""What other systems call a property, its room types and its rates."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from services.contracts.bookings.bounds import at_most
from services.kit.refusal import Invalid
from services.kit.wire import Request, request, value

CodeKind = Literal["property", "room_type", "rate"]


@value
class Code:
    """`ours` is the property's own code, a room type's, or the house's code of a rate."""

    kind: CodeKind
    theirs: str
    ours: str
    source: str = ""


@value
class Codes:
    """By source, kind and their code."""

    property_id: UUID
    codes: tuple[Code, ...]


@request
class ReadCodes(Request[Codes]):
    """Of one source or of all; `property` is an id or a code. Refuses with NoSuchProperty."""

    property: str
    source: str | None = None


@request
class SetCodes(Request[Codes]):
    """All codes of a source at a property, in place of those it had. Refuses with NoSuchProperty and NotACode."""

    property: str
    source: str
    codes: tuple[Code, ...]

    bounded = at_most(1000, "codes")


class NotACode(Invalid):
    """A code is not complete or not valid."""
