"""The people on a booking: staff and sources name them, profiles finds out who they are, bookings links them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from uuid import UUID

from services.bookings.domain import people_changes
from services.bookings.domain.booking import Booking, identified
from services.bookings.domain.consents import newly_stated, stated
from services.bookings.doors.keeping import keep, shown_after
from services.bookings.doors.routing import follow_level, refuse_others
from services.bookings.store import bookings, notices
from services.bookings.store import people as store
from services.contracts import bookings as contract
from services.contracts.bookings import (
    AddPerson,
    BookingHasChanged,
    BookingPeople,
    ChangePerson,
    DepartedGuestsKept,
    DoNotBook,
    KeepDepartedGuests,
    Person,
    ReadBookingPeople,
    RemovePerson,
    SetNeeds,
)
from services.contracts.profiles import GuestsIdentified, LevelChanged
from services.kit.db import Tx
from services.kit.doors import command, query, subscribe


def tell_consents(tx: Tx, booking: Booking, people: Sequence[Person]) -> None:
    """No statement where nobody said anything."""
    notice = notices.stating_consents(tx, booking.source, booking.external_ref) if people else None
    if notice:
        for person in people:
            tx.announce(stated(booking, person, *notice))


class People:
    @command
    def add_person(self, tx: Tx, request: AddPerson) -> contract.Booking:
        def change(before: Booking) -> Booking:
            _refuse_unwelcome(tx, request, None)
            return people_changes.with_person(before, request.person, tx.now)

        return _changed(tx, request, change)

    @command
    def change_person(self, tx: Tx, request: ChangePerson) -> contract.Booking:
        def change(before: Booking) -> Booking:
            _refuse_unwelcome(tx, request, _profile_at(before, request.position))
            return people_changes.with_changed_person(before, request.position, request.person, tx.now)

        return _changed(tx, request, change)

    @command
    def remove_person(self, tx: Tx, request: RemovePerson) -> contract.Booking:
        return _changed(tx, request, lambda before: people_changes.without_person(before, request.position, tx.now))

    @command
    def set_needs(self, tx: Tx, request: SetNeeds) -> contract.Booking:
        before = bookings.lock(tx, request.booking_id)
        routing = refuse_others(tx, before.id)
        after = people_changes.with_needs(before, request, tx.now)
        if after != before:
            if request.version not in (None, before.version):
                raise BookingHasChanged(facts={"version": str(before.version)})
            after = keep(tx, after, before)
        return shown_after(tx, after, routing)

    @command
    def keep_departed_guests(self, tx: Tx, request: KeepDepartedGuests) -> DepartedGuestsKept:
        kept = store.keep_departed(tx, request.booking_id, request.version, request.guests)
        return DepartedGuestsKept(booking_id=request.booking_id, kept=kept)

    @subscribe(GuestsIdentified, together=True)
    def link_people(self, tx: Tx, event: GuestsIdentified) -> None:
        before = bookings.lock(tx, event.booking_id)
        settled = before.state == "cancelled" and before.identified
        if event.booking_version < before.people_version or settled:
            return
        unwelcome = sorted({p.profile_id for p in event.people if p.do_not_book})
        for profile_id in unwelcome:
            bookings.remember_unwelcome(tx, profile_id, 0, True)
        found = {p.position: p.profile_id for p in event.people}
        left_out = {p.position: p.left_out for p in event.people}
        after = identified(before, found, unwelcome, tx.now, left_out)
        if after != before:
            after = keep(tx, after, before)
            tell_consents(tx, after, newly_stated(before, after))

    @subscribe(LevelChanged, together=True)
    def remember_level(self, tx: Tx, event: LevelChanged) -> None:
        bookings.remember_unwelcome(tx, event.profile_id, event.version, event.do_not_book)
        follow_level(tx, event)

    @query
    def read_booking_people(self, tx: Tx, request: ReadBookingPeople) -> BookingPeople:
        found = bookings.read(tx, request.booking_id)
        return BookingPeople(
            booking_id=found.id,
            version=found.people_version,
            identified=found.identified,
            country=found.country,
            people=found.people,
            property_id=found.property_id,
        )


def _changed(
    tx: Tx, request: AddPerson | ChangePerson | RemovePerson, change: Callable[[Booking], Booking]
) -> contract.Booking:
    """What has been changed to this already is answered as it is, whatever version was read (RFC 9110, 13.1.1)."""
    before = bookings.lock(tx, request.booking_id)
    routing = refuse_others(tx, before.id)
    after = change(before)
    if after != before:
        if not people_changes.read_in(before, request.version):
            raise BookingHasChanged(facts={"version": str(before.version)})
        after = people_changes.judged(after, store.any_unwelcome(tx, after.profile_ids))
        after = keep(tx, after, before)
    return shown_after(tx, after, routing)


def _refuse_unwelcome(tx: Tx, request: AddPerson | ChangePerson, present: UUID | None) -> None:
    """Staff name nobody whom the house does not book; who is on the booking already is no new one."""
    named = request.person.profile_id
    if named and named != present and (request.do_not_book or store.any_unwelcome(tx, [named])):
        raise DoNotBook


def _profile_at(booking: Booking, position: int) -> UUID | None:
    return next((p.profile_id for p in booking.people if p.position == position), None)
