"""Policies: which of a house's hold for a booking, and what they cost. Nothing here reads or writes.

Money is exact: a percentage is rounded half up to the minor unit, the first nights are those of the price split evenly
with the remainder on the first ones, and no fee and no deposit is more than the price of the stay.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from services.contracts.billing.policies import Cutoff, Policy, PolicyChoice, PolicyKind, Share
from services.contracts.bookings import BookingFacts
from services.contracts.values import Money, decimals, to_price
from services.kit.refusal import Invalid, Problem
from services.kit.wire import value

DEFAULT_CUTOFF = Cutoff(days=0, hour=18)  # the evening of arrival, when a house gives a room to somebody else
_MOST_DAYS = 3650
_MOST_MINOR = 10**12
_WHOLE = 10_000  # basis points


@value
class PassedOver:
    kind: PolicyKind
    id: UUID


@value
class Terms:
    """What a booking was made under: of each kind the policy that was chosen, as it was then, and those that matched
    too.
    """

    booked_on: date
    time_zone: str
    cancellation: Policy | None = None
    no_show: Policy | None = None
    deposit: Policy | None = None
    passed_over: tuple[PassedOver, ...] = ()


@value
class Ended:
    """What a booking was when it was cancelled or marked a no-show, and when that was heard. One that the house
    `relocated` costs nothing: it was the house that did not keep it; nor does one that was only `held` to its end.
    """

    kind: PolicyKind
    arrival: date
    nights: int
    total: Money
    at: datetime
    relocated: bool = False
    held: bool = False


# What a policy can say of the bookings it is for; of policies that say equally much, the one that says an earlier one
# of these comes first.
_CONDITIONS = ("rates", "channel", "arrival_from", "arrival_until", "min_lead_days", "max_lead_days")


def choose(policies: Iterable[Policy], facts: BookingFacts, booked_on: date, time_zone: str) -> Terms:
    """Of each kind the most specific policy that matches the booking, and which others matched."""
    matching = sorted((p for p in policies if matches(p, facts, booked_on)), key=_specific)
    found: dict[str, Policy] = {}
    others = []
    for policy in matching:
        if found.setdefault(policy.kind, policy) is not policy and policy.id:
            others.append(PassedOver(kind=policy.kind, id=policy.id))
    return Terms(booked_on=booked_on, time_zone=time_zone, passed_over=tuple(others), **found)


def named(policy: Policy) -> tuple[str, ...]:
    """The conditions that it says."""
    return tuple(name for name in _CONDITIONS if getattr(policy, name) not in (None, ()))


def choices(terms: Terms) -> tuple[PolicyChoice, ...]:
    """Why each policy is the booking's."""
    chosen = (policy for policy in (terms.cancellation, terms.no_show, terms.deposit) if policy)
    return tuple(
        PolicyChoice(
            kind=policy.kind,
            policy_id=policy.id,
            named=named(policy),
            passed_over=tuple(other.id for other in terms.passed_over if other.kind == policy.kind),
        )
        for policy in chosen
    )


def _specific(policy: Policy) -> tuple[int, tuple[int, ...]]:
    """The most conditions first; what is equal stays in the order of the list."""
    said = named(policy)
    return -len(said), tuple(_CONDITIONS.index(name) for name in said)


def matches(policy: Policy, facts: BookingFacts, booked_on: date) -> bool:
    """Both bounds of lead time and arrival are included. A fixed amount is for bookings in its currency only, a policy
    that names rates for those all of whose rooms were sold at one of them.
    """
    lead = (facts.arrival - booked_on).days
    amount = policy.share.amount
    return (
        (policy.channel is None or policy.channel == facts.channel)
        and (not policy.rates or (bool(facts.rates) and set(facts.rates) <= set(policy.rates)))
        and (policy.min_lead_days is None or policy.min_lead_days <= lead)
        and (policy.max_lead_days is None or lead <= policy.max_lead_days)
        and (policy.arrival_from is None or policy.arrival_from <= facts.arrival)
        and (policy.arrival_until is None or facts.arrival <= policy.arrival_until)
        and (amount is None or amount.currency == facts.total.currency)
    )


