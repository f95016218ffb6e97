"""Calls: who it may be that calls, and that they did."""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from uuid import UUID

from services.contracts.profiles import (
    Call,
    Caller,
    CallersFound,
    LookUpCaller,
    MatchedHow,
    Note,
    NoteCall,
    ProfileChanged,
)
from services.kit.db import Tx
from services.kit.doors import command, query
from services.kit.ids import new_id
from services.kit.refusal import Invalid, Problem
from services.kit.scope import permit
from services.profiles.domain import codes
from services.profiles.domain.calling import LONGEST, read_number
from services.profiles.domain.card import note_text
from services.profiles.domain.names import Unfit
from services.profiles.store import calling as store
from services.profiles.store import internals, notes, register, timeline

_MOST: Final = 20
_AHEAD: Final = timedelta(minutes=5)  # by which the clock of a telephone system may be fast
_WHAT: Final = {"in": "call.received", "out": "call.made"}


class Calling:
    @query
    def look_up_caller(self, tx: Tx, request: LookUpCaller) -> CallersFound:
        if len(request.number) > LONGEST:
            raise Invalid(errors=[Problem("/number", f"Longer than {LONGEST} characters.")])
        dialled = read_number(request.number, _country(request.country))
        if dialled is None:
            return CallersFound(items=())
        ids = store.by_number(tx, dialled.key, _MOST) if dialled.key else []
        matched: MatchedHow = "exact" if ids else "tail"
        ids = ids or store.by_end(tx, dialled, _MOST)
        if not ids:
            return CallersFound(items=())
        known = {each.profile_id: each for each in internals.of_guests(tx, ids)}
        found = []
        for row in store.people(tx, ids):
            said = {name: row._mapping[name] for name in _SHOWN}
            if internal := known.get(row.id):
                said |= {name: getattr(internal, name) for name in ("level", "do_not_book", "warnings", "verified")}
            found.append(Caller(profile_id=row.id, matched=matched, **said))
        return CallersFound(items=tuple(found))

    @command
    def note_call(self, tx: Tx, request: NoteCall) -> Call:
        """What was said stands in a note, as the time line holds nothing that anybody said."""
        permit(tx, request.property_id)
        at = request.at or tx.now
        if at > tx.now + _AHEAD:
            raise Invalid(errors=[Problem("/at", "This call is still to come.")])
        profile_id = register.look(tx, request.profile_id).id
        note_id = _note(tx, profile_id, request) if request.note is not None else None
        line = timeline.Entry(
            profile_id=profile_id,
            at=at,
            kind="call",
            what=_WHAT[request.direction] if request.answered else "call.missed",
            property_id=request.property_id,
            ref=note_id,
            actor=tx.context.actor,
            facts={"direction": request.direction, "answered": request.answered},
        )
        timeline.record(tx, line)
        return Call(
            profile_id=profile_id, direction=request.direction, answered=request.answered, at=at, note_id=note_id
        )


def _note(tx: Tx, profile_id: UUID, request: NoteCall) -> UUID:
    note = Note(
        id=new_id(),
        profile_id=profile_id,
        text=note_text(str(request.note)),
        pinned=False,
        author=tx.context.actor,
        written_at=tx.now,
        property_id=request.property_id,
    )
    tx.announce(ProfileChanged(profile_id=profile_id, version=notes.add(tx, note)))
    return note.id


def _country(said: str | None) -> str | None:
    try:
        return codes.country_code(said) if said else None
    except Unfit as fault:
        raise Invalid(errors=[Problem("/country", str(fault))]) from None


_SHOWN: Final = (
    "kind", "given_name", "family_name", "second_family_name", "name", "title", "preferred_name", "language", "stage",
    "open_tasks",
)  # fmt: skip
