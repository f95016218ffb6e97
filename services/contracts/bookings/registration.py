"""What the law asks a hotel to write down of each guest: one record per person and stay."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from services.contracts.bookings.bounds import at_most
from services.contracts.bookings.words import Sex
from services.kit.refusal import Conflict, Invalid, NotFound
from services.kit.wire import Request, request, value

DocumentKind = Literal["passport", "id_card", "residence_permit", "driving_licence", "other"]
PartyRole = Literal["single", "family_head", "family_member", "group_head", "group_member"]
Kinship = Literal[
    "spouse",
    "child",
    "parent",
    "sibling",
    "grandchild",
    "grandparent",
    "great_grandchild",
    "great_grandparent",
    "nephew_or_niece",
    "uncle_or_aunt",
    "child_in_law",
    "parent_in_law",
    "sibling_in_law",
    "ward",
    "other",
]
PaymentKind = Literal["destination", "cash", "card", "platform", "transfer", "mobile", "gift_card", "other"]
SignedHow = Literal["paper", "screen", "electronic"]
RegistrationState = Literal["open", "registered", "destroyed"]
Duty = Literal["own", "with_head", "none", "unknown"]


@value
class Birthplace:
    """`municipality_code` is the authority's (Italy: nine digits), `province` two letters, `country` ISO alpha-2."""

    municipality: str | None = None
    municipality_code: str | None = None
    province: str | None = None
    country: str | None = None


@value
class IdentityDocument:
    """`number` and `support_number` are kept sealed, and shown as ``••••1234``.

    `support_number` is that of the card itself (Spanish DNI and NIE). `code` is the authority's own code of the kind,
    where `kind` is not exact enough (Italy: ``IDELE``). `issuing_code` is the Italian municipality it was issued in.
    """

    kind: DocumentKind | None = None
    code: str | None = None
    number: str | None = None
    support_number: str | None = None
    issuing_country: str | None = None
    issuing_place: str | None = None
    issuing_code: str | None = None


@value
class Residence:
    """Where somebody lives; `municipality_code` is INE's five digits in Spain."""

    street: str | None = None
    postcode: str | None = None
    city: str | None = None
    municipality_code: str | None = None
    country: str | None = None


@value
class Kin:
    """What somebody is to another guest of the booking: its `child`, its `ward`."""

    kind: Kinship
    to: int


@value
class Signature:
    signed_at: datetime
    how: SignedHow


@value
class Particulars:
    """A guest as registered. `head` is the position of who heads their family or group, `kin` says whose minor they
    are.

    `payment` is how the stay is paid, asked once per booking. `entered_at` and `left_at` are what the desk saw.
    """

    given_name: str | None = None
    surname: str | None = None
    second_surname: str | None = None
    sex: Sex | None = None
    birth_date: date | None = None
    birth_place: Birthplace | None = None
    nationality: str | None = None
    other_nationalities: tuple[str, ...] = ()
    document: IdentityDocument | None = None
    residence: Residence | None = None
    phone: str | None = None
    email: str | None = None
    role: PartyRole | None = None
    head: int | None = None
    kin: Kin | None = None
    payment: PaymentKind | None = None
    entered_at: datetime | None = None
    left_at: datetime | None = None
    signature: Signature | None = None

    bounded = at_most(5, "other_nationalities")


@value
class Registration:
    """`open`: nothing is registered yet (`version` 0), and `person` is what the booking knows already.

    `destroyed`: it was kept as long as the law says and no longer; nothing personal is left. `keep_until` is the last
    day it is kept, as things stand: the authority's receipt may bring it forward. `profile_id` and `property_id`: who
    it is, and where, for what the house's own fields say beside the register.
    """

    booking_id: UUID
    position: int
    version: int
    state: RegistrationState
    person: Particulars
    keep_until: date | None = None
    changed_at: datetime | None = None
    profile_id: UUID | None = None
    property_id: UUID | None = None


@value
class Registrations:
    items: tuple[Registration, ...]


@request
class ReadRegistrations(Request[Registrations]):
    """Everybody who stays, by position. Refuses with NoSuchBooking."""

    booking_id: UUID


@request
class ReadRegistration(Request[Registration]):
    """Refuses with NoSuchBooking and NoSuchRegistration."""

    booking_id: UUID
    position: int


@value
class RegistrationKept:
    """Nothing personal, as replies are remembered for a week."""

    booking_id: UUID
    position: int
    version: int


@request
class KeepRegistration(Request[RegistrationKept]):
    """What `said` says replaces what was registered, else what the booking knows; what is named in `clear` is emptied.

    `version` is the one that was read, 0 where nothing was registered, None where nobody stood at that position: then
    it is somebody whom only the desk met, and nobody who comes onto the booking later is given the position. Refuses
    with RegistrationHasChanged, NotARegistration, RegistrationDestroyed and, where nobody will stay, StateForbids.
    """

    booking_id: UUID
    position: int
    version: int | None
    said: Particulars
    clear: tuple[str, ...] = ()


@request
class DeleteRegistration(Request[RegistrationKept]):
    """Registered by mistake: nothing personal is left. What went into an export stays in that export's file."""

    booking_id: UUID
    position: int
    version: int


@value
class Missing:
    """What is missing or wrong, and where in the registration; never what was said."""

    pointer: str
    detail: str


@value
class GuestStatus:
    """One guest and what the register still asks of them; `position` is None for those who are only counted.

    `duty`: registered on their `own`, `with_head` (counted with who heads them), `none`, or `unknown` as long as their
    nationality is. `signature_due`: the law asks for a signature that is not there; it holds up no export.
    """

    booking_id: UUID
    position: int | None
    version: int
    duty: Duty
    signature_due: bool = False
    missing: tuple[Missing, ...] = ()


@value
class MissingFound:
    """By `country`'s law; `form` is the register's: ses-hospedajes, alloggiati, siba, meldeschein or card."""

    country: str
    form: str
    items: tuple[GuestStatus, ...]


@request
class FindMissing(Request[MissingFound]):
    """Of a booking, or of a property (id or code) on a `day`: who enters on it, and leaves where that is told too."""

    booking_id: UUID | None = None
    property: str | None = None
    day: date | None = None
    country: str | None = None


class NoSuchRegistration(NotFound):
    """Nobody has this position on the booking, and nobody was registered in it."""


class RegistrationHasChanged(Conflict):
    """Somebody else has changed this registration since it was read."""


class RegistrationDestroyed(Conflict):
    """This registration was kept as long as the law says, and destroyed."""


class NotARegistration(Invalid):
    """The registration is not valid."""
