"""Guests from a file: read row by row, matched against the register and among themselves, each row exactly once.

The rows of a batch are read and checked before its transaction begins; then it takes one statement to look for all of
them and one to write all who are new.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from services.contracts.profiles import (
    MOST_ROWS,
    BatchKept,
    BeginImport,
    ConsentsImported,
    ContactsChanged,
    EndImport,
    Import,
    ImportedBatch,
    ImportHasEnded,
    ImportReport,
    ImportRows,
    ImportRowsKept,
    KeepRows,
    ListProfiles,
    NotImportable,
    Outcome,
    ProfileChanged,
    ProfileCreated,
    ProfilesPage,
    ReadImport,
    ReadImportReport,
    ReportLine,
)
from services.kit.db import Database, Tx
from services.kit.doors import command, every, query, subscribe
from services.kit.refusal import Problem
from services.profiles.domain import codes, columns
from services.profiles.domain.card import Card, Levels
from services.profiles.domain.contacts import SHARED_BY
from services.profiles.domain.guests import Guest
from services.profiles.domain.identifiers import Rules
from services.profiles.domain.importing import LETTERS, OUTCOMES, Draft, Plan, completed, counted, read
from services.profiles.domain.matching import Candidate, Evidence, Thresholds, match
from services.profiles.domain.names import Unfit
from services.profiles.domain.recognition import Traces, traces
from services.profiles.domain.waiting import locks
from services.profiles.doors import fields
from services.profiles.store import identifiers, matching, recognition, register, timeline
from services.profiles.store import importing as store
from services.profiles.store.importing import Begun, Through
from services.profiles.store.timeline import Entry

KEPT = timedelta(days=90)
_LATEST_BATCH = 1_000_000


class Importing:
    db: Database

    @command
    def begin_import(self, tx: Tx, request: BeginImport) -> Import:
        plan = _plan(request)
        if not 1 <= request.batch_rows <= MOST_ROWS:
            raise NotImportable(errors=[Problem("/batch_rows", f"From 1 to {MOST_ROWS}.")])
        if len(request.digest) != 64:
            raise NotImportable(errors=[Problem("/digest", "SHA-256 in hexadecimal digits.")])
        before = store.open_one(tx, request.digest, request.dry_run, plan) if request.resume else None
        if before is None:
            before = uuid4()
            store.add(tx, before, request.digest, request.dry_run, plan, request.batch_rows)
        return store.read(tx, before)

    @command
    def import_rows(self, tx: Tx, request: ImportRows) -> ImportedBatch:
        _check(request)
        with self.db.reading(tx.context) as looking:
            plan, levels = store.plan(looking, request.import_id), register.levels(looking)
            rules = identifiers.rules(looking)
            drafts = fields.read_rows(looking, _drafts(request.rows, plan, levels, tx.now, rules))
        return import_batch(tx, request.import_id, request.number, drafts)

    @command
    def keep_rows(self, tx: Tx, request: KeepRows) -> BatchKept:
        _check(request)
        if store.read(tx, request.import_id).state == "failed":
            raise ImportHasEnded
        if store.keep_rows(tx, request.import_id, request.number, request.rows):
            tx.announce(ImportRowsKept(import_id=request.import_id, number=request.number))
        return BatchKept(number=request.number)

    @subscribe(ImportRowsKept)
    def import_kept_rows(self, tx: Tx, event: ImportRowsKept) -> None:
        """The rows are read before anything is locked; an import that was forgotten meanwhile has none."""
        with self.db.reading(tx.context) as looking:
            rows = store.kept_rows(looking, event.import_id, event.number)
            if rows is None:
                return
            plan, levels = store.plan(looking, event.import_id), register.levels(looking)
            rules = identifiers.rules(looking)
            drafts = fields.read_rows(looking, _drafts(rows, plan, levels, tx.now, rules))
        import_batch(tx, event.import_id, event.number, drafts)

    @command
    def end_import(self, tx: Tx, request: EndImport) -> Import:
        store.end(tx, request.import_id, request.rows, request.why)
        return store.read(tx, request.import_id)

    @query
    def read_import(self, tx: Tx, request: ReadImport) -> Import:
        return store.read(tx, request.import_id)

    @query
    def read_import_report(self, tx: Tx, request: ReadImportReport) -> ImportReport:
        store.read(tx, request.import_id)
        after = _cursor(request.cursor)
        lines: list[ReportLine] = []
        while len(lines) < MOST_ROWS:
            batch = store.report(tx, request.import_id, after)
            if batch is None:
                return ImportReport(items=tuple(lines))
            after = batch.number
            lines += [line for line in _lines(batch) if request.only in (None, line.outcome)]
        return ImportReport(items=tuple(lines), next=str(after))

    @query
    def list_profiles(self, tx: Tx, request: ListProfiles) -> ProfilesPage:
        if not 1 <= request.limit <= MOST_ROWS:
            raise NotImportable(errors=[Problem("/limit", f"From 1 to {MOST_ROWS}.")])
        found = register.by_ids(tx, store.next_ids(tx, request.after, request.limit + 1))
        page = found[: request.limit]
        return ProfilesPage(
            items=tuple(each.shown() for each in page), next=page[-1].id if len(found) > request.limit else None
        )

    @every(seconds=24 * 3600)
    def forget_imports(self, tx: Tx) -> None:
        """What was imported stays; which row it came from is told for 90 days."""
        store.forget(tx, tx.now - KEPT)


def import_batch(tx: Tx, import_id: UUID, number: int, drafts: Sequence[Draft]) -> ImportedBatch:
    """One batch, once: whoever sends it again hears what became of it then."""
    begun = store.begun(tx, import_id, number)
    if begun.again is not None:
        return ImportedBatch(number=number, counts=begun.again, again=True)
    if begun.state != "open":
        raise ImportHasEnded
    became = _dry(tx, begun, drafts) if begun.dry_run else _written(tx, begun, drafts)
    store.through(tx, import_id, number, became)
    return ImportedBatch(number=number, counts=became.counts)


@dataclass
class _Pool:
    """Everybody the rows of a batch may be: those found in the register, and those whom its rows have brought."""

    thresholds: Thresholds
    overused: frozenset[str]
    candidates: dict[UUID, Candidate] = field(default_factory=dict)
    _by: dict[Any, dict[UUID, None]] = field(default_factory=dict)

    def add(self, candidate: Candidate) -> None:
        self.candidates[candidate.profile_id] = candidate
        for trace in (*candidate.shared, *_names(candidate.card)):
            self._by.setdefault(trace, {})[candidate.profile_id] = None

    def near(self, guest: Guest) -> list[Candidate]:
        found: dict[UUID, None] = {}
        for trace in (*guest.identifiers, *_names(guest.card)):
            sharing = self._by.get(trace, {})
            if len(sharing) < SHARED_BY:
                found |= sharing
        return [self.candidates[profile_id] for profile_id in found]


def _names(card: Card) -> Iterable[Any]:
    if card.match_name and (card.birth_date or card.kind != "person"):
        yield card.match_name, card.birth_date


def _look(tx: Tx, guests: Sequence[Guest], ids: Iterable[UUID]) -> _Pool:
    sought = traces(guests)
    sought = Traces(sought.identifiers, sought.births, sought.companies, sought.ids | frozenset(ids))
    recognition.wait_for(tx, locks(sought))
    found = recognition.candidates(
        tx,
        UUID(int=0),
        identifiers=sought.identifiers,
        births=sought.births,
        companies=sought.companies,
        ids=sought.ids,
    )
    pool = _Pool(matching.thresholds(tx), found.overused)
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


def _best(pool: _Pool, draft: Draft, survivors: Mapping[UUID, UUID]) -> _Found:
    assert draft.card is not None
    if draft.profile_id is not None and draft.profile_id in survivors:
        return _Found("known", survivors[draft.profile_id])
    guest = Guest(0, draft.card)
    near = pool.near(guest)
    found = match(guest, near) if near else None
    verdict = pool.thresholds.verdict(found.score) if found else "new"
    if found is None or found.candidate is None or verdict == "new":
        return _Found("created")
    outcome: Outcome = "known" if verdict == "certain" else "review"
    return _Found(outcome, found.candidate.profile_id, found.score, found.evidence)


def _written(tx: Tx, begun: Begun, drafts: Sequence[Draft]) -> Through:
    kept = [draft for draft in drafts if draft.card is not None]
    store.wait_for_turn(tx)
    named = {draft.profile_id for draft in kept if draft.profile_id}
    survivors = store.merged(tx, named) if named else {}
    pool = _look(tx, [Guest(0, draft.card) for draft in kept if draft.card], survivors.values())
    created: dict[UUID, Card] = {}
    additions: dict[UUID, Card] = {}
    answers: dict[int, tuple[Outcome, UUID]] = {}
    review: dict[UUID, _Found] = {}
    repeated = 0
    for draft in kept:
        assert draft.card is not None
        found = _best(pool, draft, survivors)
        who = found.who
        if found.outcome in ("created", "review"):
            fresh = uuid4()
            created[fresh] = draft.card
            if who is not None:
                review[fresh] = found
            answers[draft.row] = found.outcome, fresh
            pool.add(_brought(fresh, draft.card, tx.now, pool))
            continue
        assert who is not None
        there = pool.candidates.get(who)
        repeated += there is not None and there.created_at >= begun.started_at
        if who in created:
            whole = completed(created[who], draft.card)
            answers[draft.row] = ("known" if whole == created[who] else "completed"), who
            created[who] = whole
        else:
            additions[who] = completed(additions[who], draft.card) if who in additions else draft.card
            answers[draft.row] = "known", who
        if there is not None:
            pool.add(_told(there, draft.card, pool))
    changed = _complete(tx, additions)
    recognition.save(tx, created=created, stage="lead")
    changed |= fields.complete(tx, [(answers[each.row][1], each.fields) for each in kept if each.fields], created)
    for profile_id, card in created.items():
        tx.announce(ProfileCreated(profile_id=profile_id, version=1, kind=card.kind))
    answers = {
        row: ("completed" if outcome == "known" and who in changed else outcome, who)
        for row, (outcome, who) in answers.items()
    }
    for fresh, found in review.items():
        if found.who is not None:
            matching.file(tx, fresh, [(found.who, found.score, found.evidence)])
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
    pool = _look(tx, [Guest(0, draft.card) for draft in kept if draft.card], survivors.values())
    left: dict[bytes, int] = {}
    for draft in kept:
        assert draft.card is not None
        for trace in _digests(draft.card):
            left.setdefault(trace, draft.row)
    first = store.first_in_dry_run(tx, begun.id, left) if left else {}
    judged = [_best(pool, draft, survivors) for draft in kept]
    certain = [found.who for found in judged if found.outcome == "known" and found.who]
    cards = {known.id: known.card for known in register.by_ids(tx, certain)}
    answers: dict[int, tuple[Outcome, UUID | None]] = {}
    repeated = 0
    for draft, found in zip(kept, judged, strict=True):
        assert draft.card is not None
        outcome, who = found.outcome, found.who
        earlier = any(first[trace] != draft.row for trace in _digests(draft.card))
        if outcome == "known" and who in cards:
            outcome = "known" if completed(cards[who], draft.card) == cards[who] else "completed"
        elif earlier:
            outcome = "known"
        repeated += earlier
        answers[draft.row] = outcome, who if outcome != "created" else None
    return _became(drafts, answers, repeated, sum(len(draft.consents) for draft in kept))


def _digests(card: Card) -> set[bytes]:
    """By which two rows of a file are one person: an identifier and the name, or the name and the day of birth."""
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


def _complete(tx: Tx, additions: Mapping[UUID, Card]) -> set[UUID]:
    """Add to cards in the register what they lack; answers those that lacked something. In the order of their ids."""
    changed: set[UUID] = set()
    for before in register.by_ids(tx, sorted(additions)):
        if completed(before.card, additions[before.id]) == before.card:
            continue
        held = register.lock(tx, before.id)
        card = completed(held.card, additions[held.id])
        if card == held.card:
            continue
        version = register.replace(tx, held.id, card, points_too=card.points != held.card.points)
        changed.add(held.id)
        tx.announce(ProfileChanged(profile_id=held.id, version=version))
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


def _lines(batch: Any) -> Iterable[ReportLine]:
    said: dict[int, list[Any]] = {}
    for place, about, what in batch.said:
        said.setdefault(place, []).append((about, what))
    for place, letter in enumerate(batch.outcomes):
        for about, what in said.get(place, [(None, None)]):
            yield ReportLine(
                row=batch.places[place],
                outcome=OUTCOMES[letter],
                field=about,
                what=what,
                profile_id=batch.profiles[place],
            )


def _drafts(rows: Iterable[Sequence[str]], plan: Plan, levels: Levels, now: datetime, rules: Rules) -> list[Draft]:
    return [read(int(row[0]), row[1:], plan, levels, now, rules) for row in rows]


def _plan(request: BeginImport) -> Plan:
    country = None
    if request.country:
        try:
            country = codes.country_code(request.country)
        except Unfit as fault:
            raise NotImportable(errors=[Problem("/country", str(fault))]) from None
    return Plan(columns.understood(request.header, request.columns), country, request.dates)


def _check(request: ImportRows | KeepRows) -> None:
    """Each row begins with its number in the file."""
    if not 0 <= request.number < _LATEST_BATCH:
        raise NotImportable(errors=[Problem("/number", f"From 0 to {_LATEST_BATCH - 1}.")])
    if not 1 <= len(request.rows) <= MOST_ROWS:
        raise NotImportable(errors=[Problem("/rows", f"From 1 to {MOST_ROWS}.")])
    for place, row in enumerate(request.rows):
        if not row or not row[0].isascii() or not row[0].isdigit() or len(row[0]) > 8:
            raise NotImportable(errors=[Problem(f"/rows/{place}/0", "The number of the row.")])


def _cursor(said: str | None) -> int:
    if said is None:
        return -1
    if not (said.isascii() and said.isdigit() and len(said) <= 7):
        raise NotImportable(errors=[Problem("/cursor", "Not a cursor of this list.")])
    return int(said)
