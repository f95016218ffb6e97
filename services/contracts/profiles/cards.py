"""Cards of persons and companies."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from services.contracts.profiles.internal import Note
from services.kit.refusal import Conflict, Invalid, NotFound
from services.kit.wire import Request, request, value

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


class NoSuchProfile(NotFound):
    """There is no such profile."""


class ProfileHasChanged(Conflict):
    """Somebody else has changed this profile since it was read."""


class NotAProfile(Invalid):
    """The profile is not complete or not valid."""
