"""Is this guest somebody we know? Evidence adds up, conflicts speak against, a name alone says little.

A weight is the probability that two cards with this in common are one person; pieces of evidence are combined as
independent ones (1 − Π(1 − w)). What speaks against multiplies the result by its factor; the one of a birth date
conflict is that of GuestGraph, an open-source identity engine for hotels.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from rapidfuzz.distance import DamerauLevenshtein

from services.profiles.domain import contacts, names
from services.profiles.domain.card import Card
from services.profiles.domain.codes import PLACEHOLDER_BIRTH_DATES
from services.profiles.domain.guests import Guest
from services.profiles.domain.identifiers import Rules

Verdict = Literal["certain", "review", "new"]

# From `certain` a booking is linked by itself; from `review` on people decide; below, it is somebody new. A house
# chooses its own within these bounds.
CERTAIN, REVIEW = 0.85, 0.5
LOWEST_CERTAIN, HIGHEST_CERTAIN, LOWEST_REVIEW = 0.7, 0.99, 0.3
SAME, ALIKE, NEAR = 0.999, 0.86, 0.75  # likeness of names

WEIGHTS: Mapping[str, float] = {
    "same-verified-email": 0.98,
    "same-verified-phone": 0.98,
    "same-email-and-name": 0.95,
    "same-phone-and-name": 0.92,
    "same-email-and-similar-name": 0.9,
    "same-phone-and-similar-name": 0.86,
    "same-email": 0.5,
    "same-phone": 0.4,
    "same-name-and-birth-date": 0.9,
    "similar-name-and-birth-date": 0.8,
    "same-name-and-near-birth-date": 0.6,
    "same-name-and-address": 0.6,
    "same-name-and-postcode": 0.3,
    "same-name-and-companion": 0.88,
    "same-company-and-domain": 0.9,
    "same-company-and-place": 0.9,
    "same-booking": 0.88,
    "same-name-on-booking": 0.88,
}
_ONLY_OWNER, _ONE_OF_SEVERAL = 0.9, 0.5  # of an address, where no names can be compared
RARE_NAME = 0.45  # the most that a name says by itself: less than is looked into
FACTORS: Mapping[str, float] = {
    "birth-date-conflict": 0.4,
    "generation-conflict": 0.3,
    "sex-conflict": 0.6,
    "other-verified-contacts": 0.6,
    "other-given-name": 0.7,
}
_GENERATIONS = {
    **dict.fromkeys(("jr", "junior", "filho", "hijo", "fils"), "junior"),
    **dict.fromkeys(("sr", "senior", "pai", "padre", "pere"), "senior"),
    **{word: word for word in ("ii", "iii", "iv", "neto", "sobrinho")},
}


@dataclass(frozen=True)
class Thresholds:
    """A house's own, and which version of them."""

    certain: float = CERTAIN
    review: float = REVIEW
    version: int = 1

    def verdict(self, score: float) -> Verdict:
        return "certain" if score >= self.certain else "review" if score >= self.review else "new"


@dataclass(frozen=True)
class Rarity:
    """How many of the register's `people` bear a name, as far as they have been counted.

    Nothing is rare where nobody has been counted.
    """

    people: int = 0
    bearers: Mapping[str, int] = field(default_factory=dict)

    def weight(self, given: str, family: str) -> float:
        """By how many namesakes chance alone would put into the register: Maria Silva has many, Zwicklhuber none."""
        if not self.people:
            return 0.0
        others = float(self.people)
        for word in (given.split(" ")[0], family.split(" ")[-1]):
            others *= min(1.0, (self.bearers.get(word, 0) + 1) / self.people)
        return RARE_NAME / (1 + others)


@dataclass(frozen=True)
class Evidence:
    """`weight` above zero speaks for the two being one person, below zero against."""

    code: str
    weight: float


@dataclass(frozen=True)
class Candidate:
    """A profile that shares something with a guest. `shared`: key → verified, of identifiers that still identify.

    `keys` are all its contact points; `on_booking` the positions of this very booking at which it was seen before;
    `here`: somebody else on this booking has just turned out to be this profile; `stayed_with`: who was on bookings
    together with it.
    """

    profile_id: UUID
    card: Card
    created_at: datetime
    keys: frozenset[str] = frozenset()
    shared: Mapping[str, bool] = field(default_factory=dict)
    on_booking: frozenset[int] = frozenset()
    here: bool = False
    stayed_with: frozenset[UUID] = frozenset()


@dataclass(frozen=True)
class Match:
    """The best candidate, how sure we are (0–1) and why, what weighs most first; none where nobody shares anything."""

    candidate: Candidate | None = None
    score: float = 0.0
    evidence: tuple[Evidence, ...] = ()

    @property
    def reasons(self) -> tuple[str, ...]:
        return tuple(each.code for each in self.evidence)

    @property
    def certain(self) -> bool:
        return self.sure(CERTAIN)

    def sure(self, threshold: float) -> bool:
        return self.candidate is not None and self.score >= threshold