def free_until(policy: Policy, arrival: date, time_zone: str) -> datetime:
    """The last instant at which cancelling is free, in the property's zone."""
    cutoff = policy.free_until or DEFAULT_CUTOFF
    return datetime.combine(arrival - timedelta(days=cutoff.days), time(cutoff.hour), ZoneInfo(time_zone))


def cancellation_fee(terms: Terms, ended: Ended) -> Money | None:
    """None where cancelling was free, or costs nothing."""
    policy = terms.cancellation
    if policy is None or ended.at <= free_until(policy, ended.arrival, terms.time_zone):
        return None
    return share_of(policy.share, ended.total, ended.nights)


def no_show_fee(terms: Terms, ended: Ended) -> Money | None:
    return share_of(terms.no_show.share, ended.total, ended.nights) if terms.no_show else None


def fee(terms: Terms, ended: Ended) -> Money | None:
    """For the way the booking ended."""
    if ended.relocated or ended.held:
        return None
    return cancellation_fee(terms, ended) if ended.kind == "cancellation" else no_show_fee(terms, ended)


def ended(facts: BookingFacts, at: datetime) -> Ended:
    """The facts of a cancelled booking or a no-show, which keep the price there was."""
    kind: PolicyKind = "no_show" if facts.state == "no_show" else "cancellation"
    return Ended(
        kind=kind,
        arrival=facts.arrival,
        nights=facts.nights,
        total=facts.total,
        at=at,
        relocated="relocated" in facts.flags,
        held=facts.ended_from == "tentative",
    )


def deposit(terms: Terms, facts: BookingFacts) -> tuple[Money, date] | None:
    """How much is due before the stay, and the last day to pay it; a day gone by is the day of booking."""
    policy = terms.deposit
    amount = share_of(policy.share, facts.total, facts.nights) if policy else None
    if policy is None or amount is None:
        return None
    if policy.days_before_arrival is not None:
        due_on = facts.arrival - timedelta(days=policy.days_before_arrival)
    else:
        due_on = terms.booked_on + timedelta(days=policy.days_after_booking or 0)
    return amount, max(due_on, terms.booked_on)


def share_of(share: Share, total: Money, nights: int) -> Money | None:
    """In the total's currency, never more than it; None where it comes to nothing."""
    whole = total.amount_minor
    if whole <= 0:
        return None
    if share.basis_points is not None:
        minor = (2 * whole * share.basis_points + _WHOLE) // (2 * _WHOLE)
    elif share.nights is not None:
        each, rest = divmod(whole, max(nights, 1))
        minor = share.nights * each + min(share.nights, rest)
    else:
        minor = share.amount.amount_minor if share.amount and share.amount.currency == total.currency else 0
    minor = min(minor, whole)
    return replace(total, amount_minor=minor) if minor > 0 else None


# ── what a valid list is ─────────────────────────────────────────────────────────────────────────────────────────────


def check(policies: Sequence[Policy], currency: str) -> None:
    """Refuses with a pointer for each fault."""
    faults = [fault for n, policy in enumerate(policies) for fault in _faults(policy, currency, f"/policies/{n}")]
    if faults:
        raise Invalid(errors=faults)


