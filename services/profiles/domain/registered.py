"""A card in the register, and how it is shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from services.contracts.profiles import (
    Address,
    Email,
    LevelMark,
    LifeCycle,
    Note,
    Phone,
    Preference,
    Profile,
    Stage,
    VerifiedGuest,
)
from services.profiles.domain import codes
from services.profiles.domain.card import Card
from services.profiles.domain.contacts import Point, good_for
from services.profiles.domain.reach import is_past


def _today() -> date:
    return datetime.now(UTC).date()


@dataclass(frozen=True)
class Registered:
    """A profile as it stands; what the house keeps on it for itself, `notes` and what follows, only where it was asked
    for.
    """

    id: UUID
    version: int
    card: Card
    do_not_book: bool
    stage: Stage
    created_at: datetime
    changed_at: datetime
    merged_into: UUID | None = None
    notes: tuple[Note, ...] = ()
    verified: VerifiedGuest | None = None
    level_mark: LevelMark | None = None
    life_cycle: LifeCycle | None = None
    preferences: tuple[Preference, ...] = ()
    fields: Mapping[str, Any] = field(default_factory=dict)
    seen_on: date = field(default_factory=_today, compare=False)

    def shown(self) -> Profile:
        card = self.card
        emails, phones = (_primary_first(card.points, kind) for kind in ("email", "phone"))
        return Profile(
            id=self.id,
            version=self.version,
            kind=card.kind,
            given_name=card.given_name,
            family_name=card.family_name,
            second_family_name=card.second_family_name,
            name=card.name,
            sex=card.sex,
            birth_date=card.birth_date,
            nationality=card.nationality,
            language=card.language,
            emails=tuple(
                Email(address=p.value, relay=p.relay, **_point(p, first, self.seen_on)) for p, first in emails
            ),
            phones=tuple(Phone(number=p.value, **_point(p, first, self.seen_on)) for p, first in phones),
            addresses=_addresses(card.addresses, self.seen_on),
            level=card.level,
            title=card.title,
            suffix=card.suffix,
            preferred_name=card.preferred_name,
            name_forms=card.name_forms,
            birth_place=card.birth_place,
            other_nationalities=card.other_nationalities,
            other_languages=card.other_languages,
            age=None if card.birth_date is None else codes.age(card.birth_date, self.seen_on),
            do_not_book=self.do_not_book,
            stage=self.stage,
            verified=self.verified,
            notes=self.notes,
            level_mark=self.level_mark,
            life_cycle=self.life_cycle,
            preferences=self.preferences,
            fields=dict(self.fields),
            merged_into=self.merged_into,
            created_at=self.created_at,
            changed_at=self.changed_at,
        )


def _primary_first(points: tuple[Point, ...], kind: str) -> list[tuple[Point, bool]]:
    """The points of a kind, the primary one in front: the marked one, but a relay only where there is nothing else.
    Those that are past come last, and none of them is the primary.
    """
    ordered = sorted((p for p in points if p.kind == kind), key=lambda p: (not p.current, p.relay, not p.primary))
    return [(point, place == 0 and point.current) for place, point in enumerate(ordered)]


def _point(p: Point, first: bool, today: date) -> dict[str, Any]:
    why_not = p.why_not(today)
    return {
        "id": p.id,
        "type": p.type,
        "primary": first,
        "verified": p.verified and not p.relay,
        "verified_at": None if p.relay else p.verified_at,
        "source": p.source,
        "valid_from": p.valid_from,
        "valid_to": p.valid_to,
        "good_for": good_for(why_not),
        "why_not": why_not,
    }


def _addresses(said: tuple[Address, ...], today: date) -> tuple[Address, ...]:
    """The primary one in front, those that are past at the end, and none of them the primary."""
    marked = [(a, is_past(a, today)) for a in said]
    ordered = sorted(marked, key=lambda each: (each[1], not each[0].primary))
    return tuple(replace(a, past=past, primary=place == 0 and not past) for place, (a, past) in enumerate(ordered))
