"""Fields of a card that the house defines for itself."""

from __future__ import annotations

from dataclasses import field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from services.contracts.profiles.cards import FieldScreen, Kind
from services.contracts.profiles.finding import ProfilesFound
from services.contracts.profiles.stages import InLanguage
from services.kit.refusal import Conflict, Forbidden, Invalid, NotFound
from services.kit.wire import Request, request, value

FieldType = Literal["text", "long-text", "number", "date", "boolean", "choice", "choices", "country", "email", "phone"]
FieldPlace = Literal["card", "entry", "booking", "check-in", "online-check-in", "register", "registration-card"]
FieldPaper = Literal["register", "registration-card"]
FieldLookReason = Literal["check-in", "registration", "payment", "guest-asked", "correction", "erasure"]


@value
class FieldOption:
    """A retired one is chosen no more; who has it keeps it."""

    code: str
    labels: tuple[InLanguage, ...]
    retired: bool = False


@value
class FieldRule:
    """Where a field has to have a value: on a screen, for a kind of profile, in a country, at a property; what is not
    said is any of them. Without a screen: on all that show the field, and, if no country and no property is said,
    wherever a profile is written.
    """

    screen: FieldScreen | None = None
    kind: Kind | None = None
    country: str | None = None
    property_id: UUID | None = None


@value
class FieldDefinition:
    """`property_id`: a field of one property, seen and filled there only. `kinds` and `countries`: for whom it is, for
    everybody where they are empty. `default` is written as a text.

    `shortest` and `longest` count characters; `least` and `most` bound a number or a date, written as texts; `pattern`
    is met by the whole text: single characters, ``\\d \\w \\s``, classes, each with ``? * + {m,n}``, and ``|``.
    `encrypted`: sealed where it is kept; masked as well. `masked`: shown by its last characters only, but to whoever
    has the scope `clear_to` and says why. `retention_months` after the last stay the value is wiped; `wiped` counts.
    """

    code: str
    version: int = 0
    type: FieldType
    labels: tuple[InLanguage, ...]
    options: tuple[FieldOption, ...] = ()
    default: str | None = None
    required: tuple[FieldRule, ...] = ()
    shown_on: tuple[FieldPlace, ...] = ("card", "entry")
    kinds: tuple[Kind, ...] = ()
    countries: tuple[str, ...] = ()
    property_id: UUID | None = None
    position: int = 0
    shortest: int | None = None
    longest: int | None = None
    least: str | None = None
    most: str | None = None
    decimals: int = 0
    pattern: str | None = None
    encrypted: bool = False
    masked: bool = False
    clear_to: Literal["write", "admin"] = "admin"
    searchable: bool = False
    retention_months: int | None = None
    retired: bool = False
    wiped: int = 0


@value
class FieldsFound:
    """In the house's order; `required` are the codes of those that need a value where it was asked for."""

    items: tuple[FieldDefinition, ...]
    required: tuple[str, ...] = ()


@request
class ReadFields(Request[FieldsFound]):
    """Those that the caller may see, and that are for this place, property, country and kind, as far as said."""

    place: FieldPlace | None = None
    property_id: UUID | None = None
    country: str | None = None
    kind: Kind | None = None
    retired: bool = False


@request
class ReadField(Request[FieldDefinition]):
    """Refuses with NoSuchField."""

    code: str


@request
class SetField(Request[FieldDefinition]):
    """The whole definition anew, its `version` the one that was read, or 0 for a new one. An option that is left out is
    retired. Values stay as they were written: of another type they are shown as far as they can be converted, else
    as stored. Refuses with FieldHasChanged, FieldExists, NotAField.
    """

    field: FieldDefinition


@value
class FieldPreview:
    """What a definition would make of the values there are; of `values`, as many as `looked_at`.

    `fit`; `out_of_bounds`: kept and shown, and not taken again as they are; `as_stored`: not to be converted, shown as
    they were written; `retired_options`: with an option that is chosen no more; `unreadable`: sealed, without a key.
    """

    values: int
    looked_at: int
    fit: int = 0
    converted: int = 0
    out_of_bounds: int = 0
    as_stored: int = 0
    retired_options: int = 0
    unreadable: int = 0


