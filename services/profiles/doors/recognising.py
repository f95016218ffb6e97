"""The story of recognising a booking's people, from what bookings says to what is announced.

Two bookings of one new guest that arrive at the same moment take the same locks, so the second finds what the first
has made. Besides the message's own bookkeeping it is three statements, however many people there are, where nothing is
said of the house's own fields, and none has a default for who is new.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from uuid import UUID

from services.contracts.bookings import BookingPeople, BookingPeopleChanged, BookingReceived, ReadBookingPeople
from services.contracts.profiles import (
    ContactsChanged,
    GuestsIdentified,
    IdentifiedPerson,
    ProfileChanged,
    ProfileCreated,
)
from services.kit.ask import Ask
from services.kit.db import Tx
from services.kit.doors import subscribe
from services.kit.ids import new_id
from services.profiles.domain.card import Card
from services.profiles.domain.guests import read_guests
from services.profiles.domain.reach import written
from services.profiles.domain.recognition import Recognised, recognise, traces
from services.profiles.domain.waiting import locks
from services.profiles.doors import booked
from services.profiles.store import identifiers
from services.profiles.store import recognition as store
from services.profiles.store.recognition import Addition, Known


class Recognising:
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


def recognise_people(tx: Tx, booking: BookingPeople) -> None:
    """Give everybody on the booking a profile and announce it, unless that has been done for these people."""
    rules = identifiers.in_memory()
    guests = read_guests(booking.people, booking.country, tx.now.date(), rules)
    sought = traces(guests)
    edition = store.wait_for(tx, locks(sought, f"booking {booking.booking_id}"))
    if edition != rules.edition:
        rules = identifiers.rules_of(tx, edition)
        guests = read_guests(booking.people, booking.country, tx.now.date(), rules)
        sought = traces(guests)
        store.wait_for(tx, locks(sought, f"booking {booking.booking_id}"))
    found = store.candidates(
        tx,
        booking.booking_id,
        identifiers=sought.identifiers,
        births=sought.births,
        companies=sought.companies,
        ids=sought.ids,
        companions=sought.companions,
        several=len(guests) > 1,
    )
    if found.done_for >= booking.version:
        return
    known = found.known
    candidates = [each.candidate for each in known.values()]
    if found.now:
        guests = tuple(replace(g, profile_id=found.now.get(g.profile_id, g.profile_id)) for g in guests)  # type: ignore[arg-type]
    answers = recognise(guests, candidates, found.overused, new_id, tx.now, found.certain, rules)
    created = _cards(answers, known)
    additions = list(_additions(answers, known))
    said = booked.read(tx, booking, answers, created, by_default=found.defaults)
    places = {answer.guest.position: answer.profile_id for answer in answers}
    versions = store.save(
        tx, created=created, additions=additions, booking=(booking.booking_id, booking.version, places)
    )
    for profile_id, card in created.items():
        tx.announce(ProfileCreated(profile_id=profile_id, version=1, kind=card.kind))
    for profile_id, version in versions.items():
        tx.announce(ProfileChanged(profile_id=profile_id, version=version))
    booked.keep(tx, booking, said, created)
    for added in additions:
        if added.says_who_it_is:
            tx.announce(ContactsChanged(profile_id=added.profile_id, version=versions[added.profile_id]))
    tx.announce(
        GuestsIdentified(
            booking_id=booking.booking_id, booking_version=booking.version, people=tuple(_people(answers, known))
        )
    )


def _cards(answers: list[Recognised], known: dict[UUID, Known]) -> dict[UUID, Card]:
    """The cards of whoever is new; one that several guests turned out to be has the contact points of all."""
    cards: dict[UUID, Card] = {}
    for answer in answers:
        if answer.profile_id in known:
            continue
        card = answer.guest.card
        cards[answer.profile_id] = cards[answer.profile_id].completed_by(card) if answer.profile_id in cards else card
    return cards


def _additions(answers: list[Recognised], known: dict[UUID, Known]) -> Iterator[Addition]:
    """What the booking says of people we know and the register does not have yet."""
    seen: dict[UUID, Addition] = {}
    for answer in answers:
        if (found := known.get(answer.profile_id)) is None:
            continue
        card, there = answer.guest.card, found.candidate
        before = seen.get(answer.profile_id, Addition(answer.profile_id))
        keys = there.keys | {point.key for point in before.points}
        nameless = not there.card.search_name and bool(card.search_name)
        seen[answer.profile_id] = Addition(
            profile_id=answer.profile_id,
            names_of=before.names_of or (card if nameless and card.is_person == there.card.is_person else None),
            birth_date=before.birth_date or (card.birth_date if there.card.birth_date is None else None),
            language=before.language or (card.language if there.card.language is None else None),
            addresses=before.addresses or (() if found.has_address else card.addresses),
            points=before.points + tuple(replace(p, primary=False) for p in card.points if p.key not in keys),
        )
    for profile_id, addition in seen.items():
        if addition != Addition(profile_id) or known[profile_id].stage == "lead":
            yield addition


def _people(answers: list[Recognised], known: dict[UUID, Known]) -> Iterator[IdentifiedPerson]:
    for answer in answers:
        unwelcome = answer.profile_id in known and known[answer.profile_id].do_not_book
        yield IdentifiedPerson(
            position=answer.guest.position,
            profile_id=answer.profile_id,
            created=answer.created,
            score=answer.score,
            reasons=answer.reasons,
            do_not_book=unwelcome,
            left_out=_left_out(answer, known),
        )
        for position in answer.guest.brought:
            yield IdentifiedPerson(
                position=position,
                profile_id=answer.profile_id,
                created=False,
                score=0.0,
                reasons=("no-details",),
                do_not_book=unwelcome,
                left_out=answer.guest.left_out.get(position, ()),
            )


def _left_out(answer: Recognised, known: dict[UUID, Known]) -> tuple[str, ...]:
    """With the address of whom the register knows by another one: that one stays."""
    guest, left = answer.guest, answer.guest.left_out.get(answer.guest.position, ())
    if (found := known.get(answer.profile_id)) is None or not found.has_address:
        return left
    there = {written(each) for each in found.candidate.card.addresses}
    other = any(each.lines and written(each) not in there for each in guest.card.addresses)
    return (*left, "address-not-added") if other else left
