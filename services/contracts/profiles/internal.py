"""What the house keeps on a profile for itself."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from services.kit.wire import Request, request, value


@value
class Note:
    id: UUID
    profile_id: UUID
    text: str
    pinned: bool
    author: str
    written_at: datetime


@request
class AddNote(Request[Note]):
    """A note is internal; its author is the caller."""

    profile_id: UUID
    text: str
    pinned: bool = False
