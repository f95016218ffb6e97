"""The process `view`: hears what changes a guest's view and marks those sections old. Nothing is fetched here.

And what changes rooms, or who is in them, is kept for those who follow the rooms.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from gateway.following import log
from gateway.view import store
from services.contracts.billing import BalanceChanged
from services.contracts.bookings import (
    BookingCancelled,
    BookingChanged,
    BookingCheckedIn,
    BookingCheckedOut,
    BookingClaimed,
    BookingConfirmed,
    BookingFacts,
    BookingHandedBack,
    BookingHeld,
    BookingMarkedNoShow,
    BookingRouted,
    RoomsAssigned,
    RoomStatusChanged,
)
from services.contracts.consent import ConsentChanged
from services.contracts.loyalty import LoyaltyAccountOpened, LoyaltyPointsChanged, LoyaltyTierChanged
from services.contracts.notifier import MessageChanged
from services.contracts.profiles import FieldChanged, LevelChanged, ProfileChanged, StageChanged, TaskChanged
from services.kit import wire
from services.kit.db import Tx
from services.kit.doors import Service, every, subscribe

# How long a view is kept that nobody refetched: names and addresses in it are a copy of other services' data.
KEPT: Final = timedelta(days=30)
SWEPT_AT_ONCE: Final = 5000


class ViewService(Service):
    name = "view"

    @subscribe(ProfileChanged, together=True)
    def mark_profile(self, tx: Tx, event: ProfileChanged) -> None:
        store.mark_old(tx, "profile", event.profile_id)

    @subscribe(LevelChanged, together=True)
    def mark_level(self, tx: Tx, event: LevelChanged) -> None:
        store.mark_old(tx, "profile", event.profile_id)

    @subscribe(StageChanged, together=True)
    def mark_stage(self, tx: Tx, event: StageChanged) -> None:
        store.mark_old(tx, "profile", event.profile_id)

    @subscribe(FieldChanged)
    def mark_all_profiles(self, tx: Tx, event: FieldChanged) -> None:
        store.mark_all_old(tx, "profile")

    @subscribe(TaskChanged, together=True)
    def mark_tasks(self, tx: Tx, event: TaskChanged) -> None:
        store.mark_old(tx, "tasks", event.profile_id)

    @subscribe(BookingHeld, together=True)
    def mark_held(self, tx: Tx, event: BookingHeld) -> None:
        _mark_booking(tx, event.booking)

    @subscribe(BookingConfirmed, together=True)
    def mark_confirmed(self, tx: Tx, event: BookingConfirmed) -> None:
        _mark_booking(tx, event.booking)

    @subscribe(BookingChanged, together=True)
    def mark_changed(self, tx: Tx, event: BookingChanged) -> None:
        _mark_booking(tx, event.booking)
        _tell_stay(tx, event.topic(), event.booking)

    @subscribe(BookingCancelled, together=True)
    def mark_cancelled(self, tx: Tx, event: BookingCancelled) -> None:
        _mark_booking(tx, event.booking)
        _tell_stay(tx, event.topic(), event.booking)

    @subscribe(BookingCheckedIn, together=True)
    def mark_checked_in(self, tx: Tx, event: BookingCheckedIn) -> None:
        _mark_booking(tx, event.booking)
        _tell_stay(tx, event.topic(), event.booking)

    @subscribe(BookingCheckedOut, together=True)
    def mark_checked_out(self, tx: Tx, event: BookingCheckedOut) -> None:
        _mark_booking(tx, event.booking)
        _tell_stay(tx, event.topic(), event.booking)

    @subscribe(BookingMarkedNoShow, together=True)
    def mark_no_show(self, tx: Tx, event: BookingMarkedNoShow) -> None:
        _mark_booking(tx, event.booking)
        _tell_stay(tx, event.topic(), event.booking)

    @subscribe(BookingRouted, together=True)
    def mark_routed(self, tx: Tx, event: BookingRouted) -> None:
        store.mark_old(tx, "bookings", *event.route.profile_ids)

    @subscribe(BookingClaimed, together=True)
    def mark_claimed(self, tx: Tx, event: BookingClaimed) -> None:
        store.mark_old(tx, "bookings", *event.route.profile_ids)

    @subscribe(BookingHandedBack, together=True)
    def mark_handed_back(self, tx: Tx, event: BookingHandedBack) -> None:
        store.mark_old(tx, "bookings", *event.route.profile_ids)

    @subscribe(BalanceChanged, together=True)
    def mark_balance(self, tx: Tx, event: BalanceChanged) -> None:
        store.mark_old(tx, "balance", event.profile_id)

    @subscribe(ConsentChanged, together=True)
    def mark_consents(self, tx: Tx, event: ConsentChanged) -> None:
        store.mark_old(tx, "consents", event.profile_id)

    @subscribe(LoyaltyAccountOpened, together=True)
    def mark_account_opened(self, tx: Tx, event: LoyaltyAccountOpened) -> None:
        store.mark_old(tx, "loyalty", event.profile_id)

    @subscribe(LoyaltyPointsChanged, together=True)
    def mark_points(self, tx: Tx, event: LoyaltyPointsChanged) -> None:
        store.mark_old(tx, "loyalty", event.profile_id)

    @subscribe(LoyaltyTierChanged, together=True)
    def mark_tier(self, tx: Tx, event: LoyaltyTierChanged) -> None:
        store.mark_old(tx, "loyalty", event.profile_id)

    @subscribe(MessageChanged, together=True)
    def mark_messages(self, tx: Tx, event: MessageChanged) -> None:
        left = (event.left_profile_id,) if event.left_profile_id else ()
        store.mark_old(tx, "messages", event.profile_id, *left)

    @subscribe(RoomStatusChanged, together=True)
    def tell_status(self, tx: Tx, event: RoomStatusChanged) -> None:
        log.record(tx, event.topic(), event.property_id, wire.dump(event))

    @subscribe(RoomsAssigned, together=True)
    def tell_assigned(self, tx: Tx, event: RoomsAssigned) -> None:
        log.record(tx, event.topic(), event.property_id, wire.dump(event))

    @every(seconds=5)
    def sweep(self, tx: Tx) -> None:
        """Forget what was asked before it was said of all guests that less of it is to be seen."""
        store.sweep(tx, SWEPT_AT_ONCE)

    @every(seconds=3600)
    def forget_unused(self, tx: Tx) -> None:
        """Forget views that nobody has refetched for long; a later look asks the owners again."""
        store.forget_unused(tx, tx.now - KEPT)

    @every(seconds=3600)
    def forget_room_changes(self, tx: Tx) -> None:
        log.forget(tx, tx.now - log.KEPT)


def _mark_booking(tx: Tx, booking: BookingFacts) -> None:
    """Of everybody on it, and of those who no longer are."""
    concerned = (booking.profile_id, booking.payer_profile_id, *booking.profile_ids, *booking.left_profile_ids)
    store.mark_old(tx, "bookings", *concerned)


def _tell_stay(tx: Tx, topic: str, booking: BookingFacts) -> None:
    """That a stay has changed, without who stays: rooms may be free of it, or it comes on other days."""
    facts = {
        "booking_id": str(booking.booking_id),
        "version": booking.version,
        "state": booking.state,
        "arrival": booking.arrival.isoformat(),
        "departure": booking.departure.isoformat(),
    }
    log.record(tx, topic, booking.property_id, facts)
