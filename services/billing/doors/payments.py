"""Money that comes in, and money that goes back."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from services.billing import domain, store
from services.billing.doors.telling import allocate
from services.billing.store import Journal, Parties
from services.contracts.billing import (
    BalanceChanged,
    FindPayments,
    NoSuchFolio,
    NoSuchPayment,
    NotAnAmount,
    Payment,
    PaymentReceived,
    PaymentsPage,
    PaymentStanding,
    ReadPayment,
    Refund,
    RefundPaid,
    RefundPayment,
    RefundTooLarge,
    TakePayment,
    WrongCurrency,
)
from services.contracts.cards import without_cards
from services.contracts.values import Money, to_price
from services.kit.db import Tx
from services.kit.doors import command, query
from services.kit.ids import new_id
from services.kit.refusal import Invalid, Problem
from services.kit.scope import is_theirs, permit, sees


class Payments:
    @command
    def take_payment(self, tx: Tx, request: TakePayment) -> Payment:
        domain.check_amount(request.amount, NotAnAmount)
        domain.check_words(request.method, "/method", 60)
        domain.check_words(request.reference, "/reference", 200)
        booking = _parties(tx, request) if request.booking_id else None
        permit(tx, booking.property_id if booking else None)
        payment = Payment(
            id=new_id(),
            payer_profile_id=request.payer_profile_id,
            beneficiary_profile_id=_beneficiary(request, booking),
            amount=request.amount,
            method=request.method,
            reference=without_cards(request.reference) if request.reference else None,
            booking_id=request.booking_id,
            received_at=tx.now,
        )
        beneficiary = payment.beneficiary_profile_id
        entries = domain.payment_entries(beneficiary, payment.amount, payment.method)
        journal = Journal(
            "deposit" if booking and booking.waits else "payment",
            entries,
            payment_id=payment.id,
            words=payment.reference,
            property_id=booking.property_id if booking else None,
        )
        store.lock_guest(tx, beneficiary)
        store.post_payment(tx, payment, journal)
        allocate(tx, [beneficiary])
        tx.announce(
            PaymentReceived(
                payment_id=payment.id,
                payer_profile_id=payment.payer_profile_id,
                beneficiary_profile_id=beneficiary,
                amount=payment.amount,
                booking_id=payment.booking_id,
            )
        )
        tx.announce(BalanceChanged(profile_id=beneficiary, booking_id=payment.booking_id))
        return payment

    @command
    def refund_payment(self, tx: Tx, request: RefundPayment) -> Refund:
        """The beneficiary's credit goes back to whoever paid; what it had covered is due again."""
        domain.check_amount(request.amount, NotAnAmount)
        domain.check_words(request.reason, "/reason", 200)
        if not request.reason.strip():
            raise Invalid(errors=[Problem("/reason", "Say why.")])
        seen = _payment(tx, request.payment_id)
        permit(tx, _house(tx, seen), NoSuchPayment)
        beneficiary = seen.beneficiary_profile_id
        store.lock_guest(tx, beneficiary)
        paid = _payment(tx, request.payment_id)  # as it is under the lock
        left = _left(paid, request.amount)
        entries = domain.refund_entries(beneficiary, request.amount, paid.method)
        journal = Journal("refund", entries, payment_id=paid.id, words=without_cards(request.reason))
        refund = Refund(
            id=new_id(),
            payment_id=paid.id,
            payer_profile_id=paid.payer_profile_id,
            beneficiary_profile_id=beneficiary,
            amount=request.amount,
            left=replace(left, amount_minor=left.amount_minor - request.amount.amount_minor),
            refunded_at=tx.now,
        )
        store.post_refund(tx, refund.id, paid.id, refund.amount, journal)
        allocate(tx, [beneficiary])
        tx.announce(
            RefundPaid(
                refund_id=refund.id,
                payment_id=paid.id,
                payer_profile_id=refund.payer_profile_id,
                beneficiary_profile_id=beneficiary,
                amount=refund.amount,
                booking_id=paid.booking_id,
            )
        )
        tx.announce(BalanceChanged(profile_id=beneficiary, booking_id=paid.booking_id))
        return refund

    @query
    def read_payment(self, tx: Tx, request: ReadPayment) -> PaymentStanding:
        found = _payment(tx, request.payment_id)
        if not is_theirs(tx.context, _house(tx, found)):
            raise NoSuchPayment
        return found

    @query
    def find_payments(self, tx: Tx, request: FindPayments) -> PaymentsPage:
        """Those that the profile made and those made for it; to who is limited, those for bookings of theirs."""
        if not 1 <= request.limit <= 200:
            raise Invalid(errors=[Problem("/limit", "Not from 1 to 200.")])
        found = store.payments_of(tx, request.profile_id, _before(request.cursor), request.limit + 1)
        shown = tuple(found[: request.limit])
        last = f"{shown[-1].received_at.isoformat()} {shown[-1].id}" if len(found) > request.limit else None
        return PaymentsPage(items=shown, next=last)


def _parties(tx: Tx, request: TakePayment) -> Parties:
    """Of the booking that is paid for; refuses what it does not take."""
    assert request.booking_id is not None
    booking = store.parties(tx, request.booking_id)
    if booking is None or not sees(tx.context, booking.property_id):
        raise NoSuchFolio(errors=[Problem("/booking_id", "No folio of such a booking.")])
    if booking.currency != request.amount.currency:
        raise WrongCurrency(
            errors=[Problem("/amount/currency", "Not the currency of the booking.")],
            facts={"currency": booking.currency},
        )
    if request.on_behalf_of and request.on_behalf_of not in {*booking.payers, booking.guest_id}:
        raise Invalid(errors=[Problem("/on_behalf_of", "Neither owes this booking nor stays.")])
    return booking


def _beneficiary(request: TakePayment, booking: Parties | None) -> UUID:
    """Whoever is named; else whoever owes the booking, before all the payer; else the payer."""
    if request.on_behalf_of:
        return request.on_behalf_of
    if booking and request.payer_profile_id not in booking.payers:
        return booking.payer_id
    return request.payer_profile_id


def _payment(tx: Tx, payment_id: UUID) -> PaymentStanding:
    found = store.payment(tx, payment_id)
    if found is None:
        raise NoSuchPayment
    return found


def _house(tx: Tx, paid: PaymentStanding) -> UUID | None:
    """Where it matters, as the caller is limited."""
    return None if tx.context.properties is None else store.house_of_payment(tx, paid.id)


def _left(paid: PaymentStanding, amount: Money) -> Money:
    """What may still be refunded; refuses more than that, and another currency."""
    if paid.amount.currency != amount.currency:
        raise WrongCurrency(
            errors=[Problem("/amount/currency", "Not the currency of the payment.")],
            facts={"currency": paid.amount.currency},
        )
    left = replace(paid.amount, amount_minor=paid.amount.amount_minor - paid.refunded.amount_minor)
    if amount.amount_minor > left.amount_minor:
        raise RefundTooLarge(
            errors=[Problem("/amount/amount", "More than what is left of the payment.")],
            facts={"left": to_price(left).amount, "currency": left.currency},
        )
    return left


def _before(cursor: str | None) -> tuple[datetime, UUID] | None:
    if cursor is None:
        return None
    at, _, last = cursor.partition(" ")
    try:
        seen = datetime.fromisoformat(at)
        if seen.tzinfo is None:
            raise ValueError
        return seen, UUID(last)
    except ValueError:
        raise Invalid(errors=[Problem("/cursor", "Not a cursor of this list.")]) from None
