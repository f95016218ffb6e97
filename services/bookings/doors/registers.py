"""Guest registers: drawn up for a day, handed over as files, looked at and noted, and destroyed in time."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from services.bookings.domain.ids import new_id
from services.bookings.domain.registers.countries import is_country
from services.bookings.domain.registers.drawing import Drawn, draw, law_of
from services.bookings.domain.registers.house import checked_house, checked_reference
from services.bookings.domain.registers.law import Law, Sheet
from services.bookings.domain.registers.party import Party
from services.bookings.domain.texts import faults
from services.bookings.doors import listing
from services.bookings.store import properties
from services.bookings.store.registers import documents, ending, exports, looks, records
from services.contracts.bookings import Property
from services.contracts.bookings.registers import (
    DestructionsFound,
    ExportRegister,
    FindByDocument,
    FindDestructions,
    FindRegisters,
    GuestsOfDocument,
    KeepReceipt,
    LookAtCards,
    LookAtDocument,
    LookAtFile,
    NotARegister,
    NoteLook,
    NothingToRegister,
    ReadRegister,
    ReadRegisterHouse,
    RegisteredGuest,
    RegisterExport,
    RegisterFile,
    RegisterHouse,
    RegisterLook,
    RegisterNotSetUp,
    RegistersFound,
    RegistrationCards,
    SetRegisterHouse,
)
from services.contracts.bookings.registration import IdentityDocument, NoSuchRegistration
from services.kit import sealing
from services.kit.db import Tx, lock_key
from services.kit.doors import command, every, query
from services.kit.refusal import Invalid, Problem

_log = logging.getLogger(__name__)

_MOST_DESTROYED = 10_000  # in one transaction; what is left waits for the next run
_MOST_SEALED = 500
_END = 2**63 - 1
# With these a file depends on nothing but what is in it.
_NO_NUMBER, _NO_TIME = 0, datetime(2000, 1, 1, tzinfo=UTC)


class Registers:
    # ── how the authority knows a property ───────────────────────────────────────────────────────────────────────────

    @command
    def set_register_house(self, tx: Tx, request: SetRegisterHouse) -> RegisterHouse:
        house = checked_house(request.house)
        exports.keep_house(tx, properties.read(tx, request.property).id, house)
        return house

    @query
    def read_register_house(self, tx: Tx, request: ReadRegisterHouse) -> RegisterHouse:
        return exports.house(tx, properties.read(tx, request.property).id)

    # ── exports ──────────────────────────────────────────────────────────────────────────────────────────────────────

    @command
    def export_register(self, tx: Tx, request: ExportRegister) -> RegisterExport:
        """Where what is in it has not changed, or was destroyed since, it is the export that was made before."""
        if request.country and not is_country(request.country):
            raise NotARegister(errors=[Problem("/country", "Not an ISO 3166-1 alpha-2 country code.")])
        house = properties.read(tx, request.property)
        country = request.country or house.country
        law = law_of(country)
        told = exports.house(tx, house.id)
        if problems := list(law.lacks_of_house(told)):
            raise RegisterNotSetUp(errors=problems)
        tx.lock([lock_key(f"register {house.id} {country}".encode())])
        number = exports.next_number(tx, house.id, country)
        drawn = draw(law, records.parties_of_day(tx, house.id, request.day), request.day)
        before = exports.last(tx, house.id, country, request.day)
        sheet = _sheet(house, told, drawn, request)
        content = hashlib.sha256(law.write(sheet).encode() if drawn.moves else b"").digest()
        if before and (before[1] == content or not drawn.moves and before[0].state == "destroyed"):
            return replace(before[0], left_out=drawn.left_out, exempt=drawn.exempt, repeated=True)
        return exports.add(
            tx,
            exports.New(
                id=new_id(tx.now),
                property_id=house.id,
                country=country,
                form=law.form,
                day=request.day,
                number=number,
                exempt=drawn.exempt,
                left_out=drawn.left_out,
                content=content,
                moves=drawn.moves,
                file=_file(law, house, replace(sheet, number=number, made_at=tx.now)) if drawn.moves else None,
            ),
        )

    @query
    def read_register(self, tx: Tx, request: ReadRegister) -> RegisterExport:
        return replace(exports.read(tx, request.register_id), entries=exports.entries(tx, request.register_id))

    @query
    def find_registers(self, tx: Tx, request: FindRegisters) -> RegistersFound:
        limit = listing.limit(request.limit)
        after = listing.position(request.cursor, UUID)
        property_id = properties.asked_for(tx, request.property)
        found = exports.find(tx, property_id, request.day, after[0] if after else None, limit + 1)
        more = listing.cursor_of(found[limit - 1].id) if len(found) > limit else None
        return RegistersFound(items=tuple(found[:limit]), next=more)

    @command
    def keep_receipt(self, tx: Tx, request: KeepReceipt) -> RegisterExport:
        reference = checked_reference(request.reference)
        register = exports.read(tx, request.register_id)
        if register.state == "empty":
            raise NothingToRegister
        house = properties.read(tx, str(register.property_id))
        today = tx.now.astimezone(ZoneInfo(house.time_zone)).date()
        received_on = request.received_on or today
        if not register.day <= received_on <= today:
            raise NotARegister(errors=[Problem("/received_on", "Neither before the day of the register nor to come.")])
        return exports.keep_receipt(tx, register.id, reference, received_on)

    # ── what is otherwise masked ─────────────────────────────────────────────────────────────────────────────────────

    @command
    def note_look(self, tx: Tx, request: NoteLook) -> RegisterLook:
        if problems := list(faults("/reason", request.reason, 200)):
            raise Invalid(errors=problems)
        if request.kind == "file":
            if exports.read(tx, request.about).state == "empty":
                raise NothingToRegister
            exports.file(tx, request.about)
        else:
            _refuse_nobody(records.party(tx, request.about), request)
        look_id = new_id(tx.now)
        looks.note(tx, look_id, request)
        return RegisterLook(id=look_id)

    @query
    def look_at_document(self, tx: Tx, request: LookAtDocument) -> IdentityDocument:
        booking_id, position = looks.about(tx, request.look_id, "document")
        guest = records.party(tx, booking_id).by_position.get(-1 if position is None else position)
        return (guest.person.document if guest else None) or IdentityDocument()

    @command
    def find_by_document(self, tx: Tx, request: FindByDocument) -> GuestsOfDocument:
        number = documents.checked_number(request.document)
        if not sealing.configured():
            raise Invalid(errors=[Problem("/document", "No numbers are kept here: no sealing keys are set.")])
        found = documents.holders(tx, number)
        for holder in found:
            looks.note_search(tx, new_id(tx.now), holder.booking_id, holder.position)
        return GuestsOfDocument(
            profile_ids=tuple(dict.fromkeys(each.profile_id for each in found if each.profile_id)),
            registered=tuple(
                RegisteredGuest(booking_id=each.booking_id, position=each.position)
                for each in found
                if not each.profile_id
            ),
        )

    @query
    def look_at_cards(self, tx: Tx, request: LookAtCards) -> RegistrationCards:
        booking_id, position = looks.about(tx, request.look_id, "card")
        party = records.party(tx, booking_id)
        law = law_of(party.booking.country)
        wanted = (guest for guest in party.guests if position in (None, guest.position) and guest.state != "destroyed")
        cards = [(guest, party) for guest in wanted if law.duty(guest, party) in ("own", "unknown")]
        if not cards:
            raise NothingToRegister
        return law.cards(properties.read(tx, str(party.booking.property_id)).name, cards)

    @query
    def look_at_file(self, tx: Tx, request: LookAtFile) -> RegisterFile:
        export_id, _ = looks.about(tx, request.look_id, "file")
        return exports.file(tx, export_id)

    # ── the end ──────────────────────────────────────────────────────────────────────────────────────────────────────

    @every(seconds=6 * 3600)
    def destroy_registrations(self, tx: Tx) -> None:
        """Registrations whose time is over, and the files they went into; how many they were is noted."""
        for each in ending.destroy_due(tx, tx.now, _MOST_DESTROYED):
            _log.info("destroyed %d registrations and %d files of %s", each.registrations, each.files, each.country)

    @every(seconds=3600)
    def seal_registrations_again(self, tx: Tx) -> None:
        """With the present key what was sealed with an older one, so that that can be taken away."""
        if not sealing.configured():
            return
        count = records.seal_again(tx, _MOST_SEALED) + exports.seal_again(tx, _MOST_SEALED)
        if count:
            _log.info("sealed %d registrations and files with the present key", count)

    @query
    def find_destructions(self, tx: Tx, request: FindDestructions) -> DestructionsFound:
        limit = listing.limit(request.limit)
        before = listing.position(request.cursor, int)
        found = ending.destructions(tx, min(before[0], _END) if before else _END, limit + 1)
        more = listing.cursor_of(found[limit - 1][0]) if len(found) > limit else None
        return DestructionsFound(items=tuple(each for _, each in found[:limit]), next=more)


def _sheet(house: Property, told: RegisterHouse, drawn: Drawn, request: ExportRegister) -> Sheet:
    return Sheet(
        house=told,
        property_name=house.name,
        time_zone=house.time_zone,
        day=request.day,
        number=_NO_NUMBER,
        made_at=_NO_TIME,
        moves=drawn.moves,
    )


def _file(law: Law, house: Property, sheet: Sheet) -> RegisterFile:
    name = f"{law.form}-{house.code}-{sheet.day}-{sheet.number}.{law.suffix}"
    return RegisterFile(name=name, media_type=law.media_type, text=law.write(sheet))


def _refuse_nobody(party: Party, request: NoteLook) -> None:
    """A document is somebody's, a card somebody's or everybody's on the booking."""
    if request.position is None and request.kind == "card":
        return
    guest = party.by_position.get(-1 if request.position is None else request.position)
    if guest is None or guest.state == "destroyed":
        raise NoSuchRegistration
