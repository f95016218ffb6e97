"""Adjustments: what is owed, corrected by staff with a reason. Kept as charges are, below zero where it is a credit."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from services.billing import domain, store
from services.billing.domain import Said
from services.billing.doors import charging, receiving
from services.billing.doors.telling import MOST_TRIES, tell_adjustment
from services.billing.store import ChargeRow, Charging, FolioRow, Moved
from services.contracts.billing import (
    Adjustment,
    AdjustmentInvoiced,
    AdjustmentTooLarge,
    AlreadyReversed,
    AnotherFolio,
    AnotherProperty,
    FolioClosed,
    NoSuchAdjustment,
    NoSuchFolio,
    NotReversible,
    PostAdjustment,
    ReadAdjustment,
    WrongCurrency,
)
from services.contracts.values import Money, to_price
from services.kit.ask import Ask
from services.kit.db import Tx
from services.kit.doors import command, query
from services.kit.refusal import Invalid, Problem
from services.kit.scope import is_theirs, permit, sees


class Adjustments:
    bookings = Ask("bookings")

    @command
    def post_adjustment(self, tx: Tx, request: PostAdjustment) -> Adjustment:
        said = domain.adjusting(request)
        if request.property:
            house = receiving.property_named(self.bookings, request.property, request.amount)
            said = replace(said, property_id=house.id)
        code = request.reason_code or domain.REASON_CODES[request.direction]
        for _ in range(MOST_TRIES):
            try:
                return _adjust(tx, request, said, code)
            except Moved:
                continue
        raise Moved

    @query
    def read_adjustment(self, tx: Tx, request: ReadAdjustment) -> Adjustment:
        found = store.charge(tx, request.adjustment_id)
        if found is None or found.reason is None or not is_theirs(tx.context, found.property_id):
            raise NoSuchAdjustment
        return domain.adjustment_of(found.charge, found.reason)


def reverse(tx: Tx, found: ChargeRow, code: str) -> UUID:
    """Post the mirror of an adjustment; answers its journal. Raises Moved where somebody wrote the folio meanwhile.

    Refuses with AlreadyReversed, AdjustmentInvoiced, FolioClosed, ChargeAdjusted, NotReversible.
    """
    charge = found.charge
    if found.reason == domain.EXCESS:
        raise NotReversible("It follows the stay and its credits.", facts={"booking_id": str(charge.booking_id)})
    if charge.state == "voided":
        raise AlreadyReversed(facts={"reversed_by": str(charge.voided_by)})
    if charge.invoice_id:
        raise AdjustmentInvoiced(facts={"invoice_id": str(charge.invoice_id)})
    if found.closed:
        raise FolioClosed
    journal = charging.take_back(tx, found, domain.REVERSAL, None, code)
    tell_adjustment(tx, charge, found.reason or "", found.property_id, reversed=True)
    return journal.id


def _adjust(tx: Tx, request: PostAdjustment, said: Said, code: str) -> Adjustment:
    found, seen, said = _read(tx, request, said)
    if found.kind is None:
        raise Invalid(errors=[Problem("/kind", "There is no such kind of charges.")])
    if found.closed:
        raise FolioClosed
    if found.elsewhere:
        raise AnotherFolio
    store.lock_guest(tx, seen.folio.payer_id)
    charge = charging.priced(tx, said, seen, found.kind, found.taxes)
    property_id = seen.property_id or said.property_id
    permit(tx, property_id)
    if request.direction == "credit":
        _check_left(charge.amount, store.not_invoiced(tx, seen, charge, property_id))
        charge = domain.negated(charge)
    elif found.limited:
        store.check_limit(tx, seen.folio.payer_id, charge.amount)
    charging.put(tx, seen, charge, found.kind.account, property_id, adjusts=code)
    tell_adjustment(tx, charge, code, property_id)
    return domain.adjustment_of(charge, code)


def _read(tx: Tx, request: PostAdjustment, said: Said) -> tuple[Charging, FolioRow, Said]:
    """The folio and what it takes; a house folio's property is the one that charged this kind there, if nobody says."""
    found, pointer = _found(tx, request, said)
    seen = found.seen
    if seen is None or not sees(tx.context, seen.property_id):
        raise NoSuchFolio(errors=[Problem(pointer, "There is no such folio.")])
    if seen.booking_id is not None:
        domain.check_currency(seen.folio, said.amount, WrongCurrency)
        if said.property_id not in (None, seen.property_id):
            raise AnotherProperty
    elif said.property_id is None:
        houses = store.charged_at(tx, seen.id, said.kind)
        if len(houses) > 1:
            raise Invalid(errors=[Problem("/property", "Several have charged this kind there: say which one.")])
        if houses:
            said = replace(said, property_id=houses[0])
            found = store.charging_folio(tx, seen.id, said.kind, houses[0])
            seen = found.seen or seen
    return found, seen, said


def _found(tx: Tx, request: PostAdjustment, said: Said) -> tuple[Charging, str]:
    if request.folio_id is not None:
        return store.charging_folio(tx, request.folio_id, said.kind, said.property_id), "/folio_id"
    if request.booking_id is not None:
        return store.charging_booking(tx, request.booking_id, said.kind), "/booking_id"
    assert request.profile_id is not None
    return store.charging_guest(tx, request.profile_id, said.kind, said.property_id), "/profile_id"


def _check_left(amount: Money, left: int) -> None:
    if amount.amount_minor > left:
        price = to_price(replace(amount, amount_minor=max(0, left)))
        raise AdjustmentTooLarge(
            errors=[Problem("/amount/amount", "More than what is charged there and on no invoice.")],
            facts={"left": price.amount, "currency": price.currency},
        )