@request
class PreviewField(Request[FieldPreview]):
    """As SetField, changing nothing. Refuses with NoSuchField, NotAField."""

    field: FieldDefinition


@value
class FieldValue:
    """`value` as the field's type has it, the masked part of it where it is `masked`, or, `as_stored`, as it was
    written before the field was of another type. `retired`: the field is filled no more; `retired_options` are
    those of the value that are chosen no more.
    """

    code: str
    value: Any
    type: FieldType
    labels: tuple[InLanguage, ...]
    option_labels: tuple[InLanguage, ...] = ()
    masked: bool = False
    as_stored: bool = False
    retired: bool = False
    retired_options: tuple[str, ...] = ()
    property_id: UUID | None = None
    source: str
    said_by: str
    said_at: datetime


@value
class FieldValues:
    """In the house's order; `missing` are the codes of those that need a value on the screen that was named."""

    profile_id: UUID
    version: int
    items: tuple[FieldValue, ...]
    missing: tuple[str, ...] = ()


@request
class ReadFieldValues(Request[FieldValues]):
    """Of the caller's properties. Refuses with NoSuchProfile."""

    profile_id: UUID
    screen: FieldScreen | None = None
    property_id: UUID | None = None
    country: str | None = None


@request
class LookAtFields(Request[FieldValues]):
    """In the clear, those named. Who looked, at which and why is on the guest's time line before the answer leaves.
    Refuses with NoSuchProfile, NoSuchField, NotToBeSeen.
    """

    profile_id: UUID
    codes: tuple[str, ...]
    reason: FieldLookReason


@value
class FieldsOfPerson:
    """What is said of somebody on a booking. `at` is where, as a JSON pointer; `asked`: what the screen needs has to be
    said, or be on the profile already.
    """

    at: str
    kind: Kind
    profile_id: UUID | None = None
    country: str | None = None
    fields: dict[str, Any] = field(default_factory=dict)
    asked: bool = True


@value
class FieldsFit:
    """Nothing speaks against them."""


@request
class CheckFields(Request[FieldsFit]):
    """Whether these could be kept of people who are booked at a property. Refuses with NotAProfile; of profiles that
    there are not nothing is said.
    """

    property_id: UUID
    people: tuple[FieldsOfPerson, ...]
    screen: FieldScreen | None = None


@value
class CardLine:
    """A field that is printed on the registration card, or stands beside a register, empty without a `value`; `chosen`
    are its options.
    """

    code: str = ""
    type: FieldType
    labels: tuple[InLanguage, ...]
    value: Any = None
    chosen: tuple[FieldOption, ...] = ()
    masked: bool = False


@value
class CardLines:
    profile_id: UUID
    lines: tuple[CardLine, ...]


@value
class CardLinesFound:
    items: tuple[CardLines, ...]


@request
class ReadCardLines(Request[CardLinesFound]):
    """What is printed of these profiles where they stay, or stands beside the register; of those that there are."""

    profile_ids: tuple[UUID, ...]
    property_id: UUID
    place: FieldPaper = "registration-card"


@request
class FindByFields(Request[ProfilesFound]):
    """Everybody with all of these values, written as texts, in fields that are `searchable`; in the order of their ids.
    Refuses with NotASearch.
    """

    fields: dict[str, Any] = field(default_factory=dict)
    limit: int = 50
    cursor: str | None = None


class NoSuchField(NotFound):
    """There is no such field."""


class FieldExists(Conflict):
    """There is a field with this code already."""


class FieldHasChanged(Conflict):
    """Somebody else has changed this field since it was read."""


class NotAField(Invalid):
    """The definition is not complete or not valid."""


class NotASearch(Invalid):
    """This cannot be looked for."""


class NotToBeSeen(Forbidden):
    """The caller may not read this field in the clear."""
