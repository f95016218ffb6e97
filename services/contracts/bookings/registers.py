"""Guest registers: what goes to the authority, or stays in the hotel's files, for one property and day."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from services.contracts.bookings.registration import (
    GuestStatus,
    IdentityDocument,
    PaymentKind,
    Signature,
)
from services.kit.refusal import Conflict, Forbidden, Invalid, NotFound
from services.kit.wire import Request, request, value

ExportState = Literal["exported", "empty", "sent", "destroyed"]
RegisterEvent = Literal["entry", "exit"]
LookKind = Literal["document", "card", "file"]


@value
class RegisterHouse:
    """How the authority knows a property. What of it is needed depends on the country.

    `establishment` is the authority's code of the house (Spain: ten digits; Portugal: two to four), `tax_number` the
    Portuguese NIPC. `payment` is how guests pay where nothing else is said, `check_in` and `check_out` are ``15:00``.
    """

    establishment: str | None = None
    tax_number: str | None = None
    name: str | None = None
    abbreviation: str | None = None
    street: str | None = None
    city: str | None = None
    postcode: str | None = None
    phone: str | None = None
    contact_name: str | None = None
    contact_email: str | None = None
    payment: PaymentKind | None = None
    check_in: str = "15:00"
    check_out: str = "11:00"


@request
class SetRegisterHouse(Request[RegisterHouse]):
    """Refuses with NoSuchProperty and NotARegister."""

    property: str
    house: RegisterHouse


@request
class ReadRegisterHouse(Request[RegisterHouse]):
    property: str


@value
class RegisterEntry:
    """A registration in a file, in the version it had. `profile_id`: who stands there now, while the file is there."""

    booking_id: UUID
    position: int
    version: int
    event: RegisterEvent
    profile_id: UUID | None = None


@value
class RegisterExport:
    """One export. `number` counts a property's exports under one country's law. `entries` are there where it is read by
    itself.

    `guests` are in the file, `exempt` need not be, `left_out` are not in it and why. `sha256` is the file's.
    `sent`: the authority's receipt is there. `destroyed`: the file is gone, with the registrations it was made of.
    """

    id: UUID
    property_id: UUID
    country: str
    form: str
    day: date
    number: int
    state: ExportState
    guests: int
    exempt: int
    left_out: tuple[GuestStatus, ...]
    file_name: str | None
    sha256: str | None
    exported_at: datetime
    exported_by: str
    receipt: str | None = None
    received_on: date | None = None
    repeated: bool = False
    entries: tuple[RegisterEntry, ...] = ()


@request
class ExportRegister(Request[RegisterExport]):
    """Draw up a property's register of a day by `country`'s law, the property's own where nothing is said.

    Where nothing in it has changed since the last time, that export is the answer again, with `repeated` and with whom
    it leaves out now. Refuses with NoSuchProperty and RegisterNotSetUp.
    """

    property: str
    day: date
    country: str | None = None


@request
class ReadRegister(Request[RegisterExport]):
    register_id: UUID


@value
class RegistersFound:
    items: tuple[RegisterExport, ...]
    next: str | None = None


@request
class FindRegisters(Request[RegistersFound]):
    """Newest first."""

    property: str | None = None
    day: date | None = None
    limit: int = 50
    cursor: str | None = None


@request
class KeepReceipt(Request[RegisterExport]):
    """The authority has received the file; `reference` is its receipt's. Refuses with AlreadyReceived."""

    register_id: UUID
    reference: str
    received_on: date | None = None


@value
class RegisterLook:
    id: UUID


@request
class NoteLook(Request[RegisterLook]):
    """Somebody looks at what is otherwise masked: noted for ever, and the look that follows lasts a minute.

    `about` is the booking, or the register of a `file`; `position` is the person's on the booking.
    """

    kind: LookKind
    about: UUID
    position: int | None = None
    reason: str | None = None


@request
class LookAtDocument(Request[IdentityDocument]):
    """The document with its numbers. Refuses with NoSuchLook where it was not noted just now by the same caller."""

    look_id: UUID


@value
class RegisteredGuest:
    """Somebody on a booking who has no profile there, such as whom the desk alone met."""

    booking_id: UUID
    position: int


@value
class GuestsOfDocument:
    """Their profiles, and who was registered without one; who was registered last first."""

    profile_ids: tuple[UUID, ...]
    registered: tuple[RegisteredGuest, ...] = ()


@request
class FindByDocument(Request[GuestsOfDocument]):
    """Who was registered with a document of this number, however it is written; that they were looked for is noted for
    ever. Refuses with Invalid where numbers are not kept.
    """

    never_kept = ("document",)

    document: str


@value
class RegisterFile:
    name: str
    media_type: str
    text: str


@request
class LookAtFile(Request[RegisterFile]):
    """Refuses with NoSuchLook, NothingToRegister and RegisterFileDestroyed."""

    look_id: UUID


@value
class Companions:
    """Who is counted with a guest and not named: how many of a nationality."""

    nationality: str
    count: int


@value
class CardField:
    """A line of a registration card: `name` says which; `value` is in codes and ISO dates, None where it is unknown."""

    name: str
    value: str | None = None


@value
class RegistrationCard:
    """A registration card: what a guest reads, completes and signs."""

    booking_id: UUID
    reference: str
    position: int
    language: str | None = None
    fields: tuple[CardField, ...]
    companions: tuple[Companions, ...] = ()
    signs: bool = True
    signature: Signature | None = None


@value
class RegistrationCards:
    """`law` is what the notice on the card names, `kept_months` for how long the hotel keeps it: 0 where it keeps
    nothing once the authority has it.
    """

    property_name: str
    country: str
    form: str
    law: str
    kept_months: int
    cards: tuple[RegistrationCard, ...]


@request
class LookAtCards(Request[RegistrationCards]):
    """The cards of a booking, or of one of its people. Refuses with NoSuchLook and NothingToRegister."""

    look_id: UUID


@value
class Destruction:
    """What one run destroyed: registrations and files of a country's registers whose time was over."""

    destroyed_at: datetime
    country: str
    registrations: int
    files: int


@value
class DestructionsFound:
    items: tuple[Destruction, ...]
    next: str | None = None


@request
class FindDestructions(Request[DestructionsFound]):
    """Newest first."""

    limit: int = 50
    cursor: str | None = None


class NoSuchRegister(NotFound):
    """There is no such export of a register."""


class NotARegister(Invalid):
    """What is said of the register is not valid."""


class RegisterNotSetUp(Conflict):
    """The authority's codes of this property are missing: set them up first."""


class NothingToRegister(Conflict):
    """Nobody is to be registered here: there is nothing to hand over, nor to print."""


class RegisterFileDestroyed(Conflict):
    """This file was kept as long as the law says, and destroyed."""


class AlreadyReceived(Conflict):
    """This export has another receipt."""


class NoSuchLook(Forbidden):
    """This look was not noted, or is over."""
