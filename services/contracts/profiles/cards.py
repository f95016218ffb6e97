"""Cards of persons and companies."""

from __future__ import annotations

from dataclasses import field
from datetime import date, datetime
from typing import Any, ClassVar, Literal
from uuid import UUID

from services.contracts.profiles.internal import Note
from services.contracts.profiles.levels import LevelMark
from services.contracts.profiles.preferences import Preference
from services.contracts.profiles.stages import LifeCycle, Stage
from services.contracts.profiles.verification import VerifiedGuest
from services.kit.refusal import Conflict, Invalid, NotFound
from services.kit.wire import Request, request, value

Kind = Literal["person", "company", "agency"]
FieldScreen = Literal["entry", "booking", "check-in", "online-check-in"]
GoodFor = Literal["stay", "marketing", "matching"]
WhyNot = Literal["relay", "agency", "placeholder", "shared", "past", "not-yet"]


@value
class Email:
    """`relay`: it says nothing of who somebody is, and `why_not` says why: a booking site's forwarding address, an
    agency's own, a placeholder; or `shared` by ten people and more; or `past`, after `valid_to`, its last day.
    `good_for`: messages about a stay, advertising, finding out who somebody is.

    Written, `id` names one that is there; `verified`, `verified_at`, `relay` and what follows from them is not heard.
    """

    address: str
    type: str = "personal"
    primary: bool = False
    verified: bool = False
    relay: bool = False
    source: str | None = None
    id: UUID | None = field(default=None, compare=False)
    verified_at: datetime | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    good_for: tuple[GoodFor, ...] = ()
    why_not: tuple[WhyNot, ...] = ()


@value
class Phone:
    """`number` in E.164; the rest as of an e-mail address."""

    number: str
    type: str = "mobile"
    primary: bool = False
    verified: bool = False
    source: str | None = None
    id: UUID | None = field(default=None, compare=False)
    verified_at: datetime | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    good_for: tuple[GoodFor, ...] = ()
    why_not: tuple[WhyNot, ...] = ()


@value
class Address:
    """`country` is ISO 3166-1 alpha-2; `postcode` as the country writes it; `past`: its validity has ended."""

    lines: tuple[str, ...] = ()
    city: str | None = None
    postcode: str | None = None
    region: str | None = None
    country: str | None = None
    type: str = "home"
    id: UUID | None = field(default=None, compare=False)
    primary: bool = False
    source: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    past: bool = False


@value
class NameForm:
    """The name in another script: ``Cyrl``, ``Hani``, ``Latn``… (ISO 15924). Without `script`, that of its letters."""

    script: str | None = None
    given_name: str | None = None
    family_name: str | None = None
    second_family_name: str | None = None
    source: str | None = None


@value
class Profile:
    """`version` grows with each change. `level` is the house's own label; it and the notes are internal. `age` in whole
    years, on the day it is asked (UTC). `fields`: values of the house's own fields by their
    codes, masked where they are.
    """

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
    title: str | None = None
    suffix: str | None = None
    preferred_name: str | None = None
    name_forms: tuple[NameForm, ...] = ()
    birth_place: str | None = None
    other_nationalities: tuple[str, ...] = ()
    other_languages: tuple[str, ...] = ()
    age: int | None = None
    do_not_book: bool = False
    stage: Stage = "lead"
    verified: VerifiedGuest | None = None
    notes: tuple[Note, ...] = ()
    level_mark: LevelMark | None = None
    life_cycle: LifeCycle | None = None
    preferences: tuple[Preference, ...] = ()
    fields: dict[str, Any] = field(default_factory=dict)
    merged_into: UUID | None = None
    created_at: datetime
    changed_at: datetime


@request
class CreateProfile(Request[Profile]):
    """A person needs a name, an e-mail or a phone; a company or an agency its name. `title`: what stands before the
    name (Dr., Frau), `suffix`: what stands behind it (Jr.). `nationality` and `language` are the first ones.
    Numbers without country code are read in `country`. `property_id`: where it is written.
    `fields`: values by the codes of the house's own fields; `screen`: where they are asked for.
    Refuses with PossibleDuplicate unless `confirm` names everybody who may be the same.
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
    title: str | None = None
    suffix: str | None = None
    preferred_name: str | None = None
    name_forms: tuple[NameForm, ...] = ()
    birth_place: str | None = None
    other_nationalities: tuple[str, ...] = ()
    other_languages: tuple[str, ...] = ()
    country: str | None = None
    property_id: UUID | None = None
    confirm: tuple[UUID, ...] = ()
    fields: dict[str, Any] | None = None
    screen: FieldScreen | None = None

    never_kept: ClassVar[tuple[str, ...]] = ("fields",)


@request
class ReadProfile(Request[Profile]):
    """Refuses with NoSuchProfile."""

    profile_id: UUID


@request
class ChangeProfile(Request[Profile]):
    """Fields that are given replace; names in `clear` become empty. A contact point that is named again, by its `id` or
    as it is, keeps its id and its verification; one that is past stays, named or not, until the whole list is cleared.
    A company may become an agency (`kind`) and the other way, a person neither. Of `fields` those named change, None
    empties one.
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
    title: str | None = None
    suffix: str | None = None
    preferred_name: str | None = None
    name_forms: tuple[NameForm, ...] | None = None
    birth_place: str | None = None
    other_nationalities: tuple[str, ...] | None = None
    other_languages: tuple[str, ...] | None = None
    kind: Kind | None = None
    country: str | None = None
    clear: tuple[str, ...] = ()
    property_id: UUID | None = None
    confirm: tuple[UUID, ...] = ()
    fields: dict[str, Any] | None = None
    screen: FieldScreen | None = None

    never_kept: ClassVar[tuple[str, ...]] = ("fields",)


class NoSuchProfile(NotFound):
    """There is no such profile."""


class ProfileHasChanged(Conflict):
    """Somebody else has changed this profile since it was read."""


class NotAProfile(Invalid):
    """The profile is not complete or not valid."""
