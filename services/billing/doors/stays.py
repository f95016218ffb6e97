"""Stays: what a booking says it is, the ledger follows."""

from __future__ import annotations

from dataclasses import replace

from services.billing import domain, store
from services.billing.domain import Folio
from services.billing.doors import charging, policies
from services.billing.doors.routing import follow_payer
from services.billing.doors.telling import MOST_TRIES, tell
from services.billing.store import FolioRow, Journal, Moved
from services.contracts.billing import PropertyTaxes
from services.contracts.bookings import (
    BookingCancelled,
    BookingChanged,
    BookingCheckedIn,
    BookingCheckedOut,
    BookingConfirmed,
    BookingFacts,
    BookingMarkedNoShow,
)
from services.kit.db import Tx
from services.kit.doors import subscribe


class Stays:
    @subscribe(BookingConfirmed, together=True)
    def open_folio(self, tx: Tx, event: BookingConfirmed) -> None:
        """The stay is owed from its confirmation on."""
        converge(tx, event.booking)
        policies.follow_confirmation(tx, event.booking)

    @subscribe(BookingChanged, together=True)
    def adjust_folio(self, tx: Tx, event: BookingChanged) -> None:
        converge(tx, event.booking)
        policies.follow_change(tx, event.booking)

    @subscribe(BookingCheckedIn, together=True)
    def keep_folio(self, tx: Tx, event: BookingCheckedIn) -> None:
        converge(tx, event.booking)

    @subscribe(BookingCheckedOut, together=True)
    def recognise_revenue(self, tx: Tx, event: BookingCheckedOut) -> None:
        """What was owed for the stay is earned now."""
        converge(tx, event.booking)

    @subscribe(BookingCancelled, together=True)
    def reverse_folio(self, tx: Tx, event: BookingCancelled) -> None:
        converge(tx, event.booking)
        policies.follow_end(tx, event.booking)

    @subscribe(BookingMarkedNoShow, together=True)
    def release_folio(self, tx: Tx, event: BookingMarkedNoShow) -> None:
        """Reversed like a cancellation: a fee for not coming is a charge of its own, by the house's policy."""
        converge(tx, event.booking)
        policies.follow_end(tx, event.booking)


def converge(tx: Tx, facts: BookingFacts) -> None:
    """Bring what is posted of a booking to what it says now; what is older than already seen says nothing."""
    for _ in range(MOST_TRIES):
        seen, taxes = store.lock_guest_and_read(tx, facts.payer_profile_id, facts.booking_id, facts.property_id)
        if seen and seen.seen_version >= facts.version:
            return
        before = seen.folio if seen else None
        after = domain.target(before, facts, taxes)
        if before and before.payer_id != facts.payer_profile_id:
            store.lock_guest(tx, before.payer_id)
        entries = domain.journal_to(before, after)
        journal = _stay_journal(seen, after, facts, taxes, entries) if entries else None
        try:
            has_credit = store.post_stay(tx, seen, facts, after, journal, zone_of(facts, taxes))
        except Moved:
            continue
        payers = {after.payer_id, before.payer_id} if before else {after.payer_id}
        version = seen.version + 1 if seen else 1
        tell(tx, seen, after, version, journal, sorted(payers) if has_credit else [], facts)
        if seen:
            charging.bound_credits(tx, replace(seen, folio=after, version=version))
        if after.stay_payer_id:
            follow_payer(tx, facts)
        return
    raise Moved


def zone_of(facts: BookingFacts, taxes: PropertyTaxes | None) -> str | None:
    """The zone by whose clock the stay's nights end; None where nobody said it: then check-out alone earns."""
    return facts.time_zone or (taxes.time_zone if taxes else None)


def _stay_journal(
    seen: FolioRow | None,
    after: Folio,
    facts: BookingFacts,
    taxes: PropertyTaxes | None,
    entries: tuple[domain.Entry, ...],
) -> Journal:
    before = seen.folio if seen else None
    kind = domain.story(before, after, facts.state)
    reverses = seen.stay_journal_id if seen and kind in ("cancellation", "no-show") else None
    return Journal(kind, entries, reverses=reverses, rated=domain.rated(before, after, facts, taxes))
