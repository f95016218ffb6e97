"""Policies: terms kept as a booking was made, fees and deposits by them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo, available_timezones

from services.billing import domain, store
from services.billing.domain import policies as rules
from services.billing.doors import charging
from services.billing.store import policies as kept
from services.billing.store.policies import BookingRow, Known
from services.contracts.billing.policies import (
    BookingFee,
    BookingTerms,
    DepositOverdue,
    DepositsFound,
    FeeWaived,
    FindDeposits,
    NoSuchFee,
    NoSuchTerms,
    ReadBookingTerms,
    ReadPolicies,
    SetPolicies,
    WaiveFee,
)
from services.contracts.billing.policies import (
    Policies as PolicyList,
)
from services.contracts.bookings import BookingFacts, BookingHeld
from services.contracts.values import Money, decimals
from services.kit.db import Tx
from services.kit.doors import command, every, query, subscribe
from services.kit.refusal import Invalid, Problem
from services.kit.scope import is_theirs, permit

_BATCH = 500
_MOST_BATCHES = 20  # in one transaction; what is left waits for the next round


class Policies:
    @command
    def set_policies(self, tx: Tx, request: SetPolicies) -> PolicyList:
        """Of bookings made from now on."""
        decimals(request.currency)
        if request.time_zone not in available_timezones():
            raise Invalid(errors=[Problem("/time_zone", "Not a time zone of the IANA database.")])
        rules.check(request.policies, request.currency)
        found = kept.set_policies(tx, request.property_id, request.time_zone, request.policies)
        return PolicyList(property_id=request.property_id, policies=found)

    @query
    def read_policies(self, tx: Tx, request: ReadPolicies) -> PolicyList:
        permit(tx, request.property_id)
        return PolicyList(property_id=request.property_id, policies=kept.policies_of(tx, request.property_id))

    @query
    def read_booking_terms(self, tx: Tx, request: ReadBookingTerms) -> BookingTerms:
        known = kept.known(tx, request.booking_id)
        if known.property_id is None or known.arrival is None or not is_theirs(tx.context, known.property_id):
            raise NoSuchTerms
        row = known.row
        terms = row.terms if row else None
        arrival = row.ended.arrival if row and row.ended else known.arrival
        due = kept.deposit_of(tx, request.booking_id)
        asked = (due.amount, due.due_on) if due and due.state != "dropped" else None
        may_cancel = terms and terms.cancellation
        return BookingTerms(
            booking_id=request.booking_id,
            property_id=known.property_id,
            time_zone=terms.time_zone if terms else known.time_zone,
            chosen_at=row.chosen_at if row else None,
            booked_on=terms.booked_on if terms else None,
            cancellation=terms.cancellation if terms else None,
            no_show=terms.no_show if terms else None,
            deposit=terms.deposit if terms else None,
            free_until=rules.free_until(may_cancel, arrival, terms.time_zone) if terms and may_cancel else None,
            words=rules.in_words(terms, arrival, asked),
            fee=kept.fee_of(tx, request.booking_id),
            deposit_due=due,
            choices=rules.choices(terms) if terms else (),
        )

    @command
    def waive_fee(self, tx: Tx, request: WaiveFee) -> BookingFee:
        domain.check_words(request.reason, "/reason", 500)
        if not request.reason.strip():
            raise Invalid(errors=[Problem("/reason", "Say why.")])
        folio = store.folio_of_booking(tx, request.booking_id)
        if folio is None:
            raise NoSuchFee
        permit(tx, folio.property_id, NoSuchFee)
        store.lock_guest(tx, folio.folio.payer_id)
        fee = kept.fee_of(tx, request.booking_id)
        if fee is None:
            raise NoSuchFee
        if fee.state != "posted":
            raise FeeWaived(facts={"state": fee.state})
        charging.void(tx, fee.charge_id, request.reason)
        waived = replace(fee, state="waived")
        kept.keep_fee(tx, waived)
        return waived

    @query
    def find_deposits(self, tx: Tx, request: FindDeposits) -> DepositsFound:
        if not 1 <= request.limit <= 200:
            raise Invalid(errors=[Problem("/limit", "Not from 1 to 200.")])
        after = _after(request.cursor)
        permit(tx, request.property_id)
        found = kept.deposits(tx, request.property_id, request.state, after, request.limit + 1)
        shown, more = tuple(found[: request.limit]), len(found) > request.limit
        return DepositsFound(items=shown, next=f"{shown[-1].due_on}.{shown[-1].booking_id}" if more else None)

    @every(seconds=300)
    def tell_overdue_deposits(self, tx: Tx) -> None:
        """Once the day a deposit was due is over in the property's zone; each is told of once."""
        for _ in range(_MOST_BATCHES):
            closed = kept.close_days(tx, _BATCH)
            for row in closed:
                if row.state == "overdue":
                    tx.announce(
                        DepositOverdue(
                            booking_id=row.booking_id,
                            profile_id=row.payer_profile_id,
                            amount=Money(amount_minor=row.amount_minor, currency=row.currency),
                            due_on=row.due_on,
                        )
                    )
            if len(closed) < _BATCH:
                return

    @subscribe(BookingHeld, together=True)
    def note_hold(self, tx: Tx, event: BookingHeld) -> None:
        """Giving up what was only held costs nothing, in whatever order one hears of it."""
        facts = event.booking
        store.lock_guest(tx, facts.payer_profile_id)
        row = kept.known(tx, facts.booking_id, facts.property_id).row or _NOTHING
        if not row.held:
            _settle(tx, facts.booking_id, kept.keep_booking(tx, facts, replace(row, held=True)))


