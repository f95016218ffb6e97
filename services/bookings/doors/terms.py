"""Terms of stays: written by the house, told to guests, and proven."""

from __future__ import annotations

from dataclasses import replace

from services.bookings.domain import life, terms
from services.bookings.domain.announcing import booker_of, contact_of, has_contact, primary_of
from services.bookings.doors.routing import refuse_others
from services.bookings.doors.telling import tell
from services.bookings.store import bookings, properties
from services.bookings.store import terms as store
from services.contracts.bookings import Property
from services.contracts.bookings.terms import (
    PropertyTerms,
    ReadTerms,
    ReadToldTerms,
    SetTermsTelling,
    TellTerms,
    Terms,
    TermsToldOf,
    ToldTerms,
    WriteTerms,
)
from services.kit.db import Tx
from services.kit.doors import command, query


class TermsOfStays:
    @command
    def write_terms(self, tx: Tx, request: WriteTerms) -> Terms:
        said = terms.checked(request)
        return store.write(tx, properties.read(tx, request.property).id, said)

    @command
    def set_terms_telling(self, tx: Tx, request: SetTermsTelling) -> PropertyTerms:
        said = terms.checked_telling(request)
        house = properties.read(tx, request.property)
        store.set_telling(tx, house.id, said)
        return _of(tx, house, ReadTerms(property=request.property))

    @query
    def read_terms(self, tx: Tx, request: ReadTerms) -> PropertyTerms:
        language = request.language and terms.checked_language(request.language)
        return _of(tx, properties.read(tx, request.property), replace(request, language=language))

    @command
    def tell_terms(self, tx: Tx, request: TellTerms) -> ToldTerms:
        language = request.language and terms.checked_language(request.language)
        booking = bookings.lock(tx, request.booking_id)
        refuse_others(tx, booking.id)
        life.still_open(booking.state)
        return tell(tx, booking, request.how, language, tx.context.actor)

    @query
    def read_told_terms(self, tx: Tx, request: ReadToldTerms) -> TermsToldOf:
        booking = bookings.read(tx, request.booking_id)
        found = store.told_of(tx, booking.id, request.number)
        told = (
            replace(
                each,
                contact_profile_id=contact_of(booking).profile_id,
                contact_named=has_contact(booking),
                booker_profile_id=booker_of(booking).profile_id,
                guest_profile_id=primary_of(booking).profile_id,
            )
            for each in found
        )
        return TermsToldOf(items=tuple(told))


def _of(tx: Tx, house: Property, asked: ReadTerms) -> PropertyTerms:
    language, automatic = store.telling(tx, house.id)
    return PropertyTerms(
        property_id=house.id,
        language=language or terms.language_of(house.country),
        automatic=automatic,
        items=store.read(tx, house.id, asked.language, history=asked.history),
    )
