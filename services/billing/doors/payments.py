"""Money that comes in."""

from __future__ import annotations

from uuid import uuid4

from services.billing import domain, store
from services.billing.doors.telling import allocate
from services.billing.store import Journal
from services.contracts.billing import (
    BalanceChanged,
    NotAnAmount,
    Payment,
    PaymentReceived,
    TakePayment,
)
from services.kit.db import Tx
from services.kit.doors import command


class Payments:
    @command
    def take_payment(self, tx: Tx, request: TakePayment) -> Payment:
        domain.check_amount(request.amount, NotAnAmount)
        domain.check_words(request.method, "/method", 60)
        domain.check_words(request.reference, "/reference", 200)
        payment = Payment(
            id=uuid4(),
            payer_profile_id=request.payer_profile_id,
            beneficiary_profile_id=request.on_behalf_of or request.payer_profile_id,
            amount=request.amount,
            method=request.method,
            reference=request.reference,
            received_at=tx.now,
        )
        beneficiary = payment.beneficiary_profile_id
        entries = domain.payment_entries(beneficiary, payment.amount, payment.method)
        journal = Journal("payment", entries, payment_id=payment.id, words=payment.reference)
        store.lock_guest(tx, beneficiary)
        store.post_payment(
            tx, payment.id, payment.payer_profile_id, beneficiary, payment.amount, payment.method, journal
        )
        allocate(tx, [beneficiary])
        tx.announce(
            PaymentReceived(
                payment_id=payment.id,
                payer_profile_id=payment.payer_profile_id,
                beneficiary_profile_id=beneficiary,
                amount=payment.amount,
            )
        )
        tx.announce(BalanceChanged(profile_id=beneficiary))
        return payment
