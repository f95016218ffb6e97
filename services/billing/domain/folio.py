"""The rules of the ledger: what a booking makes a guest owe, what must be posted for it, what credit covers.

Nothing here reads or writes. A folio is the sum of what has been posted of one booking; two folios differ by exactly
one journal; so whatever a booking goes through, what is posted equals what it says now.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from uuid import UUID

from services.billing.domain import taxes as rules
from services.billing.domain.chart import CITY_TAX, DEFERRED, GUESTS, METHODS, VAT, Kind
from services.contracts.billing.taxes import PropertyTaxes
from services.contracts.bookings import BookingFacts
from services.contracts.values import Money
from services.kit.refusal import Conflict

_OWED = ("confirmed", "in_house")


@dataclass(frozen=True)
class Entry:
    """One line of a journal: debit positive, credit negative. `profile_id` says whose, on the guests' account."""

    account: str
    amount_minor: int
    currency: str
    profile_id: UUID | None = None


@dataclass(frozen=True)
class Rated:
    """What of a stay is earned at one VAT rate, in minor units, and on how many nights, from the first to the last of
    them. Without nights it is a correction.
    """

    basis_points: int
    net_minor: int
    vat_minor: int
    nights: int = 0
    first: date | None = None
    last: date | None = None


@dataclass(frozen=True)
class Folio:
    """What has been posted of one booking (or, without one, of a guest's house account).

    `deferred_minor` is owed but not yet earned, `recognised_minor` is of the nights that are over, both in `currency`
    and with their taxes; `vat_minor` and `city_tax_minor` are the state's and the city's parts of the latter, and
    `city_tax_within_minor` is what of the city tax the price included. `recognised_until` is the day up to which the
    clock has closed nights; it only grows. Of the stay's `nights`, `nights_over` are recognised; `vat_rates` are the
    net and the VAT of these, by rate in basis points. `charges` are what was consumed beside the stay, with its tax and
    less what was credited, by (kind, currency); `earned` is what of them is revenue: without VAT, and without what is a
    tax itself. The payer owes all of it; `guest_id` is who stays. `stay_payer_id` is whom the stay was routed to,
    whoever the booking says pays.
    """

    payer_id: UUID
    guest_id: UUID
    currency: str
    deferred_minor: int = 0
    recognised_minor: int = 0
    vat_minor: int = 0
    city_tax_minor: int = 0
    city_tax_within_minor: int = 0
    recognised_until: date | None = None
    nights: int = 0
    nights_over: int = 0
    vat_rates: Mapping[int, tuple[int, int]] = field(default_factory=dict)
    charges: Mapping[tuple[Kind, str], int] = field(default_factory=dict)
    earned: Mapping[tuple[Kind, str], int] = field(default_factory=dict)
    stay_payer_id: UUID | None = None

    def owed(self) -> dict[str, int]:
        """What the payer owes for it, per currency; no zeros."""
        total: dict[str, int] = defaultdict(int)
        total[self.currency] += self.deferred_minor + self.recognised_minor
        for (_, currency), amount in self.charges.items():
            total[currency] += amount
        return {currency: amount for currency, amount in total.items() if amount}

    @property
    def earned_minor(self) -> int:
        """What of the stay is the house's own."""
        return self.recognised_minor - self.vat_minor - self.city_tax_minor

    def revenue(self) -> dict[Kind, Money]:
        """Revenue by kind in the folio's currency, without taxes; the stay's own under ``room``."""
        total: dict[Kind, int] = defaultdict(int)
        total["room"] += self.earned_minor
        for (kind, currency), amount in self.earned.items():
            if currency == self.currency:
                total[kind] += amount
        return {kind: Money(amount_minor=a, currency=self.currency) for kind, a in total.items() if a}


def target(
    before: Folio | None, facts: BookingFacts, taxes: PropertyTaxes | None = None, until: date | None = None
) -> Folio:
    """What should be posted of a booking in its present state.

    A confirmed stay is owed (where the property says so, only one in house). In house the nights before `until`, and
    those that were closed earlier, are earned; at check-out all of them. A cancelled stay or a no-show owes nothing
    (what a house keeps of those is a fee of its own). Charges stay what they are: what was consumed was consumed.
    """
    closed = max((day for day in (until, before.recognised_until if before else None) if day), default=None)
    nights = rules.nights_of(facts, taxes)
    over: tuple[rules.Night, ...] = ()
    if facts.state == "departed":
        over = nights
    elif facts.state == "in_house" and closed:
        over = tuple(night for night in nights if night.day < closed)
    ahead = nights[len(over) :] if is_owed(facts, taxes) else ()
    return Folio(
        payer_id=(before.stay_payer_id if before else None) or facts.payer_profile_id,
        guest_id=facts.profile_id,
        currency=facts.total.currency,
        deferred_minor=sum(night.ahead_minor for night in ahead),
        recognised_minor=sum(night.whole_minor for night in over),
        vat_minor=sum(night.vat_minor for night in over),
        city_tax_minor=sum(night.city_tax_minor for night in over),
        city_tax_within_minor=sum(night.city_tax_minor for night in over if night.city_tax_included),
        recognised_until=closed,
        nights=facts.nights,
        nights_over=min(len(over), facts.nights),
        vat_rates=_by_rate(over),
        charges=before.charges if before else {},
        earned=before.earned if before else {},
        stay_payer_id=before.stay_payer_id if before else None,
    )


def is_owed(facts: BookingFacts, taxes: PropertyTaxes | None) -> bool:
    """Whether a stay that is not over yet is owed."""
    at_arrival = taxes is not None and taxes.owed_from == "arrival"
    return facts.state in (("in_house",) if at_arrival else _OWED)