def match(
    guest: Guest,
    candidates: Iterable[Candidate],
    *,
    beside: frozenset[UUID] = frozenset(),
    rarity: Rarity = Rarity(),  # noqa: B008 a constant
    rules: Rules | None = None,
) -> Match:
    """The candidate this guest is most probably; of equal ones the longest known. `beside`: who comes with them."""
    candidates = list(candidates)
    found = [
        weighed(guest, candidate, candidates, beside, rarity, rules)
        for candidate in sorted(candidates, key=lambda c: (c.created_at, c.profile_id))
    ]
    return max(found, key=lambda m: m.score, default=Match())


def weighed(
    guest: Guest,
    other: Candidate,
    all_of_them: list[Candidate],
    beside: frozenset[UUID],
    rarity: Rarity,
    rules: Rules | None = None,
) -> Match:
    """How sure we are that this one is it. Reasons against are given only where something speaks for it.

    `rules` tell public mail from a company's own; those a register begins with, where none are given.
    """
    if guest.card.is_person != other.card.is_person:
        return Match(other)
    mine, theirs, alike = _closest_names(guest.card, other.card)
    pieces = [*_addresses_of_both(guest, other, mine, theirs, alike, all_of_them)]
    pieces += (
        _persons(guest, other, mine, theirs, alike, rarity)
        if guest.card.is_person
        else _firms(guest, other, alike, rules)
    )
    pieces += _company(guest, other, alike, mine, theirs, beside)
    if not pieces:
        return Match(other)
    against = [Evidence(code, FACTORS[code] - 1) for code in _conflicts(guest.card, other.card, mine, theirs)]
    score = 1.0
    for piece in pieces:
        score *= 1 - piece.weight
    score = 1 - score
    for conflict in against:
        score *= 1 + conflict.weight
    evidence = sorted((*pieces, *against), key=lambda e: -e.weight)
    return Match(other, round(score, 3), tuple(Evidence(e.code, round(e.weight, 3)) for e in evidence))


Name = tuple[str, str]


def _closest_names(mine: Card, theirs: Card) -> tuple[Name, Name, float]:
    """Who writes a name in several scripts is compared by those that are most alike. 0 where one has no name."""
    pairs = [(a, b) for a in mine.folded_names for b in theirs.folded_names if any(a) and any(b)]
    if not pairs:
        return mine.folded_name, theirs.folded_name, 0.0
    alike, (a, b) = max(((names.likeness(a, b), (a, b)) for a, b in pairs), key=lambda found: found[0])
    return a, b, alike


def _said(code: str) -> Evidence:
    return Evidence(code, WEIGHTS[code])


def _addresses_of_both(
    guest: Guest, other: Candidate, mine: Name, theirs: Name, alike: float, candidates: list[Candidate]
) -> Iterator[Evidence]:
    """E-mails and telephone numbers that both have."""
    proven = {point.key for point in guest.card.points if point.verified}
    named = any(mine) and any(theirs)
    for key in guest.identifiers:
        if key not in other.shared:
            continue
        kind = "email" if "@" in key else "phone"
        if not named:
            # nothing speaks against it, unless the address has several owners
            owners = sum(key in candidate.shared for candidate in candidates)
            nameless = not any(mine) and not any(theirs)
            yield Evidence(f"same-{kind}", _ONLY_OWNER if owners == 1 or nameless else _ONE_OF_SEVERAL)
        elif (other.shared[key] or key in proven) and (alike >= NEAR or (mine[0] and mine[0] == theirs[0])):
            yield _said(f"same-verified-{kind}")  # who marries may change a name
        elif alike >= SAME:
            yield _said(f"same-{kind}-and-name")
        elif alike >= ALIKE:
            yield _said(f"same-{kind}-and-similar-name")
        else:
            yield _said(f"same-{kind}")


def _persons(
    guest: Guest, other: Candidate, mine: Name, theirs: Name, alike: float, rarity: Rarity
) -> Iterator[Evidence]:
    born, theirs_born = guest.card.birth_date, other.card.birth_date
    if _tells(born) and _tells(theirs_born):
        if born == theirs_born and alike >= SAME and all(mine):
            yield _said("same-name-and-birth-date")
        elif born == theirs_born and alike >= ALIKE and all(mine) and all(theirs):
            yield _said("similar-name-and-birth-date")
        elif _slipped(born, theirs_born) and alike >= SAME and all(mine):
            yield _said("same-name-and-near-birth-date")
    if alike >= ALIKE and all(mine) and all(theirs):
        if _streets(guest.card) & _streets(other.card):
            yield _said("same-name-and-address")
        elif _places(guest.card) & _places(other.card):
            yield _said("same-name-and-postcode")
    # a slip makes a name rarer than it is: so the commoner of the two counts, and less the less alike they are
    closeness = 1.0 if alike >= SAME else 0.6 if alike >= ALIKE else 0.25 if alike >= 0.6 else 0.0
    weight = closeness * min(rarity.weight(*mine), rarity.weight(*theirs))
    if weight >= 0.001:
        yield Evidence("rare-name", weight)