def follow_confirmation(tx: Tx, facts: BookingFacts) -> None:
    """Keep the terms of a booking, as they are now, and the deposit by them. The guest of the folio is locked."""
    known = kept.known(tx, facts.booking_id, facts.property_id)
    row = known.row or _NOTHING
    if row.ended and known.state not in _ENDED:
        row = _taken_back(tx, facts)  # a no-show who has come after all
    if row.confirmed or (not known.policies and known.row is None):
        return
    row = kept.keep_booking(tx, facts, replace(_with_terms(tx, known, row, facts), confirmed=True))
    due = rules.deposit(row.terms, facts) if row.terms else None
    if due and known.state in ("confirmed", "in_house"):
        kept.add_deposit(tx, facts, *due)
    _settle(tx, facts.booking_id, row)


def follow_change(tx: Tx, facts: BookingFacts) -> None:
    """No deposit is above the price. A change of what has ended may be the first that is heard of its end."""
    if facts.state in _ENDED:
        follow_end(tx, facts)
    else:
        kept.cap_deposit(tx, facts)


def follow_end(tx: Tx, facts: BookingFacts) -> None:
    """Charge what cancelling, or not coming, costs by the booking's terms. The guest of the folio is locked.

    What counts is the moment at which it was cancelled, however late that is heard of here. A booking whose end is the
    first thing heard of it has the terms of now, as if it had been confirmed just before.
    """
    known = kept.known(tx, facts.booking_id, facts.property_id)
    row = known.row or _NOTHING
    ended = rules.ended(facts, facts.changed_at or tx.now)
    if known.state not in _ENDED or (row.ended and row.ended.kind == ended.kind):
        return  # it was taken back before this was heard, or is known
    if row.ended:
        row = _taken_back(tx, facts)
    if known.row is None:
        if not known.policies:
            return
        if known.first_heard:
            row = _with_terms(tx, known, row, facts)  # else it was made when there were none, or this came too early
    row = kept.keep_booking(tx, facts, replace(row, ended=ended))
    kept.drop_deposit(tx, facts.booking_id)
    _settle(tx, facts.booking_id, row)


_ENDED = ("cancelled", "no_show")
_WORDS = {"cancellation": "Cancellation fee", "no_show": "No-show fee"}
_NOTHING = BookingRow(held=False, confirmed=False, terms=None, chosen_at=None, ended=None)


def _with_terms(tx: Tx, known: Known, row: BookingRow, facts: BookingFacts) -> BookingRow:
    """The terms it has, else those of now."""
    if row.terms:
        return row
    zone = facts.time_zone or known.time_zone
    booked_on = (facts.booked_at or tx.now).astimezone(ZoneInfo(zone)).date()
    return replace(row, terms=rules.choose(known.policies, facts, booked_on, zone), chosen_at=tx.now)


def _settle(tx: Tx, booking_id: UUID, row: BookingRow) -> None:
    """Bring the fee to what is known of the booking: once charged it stays charged, unless there was no booking."""
    if row.ended is None or row.terms is None:
        return
    owed = rules.fee(row.terms, row.ended) if row.confirmed or not row.held else None
    posted = kept.fee_of(tx, booking_id)
    if owed and (posted is None or posted.state == "withdrawn"):
        kind = row.ended.kind
        said = domain.Said(kind="fee", amount=owed, description=_WORDS[kind], booking_id=booking_id)
        charge = charging.post(tx, said, even_closed=True)
        kept.keep_fee(
            tx,
            BookingFee(
                booking_id=booking_id,
                kind=kind,
                amount=charge.amount,
                state="posted",
                charge_id=charge.id,
                posted_at=tx.now,
            ),
        )
    elif owed is None:
        _withdraw(tx, posted)


def _taken_back(tx: Tx, facts: BookingFacts) -> BookingRow:
    """The booking goes on as if it had not ended; a deposit that was dropped is not asked for again."""
    _withdraw(tx, kept.fee_of(tx, facts.booking_id))
    return kept.forget_end(tx, facts.booking_id)


def _withdraw(tx: Tx, fee: BookingFee | None) -> None:
    if fee and fee.state == "posted":
        charging.void(tx, fee.charge_id, "", even_closed=True)
        kept.keep_fee(tx, replace(fee, state="withdrawn"))


def _after(cursor: str | None) -> tuple[date, UUID] | None:
    """``2026-12-01.<booking id>``, of the last one shown."""
    if cursor is None:
        return None
    day, _, booking_id = cursor.partition(".")
    try:
        return date.fromisoformat(day), UUID(booking_id)
    except ValueError:
        raise Invalid(errors=[Problem("/cursor", "Not a cursor of this list.")]) from None
