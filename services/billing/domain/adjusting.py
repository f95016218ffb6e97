"""What a well-formed adjustment is."""

from __future__ import annotations

from dataclasses import replace

from services.billing.domain.charging import LONGEST, Said
from services.billing.domain.chart import check_amount, check_words
from services.billing.domain.ledger import check_reason
from services.contracts.billing import Charge, Direction, NotAnAmount, PostAdjustment
from services.contracts.cards import without_cards
from services.contracts.values import Money
from services.kit.refusal import Invalid, Problem

REASON_CODES: dict[Direction, str] = {"credit": "allowance", "debit": "correction"}


def adjusting(said: PostAdjustment) -> Said:
    """What is said, without card numbers; refuses with NotAnAmount and Invalid."""
    check_amount(said.amount, NotAnAmount)
    check_words(said.kind, "/kind", 40)
    check_words(said.reason, "/reason", LONGEST)
    if not said.reason.strip():
        raise Invalid(errors=[Problem("/reason", "Say why.")])
    if said.reason_code is not None:
        check_reason(said.reason_code)
    if sum(named is not None for named in (said.booking_id, said.profile_id, said.folio_id)) != 1:
        raise Invalid(errors=[Problem("/booking_id", "Name one of the booking, the guest and the folio.")])
    return Said(
        kind=said.kind,
        amount=said.amount,
        description=without_cards(said.reason)[:LONGEST],
        booking_id=said.booking_id,
        profile_id=said.profile_id,
        business_date=said.business_date,
    )


def negated(charge: Charge) -> Charge:
    """The same below zero: a credit."""

    def turned(money: Money) -> Money:
        return replace(money, amount_minor=-money.amount_minor)

    return replace(charge, amount=turned(charge.amount), net=turned(charge.net), vat=turned(charge.vat))