def _firms(guest: Guest, other: Candidate, alike: float, rules: Rules | None) -> Iterator[Evidence]:
    if alike >= SAME and _domains(guest.identifiers, rules) & _domains(other.keys, rules):
        yield _said("same-company-and-domain")
    if alike >= SAME and _places(guest.card) & _places(other.card):
        yield _said("same-company-and-place")


def _company(
    guest: Guest, other: Candidate, alike: float, mine: Name, theirs: Name, beside: frozenset[UUID]
) -> Iterator[Evidence]:
    """Who they come with, now or before."""
    named = any(mine) and any(theirs)
    if guest.position in other.on_booking and (not named or alike >= ALIKE):
        yield _said("same-booking")
    # booker and first guest are mostly one: on one booking the whole name is enough, or a part of it and an address
    whole_name = alike >= SAME and (all(mine) or not guest.card.is_person)
    an_address = bool(guest.keys & other.keys) and (not named or alike >= SAME)
    if other.here and (whole_name or an_address):
        yield _said("same-name-on-booking")
    if whole_name and guest.card.is_person and beside & other.stayed_with:
        yield _said("same-name-and-companion")


def _conflicts(mine: Card, theirs: Card, name: Name, other_name: Name) -> Iterator[str]:
    born, theirs_born = mine.birth_date, theirs.birth_date
    if born != theirs_born and _tells(born) and _tells(theirs_born) and not _slipped(born, theirs_born):
        yield "birth-date-conflict"
    generations = _generation(mine), _generation(theirs)
    if all(generations) and generations[0] != generations[1]:
        yield "generation-conflict"
    if {mine.sex, theirs.sex} == {"female", "male"}:
        yield "sex-conflict"
    verified = [_verified(card) for card in (mine, theirs)]
    if all({"email", "phone"} <= found.keys() for found in verified) and not any(
        verified[0][kind] & verified[1][kind] for kind in ("email", "phone")
    ):
        yield "other-verified-contacts"
    if mine.is_person and names.likeness(name, other_name) < NEAR and _two_people(name[0], other_name[0]):
        yield "other-given-name"


def _two_people(given: str, other: str) -> bool:
    """Nothing in common, not even an initial: Ana and Bruno share a mailbox, not a name."""
    if not given or not other or given[0] == other[0] or set(given.split()) & set(other.split()):
        return False
    return DamerauLevenshtein.normalized_similarity(given, other) < NEAR


def _generation(card: Card) -> str | None:
    """Father and son bear one name and tell themselves apart by it."""
    words = [
        names.fold(card.suffix),
        *names.fold(card.family_name).split()[-1:],
        *names.fold(card.given_name).split()[-1:],
    ]
    return next((found for word in words if (found := _GENERATIONS.get(word))), None)


def _verified(card: Card) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for point in card.points:
        if point.verified:
            found.setdefault(point.kind, set()).add(point.key)
    return found


def _streets(card: Card) -> set[tuple[str, ...]]:
    """Country, postcode and the line with the street, where all are known."""
    return {
        (a.country, names.fold(a.postcode).replace(" ", ""), names.fold(a.lines[0]))
        for a in card.addresses
        if a.country and a.postcode and a.lines
    }


def _places(card: Card) -> set[tuple[str, str]]:
    """Country and postcode, where both are known."""
    found = ((a.country, names.fold(a.postcode)) for a in card.addresses)
    return {(country, postcode) for country, postcode in found if country and postcode}


def _tells(day: date | None) -> bool:
    return day is not None and day not in PLACEHOLDER_BIRTH_DATES


def _slipped(mine: date | None, theirs: date | None) -> bool:
    """Day and month the other way round, or one figure another one: a slip rather than another day."""
    if mine is None or theirs is None or mine == theirs:
        return False
    if (mine.year, mine.month, mine.day) == (theirs.year, theirs.day, theirs.month):
        return True
    return sum(a != b for a, b in zip(mine.isoformat(), theirs.isoformat(), strict=True)) == 1


def _domains(keys: Iterable[str], rules: Rules | None) -> set[str]:
    return {domain for key in keys if (domain := contacts.mail_domain(key, rules))}
