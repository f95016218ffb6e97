"""Companies' accounts: how much they may owe and for how long, what is overdue, and which charges they owe."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from services.contracts.values import Money
from services.kit.refusal import Conflict, NotFound
from services.kit.wire import Request, request, value


@value
class CreditTerms:
    """The profile may owe up to `limit`, in that currency and no other, and pays within `days` of the arrival or the
    charge.
    """

    profile_id: UUID
    limit: Money
    days: int


@request
class SetCreditTerms(Request[CreditTerms]):
    """`limit` from zero; `days` from 0 to 365. Refuses with Invalid."""

    profile_id: UUID
    limit: Money
    days: int


@request
class ReadCreditTerms(Request[CreditTerms]):
    """Refuses with NoCreditTerms: such a profile owes without limit, and at once."""

    profile_id: UUID


@value
class AgedDebt:
    """What is due and not covered in one currency, by the days since it should have been paid; `current` is not yet
    overdue. `total` is the sum of the others.
    """

    currency: str
    current: Money
    days_1_30: Money
    days_31_60: Money
    days_61_90: Money
    days_over_90: Money
    total: Money


@value
class Ageing:
    """By the hotel's day of each property, which ends at 04:00 in its zone; `day` is the latest of them, today in UTC
    where nothing is owed. `days` are those of the credit terms, 0 without.
    """

    profile_id: UUID
    day: date
    days: int
    debts: tuple[AgedDebt, ...]


@request
class ReadAgeing(Request[Ageing]):
    profile_id: UUID


@value
class RoutingRule:
    """Charges of these kinds are owed by `payer_profile_id`, whoever pays the rest of the booking."""

    kinds: tuple[str, ...]
    payer_profile_id: UUID


@value
class Routing:
    """The rules of a booking, one per payer; kinds without a rule are owed by the payer of the booking."""

    booking_id: UUID
    rules: tuple[RoutingRule, ...]


@request
class SetRouting(Request[Routing]):
    """These rules and no others; what has been charged already moves to whoever owes it now.

    `room` is the stay itself, with its city tax. Refuses with NoSuchFolio, Invalid,
    FolioClosed, ChargeInvoiced, CreditLimitReached.
    """

    booking_id: UUID
    rules: tuple[RoutingRule, ...]


@request
class ReadRouting(Request[Routing]):
    booking_id: UUID


class NoCreditTerms(NotFound):
    """No credit terms were agreed with this profile."""


class CreditLimitReached(Conflict):
    """The payer would owe more than its credit limit."""
