"""A booking moved from one profile to another: its folios, what was paid for it and whose credit that is follow."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from uuid import UUID

from services.billing import domain, store
from services.billing.doors.routing import reroute
from services.billing.doors.stays import converge
from services.billing.doors.telling import allocate
from services.billing.store import MAIN, Journal, retired
from services.contracts.billing import BalanceChanged, PaymentStanding, RevenuePosted
from services.contracts.bookings import BookingMoved
from services.contracts.profiles import ProfileRetired
from services.kit.db import Tx
from services.kit.doors import subscribe

_MOVED = "move"
_AT_MOST = 1000  # payments of a card that somebody made of a booking a moment ago


class Moving:
    @subscribe(BookingMoved)
    def follow_moved_booking(self, tx: Tx, event: BookingMoved) -> None:
        """What is posted stays posted: journals say that what one owed, or had in credit, is another one's."""
        was, now_is = event.from_profile_id, event.to_profile_id
        for profile_id in sorted((was, now_is)):
            store.lock_guest(tx, profile_id)
        if event.booking and event.booking.state != "tentative":
            converge(tx, event.booking)
        rules = store.rules_of(tx, event.booking_id)
        if was in rules.values():
            reroute(
                tx, event.booking_id, {kind: now_is if who == was else who for kind, who in rules.items()}, strict=False
            )
        _move_payments(tx, store.payments_for(tx, event.booking_id, was), was, now_is)
        _tell_revenue(tx, event.booking_id, now_is)
        for profile_id in (was, now_is):  # in this order, as what covers a folio covers it once
            allocate(tx, [profile_id])
            tx.announce(BalanceChanged(profile_id=profile_id, booking_id=event.booking_id))

    @subscribe(ProfileRetired)
    def follow_retired_profile(self, tx: Tx, event: ProfileRetired) -> None:
        """Folios come with the bookings. Whoever paid for none is not retired, unless that was not known yet."""
        was, now_is = event.profile_id, event.into
        store.hand_over_terms(tx, was, now_is)
        for profile_id in sorted((was, now_is)):
            store.lock_guest(tx, profile_id)
        paid = [each for each in store.payments_of(tx, was, None, _AT_MOST) if each.booking_id is None]
        _move_payments(tx, paid, was, now_is)
        for profile_id in (was, now_is) if paid else ():
            allocate(tx, [profile_id])
            tx.announce(BalanceChanged(profile_id=profile_id))
        retired.remember(tx, event.profile_id, event.into)


def _move_payments(tx: Tx, payments: Iterable[PaymentStanding], was: UUID, now_is: UUID) -> None:
    for paid in payments:
        left = replace(paid.amount, amount_minor=paid.refunded.amount_minor - paid.amount.amount_minor)
        entries = domain.transfer_entries([left], was, now_is) if paid.beneficiary_profile_id == was else ()
        journal = Journal(_MOVED, entries, payment_id=paid.id, reason="booking-moved") if entries else None
        payer = now_is if paid.payer_profile_id == was else paid.payer_profile_id
        beneficiary = now_is if paid.beneficiary_profile_id == was else paid.beneficiary_profile_id
        store.move_payment(tx, paid.id, payer, beneficiary, journal)
        store.follow_decisions(tx, paid.id, was, now_is)


def _tell_revenue(tx: Tx, booking_id: UUID, now_is: UUID) -> None:
    """The main folio's has been told with the stay; what stands on the folios beside it earns for the guest too."""
    parts = store.parts_of(tx, booking_id)
    version = 1 + max((part.row.version for part in parts), default=0)
    for part in parts:
        folio, property_id = part.row.folio, part.row.property_id
        if part.name == MAIN or property_id is None or folio.guest_id != now_is or not folio.revenue():
            continue
        store.write_part(
            tx, part, dict(folio.charges), dict(folio.earned), version, folio.payer_id, folio.stay_payer_id
        )
        for kind, total in folio.revenue().items():
            tx.announce(
                RevenuePosted(
                    booking_id=booking_id,
                    version=version,
                    profile_id=folio.guest_id,
                    property_id=property_id,
                    kind=kind,
                    nights=folio.nights_over,
                    total=total,
                )
            )
