"""What guests like: said, observed or derived, and looked at."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

from services.contracts.profiles import (
    AddPreference,
    ChangePreference,
    EndPreference,
    LookAtPreferences,
    NotAPreference,
    Preference,
    PreferenceHasChanged,
    PreferenceHasEnded,
    PreferenceKind,
    PreferenceKindHasChanged,
    PreferenceKindsFound,
    PreferencesFound,
    ProfileChanged,
    ReadPreference,
    ReadPreferenceKind,
    ReadPreferenceKinds,
    ReadPreferences,
    SetPreferenceKind,
)
from services.kit.db import Tx
from services.kit.doors import command, query
from services.kit.ids import new_id
from services.kit.refusal import Problem
from services.kit.scope import permit
from services.profiles.domain.preferences import (
    MOST,
    changed_preference,
    ended,
    kind_of,
    new_preference,
    replaced,
    told_of,
    twin,
    weighed,
)
from services.profiles.store import notes, timeline
from services.profiles.store import preferences as store


class Preferences:
    @query
    def read_preferences(self, tx: Tx, request: ReadPreferences) -> PreferencesFound:
        found = _found(tx, store.survivor(tx, request.profile_id), request.ended)
        open_ones = tuple(each for each in found if not each.sensitive)
        return PreferencesFound(items=open_ones, hidden=len(found) - len(open_ones))

    @command
    def look_at_preferences(self, tx: Tx, request: LookAtPreferences) -> PreferencesFound:
        profile_id = store.survivor(tx, request.profile_id)
        found = _found(tx, profile_id, request.ended)
        _record(tx, profile_id, "preference.looked_at", None, None, {"reason": request.reason})
        return PreferencesFound(items=found)

    @query
    def read_preference(self, tx: Tx, request: ReadPreference) -> Preference:
        found = store.read(tx, request.preference_id)
        if found.ended_at is not None:
            return told_of(replace(found, in_effect=False))
        kind = store.kind(tx, found.kind) if found.kind is not None else None
        return told_of(_one(tx, found, kind))

    @command
    def add_preference(self, tx: Tx, request: AddPreference) -> Preference:
        permit(tx, request.property_id)
        profile_id = store.lock_profile(tx, request.profile_id)
        kind = store.kind(tx, request.kind) if request.kind is not None else None
        made = new_preference(request, kind, new_id(), tx.context.actor, tx.now)
        made = replace(made, profile_id=profile_id)
        present = store.present(tx, profile_id)
        if there := twin(made, present):
            return _one(tx, there, kind)
        gone = replaced(made, present, kind)
        if len(present) - len(gone) >= MOST:
            raise NotAPreference(errors=[Problem("", f"A guest has at most {MOST} at once.")])
        _end(tx, gone)
        store.add(tx, made)
        _tell(tx, made, "preference.added")
        return _one(tx, made, kind)

    @command
    def change_preference(self, tx: Tx, request: ChangePreference) -> Preference:
        """A change that changes nothing leaves the version as it is."""
        before = _locked(tx, request.preference_id)
        if before.version != request.version:
            raise PreferenceHasChanged(facts={"version": str(before.version)})
        if before.ended_at is not None:
            raise PreferenceHasEnded
        kind = store.kind(tx, before.kind) if before.kind is not None else None
        after = changed_preference(before, request, kind, tx.context.actor, tx.now)
        if after != before:
            _end(tx, replaced(after, store.present(tx, before.profile_id), kind))
            store.replace(tx, after)
            _tell(tx, after, "preference.changed")
        return told_of(_one(tx, after, kind))

    @command
    def end_preference(self, tx: Tx, request: EndPreference) -> Preference:
        before = _locked(tx, request.preference_id)
        if before.ended_at is not None:
            return told_of(replace(before, in_effect=False))
        after = ended(before, tx.context.actor, tx.now)
        store.replace(tx, after)
        _tell(tx, after, "preference.ended")
        return told_of(after)

    @query
    def read_preference_kinds(self, tx: Tx, request: ReadPreferenceKinds) -> PreferenceKindsFound:
        return PreferenceKindsFound(items=tuple(store.kinds(tx, request.retired).values()))

    @query
    def read_preference_kind(self, tx: Tx, request: ReadPreferenceKind) -> PreferenceKind:
        return store.known_kind(tx, request.code)

    @command
    def set_preference_kind(self, tx: Tx, request: SetPreferenceKind) -> PreferenceKind:
        before = store.lock_kind(tx, request.code)
        if (before.version if before else 0) != request.version:
            raise PreferenceKindHasChanged(facts={"version": str(before.version if before else 0)})
        after = kind_of(request, before)
        if before is not None and replace(after, version=before.version) == before:
            return before
        if not store.set_kind(tx, after):
            raise PreferenceKindHasChanged
        return after


def _found(tx: Tx, profile_id: UUID, ended_too: bool) -> tuple[Preference, ...]:
    return weighed(store.of_profile(tx, profile_id, ended_too), store.kinds(tx))


def _one(tx: Tx, preference: Preference, kind: PreferenceKind | None) -> Preference:
    """As it stands among the others."""
    present = store.present(tx, preference.profile_id)
    found = weighed(present, {kind.code: kind} if kind else {})
    return next(each for each in found if each.id == preference.id)


def _locked(tx: Tx, preference_id: UUID) -> Preference:
    store.lock_profile(tx, store.read(tx, preference_id).profile_id)
    preference = store.read(tx, preference_id)
    permit(tx, preference.property_id)
    return preference


def _end(tx: Tx, gone: list[Preference]) -> None:
    for each in gone:
        store.replace(tx, ended(each, tx.context.actor, tx.now))
        _record(tx, each.profile_id, "preference.ended", each.property_id, each.id, _facts(each))


def _tell(tx: Tx, preference: Preference, what: str) -> None:
    version = notes.grow(tx, preference.profile_id)
    tx.announce(ProfileChanged(profile_id=preference.profile_id, version=version))
    _record(tx, preference.profile_id, what, preference.property_id, preference.id, _facts(preference))


def _facts(preference: Preference) -> dict[str, Any]:
    """Of a sensitive one not even its kind is told."""
    if preference.sensitive:
        return {"sensitive": True}
    return {"kind": preference.kind, "source": preference.source}


def _record(
    tx: Tx, profile_id: UUID, what: str, property_id: UUID | None, ref: UUID | None, facts: dict[str, Any]
) -> None:
    timeline.record(
        tx,
        timeline.Entry(
            profile_id=profile_id,
            at=tx.now,
            kind="preference",
            what=what,
            property_id=property_id,
            ref=ref,
            actor=tx.context.actor,
            facts=facts,
        ),
    )
