"""How a charge is posted and taken back: the same by every door, and for fees that post themselves."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from uuid import UUID

from services.billing import domain, store
from services.billing.domain import Said
from services.billing.domain import taxes as rules
from services.billing.doors.telling import MOST_TRIES, tell, tell_adjustment
from services.billing.store import ChargeRow, Charging, FolioRow, Journal, Moved
from services.contracts.billing import (
    AnotherProperty,
    Charge,
    ChargeAdjusted,
    ChargeInvoiced,
    ChargeKind,
    ChargePosted,
    ChargeSaidOtherwise,
    ChargeVoided,
    FolioClosed,
    NoSuchCharge,
    NoSuchFolio,
    WrongCurrency,
)
from services.contracts.billing.taxes import PropertyTaxes
from services.contracts.cards import without_cards
from services.contracts.values import Money
from services.kit.db import Tx
from services.kit.ids import new_id
from services.kit.refusal import Invalid, Problem, Refusal
from services.kit.scope import permit, sees

_EXCESS_WORDS = "Credit beyond the price of the stay"


@dataclass(frozen=True)
class _Price:
    net_minor: int
    vat_minor: int
    basis_points: int
    currency: str


def post(tx: Tx, said: Said, *, even_closed: bool = False, nobody: Refusal | None = None) -> Charge:
    """Earned at once; owed by whoever pays the booking, or by the guest of the house folio.

    The same source and external id again: the charge of then, even where the room it names has been left since.
    `nobody` says why there is nobody to charge there. Refuses with Invalid, NotAnAmount, NoSuchFolio, WrongCurrency,
    AnotherProperty, ChargeSaidOtherwise; and, but for a fee that posts itself and so goes on a closed folio too
    (`even_closed`), with FolioClosed and CreditLimitReached.
    """
    said = said.checked()
    if said.source is None or said.external_id is None:
        return _post(tx, said, None, even_closed, nobody)
    digest = said.digest()
    store.take_turn(tx, said.source, said.external_id)
    known = store.charge_said(tx, said.source, said.external_id)
    if known is None:
        posted = _post(tx, said, digest, even_closed, nobody)
        early = store.take_early_void(tx, said.source, said.external_id)
        return void(tx, posted.id, "") if early else posted
    permit(tx, known.property_id)
    if known.digest != digest:
        raise ChargeSaidOtherwise(facts={"charge_id": str(known.charge.id)})
    return known.charge


def void(tx: Tx, charge_id: UUID, reason: str, *, even_closed: bool = False) -> Charge:
    """Post the reversal, on the account of whoever owes the charge now.

    Refuses with NoSuchCharge, ChargeVoided, ChargeInvoiced, and, unless `even_closed`, FolioClosed and ChargeAdjusted.
    """
    for _ in range(MOST_TRIES):
        found = store.charge(tx, charge_id)
        if found is None or found.reason:
            raise NoSuchCharge
        permit(tx, found.property_id, NoSuchCharge)
        charge = found.charge
        if charge.state == "voided":
            raise ChargeVoided
        if charge.invoice_id:
            raise ChargeInvoiced(facts={"invoice_id": str(charge.invoice_id)})
        if found.closed and not even_closed:
            raise FolioClosed
        try:
            journal = take_back(tx, found, "void", words=without_cards(reason) or None, even_credited=even_closed)
        except Moved:
            continue
        tx.announce(_told(charge, found.property_id, voided=True))
        return replace(charge, state="voided", voided_by=journal.id, voided_at=tx.now)
    raise Moved


def take_back(
    tx: Tx, found: ChargeRow, kind: str, words: str | None, reason: str | None = None, *, even_credited: bool = False
) -> Journal:
    """Post the mirror of a charge or an adjustment, in a journal of this kind. Raises Moved.

    Refuses with ChargeAdjusted where credits of its kind would be more than what is left of the charges.
    """
    charge, seen = found.charge, found.seen
    payer_id, currency = seen.folio.payer_id, charge.amount.currency
    store.lock_guest(tx, payer_id)
    credited = found.credited and not even_credited
    if credited and charge.amount.amount_minor > max(0, store.not_invoiced(tx, seen, charge, found.property_id)):
        raise ChargeAdjusted
    taken = Money(amount_minor=-charge.amount.amount_minor, currency=currency)
    net, vat = charge.net.amount_minor, charge.vat.amount_minor
    after = domain.charged(seen.folio, charge.kind, taken, -domain.revenue_of(found.account, net))
    journal = Journal(
        kind,
        domain.void_entries(payer_id, found.account, net, vat, currency),
        reverses=charge.journal_id,
        words=words,
        property_id=found.property_id,
        reason=reason,
    )
    has_credit = store.void_charge(tx, charge.id, seen, after, journal)
    tell(tx, seen, after, seen.version + 1, journal, [payer_id] if has_credit else [])
    bound_credits(tx, replace(seen, folio=after, version=seen.version + 1))
    return journal


def put(
    tx: Tx,
    seen: FolioRow,
    charge: Charge,
    account: str,
    property_id: UUID | None,
    *,
    digest: bytes | None = None,
    adjusts: str | None = None,
) -> None:
    """Post a charge, with the guest locked; `adjusts` is the code of why, where it is an adjustment. Raises Moved."""
    payer_id, net, vat = seen.folio.payer_id, charge.net.amount_minor, charge.vat.amount_minor
    after = domain.charged(seen.folio, charge.kind, charge.amount, domain.revenue_of(account, net))
    journal = Journal(
        "adjustment" if adjusts else charge.kind,
        domain.charge_entries(payer_id, account, net, vat, charge.amount.currency),
        words=charge.description or None,
        property_id=property_id,
        business_date=charge.business_date,
        reason=adjusts,
        id=charge.journal_id,
    )
    has_credit = store.post_charge(tx, seen, after, charge, account, journal, digest)
    tell(tx, seen, after, seen.version + 1, journal, [payer_id] if has_credit else [])
    if adjusts != domain.EXCESS:
        bound_credits(tx, replace(seen, folio=after, version=seen.version + 1))


def bound_credits(tx: Tx, seen: FolioRow) -> FolioRow:
    """Debit what of the credits of a stay is more than it comes to by now, and give that back as far as it is not any
    more: so nobody gets more of a stay back than it costs, and the order of what led there does not matter.

    `seen` is the booking's folio as this transaction has written it, with the guest locked; answers it as it is then.
    """
    for code in domain.WITH_THE_STAY:
        if seen.booking_id is None or (code, seen.folio.currency) not in seen.folio.charges:
            continue
        posted = store.excess_of(tx, seen.id, code, seen.folio.currency)
        minor = domain.excess(seen.folio, code, posted.minor) - posted.minor
        if not minor:
            continue
        found = store.charging_folio(tx, seen.id, code, None)
        assert found.kind
        rate = posted.credits_rate if minor > 0 else posted.rate
        net, vat = rules.split_gross(minor, rate)
        price = _Price(net, vat, rate, seen.folio.currency)
        charge = _charge(tx, seen, code, price, _today(tx, found.taxes), _EXCESS_WORDS)
        put(tx, seen, charge, found.kind.account, seen.property_id, adjusts=domain.EXCESS)
        tell_adjustment(tx, charge, domain.EXCESS, seen.property_id)
        after = domain.charged(seen.folio, code, charge.amount, domain.revenue_of(found.kind.account, net))
        seen = replace(seen, folio=after, version=seen.version + 1)
    return seen


def _post(tx: Tx, said: Said, digest: bytes | None, even_closed: bool, nobody: Refusal | None) -> Charge:
    if nobody:
        tx.connection()  # a command that was carried out before has its reply
        raise nobody
    for _ in range(MOST_TRIES):
        found = _read(tx, said)
        kind = _kind(found)
        seen = _folio(tx, said, found, even_closed)
        store.lock_guest(tx, seen.folio.payer_id)
        charge = priced(tx, said, seen, kind, found.taxes)
        if found.limited and not even_closed:
            store.check_limit(tx, seen.folio.payer_id, charge.amount)
        property_id = seen.property_id or said.property_id
        permit(tx, property_id)
        try:
            put(tx, seen, charge, kind.account, property_id, digest=digest)
        except Moved:
            continue
        tx.announce(_told(charge, property_id))
        return charge
    raise Moved


def _read(tx: Tx, said: Said) -> Charging:
    if said.booking_id is not None:
        return store.charging_booking(tx, said.booking_id, said.kind)
    assert said.profile_id is not None
    return store.charging_guest(tx, said.profile_id, said.kind, said.property_id)


def _kind(found: Charging) -> ChargeKind:
    if found.kind is None:
        raise Invalid(errors=[Problem("/kind", "There is no such kind of charges.")])
    if not found.kind.active:
        raise Invalid(errors=[Problem("/kind", "This kind of charges is not in use any more.")])
    return found.kind


def _folio(tx: Tx, said: Said, found: Charging, even_closed: bool) -> FolioRow:
    """The folio to charge; a guest's house folio is opened where there is none."""
    seen = found.seen
    if seen is None or not sees(tx.context, seen.property_id):
        if said.profile_id is None:
            raise NoSuchFolio(errors=[Problem("/booking_id", "There is no folio of such a booking.")])
        return store.house_folio(tx, said.profile_id, said.amount.currency)
    if found.closed and not even_closed:
        raise FolioClosed
    if seen.booking_id is not None:
        domain.check_currency(seen.folio, said.amount, WrongCurrency)
        if said.property_id is not None and said.property_id != seen.property_id:
            raise AnotherProperty
    return seen


