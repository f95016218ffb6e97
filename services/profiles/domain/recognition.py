"""Who the people of a booking are: for each one somebody we know, or somebody new."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final
from uuid import UUID

from services.profiles.domain.codes import PLACEHOLDER_BIRTH_DATES
from services.profiles.domain.guests import Guest
from services.profiles.domain.identifiers import Rules
from services.profiles.domain.matching import CERTAIN, Candidate, Match, match


@dataclass(frozen=True)
class Recognised:
    """One guest and their profile; where `created`, score and reasons are those of whoever came nearest."""

    guest: Guest
    profile_id: UUID
    created: bool
    score: float
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Traces:
    """What the people of a booking are looked for by; `companions` are names of whom nothing else is known."""

    identifiers: frozenset[str]
    births: frozenset[tuple[str, date]]  # folded name, day of birth
    companies: frozenset[str]
    ids: frozenset[UUID]
    companions: frozenset[str] = frozenset()


NOTHING: Final = Traces(frozenset(), frozenset(), frozenset(), frozenset())


def traces(guests: Iterable[Guest]) -> Traces:
    """Only what can identify: no relay addresses, no invented days of birth, no name alone."""
    guests = list(guests)
    return Traces(
        identifiers=frozenset(key for guest in guests for key in guest.identifiers),
        births=frozenset(
            (g.card.match_name, g.card.birth_date)
            for g in guests
            if g.card.is_person
            and g.card.match_name
            and g.card.birth_date
            and g.card.birth_date not in PLACEHOLDER_BIRTH_DATES
        ),
        companies=frozenset(g.card.match_name for g in guests if not g.card.is_person and g.card.match_name),
        ids=frozenset(g.profile_id for g in guests if g.profile_id),
        companions=frozenset(
            g.card.match_name
            for g in guests
            if len(guests) > 1 and g.card.is_person and all(g.card.folded_name) and not g.identifiers
        ),
    )


def recognise(
    guests: Iterable[Guest],
    candidates: Iterable[Candidate],
    overused: Container[str],
    new_id: Callable[[], UUID],
    now: datetime,
    certain: float = CERTAIN,
    rules: Rules | None = None,
) -> list[Recognised]:
    """Each guest by the profile the booking names, else by the best candidate if it is certain, else as somebody new.

    Whoever was recognised or made for one guest is a candidate for the next: Ana and Anna with one mailbox on one
    booking are one person even when the register is empty. `overused` identifiers are those that too many share;
    `certain` is from where somebody is linked by itself; `rules` tell public mail from a company's own.
    """
    known = {candidate.profile_id: candidate for candidate in candidates}
    answers: list[Recognised] = []
    for guest in guests:
        if guest.profile_id in known:
            answer = Recognised(guest, known[guest.profile_id].profile_id, False, 1.0, ("named-by-booking",))
        else:
            beside = frozenset(each.profile_id for each in answers if not each.created)
            answer = _answer(guest, match(guest, known.values(), beside=beside, rules=rules), new_id, certain)
        answers.append(answer)
        before = known.get(answer.profile_id) or Candidate(answer.profile_id, guest.card, now)
        shared = {key: False for key in guest.identifiers if key not in overused}
        known[answer.profile_id] = replace(
            before,
            card=before.card.completed_by(guest.card),
            keys=before.keys | guest.keys,
            shared={**shared, **before.shared},
            here=True,
        )
    return answers


def _answer(guest: Guest, best: Match, new_id: Callable[[], UUID], certain: float) -> Recognised:
    if best.candidate is not None and best.sure(certain):
        return Recognised(guest, best.candidate.profile_id, False, best.score, best.reasons)
    return Recognised(guest, new_id(), True, best.score, best.reasons)
