"""Who in the register may be the person on a card, what people decide of it, and when cards are looked at again."""

from __future__ import annotations

import json
from collections.abc import Container, Iterable
from dataclasses import dataclass, field
from uuid import UUID

from services.contracts.profiles import (
    BookingsToMove,
    ContactsChanged,
    DecideMatch,
    Duplicate,
    Duplicates,
    FindMatches,
    GuestsIdentified,
    Match,
    MatchDecided,
    MatchesFound,
    MatchingHasChanged,
    MatchingRules,
    MatchReason,
    NoSuchMatch,
    NotADecision,
    NotMatchingRules,
    ReadDuplicates,
    ReadMatchingRules,
    SetMatchingRules,
)
from services.kit.db import Tx
from services.kit.doors import command, every, query, subscribe
from services.kit.refusal import Invalid, Problem
from services.profiles.domain.card import Card
from services.profiles.domain.guests import Guest
from services.profiles.domain.matching import (
    HIGHEST_CERTAIN,
    LOWEST_CERTAIN,
    LOWEST_REVIEW,
    Evidence,
    Thresholds,
    Verdict,
    weighed,
)
from services.profiles.domain.matching_words import said
from services.profiles.domain.recognition import traces
from services.profiles.domain.waiting import locks
from services.profiles.doors.moving import join
from services.profiles.store import identifiers, register
from services.profiles.store import matching as store
from services.profiles.store.recognition import wait_for

_VERIFIED = ("same-verified-email", "same-verified-phone")
_MOST_FILED = 5


@dataclass(frozen=True)
class Nearest:
    """A profile that may be the same as a card, how sure that is (0–1) and why, what weighs most first."""

    profile_id: UUID
    score: float
    reasons: tuple[str, ...]
    verdict: Verdict
    evidence: tuple[Evidence, ...] = field(default=(), compare=False)

    @property
    def proven(self) -> bool:
        """By an address that somebody has shown to be theirs."""
        return any(code in _VERIFIED for code in self.reasons)


def nearest(
    tx: Tx, card: Card, *, apart_from: Container[UUID] = frozenset(), most: int = 10, beside: Iterable[UUID] = ()
) -> tuple[Nearest, ...]:
    """Whom the card may belong to, the likeliest first; nobody with whom it has nothing in common. Two statements, of
    an organisation three.

    `beside` are profiles of whoever comes with them.
    """
    beside = frozenset(beside)
    found = store.around(tx, card, beside)
    guest = Guest(-1, card)
    rules = None if card.is_person or not found.candidates else identifiers.rules(tx)
    judged = [weighed(guest, each, found.candidates, beside, found.rarity, rules) for each in found.candidates]
    near = [
        Nearest(m.candidate.profile_id, m.score, m.reasons, found.thresholds.verdict(m.score), m.evidence)
        for m in judged
        if m.candidate is not None and m.score and m.candidate.profile_id not in apart_from
    ]
    return tuple(sorted(near, key=lambda each: (-each.score, each.profile_id))[:most])


