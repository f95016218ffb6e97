"""Notes on a profile, for the house alone."""

from __future__ import annotations

from uuid import uuid4

from services.contracts.profiles import AddNote, Note, ProfileChanged
from services.kit.db import Tx
from services.kit.doors import command
from services.profiles.domain.card import note_text
from services.profiles.store import register


class Notes:
    @command
    def add_note(self, tx: Tx, request: AddNote) -> Note:
        note = Note(
            id=uuid4(),
            profile_id=request.profile_id,
            text=note_text(request.text),
            pinned=request.pinned,
            author=tx.context.actor,
            written_at=tx.now,
        )
        version = register.add_note(tx, note)
        tx.announce(ProfileChanged(profile_id=note.profile_id, version=version))
        return note
