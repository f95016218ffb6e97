"""What a well-formed adjustment is, and how much of a stay can be credited."""

from __future__ import annotations

from dataclasses import replace

from services.billing.domain.charging import LONGEST, Said
from services.billing.domain.chart import Kind, check_amount, check_words
from services.billing.domain.companies import STAY
from services.billing.domain.folio import Folio
from services.billing.domain.ledger import check_reason
from services.contracts.billing import Adjustment, Charge, Direction, NotAnAmount, PostAdjustment
from services.contracts.cards import without_cards
from services.contracts.values import Money
from services.kit.refusal import Invalid, Problem

REASON_CODES: dict[Direction, str] = {"credit": "allowance", "debit": "correction"}
EXCESS = "credit-beyond-stay"  # why billing itself debits what was credited of a stay beyond what it comes to


def adjusting(said: PostAdjustment) -> Said:
    """What is said, without card numbers; refuses with NotAnAmount and Invalid."""
    check_amount(said.amount, NotAnAmount)
    check_words(said.kind, "/kind", 40)
    check_words(said.reason, "/reason", LONGEST)
    if not said.reason.strip():
        raise Invalid(errors=[Problem("/reason", "Say why.")])
    if said.reason_code is not None:
        check_reason(said.reason_code)
    if said.reason_code == EXCESS:
        raise Invalid(errors=[Problem("/reason_code", "Only Foyer itself posts by this code.")])
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


def excess(folio: Folio, kind: Kind, posted_minor: int) -> int:
    """What of the credits of a stay's kind is more than the stay comes to; `posted_minor` has been debited for it.

    City tax that a price includes counts as the room's until its night is over.
    """
    stay = folio.deferred_minor + folio.recognised_minor
    comes_to = stay - folio.city_tax_minor if kind == STAY else folio.city_tax_minor
    return max(0, posted_minor - comes_to - folio.charges.get((kind, folio.currency), 0))


def adjustment_of(charge: Charge, code: str) -> Adjustment:
    """What is kept as a charge, as it is told."""
    sign = -1 if charge.amount.amount_minor < 0 else 1
    amount, net, vat = (replace(m, amount_minor=sign * m.amount_minor) for m in (charge.amount, charge.net, charge.vat))
    return Adjustment(
        id=charge.id,
        folio_id=charge.folio_id,
        profile_id=charge.profile_id,
        booking_id=charge.booking_id,
        kind=charge.kind,
        direction="credit" if sign < 0 else "debit",
        amount=amount,
        net=net,
        vat=vat,
        vat_basis_points=charge.vat_basis_points,
        business_date=charge.business_date,
        reason_code=code,
        reason=charge.description,
        state="reversed" if charge.state == "voided" else "posted",
        journal_id=charge.journal_id,
        reversed_by=charge.voided_by,
        invoice_id=charge.invoice_id,
        posted_at=charge.posted_at,
        reversed_at=charge.voided_at,
    )


def negated(charge: Charge) -> Charge:
    """The same below zero: a credit."""

    def turned(money: Money) -> Money:
        return replace(money, amount_minor=-money.amount_minor)

    return replace(charge, amount=turned(charge.amount), net=turned(charge.net), vat=turned(charge.vat))
