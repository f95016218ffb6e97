"""The doors of profiles."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

from services.contracts.bookings import BookingCheckedOut, BookingPeopleChanged, BookingReceived, ReadBookingPeople
from services.contracts.profiles import (
    AddNote,
    ChangeProfile,
    CreateProfile,
    FindProfiles,
    LevelChanged,
    Note,
    Profile,
    ProfileChanged,
    ProfileCreated,
    ProfileHasChanged,
    ProfilesFound,
    ReadProfile,
)
from services.kit.ask import Ask
from services.kit.db import Tx
from services.kit.doors import Service, command, query, subscribe
from services.profiles import departures
from services.profiles.domain.card import changed_card, is_unwelcome, new_card, note_text
from services.profiles.domain.registered import Registered
from services.profiles.domain.search import read_search
from services.profiles.recognition import recognise_people
from services.profiles.store import recognition, register


class ProfilesService(Service):
    name = "profiles"
    bookings = Ask("bookings")

    @subscribe(BookingReceived)
    def recognise_guests(self, tx: Tx, event: BookingReceived) -> None:
        booking = self.bookings(ReadBookingPeople(booking_id=event.booking_id))
        if not booking.identified:
            recognise_people(tx, booking)

    @subscribe(BookingPeopleChanged)
    def recognise_changed_guests(self, tx: Tx, event: BookingPeopleChanged) -> None:
        booking = self.bookings(ReadBookingPeople(booking_id=event.booking_id))
        if not booking.identified:
            recognise_people(tx, booking)

    @subscribe(BookingCheckedOut)
    def tell_how_they_left(self, tx: Tx, event: BookingCheckedOut) -> None:
        """The stay keeps its guests as they are known now; what was said once is the same said again."""
        if departures.is_history(event.booking, tx.now.date()):
            return
        with self.db.reading(tx.context) as looking:
            found = register.by_ids(looking, event.booking.profile_ids)
        self.bookings(departures.as_they_left(event.booking, (each.shown() for each in found), tx.now))

    @command
    def create_profile(self, tx: Tx, request: CreateProfile) -> Profile:
        levels = register.levels(tx) if request.level else {}
        card = new_card(request, levels, tx.now.date())
        unwelcome = is_unwelcome(card, levels)
        created = Registered(uuid4(), 1, card, unwelcome, "lead", tx.now, tx.now)
        recognition.save(tx, created={created.id: card}, stage=created.stage)
        tx.announce(ProfileCreated(profile_id=created.id, version=1, kind=card.kind))
        if card.level:
            tx.announce(_level_changed(created))
        return created.shown()

    @query
    def read_profile(self, tx: Tx, request: ReadProfile) -> Profile:
        return register.read(tx, request.profile_id).shown()

    @command
    def change_profile(self, tx: Tx, request: ChangeProfile) -> Profile:
        """A change that changes nothing leaves the version as it is."""
        before = register.lock(tx, request.profile_id)
        if before.version != request.version:
            raise ProfileHasChanged(facts={"version": str(before.version)})
        levels = register.levels(tx)
        card = changed_card(before.card, request, levels, tx.now.date())
        if card == before.card:
            return before.shown()
        unwelcome = is_unwelcome(card, levels)
        version = register.replace(tx, before.id, card, points_too=card.points != before.card.points)
        after = replace(before, version=version, card=card, do_not_book=unwelcome, changed_at=tx.now)
        tx.announce(ProfileChanged(profile_id=after.id, version=version))
        if card.level != before.card.level:
            tx.announce(_level_changed(after))
        return after.shown()

    @query
    def find_profiles(self, tx: Tx, request: FindProfiles) -> ProfilesFound:
        wanted = read_search(request)
        if wanted.ids:
            return ProfilesFound(items=tuple(found.shown() for found in register.by_ids(tx, wanted.ids)))
        found = register.find(tx, wanted)
        page, more = found[: wanted.limit], found[wanted.limit :]
        return ProfilesFound(items=tuple(p.shown() for p in page), next=str(page[-1].id) if more else None)

    @command
    def add_note(self, tx: Tx, request: AddNote) -> Note:
        note = Note(
            id=uuid4(),
            profile_id=request.profile_id,
            text=note_text(request.text),
            pinned=request.pinned,
            author=tx.context.actor,
            written_at=tx.now,
        )
        version = register.add_note(tx, note)
        tx.announce(ProfileChanged(profile_id=note.profile_id, version=version))
        return note


def _level_changed(profile: Registered) -> LevelChanged:
    return LevelChanged(
        profile_id=profile.id, version=profile.version, level=profile.card.level, do_not_book=profile.do_not_book
    )
