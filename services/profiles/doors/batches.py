"""A batch of rows, once: looked for in the register and among themselves, and written.

One batch at a time is written, and it takes one statement to write all who are new. Whoever sounds alike, which takes
long, is looked for and judged before: in its turn a batch looks only among those who were brought meanwhile, and for
whoever shares an identifier, or a name and a day of birth.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from services.contracts.profiles import (
    ConsentsImported,
    ContactsChanged,
    ImportedBatch,
    ImportHasEnded,
    LevelChanged,
    Outcome,
    ProfileChanged,
    ProfileCreated,
)
from services.kit.db import Tx
from services.kit.ids import new_id
from services.profiles.domain.card import Card, Levels, is_unwelcome
from services.profiles.domain.contacts import SHARED_BY
from services.profiles.domain.guests import Guest
from services.profiles.domain.importing import LETTERS, Draft, completed, counted
from services.profiles.domain.matching import RARE_NAME, Candidate, Evidence, Match, Thresholds, Verdict, match
from services.profiles.domain.recognition import NOTHING, Traces, traces
from services.profiles.domain.waiting import locks
from services.profiles.doors import rows
from services.profiles.store import alike, matching, recognition, register, timeline
from services.profiles.store import importing as store
from services.profiles.store.alike import Alike
from services.profiles.store.importing import Begun, Through
from services.profiles.store.recognition import Drawn
from services.profiles.store.timeline import Entry


def import_batch(tx: Tx, import_id: UUID, number: int, drafts: Sequence[Draft]) -> ImportedBatch:
    """One batch, once: whoever sends it again hears what became of it then."""
    begun = store.begun(tx, import_id, number)
    if begun.again is not None:
        return ImportedBatch(number=number, counts=begun.again, again=True)
    if begun.state != "open":
        raise ImportHasEnded
    became = _dry(tx, begun, drafts) if begun.dry_run else _written(tx, begun, drafts)
    store.through(tx, begun, number, became)
    return ImportedBatch(number=number, counts=became.counts)


@dataclass
class _Pool:
    """Everybody the rows of a batch may be: those found in the register, and those whom its rows have brought."""

    thresholds: Thresholds
    overused: frozenset[str]
    alike: Mapping[int, Alike] = field(default_factory=dict)
    candidates: dict[UUID, Candidate] = field(default_factory=dict)
    _by: dict[Any, dict[UUID, None]] = field(default_factory=dict)

    def add(self, candidate: Candidate, row: int | None = None) -> None:
        """`row`: it is that row's card that is there from now on."""
        self.candidates[candidate.profile_id] = candidate
        traces = (*candidate.shared, *_names(candidate.card), *(self._sounds(row, candidate.card) if row else ()))
        for trace in traces:
            self._by.setdefault(trace, {})[candidate.profile_id] = None

    def near(self, row: int, guest: Guest) -> list[Candidate]:
        found: dict[UUID, None] = {}
        for trace in (*guest.identifiers, *_names(guest.card), *self._sounds(row, guest.card)):
            sharing = self._by.get(trace, {})
            if len(sharing) < SHARED_BY:
                found |= sharing
        if row in self.alike and (ids := self.alike[row].ids):
            found |= dict.fromkeys(who for who in ids if who in self.candidates)
        return [self.candidates[profile_id] for profile_id in found]

    def _sounds(self, row: int, card: Card) -> Iterable[Any]:
        """Rows of one batch may sound alike, too."""
        if row in self.alike:
            yield "sound", self.alike[row].sound
            if card.birth_date:
                yield "born", card.birth_date


def _names(card: Card) -> Iterable[Any]:
    if card.match_name and (card.birth_date or card.kind != "person"):
        yield card.match_name, card.birth_date