def steps(before: Folio, facts: BookingFacts, taxes: PropertyTaxes | None, today: date) -> Iterator[tuple[date, Folio]]:
    """Each night that is over and not recognised yet, with the folio once it is; none where there is none."""
    first = max(before.recognised_until or facts.arrival, facts.arrival)
    last = min(today, facts.departure)
    for n in range((last - first).days if facts.state == "in_house" else 0):
        night = first + timedelta(days=n)
        before = target(before, facts, taxes, night + timedelta(days=1))
        yield night, before


def charged(before: Folio, kind: Kind, amount: Money, earned_minor: int) -> Folio:
    """The folio with one more charge on it, of which so much is revenue; both are negative where it is taken back."""
    key = (kind, amount.currency)
    return replace(
        before,
        charges={**before.charges, key: before.charges.get(key, 0) + amount.amount_minor},
        earned={**before.earned, key: before.earned.get(key, 0) + earned_minor},
    )


def journal_to(before: Folio | None, after: Folio) -> tuple[Entry, ...]:
    """The entries that bring the ledger from one folio to another; none where nothing changes. They sum to zero."""
    change: dict[tuple[str, UUID | None, str], int] = defaultdict(int)
    for folio, sign in ((before, -1), (after, 1)):
        for key, amount in _balances(folio).items() if folio else ():
            change[key] += sign * amount
    return tuple(
        Entry(account, amount, currency, profile_id)
        for (account, profile_id, currency), amount in change.items()
        if amount
    )


def rated(
    before: Folio | None, after: Folio, facts: BookingFacts, taxes: PropertyTaxes | None = None
) -> tuple[Rated, ...]:
    """What the journal from one folio to the other earns, by VAT rate, in the order of the nights.

    Nothing where the rates of what was earned before are not known, or were of another currency.
    """
    old = before.vat_rates if before else {}
    if before and (before.vat_rates == after.vat_rates or before.currency != after.currency):
        return ()
    known = (sum(net for net, _ in old.values()), sum(vat for _, vat in old.values()))
    if before and known != (before.earned_minor, before.vat_minor):
        return ()
    nights = rules.nights_of(facts, taxes)[before.nights_over if before else 0 : after.nights_over]
    found = []
    for rate in {**old, **after.vat_rates}:
        (net, vat), (net_before, vat_before) = after.vat_rates.get(rate, (0, 0)), old.get(rate, (0, 0))
        days = [night.day for night in nights if night.basis_points == rate]
        if (net, vat) != (net_before, vat_before):
            first, last = (days[0], days[-1]) if days else (None, None)
            found.append(Rated(rate, net - net_before, vat - vat_before, len(days), first, last))
    return tuple(sorted(found, key=lambda part: (part.first or date.max, part.basis_points)))


def story(before: Folio | None, after: Folio, state: str) -> str:
    """What a journal of a stay is called: the reason a guest reads beside the line."""
    if state in ("cancelled", "no_show"):
        return "cancellation" if state == "cancelled" else "no-show"
    if state == "departed" and (before is None or before.deferred_minor or not before.recognised_minor):
        return "check-out"
    if before is None or not before.owed():
        return "stay"
    return "payer-change" if before.payer_id != after.payer_id else "stay-change"


def revenue_changes(before: Folio | None, after: Folio) -> dict[Kind, Money]:
    """The kinds of revenue whose total, guest or nights changed, with the total so far (0 after a reversal)."""
    old, new = before.revenue() if before else {}, after.revenue()
    nothing = Money(amount_minor=0, currency=after.currency)
    moved = before is not None and (before.guest_id, before.nights) != (after.guest_id, after.nights)
    return {
        kind: new.get(kind, nothing)
        for kind in {**old, **new}
        if moved or old.get(kind, nothing) != new.get(kind, nothing)
    }


def payment_entries(beneficiary_id: UUID, amount: Money, method: str) -> tuple[Entry, Entry]:
    """Money in: the way it came is debited, the guest it is for is credited."""
    way = method if method in METHODS else "other"
    return (
        Entry(f"clearing:{way}", amount.amount_minor, amount.currency),
        Entry(GUESTS, -amount.amount_minor, amount.currency, beneficiary_id),
    )


def check_currency(folio: Folio, amount: Money, refusal: type[Conflict]) -> None:
    if folio.currency != amount.currency:
        raise refusal(facts={"currency": folio.currency})


def _by_rate(nights: Iterable[rules.Night]) -> dict[int, tuple[int, int]]:
    """Net and VAT of these nights by their VAT rate."""
    found: dict[int, tuple[int, int]] = {}
    for night in nights:
        net, vat = found.get(night.basis_points, (0, 0))
        found[night.basis_points] = (net + night.net_minor, vat + night.vat_minor)
    return {rate: sums for rate, sums in found.items() if any(sums)}


def _balances(folio: Folio) -> dict[tuple[str, UUID | None, str], int]:
    """Every account's balance that a folio stands for."""
    balances: dict[tuple[str, UUID | None, str], int] = defaultdict(int)
    for currency, amount in folio.owed().items():
        balances[GUESTS, folio.payer_id, currency] += amount
    balances[DEFERRED, None, folio.currency] -= folio.deferred_minor
    balances["revenue:room", None, folio.currency] -= folio.earned_minor
    balances[VAT, None, folio.currency] -= folio.vat_minor
    balances[CITY_TAX, None, folio.currency] -= folio.city_tax_minor
    for (kind, currency), amount in folio.charges.items():
        balances[f"revenue:{kind}", None, currency] -= amount
    return balances
