"""A card in the register, and how it is shown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.contracts.profiles import Email, Note, Phone, Profile, Stage
from services.profiles.domain.card import Card
from services.profiles.domain.contacts import Point


@dataclass(frozen=True)
class Registered:
    """A profile as it stands; `notes` only where they were asked for."""

    id: UUID
    version: int
    card: Card
    do_not_book: bool
    stage: Stage
    created_at: datetime
    changed_at: datetime
    merged_into: UUID | None = None
    notes: tuple[Note, ...] = ()

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
                Email(
                    address=p.value,
                    type=p.type,
                    primary=first,
                    verified=p.verified,
                    relay=p.relay,
                    source=p.source,
                )
                for p, first in emails
            ),
            phones=tuple(
                Phone(number=p.value, type=p.type, primary=first, verified=p.verified, source=p.source)
                for p, first in phones
            ),
            addresses=card.addresses,
            level=card.level,
            do_not_book=self.do_not_book,
            stage=self.stage,
            notes=self.notes,
            merged_into=self.merged_into,
            created_at=self.created_at,
            changed_at=self.changed_at,
        )


def _primary_first(points: tuple[Point, ...], kind: str) -> list[tuple[Point, bool]]:
    """The points of a kind, the primary one in front: the marked one, but a relay only where there is nothing else."""
    ordered = sorted((p for p in points if p.kind == kind), key=lambda p: (p.relay, not p.primary))
    return [(point, place == 0) for place, point in enumerate(ordered)]