class _Sought:
    """Whom a batch looks for, made ready before anybody waits for it.

    `near`: who sounds alike and may be it, as the register was after so many `turns`.
    """

    def __init__(self, tx: Tx, drafts: Iterable[Draft]) -> None:
        cards = {draft.row: draft.card for draft in rows.in_turns(drafts) if draft.card}
        self.guests = {row: Guest(0, card) for row, card in cards.items()}
        self.traces = traces(self.guests.values())
        self.locks = locks(self.traces)
        self.turns = store.turns(tx)
        recognition.look_by_index(tx)
        self.alike = alike.sought(tx, cards)
        self.near = alike.alike(tx, self.alike)
        pool = _pool(tx, self.near, NOTHING)
        for row, each in rows.in_turns(list(self.near.items())):
            candidates = [pool.candidates[who] for who in each.ids if who in pool.candidates]  # not who was retired
            if _judged(pool, row, self.guests[row], candidates)[0] == "new":
                self.near[row] = replace(each, ids=())  # whatever else is found, too little speaks for these


def _look(tx: Tx, sought: _Sought, near: Mapping[int, Alike], ids: Iterable[UUID]) -> _Pool:
    recognition.wait_for(tx, sought.locks)
    return _pool(tx, near, replace(sought.traces, ids=sought.traces.ids.union(ids)))


def _pool(tx: Tx, near: Mapping[int, Alike], looked_for: Traces) -> _Pool:
    found = recognition.candidates(
        tx,
        UUID(int=0),
        identifiers=looked_for.identifiers,
        births=looked_for.births,
        companies=looked_for.companies,
        ids=looked_for.ids.union(*(each.ids for each in near.values())),
    )
    pool = _Pool(matching.thresholds(tx), found.overused, near)
    for known in found.known.values():
        pool.add(known.candidate)
    return pool


@dataclass(frozen=True)
class _Found:
    """Who a row is about: known for certain, somebody for review, or somebody new."""

    outcome: Outcome
    who: UUID | None = None
    score: float = 0.0
    evidence: tuple[Evidence, ...] = ()


def _best(pool: _Pool, draft: Draft, guest: Guest, survivors: Mapping[UUID, UUID]) -> _Found:
    if draft.profile_id is not None and draft.profile_id in survivors:
        return _Found("known", survivors[draft.profile_id])
    verdict, found = _judged(pool, draft.row, guest, pool.near(draft.row, guest))
    if found.candidate is None or verdict == "new":
        return _Found("created")
    outcome: Outcome = "known" if verdict == "certain" else "review"
    return _Found(outcome, found.candidate.profile_id, found.score, found.evidence)


def _judged(pool: _Pool, row: int, guest: Guest, near: list[Candidate]) -> tuple[Verdict, Match]:
    if not near:
        return "new", Match()
    found = match(guest, near)
    verdict = pool.thresholds.verdict(found.score)
    if verdict == "new" and row in pool.alike and found.score + RARE_NAME >= pool.thresholds.review:
        # how rare a name is makes somebody worth looking into; nobody is linked for it, as nobody is by a booking
        found = match(guest, near, rarity=pool.alike[row].rarity)
        verdict = "new" if pool.thresholds.verdict(found.score) == "new" else "review"
    return verdict, found


