"""What other services announce of guests, heard in one place: each event has one handler in a service.

A handler hands it on to whoever here makes something of it: the time line, the stage, the stay's guests as they left.
"""

from __future__ import annotations

from services.contracts.billing import (
    AdjustmentPosted,
    ChargePosted,
    DepositOverdue,
    InvoiceIssued,
    PaymentReceived,
    RefundPaid,
)
from services.contracts.bookings import (
    BookingCancelled,
    BookingChanged,
    BookingCheckedIn,
    BookingCheckedOut,
    BookingConfirmed,
    BookingFacts,
    BookingHeld,
    BookingMarkedNoShow,
)
from services.contracts.consent import ConsentChanged
from services.contracts.loyalty import LoyaltyAccountOpened, LoyaltyPointsChanged, LoyaltyTierChanged
from services.contracts.notifier import MessageChanged
from services.kit.ask import Ask
from services.kit.db import Database, Tx
from services.kit.doors import subscribe
from services.kit.wire import Event
from services.profiles.domain import departures
from services.profiles.domain.timeline import entries
from services.profiles.doors import stages, verifying
from services.profiles.store import register, timeline


class Following:
    db: Database
    bookings = Ask("bookings")

    @subscribe(BookingCheckedOut)
    def tell_how_they_left(self, tx: Tx, event: BookingCheckedOut) -> None:
        """The stay keeps its guests as they are known now; what was said once is the same said again."""
        if not departures.is_history(event.booking, tx.now.date()):
            with self.db.reading(tx.context) as looking:
                found = register.by_ids(looking, event.booking.profile_ids)
            self.bookings(departures.as_they_left(event.booking, (each.shown() for each in found), tx.now))
        _record(tx, event)

    @subscribe(BookingHeld, together=True)
    def note_hold(self, tx: Tx, event: BookingHeld) -> None:
        _record(tx, event)
        verifying.ask(tx, event.booking)

    @subscribe(BookingConfirmed, together=True)
    def note_confirmation(self, tx: Tx, event: BookingConfirmed) -> None:
        _record(tx, event)
        verifying.ask(tx, event.booking)

    @subscribe(BookingChanged, together=True)
    def note_change(self, tx: Tx, event: BookingChanged) -> None:
        _record(tx, event)
        verifying.ask(tx, event.booking)

    @subscribe(BookingCheckedIn, together=True)
    def note_arrival(self, tx: Tx, event: BookingCheckedIn) -> None:
        _record(tx, event)

    @subscribe(BookingCancelled, together=True)
    def note_cancellation(self, tx: Tx, event: BookingCancelled) -> None:
        _record(tx, event)

    @subscribe(BookingMarkedNoShow, together=True)
    def note_no_show(self, tx: Tx, event: BookingMarkedNoShow) -> None:
        _record(tx, event)

    @subscribe(PaymentReceived, together=True)
    def note_payment(self, tx: Tx, event: PaymentReceived) -> None:
        _record(tx, event)

    @subscribe(RefundPaid, together=True)
    def note_refund(self, tx: Tx, event: RefundPaid) -> None:
        _record(tx, event)

    @subscribe(ChargePosted, together=True)
    def note_charge(self, tx: Tx, event: ChargePosted) -> None:
        _record(tx, event)

    @subscribe(AdjustmentPosted, together=True)
    def note_adjustment(self, tx: Tx, event: AdjustmentPosted) -> None:
        _record(tx, event)

    @subscribe(InvoiceIssued, together=True)
    def note_invoice(self, tx: Tx, event: InvoiceIssued) -> None:
        _record(tx, event)

    @subscribe(DepositOverdue, together=True)
    def note_overdue_deposit(self, tx: Tx, event: DepositOverdue) -> None:
        _record(tx, event)

    @subscribe(ConsentChanged, together=True)
    def note_consent(self, tx: Tx, event: ConsentChanged) -> None:
        _record(tx, event)

    @subscribe(LoyaltyAccountOpened, together=True)
    def note_membership(self, tx: Tx, event: LoyaltyAccountOpened) -> None:
        _record(tx, event)
        stages.follow_membership(tx, event.profile_id, event.version)

    @subscribe(LoyaltyPointsChanged, together=True)
    def note_points(self, tx: Tx, event: LoyaltyPointsChanged) -> None:
        _record(tx, event)

    @subscribe(LoyaltyTierChanged, together=True)
    def note_tier(self, tx: Tx, event: LoyaltyTierChanged) -> None:
        _record(tx, event)
        stages.follow_membership(tx, event.profile_id, event.version, event.tier)

    @subscribe(MessageChanged, together=True)
    def note_message(self, tx: Tx, event: MessageChanged) -> None:
        _record(tx, event)


def _record(tx: Tx, event: Event) -> None:
    """Into the time line of everybody it is about, at the moment it was announced, whenever it comes."""
    timeline.record(tx, *entries(event, tx.context.said_at or tx.now, tx.context.actor))
    if isinstance(booking := getattr(event, "booking", None), BookingFacts):
        stages.follow(tx, booking)
