"""What the law asks to know of each guest: registered at the desk, shown masked, complete or not."""

from __future__ import annotations

from services.bookings.domain.registers import particulars
from services.bookings.domain.registers.drawing import draw, lacks_of, law_of
from services.bookings.domain.registers.party import Guest, Party
from services.bookings.store import properties
from services.bookings.store.registers import records
from services.contracts.bookings import StateForbids
from services.contracts.bookings.registration import (
    DeleteRegistration,
    FindMissing,
    KeepRegistration,
    MissingFound,
    NoSuchRegistration,
    NotARegistration,
    Particulars,
    ReadRegistration,
    ReadRegistrations,
    Registration,
    RegistrationDestroyed,
    RegistrationHasChanged,
    RegistrationKept,
    Registrations,
)
from services.kit.db import Tx
from services.kit.doors import command, query
from services.kit.refusal import Invalid, Problem


class Registering:
    @query
    def read_registrations(self, tx: Tx, request: ReadRegistrations) -> Registrations:
        return Registrations(items=_shown(tx, records.party(tx, request.booking_id)))

    @query
    def read_registration(self, tx: Tx, request: ReadRegistration) -> Registration:
        for found in _shown(tx, records.party(tx, request.booking_id)):
            if found.position == request.position:
                return found
        raise NoSuchRegistration

    @command
    def keep_registration(self, tx: Tx, request: KeepRegistration) -> RegistrationKept:
        """A snapshot of the stay: what changes on the booking or the profile afterwards does not change it."""
        party = records.party(tx, request.booking_id)
        if not party.holds:
            raise StateForbids("Nobody stays on this booking.", facts={"state": party.booking.state})
        guest = party.by_position.get(request.position)
        if guest is None:
            guest = _newcomer(tx, party, request)
        else:
            _check_version(guest, request.version)
        person = particulars.tidied(particulars.merged(guest.person, request.said, request.clear))
        particulars.check(person, request.position, party.booking, tx.now)
        version = records.keep(tx, request.booking_id, request.position, request.version or 0, person)
        return RegistrationKept(booking_id=request.booking_id, position=request.position, version=version)

    @command
    def delete_registration(self, tx: Tx, request: DeleteRegistration) -> RegistrationKept:
        guest = records.party(tx, request.booking_id).by_position.get(request.position)
        if guest is None or guest.state == "open":
            raise NoSuchRegistration
        _check_version(guest, request.version)
        version = records.delete(tx, request.booking_id, request.position, request.version)
        return RegistrationKept(booking_id=request.booking_id, position=request.position, version=version)

    @query
    def find_missing(self, tx: Tx, request: FindMissing) -> MissingFound:
        if request.booking_id:
            party = records.party(tx, request.booking_id)
            law = law_of(request.country or party.booking.country)
            return MissingFound(country=law.country, form=law.form, items=tuple(lacks_of(law, party)))
        if not (request.property and request.day):
            raise Invalid(errors=[Problem("/day", "Name a booking, or a property and a day.")])
        house = properties.read(tx, request.property)
        law = law_of(request.country or house.country)
        drawn = draw(law, records.parties_of_day(tx, house.id, request.day), request.day)
        return MissingFound(country=law.country, form=law.form, items=drawn.left_out)


def _newcomer(tx: Tx, party: Party, request: KeepRegistration) -> Guest:
    """Somebody whom only the desk met, at a position that nobody has."""
    if not 0 <= request.position < particulars.MOST_POSITIONS:
        raise NotARegistration(errors=[Problem("/position", f"From 0 to {particulars.MOST_POSITIONS - 1}.")])
    if request.version:
        raise RegistrationHasChanged(facts={"version": "0"})
    records.take_position(tx, party.booking, request.position)
    return Guest(position=request.position, person=Particulars())


def _check_version(guest: Guest, version: int | None) -> None:
    if guest.state == "destroyed":
        raise RegistrationDestroyed
    if guest.version != version:
        raise RegistrationHasChanged(facts={"version": str(guest.version)})


def _shown(tx: Tx, party: Party) -> tuple[Registration, ...]:
    until = records.keep_until(tx, party.booking.id)
    who = {person.position: person.profile_id for person in party.booking.people}
    return tuple(
        Registration(
            booking_id=party.booking.id,
            position=guest.position,
            version=guest.version,
            state=guest.state,
            person=particulars.masked(guest.person),
            keep_until=until.get(guest.position) if guest.state == "registered" else None,
            changed_at=guest.changed_at,
            profile_id=None if guest.state == "destroyed" else who.get(guest.position),
            property_id=party.booking.property_id,
        )
        for guest in party.guests
    )