def _written(tx: Tx, begun: Begun, drafts: Sequence[Draft]) -> Through:
    kept = [draft for draft in drafts if draft.card is not None]
    sought = _Sought(tx, kept)
    fresh_ids = {draft.row: new_id() for draft in kept}
    ready = {each.row: recognition.drawn(fresh_ids[each.row], each.card) for each in rows.in_turns(kept) if each.card}
    meanwhile = store.wait_for_turn(tx, sought.turns)
    near = alike.among(tx, sought.alike, meanwhile, sought.near) if meanwhile else sought.near
    levels = register.levels(tx, hold=True) if any(draft.card and draft.card.level for draft in kept) else {}
    named = {draft.profile_id for draft in kept if draft.profile_id}
    survivors = store.merged(tx, named) if named else {}
    pool = _look(tx, sought, near, survivors.values())
    created: dict[UUID, Card] = {}
    write: dict[UUID, Card | Drawn] = {}
    additions: dict[UUID, Card] = {}
    answers: dict[int, tuple[Outcome, UUID]] = {}
    review: dict[UUID, _Found] = {}
    incomplete: set[int] = set()
    repeated = 0
    for draft in kept:
        assert draft.card is not None
        found = _best(pool, draft, sought.guests[draft.row], survivors)
        who = found.who
        if found.outcome in ("created", "review"):
            if draft.lacking:
                incomplete.add(draft.row)
                continue
            fresh = fresh_ids[draft.row]
            created[fresh] = draft.card
            write[fresh] = ready[draft.row]
            if who is not None:
                review[fresh] = found
            answers[draft.row] = found.outcome, fresh
            pool.add(_brought(fresh, draft.card, tx.now, pool), draft.row)
            continue
        assert who is not None
        there = pool.candidates.get(who)
        repeated += there is not None and there.created_at >= begun.started_at
        if who in created:
            whole = completed(created[who], draft.card)
            answers[draft.row] = ("known" if whole == created[who] else "completed"), who
            created[who] = write[who] = whole
        else:
            additions[who] = completed(additions[who], draft.card) if who in additions else draft.card
            answers[draft.row] = "known", who
        if there is not None:
            pool.add(_told(there, draft.card, pool), draft.row)
    changed = _complete(tx, additions, levels)
    recognition.save(tx, created=write, stage="lead")
    drafts = [draft.incomplete if draft.row in incomplete else draft for draft in drafts]
    kept = [draft for draft in drafts if draft.card is not None]
    own = [(answers[each.row][1], each.fields, each.defaults) for each in kept if each.fields or each.defaults]
    changed |= rows.fill(tx, own, created)
    for profile_id, card in created.items():
        tx.announce(ProfileCreated(profile_id=profile_id, version=1, kind=card.kind))
        if card.level:
            tx.announce(_level_of(profile_id, 1, card, levels))
    answers = {
        row: ("completed" if outcome == "known" and who in changed else outcome, who)
        for row, (outcome, who) in answers.items()
    }
    matching.file_pairs(tx, [(one, f.who, f.score, f.evidence) for one, f in review.items() if f.who is not None])
    facts = {"import_id": str(begun.id)}
    timeline.record(
        tx,
        *(
            Entry(
                profile_id=who, at=tx.now, kind="change", what="profile.imported", actor=tx.context.actor, facts=facts
            )
            for who in (*created, *changed)
        ),
    )
    consents = 0
    for draft in kept:
        if draft.consents:
            consents += len(draft.consents)
            tx.announce(
                ConsentsImported(
                    profile_id=answers[draft.row][1], import_id=begun.id, row=draft.row, consents=draft.consents
                )
            )
    return _became(drafts, answers, repeated, consents)


def _dry(tx: Tx, begun: Begun, drafts: Sequence[Draft]) -> Through:
    """What would become of the rows. Whom an earlier row would bring is known by digests: nobody is written."""
    kept = [draft for draft in drafts if draft.card is not None]
    named = {draft.profile_id for draft in kept if draft.profile_id}
    survivors = store.merged(tx, named) if named else {}
    sought = _Sought(tx, kept)
    pool = _look(tx, sought, sought.near, survivors.values())
    judged = [_best(pool, draft, sought.guests[draft.row], survivors) for draft in kept]
    left: dict[bytes, int] = {}
    asked: set[bytes] = set()
    for draft, found in zip(kept, judged, strict=True):
        digests = _digests(draft)
        if draft.lacking and found.outcome != "known":
            asked |= digests  # whoever is not written leaves no trace
        else:
            left |= dict.fromkeys(digests - left.keys(), draft.row)
    first = store.first_in_dry_run(tx, begun.id, left, asked) if left or asked else {}
    certain = [found.who for found in judged if found.outcome == "known" and found.who]
    cards = {known.id: known.card for known in register.by_ids(tx, certain)}
    answers: dict[int, tuple[Outcome, UUID | None]] = {}
    here = {draft.row for draft in kept}
    incomplete: set[int] = set()
    repeated = 0
    for draft, found in zip(kept, judged, strict=True):
        assert draft.card is not None
        outcome, who = found.outcome, found.who
        lefts = {first[trace] for trace in _digests(draft) if trace in first}
        earlier = any(row < draft.row or row not in here for row in lefts - {draft.row})
        if outcome == "known" and who in cards:
            outcome = "known" if completed(cards[who], draft.card) == cards[who] else "completed"
        elif earlier:
            outcome = "known"
        elif draft.lacking:
            incomplete.add(draft.row)
            continue
        repeated += earlier
        answers[draft.row] = outcome, who if outcome != "created" else None
    drafts = [draft.incomplete if draft.row in incomplete else draft for draft in drafts]
    return _became(drafts, answers, repeated, sum(len(draft.consents) for draft in drafts if draft.card))


