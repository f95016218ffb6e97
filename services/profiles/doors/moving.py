"""A guest who turns out to be somebody known: the bookings move there, and a card with nothing of its own retires."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from services.contracts.bookings import BookingMoved, MoveBookings
from services.contracts.profiles import BookingsToMove, ContactsChanged, ProfileChanged, ProfileRetired
from services.kit.ask import Ask
from services.kit.db import Tx
from services.kit.doors import every, subscribe
from services.profiles.doors import stages
from services.profiles.store import fields, relations, timeline, verification
from services.profiles.store import moves as store
from services.profiles.store.moves import Standing
from services.profiles.store.timeline import Entry

_SWEPT = 100  # retired cards looked after at once


def join(tx: Tx, one: UUID, other: UUID, *, proven: bool, why: str) -> bool:
    """Two cards are certainly one person. Says whether one of them was retired; if not, people look into the pair.

    The card that was made of bookings is the other one's; of two such, or of two made by hand, the younger one. A card
    that somebody wrote gives its bookings away only where an address of theirs has been `proven`.
    """
    found = store.standing(tx, (one, other))
    if len(found) < 2:
        return False  # one of them has been retired meanwhile: whoever did that announced its change, and is heard
    leaving, staying = sorted(found.values(), key=_precedence, reverse=True)
    if leaving.by_hand and not proven:
        return False
    retired = not leaving.by_hand and not leaving.own
    if retired:
        versions = store.retire(tx, leaving.id, staying.id)
        verification.hand_over(tx, leaving.id, staying.id)
        relations.hand_over(tx, leaving.id, staying.id)
        fields.hand_over(tx, leaving.id, staying.id)
        for profile_id, version in sorted(versions.items()):
            tx.announce(ProfileChanged(profile_id=profile_id, version=version))
        tx.announce(ProfileRetired(profile_id=leaving.id, version=versions[leaving.id], into=staying.id))
        tx.announce(ContactsChanged(profile_id=staying.id, version=versions[staying.id]))
        facts = {"from": str(leaving.id), "to": str(staying.id), "why": why}
        told = Entry(leaving.id, tx.now, "move", "profile.retired", actor=tx.context.actor, facts=facts)
        timeline.record(tx, told, replace(told, profile_id=staying.id))
    tx.announce(BookingsToMove(profile_id=leaving.id, into=staying.id, why=why))
    return retired


class Moving:
    bookings = Ask("bookings")

    @subscribe(BookingsToMove)
    def move_bookings(self, tx: Tx, event: BookingsToMove) -> None:
        """All of them, some at a time; what was moved when this is repeated is moved."""
        after: UUID | None = None
        while True:
            request = MoveBookings(
                from_profile_id=event.profile_id, to_profile_id=event.into, why=event.why, after=after
            )
            if (after := self.bookings(request).next) is None:
                return

    @every(seconds=30)
    def sweep_retired(self, tx: Tx) -> None:
        """A booking that was on its way to a card when that was retired, or was made by its old id, goes on."""
        for profile_id, into in store.left_behind(tx, _SWEPT):
            tx.announce(BookingsToMove(profile_id=profile_id, into=into, why="retired"))

    @subscribe(BookingMoved)
    def note_move(self, tx: Tx, event: BookingMoved) -> None:
        """Both time lines say so; what is known of the booking is of the one from now on."""
        was, now_is = event.from_profile_id, event.to_profile_id
        store.follow_booking(tx, event.booking_id, was, now_is)
        timeline.move(tx, event.booking_id, was, now_is)
        if event.booking:
            stages.follow(tx, event.booking, was)
        facts = {"from": str(was), "to": str(now_is), "by_hand": event.by_hand}
        if event.why:
            facts["why"] = event.why
        property_id = event.booking.property_id if event.booking else None
        timeline.record(
            tx,
            *(
                Entry(
                    profile_id=profile_id,
                    at=event.at,
                    kind="move",
                    what=event.topic(),
                    property_id=property_id,
                    booking_id=event.booking_id,
                    ref=event.booking_id,
                    actor=tx.context.actor,
                    facts=facts,
                )
                for profile_id in (was, now_is)
            ),
        )


def _precedence(card: Standing) -> tuple[bool, float, UUID]:
    """The last of these is the one that leaves."""
    return not card.by_hand, card.created_at.timestamp(), card.id