def priced(tx: Tx, said: Said, seen: FolioRow, kind: ChargeKind, taxes: PropertyTaxes | None) -> Charge:
    """The charge, with its day and its tax; the said amount includes it, unless the property's prices do not."""
    day = _day(said.business_date, _today(tx, taxes))
    rate = rules.rate(taxes, kind.tax_class, day)
    net, vat = rules.split_gross(said.amount.amount_minor, rate)
    if taxes and not taxes.prices_include_vat:
        net, vat = said.amount.amount_minor, rules.vat_on(said.amount.amount_minor, rate)
    price = _Price(net, vat, rate, said.amount.currency)
    return replace(
        _charge(tx, seen, kind.code, price, day, said.description), source=said.source, external_id=said.external_id
    )


def _charge(tx: Tx, seen: FolioRow, kind: str, price: _Price, day: date, words: str) -> Charge:
    return Charge(
        id=new_id(),
        folio_id=seen.id,
        profile_id=seen.folio.payer_id,
        booking_id=seen.booking_id,
        kind=kind,
        description=words,
        amount=Money(amount_minor=price.net_minor + price.vat_minor, currency=price.currency),
        net=Money(amount_minor=price.net_minor, currency=price.currency),
        vat=Money(amount_minor=price.vat_minor, currency=price.currency),
        vat_basis_points=price.basis_points,
        business_date=day,
        journal_id=new_id(),
        posted_at=tx.now,
    )


def _today(tx: Tx, taxes: PropertyTaxes | None) -> date:
    return rules.business_date(tx.now, taxes.time_zone if taxes else None)


def _day(said: date | None, today: date) -> date:
    """Not after tomorrow: a till east of the house may be a day ahead of it."""
    if said is not None and said > today + timedelta(days=1):
        raise Invalid(errors=[Problem("/business_date", "Is in the future.")])
    return said or today


def _told(charge: Charge, property_id: UUID | None, *, voided: bool = False) -> ChargePosted:
    return ChargePosted(
        charge_id=charge.id,
        folio_id=charge.folio_id,
        booking_id=charge.booking_id,
        profile_id=charge.profile_id,
        property_id=property_id,
        kind=charge.kind,
        amount=charge.amount,
        voided=voided,
    )