def _digests(draft: Draft) -> set[bytes]:
    """By which two rows of a file are one person: an identifier and the name, or the name and the day of birth."""
    card = draft.card
    assert card is not None
    name = card.match_name
    keys = [f"{point.key} {name}" for point in card.points if point.identifies]
    if name and card.birth_date:
        keys.append(f"{name} {card.birth_date.isoformat()}")
    return {hashlib.blake2b(key.encode(), digest_size=16, person=b"import").digest() for key in keys}


def _brought(profile_id: UUID, card: Card, now: datetime, pool: _Pool) -> Candidate:
    points = [point for point in card.points if point.identifies and point.key not in pool.overused]
    return Candidate(
        profile_id=profile_id,
        card=card,
        created_at=now,
        keys=frozenset(point.key for point in card.points),
        shared={point.key: point.verified for point in points},
    )


def _told(there: Candidate, card: Card, pool: _Pool) -> Candidate:
    """The candidate with what a row adds."""
    more = _brought(there.profile_id, card, there.created_at, pool)
    return replace(
        there,
        card=there.card.completed_by(card),
        keys=there.keys | more.keys,
        shared={**more.shared, **there.shared},
    )


def _level_of(profile_id: UUID, version: int, card: Card, levels: Levels) -> LevelChanged:
    unwelcome = is_unwelcome(card, levels)
    return LevelChanged(profile_id=profile_id, version=version, level=card.level, do_not_book=unwelcome)


def _complete(tx: Tx, additions: Mapping[UUID, Card], levels: Levels) -> set[UUID]:
    """Add to cards in the register what they lack; answers those that lacked something. In the order of their ids."""
    changed: set[UUID] = set()
    for before in register.by_ids(tx, sorted(additions)) if additions else ():
        if completed(before.card, additions[before.id]) == before.card:
            continue
        held = register.lock(tx, before.id)
        card = completed(held.card, additions[held.id])
        if card == held.card:
            continue
        version = register.replace(tx, held.id, card, points_too=card.points != held.card.points)
        changed.add(held.id)
        tx.announce(ProfileChanged(profile_id=held.id, version=version))
        if card.level != held.card.level:
            tx.announce(_level_of(held.id, version, card, levels))
        if card.identity != held.card.identity:
            tx.announce(ContactsChanged(profile_id=held.id, version=version))
    return changed


def _became(
    drafts: Sequence[Draft], answers: Mapping[int, tuple[Outcome, UUID | None]], repeated: int, consents: int
) -> Through:
    outcomes = "".join(LETTERS[answers[d.row][0] if d.row in answers else "refused"] for d in drafts)
    said: list[tuple[int, str | None, str]] = []
    for place, draft in enumerate(drafts):
        said += [(place, field, what) for field, what in draft.faults]
        if draft.consents_left_out:
            said.append((place, "consent", "Left out: without wording, instant or source it proves nothing."))
    return Through(
        outcomes=outcomes,
        rows=[draft.row for draft in drafts],
        profiles=[answers[draft.row][1] if draft.row in answers else None for draft in drafts],
        said=said,
        counts=counted(outcomes, repeated, drafts, consents),
    )
