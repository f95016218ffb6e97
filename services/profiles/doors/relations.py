"""Who belongs to whom, and whom a company wants written to."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from services.contracts.profiles import (
    AddRelation,
    ContactPerson,
    NoSuchProfile,
    NoSuchRelation,
    NotARelation,
    ReadContactPerson,
    ReadRelations,
    ReadRepresented,
    RelationKept,
    RelationRemoved,
    RelationsFound,
    RemoveRelation,
    RepresentedFound,
    RetiredProfile,
)
from services.kit.db import Tx
from services.kit.doors import command, query
from services.kit.refusal import Problem
from services.profiles.domain.relations import INVERSE, MOST, Tie, refuse_unfit, tie
from services.profiles.store import register, timeline
from services.profiles.store import relations as store
from services.profiles.store.timeline import Entry


class Relations:
    @command
    def add_relation(self, tx: Tx, request: AddRelation) -> RelationKept:
        request = replace(request, profile_id=register.look(tx, request.profile_id).id)
        made = tie(request)
        _lock_both(tx, request, made)
        before = store.find(tx, made)
        if before is not None:
            function = before.function if request.function is None else made.function
            contact = before.contact if made.contact is None else made.contact
            if (function, contact) != (before.function, before.contact):
                store.change(tx, before.id, made, function, contact)
                _note(tx, "relation.changed", before.id, made)
            (kept,) = store.of_profile(tx, request.profile_id, before.id)
            return RelationKept(relation=kept, created=False)
        if made.kind in ("parent", "assistant") and store.contradicted(tx, made):
            raise NotARelation(errors=[Problem("/relation", "It is said the other way round already.")])
        if store.counts(tx, made) >= MOST:
            raise NotARelation(errors=[Problem("", f"Nobody has more than {MOST} relations.")])
        relation_id = store.add(tx, made)
        _note(tx, "relation.added", relation_id, made)
        (kept,) = store.of_profile(tx, request.profile_id, relation_id)
        return RelationKept(relation=kept, created=True)

    @command
    def remove_relation(self, tx: Tx, request: RemoveRelation) -> RelationRemoved:
        row = store.remove(tx, register.look(tx, request.profile_id).id, request.relation_id)
        if row is None:
            raise NoSuchRelation
        gone = Tie(row.kind, row.first_id, row.second_id, row.first_label, row.second_label)
        _note(tx, "relation.removed", request.relation_id, gone)
        return RelationRemoved(id=request.relation_id)

    @query
    def read_relations(self, tx: Tx, request: ReadRelations) -> RelationsFound:
        return RelationsFound(items=store.of_profile(tx, register.look(tx, request.profile_id).id))

    @query
    def read_contact_person(self, tx: Tx, request: ReadContactPerson) -> ContactPerson:
        found = store.contact_of(tx, request.profile_id)
        people = register.by_ids(tx, [found]) if found else []
        return ContactPerson(profile=people[0].shown() if people else None)

    @query
    def read_represented(self, tx: Tx, request: ReadRepresented) -> RepresentedFound:
        guest = register.look(tx, request.profile_id).id
        return RepresentedFound(profile_ids=store.ids_of(tx, guest), items=store.represented(tx, guest))


def _lock_both(tx: Tx, request: AddRelation, made: Tie) -> None:
    """Both are there, are nobody else by now, and are of the kinds that can be in this relation."""
    found = store.lock(tx, (made.first, made.second))
    if request.profile_id not in found:
        raise NoSuchProfile
    if survivor := found[request.profile_id].merged_into:
        raise RetiredProfile(facts={"merged_into": str(survivor)})
    other = found.get(request.other)
    if other is None:
        raise NotARelation(errors=[Problem("/profile_id", "There is no such profile.")])
    if other.merged_into is not None:
        detail = "This profile was merged into another one."
        raise NotARelation(errors=[Problem("/profile_id", detail)], facts={"merged_into": str(other.merged_into)})
    refuse_unfit(made, lambda who: found[who].kind == "person", request.other)


def _note(tx: Tx, what: str, relation_id: UUID, made: Tie) -> None:
    """On both time lines, each with what the other one is to them."""
    sides = (made.first, made.second, INVERSE[made.kind]), (made.second, made.first, made.kind)
    timeline.record(
        tx,
        *(
            Entry(
                profile_id=mine,
                at=tx.now,
                kind="change",
                what=what,
                ref=relation_id,
                actor=tx.context.actor,
                facts={"relation": word, "profile_id": str(other)},
            )
            for mine, other, word in sides
        ),
    )
