"""Staff decide which payment covers which booking, and take it back; every decision has its reason."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from services.billing import domain, store
from services.billing.doors.accounts import allocation
from services.billing.doors.telling import allocate
from services.contracts.billing import (
    AllocationsOfPayment,
    BalanceChanged,
    NoSuchFolio,
    NoSuchPayment,
    NotAnAmount,
    NotTheirCredit,
    PinAllocation,
    ReleaseAllocation,
)
from services.contracts.values import Money
from services.kit.db import Tx
from services.kit.doors import command
from services.kit.refusal import Invalid, Problem
from services.kit.scope import is_theirs, permit


class Allocating:
    @command
    def release_allocation(self, tx: Tx, request: ReleaseAllocation) -> AllocationsOfPayment:
        """What the payment covered there goes where the rules say."""
        return _decide(tx, request, "exclude", None)

    @command
    def pin_allocation(self, tx: Tx, request: PinAllocation) -> AllocationsOfPayment:
        """Before any other booking; without an amount the rules decide about the two again."""
        return _decide(tx, request, "pin" if request.amount else "free", request.amount)


def _decide(
    tx: Tx,
    request: ReleaseAllocation | PinAllocation,
    kind: Literal["pin", "exclude", "free"],
    amount: Money | None,
) -> AllocationsOfPayment:
    """Keep what was decided about a payment and a folio, and let the guest's credit be allocated anew."""
    if (request.booking_id is None) == (request.folio_id is None):
        raise Invalid(errors=[Problem("/booking_id", "Name the booking or the folio, one of the two.")])
    if not request.reason.strip():
        raise Invalid(errors=[Problem("/reason", "Say why.")])
    domain.check_words(request.reason, "/reason", 500)
    found = store.credit_of_payment(tx, request.payment_id)
    if found is None:
        raise NoSuchPayment
    if tx.context.properties is not None:
        permit(tx, store.house_of_payment(tx, request.payment_id), NoSuchPayment)
    profile_id, _ = found
    store.lock_guest(tx, profile_id)
    _, credit = store.credit_of_payment(tx, request.payment_id) or found  # a refund may have come before the lock
    if amount is not None:
        _check_pin(amount, credit)
    seen = store.folio_named(tx, request.booking_id, request.folio_id, profile_id)
    if seen is None:
        raise NoSuchFolio
    permit(tx, seen.property_id, NoSuchFolio)
    if seen.folio.payer_id != profile_id:
        raise NotTheirCredit
    minor = amount.amount_minor if amount else None
    store.decide_allocation(tx, request.payment_id, seen.id, profile_id, kind, minor, request.reason)
    if allocate(tx, [profile_id]):
        tx.announce(BalanceChanged(profile_id=profile_id, booking_id=seen.booking_id))
    return _covered(tx, request.payment_id, profile_id, credit)


def _check_pin(amount: Money, credit: Money) -> None:
    domain.check_amount(amount, NotAnAmount)
    if amount.currency != credit.currency:
        raise NotAnAmount(errors=[Problem("/amount/currency", "Not the payment's currency.")])
    if amount.amount_minor > credit.amount_minor:
        raise NotAnAmount(errors=[Problem("/amount/amount", "More than is left of the payment.")])


def _covered(tx: Tx, payment_id: UUID, profile_id: UUID, credit: Money) -> AllocationsOfPayment:
    """To who is limited: which of their bookings it covers. How much it covers in all is the payment's, and theirs."""
    rows = store.allocations_of_payment(tx, payment_id)
    covered = sum(row.amount_minor for row in rows)
    return AllocationsOfPayment(
        payment_id=payment_id,
        profile_id=profile_id,
        amount=credit,
        allocated=Money(amount_minor=covered, currency=credit.currency),
        credit=Money(amount_minor=credit.amount_minor - covered, currency=credit.currency),
        allocations=tuple(
            allocation(row, row.booking_id, credit.currency) for row in rows if is_theirs(tx.context, row.property_id)
        ),
    )
