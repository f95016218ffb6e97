"""What profiles announces."""

from __future__ import annotations

from uuid import UUID

from services.contracts.profiles.cards import Kind
from services.kit.wire import Event, event, value


@event
class ProfileCreated(Event):
    aggregate = "profile_id"
    profile_id: UUID
    version: int
    kind: Kind


@event
class ProfileChanged(Event):
    aggregate = "profile_id"
    profile_id: UUID
    version: int


@event
class LevelChanged(Event):
    aggregate = "profile_id"
    profile_id: UUID
    version: int
    level: str | None
    do_not_book: bool


@event
class ContactsChanged(Event):
    """Names, birth date or contact points of a profile are others now: it may turn out to be somebody known."""

    aggregate = "profile_id"
    profile_id: UUID
    version: int


@event
class FieldChanged(Event):
    """A field of the house's own is defined in another way: what is masked or shown of every card may differ now."""

    aggregate = "code"
    code: str
    version: int


@value
class IdentifiedPerson:
    """`score` 0–1; `reasons` are codes such as ``same-verified-email``;
    `created`: nobody in the register was this person. `left_out` are codes of what was said of how to reach them and
    is not on their card, such as ``email-deceiving``.
    """

    position: int
    profile_id: UUID
    created: bool
    score: float
    reasons: tuple[str, ...] = ()
    do_not_book: bool = False
    left_out: tuple[str, ...] = ()


@event
class GuestsIdentified(Event):
    """Every person of a booking has a profile now. `booking_version` is that of the people it was found by."""

    aggregate = "booking_id"
    booking_id: UUID
    booking_version: int
    people: tuple[IdentifiedPerson, ...]
