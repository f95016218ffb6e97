"""Is this guest somebody we know? Evidence adds up, a different day of birth speaks against, a name alone says nothing.

The strengths are probabilities that two cards with this in common are one person; pieces of evidence are combined as
independent ones (1 − Π(1 − s)). The factor of a birth date conflict is the one of GuestGraph, an open-source identity
engine for hotels.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from services.profiles.domain import contacts, names
from services.profiles.domain.card import Card
from services.profiles.domain.codes import PLACEHOLDER_BIRTH_DATES
from services.profiles.domain.guests import Guest

CERTAIN = 0.85  # from here a booking is linked by itself; below, a new profile is the smaller mistake
SAME, ALIKE, NEAR = 0.999, 0.86, 0.75  # likeness of names
BIRTH_DATE_CONFLICT = 0.4


@dataclass(frozen=True)
class Candidate:
    """A profile that shares something with a guest. `shared`: key → verified, of identifiers that still identify.

    `keys` are all its contact points; `on_booking` the positions of this very booking at which it was seen before;
    `here`: somebody else on this booking has just turned out to be this profile.
    """

    profile_id: UUID
    card: Card
    created_at: datetime
    keys: frozenset[str] = frozenset()
    shared: Mapping[str, bool] = field(default_factory=dict)
    on_booking: frozenset[int] = frozenset()
    here: bool = False


@dataclass(frozen=True)
class Match:
    """The best candidate, how sure we are (0–1) and why. Without a candidate: nobody shares anything."""

    candidate: Candidate | None = None
    score: float = 0.0
    reasons: tuple[str, ...] = ()

    @property
    def certain(self) -> bool:
        return self.candidate is not None and self.score >= CERTAIN


def match(guest: Guest, candidates: Iterable[Candidate]) -> Match:
    """The candidate this guest is most probably; of equal ones the longest known."""
    candidates = list(candidates)
    found = [
        Match(candidate, *_evidence(guest, candidate, candidates))
        for candidate in sorted(candidates, key=lambda c: (c.created_at, c.profile_id))
    ]
    return max(found, key=lambda m: m.score, default=Match())


def _evidence(guest: Guest, other: Candidate, all_of_them: list[Candidate]) -> tuple[float, tuple[str, ...]]:
    if guest.card.kind != other.card.kind:
        return 0.0, ()
    pieces = list(_pieces(guest, other, all_of_them))
    score = 1.0
    for strength, _ in pieces:
        score *= 1 - strength
    score = 1 - score
    reasons = tuple(reason for _, reason in pieces)
    if pieces and _birth_dates_differ(guest.card.birth_date, other.card.birth_date):
        return round(score * BIRTH_DATE_CONFLICT, 3), (*reasons, "birth-date-conflict")
    return round(score, 3), reasons


def _pieces(guest: Guest, other: Candidate, candidates: list[Candidate]) -> Iterable[tuple[float, str]]:
    mine, theirs = guest.card.folded_name, other.card.folded_name
    named = any(mine) and any(theirs)
    alike = names.likeness(mine, theirs) if named else 0.0
    for key in guest.identifiers:
        if key not in other.shared:
            continue
        kind = "email" if "@" in key else "phone"
        verified = other.shared[key]
        if not named:
            # nothing speaks against it, unless the address has several owners
            owners = sum(key in candidate.shared for candidate in candidates)
            nameless = not any(mine) and not any(theirs)
            yield (0.9 if owners == 1 or nameless else 0.5), f"same-{kind}"
        elif verified and (alike >= NEAR or (mine[0] and mine[0] == theirs[0])):  # who marries may change a name
            yield 0.98, f"same-verified-{kind}"
        elif alike >= SAME:
            yield (0.95 if kind == "email" else 0.92), f"same-{kind}-and-name"
        elif alike >= ALIKE:
            yield (0.9 if kind == "email" else 0.86), f"same-{kind}-and-similar-name"
        else:
            yield (0.5 if kind == "email" else 0.4), f"same-{kind}"
    whole_name = alike >= SAME and all(mine)
    if whole_name and guest.card.birth_date == other.card.birth_date and _tells(other.card.birth_date):
        yield 0.9, "same-name-and-birth-date"
    if guest.card.kind == "company" and alike >= SAME and _domains(guest.identifiers) & _domains(other.keys):
        yield 0.9, "same-company-and-domain"
    if guest.card.kind == "company" and alike >= SAME and _places(guest.card) & _places(other.card):
        yield 0.9, "same-company-and-place"
    if guest.position in other.on_booking and (not named or alike >= ALIKE):
        yield 0.88, "same-booking"
    # booker and first guest are mostly one: on one booking the whole name is enough, or a part of it and an address
    whole_name = whole_name or (guest.card.kind == "company" and alike >= SAME)
    an_address = bool(guest.keys & other.keys) and (not named or alike >= SAME)
    if other.here and (whole_name or an_address):
        yield 0.88, "same-name-on-booking"


def _places(card: Card) -> set[tuple[str, str]]:
    """Country and postcode, where both are known."""
    return {(a.country, names.fold(a.postcode)) for a in card.addresses if a.country and names.fold(a.postcode)}


def _tells(day: date | None) -> bool:
    return day is not None and day not in PLACEHOLDER_BIRTH_DATES


def _birth_dates_differ(mine: date | None, theirs: date | None) -> bool:
    return mine != theirs and _tells(mine) and _tells(theirs)


def _domains(keys: Iterable[str]) -> set[str]:
    return {domain for key in keys if (domain := contacts.mail_domain(key))}