def _faults(policy: Policy, currency: str, at: str) -> Iterator[Problem]:
    yield from _share_faults(policy.share, currency, f"{at}/share")
    numbers = ("min_lead_days", "max_lead_days", "days_after_booking", "days_before_arrival")
    for name in numbers:
        given = getattr(policy, name)
        if given is not None and not 0 <= given <= _MOST_DAYS:
            yield Problem(f"{at}/{name}", f"Not from 0 to {_MOST_DAYS}.")
    if policy.channel is not None and not (0 < len(policy.channel) <= 60 and policy.channel.isprintable()):
        yield Problem(f"{at}/channel", "Empty, longer than 60 characters, or not printable.")
    for n, rate in enumerate(policy.rates):
        if not (0 < len(rate) <= 60 and rate.isprintable()):
            yield Problem(f"{at}/rates/{n}", "Empty, longer than 60 characters, or not printable.")
    if _reversed(policy.min_lead_days, policy.max_lead_days):
        yield Problem(f"{at}/max_lead_days", "Less than min_lead_days.")
    if _reversed(policy.arrival_from, policy.arrival_until):
        yield Problem(f"{at}/arrival_until", "Before arrival_from.")
    cutoff = policy.free_until
    if cutoff and not (0 <= cutoff.days <= _MOST_DAYS and 0 <= cutoff.hour <= 23):
        yield Problem(f"{at}/free_until", f"Days from 0 to {_MOST_DAYS}, hour from 0 to 23.")
    if cutoff and policy.kind != "cancellation":
        yield Problem(f"{at}/free_until", "Only a cancellation can be free until then.")
    given_days = [d for d in (policy.days_after_booking, policy.days_before_arrival) if d is not None]
    if len(given_days) != (policy.kind == "deposit"):
        yield Problem(f"{at}/days_before_arrival", "A deposit has this or days_after_booking; the others have neither.")


def _share_faults(share: Share, currency: str, at: str) -> Iterator[Problem]:
    if sum(given is not None for given in (share.basis_points, share.nights, share.amount)) != 1:
        yield Problem(at, "One of percent, nights and amount.")
    if share.basis_points is not None and not 0 < share.basis_points <= _WHOLE:
        yield Problem(f"{at}/percent", "Not above zero, or above 100.")
    if share.nights is not None and not 0 < share.nights <= 365:
        yield Problem(f"{at}/nights", "Not from 1 to 365.")
    if share.amount is not None:
        if share.amount.currency != currency:
            yield Problem(f"{at}/amount/currency", "The property takes another currency.")
        if not 0 < share.amount.amount_minor <= _MOST_MINOR:
            yield Problem(f"{at}/amount/amount", "Not above zero, or too large.")


def _reversed(least: int | date | None, most: int | date | None) -> bool:
    return least is not None and most is not None and least > most  # type: ignore[operator]


# ── in words ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def in_words(terms: Terms | None, arrival: date, due: tuple[Money, date] | None) -> tuple[str, ...]:
    """What a guest is told, sentence by sentence."""
    if terms is None:
        return ("Cancelling is free.", "Not coming is free.", "No deposit is due.")
    return (*_cancelling(terms, arrival), *_not_coming(terms), *_before(due))


def _cancelling(terms: Terms, arrival: date) -> Iterator[str]:
    policy = terms.cancellation
    if policy is None:
        yield "Cancelling is free."
        return
    until = free_until(policy, arrival, terms.time_zone)
    if until.date() < terms.booked_on:
        yield f"Cancelling costs {amount_in_words(policy.share)}."
    else:
        yield f"Cancelling is free until {until:%H:%M} on {until.date()} ({terms.time_zone})."
        yield f"Afterwards it costs {amount_in_words(policy.share)}."


def _not_coming(terms: Terms) -> Iterator[str]:
    cost = f"costs {amount_in_words(terms.no_show.share)}" if terms.no_show else "is free"
    yield f"Not coming {cost}."


def _before(due: tuple[Money, date] | None) -> Iterator[str]:
    yield f"A deposit of {_price(due[0])} is due by {due[1]}." if due else "No deposit is due."


def amount_in_words(share: Share) -> str:
    if share.basis_points is not None:
        return f"{percent(share.basis_points)} % of the price of the stay"
    if share.nights is not None:
        return "the price of the first night" if share.nights == 1 else f"the price of the first {share.nights} nights"
    assert share.amount
    return f"{_price(share.amount)}, but not more than the price of the stay"


def percent(basis_points: int) -> str:
    """2350 → ``23.50``"""
    return f"{basis_points // 100}.{basis_points % 100:02d}"


def _price(money: Money) -> str:
    decimals(money.currency)
    price = to_price(money)
    return f"{price.amount} {price.currency}"
