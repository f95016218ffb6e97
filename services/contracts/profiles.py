"""profiles: who people are."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from services.kit.refusal import Conflict, Invalid, NotFound
from services.kit.wire import Event, Request, event, request, value

Kind = Literal["person", "company"]
Stage = Literal["lead", "guest", "member", "lapsed"]


@value
class Email:
    """`relay`: a booking site's forwarding address or a placeholder;
    good for stay messages, never for matching or marketing.
    """

    address: str
    type: str = "personal"
    primary: bool = False
    verified: bool = False
    relay: bool = False
    source: str | None = None


@value
class Phone:
    """`number` in E.164."""

    number: str
    type: str = "mobile"
    primary: bool = False
    verified: bool = False
    source: str | None = None


@value
class Address:
    """`country` is ISO 3166-1 alpha-2."""

    lines: tuple[str, ...] = ()
    city: str | None = None
    postcode: str | None = None
    region: str | None = None
    country: str | None = None
    type: str = "home"


@value
class Note:
    id: UUID
    profile_id: UUID
    text: str
    pinned: bool
    author: str
    written_at: datetime


@value
class Profile:
    """`version` grows with each change. `level` is the house's own label; it and the notes are internal."""

    id: UUID
    version: int
    kind: Kind
    given_name: str | None = None
    family_name: str | None = None
    second_family_name: str | None = None
    name: str | None = None
    sex: str | None = None
    birth_date: date | None = None
    nationality: str | None = None
    language: str | None = None
    emails: tuple[Email, ...] = ()
    phones: tuple[Phone, ...] = ()
    addresses: tuple[Address, ...] = ()
    level: str | None = None
    do_not_book: bool = False
    stage: Stage = "lead"
    notes: tuple[Note, ...] = ()
    merged_into: UUID | None = None
    created_at: datetime
    changed_at: datetime


@request
class CreateProfile(Request[Profile]):
    """A person needs a name, an e-mail or a phone; a company its name.
    Numbers without country code are read in `country`.
    """

    kind: Kind = "person"
    given_name: str | None = None
    family_name: str | None = None
    second_family_name: str | None = None
    name: str | None = None
    sex: str | None = None
    birth_date: date | None = None
    nationality: str | None = None
    language: str | None = None
    emails: tuple[Email, ...] = ()
    phones: tuple[Phone, ...] = ()
    addresses: tuple[Address, ...] = ()
    level: str | None = None
    country: str | None = None


@request
class ReadProfile(Request[Profile]):
    """Refuses with NoSuchProfile."""

    profile_id: UUID


@request
class ChangeProfile(Request[Profile]):
    """Fields that are given replace; names in `clear` become empty.
    Refuses with ProfileHasChanged if `version` is not the present one.
    """

    profile_id: UUID
    version: int
    given_name: str | None = None
    family_name: str | None = None
    second_family_name: str | None = None
    name: str | None = None
    sex: str | None = None
    birth_date: date | None = None
    nationality: str | None = None
    language: str | None = None
    emails: tuple[Email, ...] | None = None
    phones: tuple[Phone, ...] | None = None
    addresses: tuple[Address, ...] | None = None
    level: str | None = None
    country: str | None = None
    clear: tuple[str, ...] = ()


@value
class ProfilesFound:
    """Best first. `next` is an opaque cursor."""

    items: tuple[Profile, ...]
    next: str | None = None


@request
class FindProfiles(Request[ProfilesFound]):
    """By part of a name (`q`), or exactly by e-mail or phone; `ids` reads several at once, in that order."""

    q: str | None = None
    email: str | None = None
    phone: str | None = None
    country: str | None = None
    ids: tuple[UUID, ...] = ()
    limit: int = 50
    cursor: str | None = None


@request
class AddNote(Request[Note]):
    """A note is internal; its author is the caller."""

    profile_id: UUID
    text: str
    pinned: bool = False


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


@value
class IdentifiedPerson:
    """`score` 0–1; `reasons` are codes such as ``same-verified-email``;
    `created`: nobody in the register was this person.
    """

    position: int
    profile_id: UUID
    created: bool
    score: float
    reasons: tuple[str, ...] = ()
    do_not_book: bool = False


@event
class GuestsIdentified(Event):
    """Every person of a booking has a profile now. `booking_version` is that of the people it was found by."""

    aggregate = "booking_id"
    booking_id: UUID
    booking_version: int
    people: tuple[IdentifiedPerson, ...]


class NoSuchProfile(NotFound):
    """There is no such profile."""


class ProfileHasChanged(Conflict):
    """Somebody else has changed this profile since it was read."""


class NotAProfile(Invalid):
    """The profile is not complete or not valid."""