class Matching:
    @query
    def read_duplicates(self, tx: Tx, request: ReadDuplicates) -> Duplicates:
        """As found now, with those that were found when one of the two was another one."""
        known = register.read(tx, request.profile_id)
        apart = store.different_from(tx, known.id) | {known.id}
        filed = {next(i for i in m.profile_ids if i != known.id): m for m in store.of_profile(tx, known.id)}
        live = [each for each in nearest(tx, known.card, apart_from=apart) if each.verdict != "new"]
        found = {
            each.profile_id: Duplicate(
                profile_id=each.profile_id,
                score=each.score,
                reasons=_reasons(each.evidence),
                match_id=filed[each.profile_id].id if each.profile_id in filed else None,
            )
            for each in live
        }
        for other, match in filed.items():
            if other not in found and other not in apart:
                found[other] = Duplicate(profile_id=other, score=match.score, reasons=match.reasons, match_id=match.id)
        return Duplicates(items=tuple(sorted(found.values(), key=lambda d: (-d.score, d.profile_id))))

    @query
    def find_matches(self, tx: Tx, request: FindMatches) -> MatchesFound:
        if not 1 <= request.limit <= 200:
            raise Invalid(errors=[Problem("/limit", "Not from 1 to 200.")])
        found = store.page(tx, request.state, _after(request.cursor), request.limit + 1)
        shown = tuple(found[: request.limit])
        more = len(found) > request.limit
        return MatchesFound(items=shown, next=json.dumps([shown[-1].score, str(shown[-1].id)]) if more else None)

    @command
    def decide_match(self, tx: Tx, request: DecideMatch) -> Match:
        pair = store.lock_pair(tx, request.match_id)
        if pair is None:
            raise NoSuchMatch
        into = request.bookings_to
        if into is not None and (request.decision != "same" or into not in pair.profile_ids):
            raise NotADecision(errors=[Problem("/bookings_to", "One of the two, where they are the same.")])
        if pair.state == request.decision:
            return pair
        if pair.state != "open":
            raise MatchDecided(facts={"state": pair.state})
        decided = store.decide(tx, pair.id, request.decision)
        if into is not None:
            other = next(i for i in pair.profile_ids if i != into)
            tx.announce(BookingsToMove(profile_id=other, into=into, why="decided-same"))
        return decided

    @query
    def read_matching_rules(self, tx: Tx, request: ReadMatchingRules) -> MatchingRules:
        return _rules(store.thresholds(tx))

    @command
    def set_matching_rules(self, tx: Tx, request: SetMatchingRules) -> MatchingRules:
        faults = []
        if not LOWEST_CERTAIN <= request.certain <= HIGHEST_CERTAIN:
            faults.append(Problem("/certain", f"From {LOWEST_CERTAIN} to {HIGHEST_CERTAIN}."))
        if not LOWEST_REVIEW <= request.review <= request.certain:
            faults.append(Problem("/review", f"From {LOWEST_REVIEW} to what is certain."))
        if faults:
            raise NotMatchingRules(errors=faults)
        kept = store.set_thresholds(tx, Thresholds(request.certain, request.review, request.version))
        if kept is None:
            raise MatchingHasChanged(facts={"version": str(store.thresholds(tx).version)})
        return _rules(kept)

    @every(seconds=60)
    def count_names(self, tx: Tx) -> None:
        """So that a rare name weighs more than a common one."""
        store.count_names(tx)

    @subscribe(GuestsIdentified)
    def look_around(self, tx: Tx, event: GuestsIdentified) -> None:
        """Whoever was made for a booking because nobody was certain is looked into by people, if somebody is near."""
        everybody = {person.profile_id for person in event.people}
        for profile_id in dict.fromkeys(person.profile_id for person in event.people if person.created):
            _look(tx, profile_id, beside=everybody - {profile_id})

    @subscribe(ContactsChanged)
    def match_again(self, tx: Tx, event: ContactsChanged) -> None:
        """What was not known of a guest when they booked may say now who they are."""
        _look(tx, event.profile_id, joining=True)


def _look(tx: Tx, profile_id: UUID, *, joining: bool = False, beside: Iterable[UUID] = ()) -> None:
    """File whoever may be the same; where it is certain, and `joining`, the two become one."""
    found = register.by_ids(tx, [profile_id])
    if not found or found[0].merged_into is not None:
        return
    if joining:  # nobody books by these addresses meanwhile
        wait_for(tx, locks(traces([Guest(0, found[0].card)])))
        found = register.by_ids(tx, [profile_id])
    known = found[0]
    beside = frozenset(beside)
    if not (joining or beside or _says_something(known.card)):
        return  # a name alone is never looked into
    apart = store.different_from(tx, known.id) | {known.id}
    near = nearest(tx, known.card, apart_from=apart, most=_MOST_FILED, beside=beside)
    certain = near[0] if joining and near and near[0].verdict == "certain" else None
    if certain and join(tx, known.id, certain.profile_id, proven=certain.proven, why=certain.reasons[0]):
        near = near[1:]
    store.file(tx, known.id, [(n.profile_id, n.score, n.evidence) for n in near if n.verdict != "new"])


def _says_something(card: Card) -> bool:
    """More than a name."""
    return bool(card.birth_date or any(p.identifies for p in card.points) or any(a.postcode for a in card.addresses))


def _reasons(evidence: Iterable[Evidence]) -> tuple[MatchReason, ...]:
    return tuple(MatchReason(code=each.code, weight=each.weight, text=said(each.code)) for each in evidence)


def _rules(kept: Thresholds) -> MatchingRules:
    return MatchingRules(version=kept.version, certain=kept.certain, review=kept.review)


def _after(cursor: str | None) -> tuple[float, UUID] | None:
    if cursor is None:
        return None
    try:
        score, last = json.loads(cursor)
        return float(score), UUID(last)
    except (ValueError, TypeError, AttributeError):
        raise Invalid(errors=[Problem("/cursor", "Not a cursor of this list.")]) from None
