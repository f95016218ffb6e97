"""What a house asks of who cancels, does not come, or has to pay a part before."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from services.contracts.bookings.bounds import at_most
from services.contracts.values import Money
from services.kit.refusal import Conflict, NotFound
from services.kit.wire import Event, Request, event, request, value

PolicyKind = Literal["cancellation", "no_show", "deposit"]
FeeState = Literal["posted", "waived", "withdrawn"]
DepositState = Literal["open", "met", "overdue", "dropped"]


@value
class Share:
    """How much, as exactly one of: `basis_points` of the stay's price (2300 is 23 %), the price of its first `nights`,
    or a fixed `amount`. Never more than the stay's price.
    """

    basis_points: int | None = None
    nights: int | None = None
    amount: Money | None = None


@value
class Cutoff:
    """`hour` o'clock in the property's zone, `days` before the day of arrival."""

    days: int = 0
    hour: int = 18


@value
class Policy:
    """For bookings of this `channel` and these `rates`, made so many days before arrival, arriving in these days; what
    is not said matches every booking. Of several rooms all must have one of the rates. `id` is given by billing.

    A cancellation is free until `free_until`, or until 18:00 on the day of arrival. A deposit is due
    `days_after_booking` or `days_before_arrival`, one of the two, and never before the day of booking.
    """

    id: UUID | None = None
    kind: PolicyKind
    share: Share
    channel: str | None = None
    min_lead_days: int | None = None
    max_lead_days: int | None = None
    arrival_from: date | None = None
    arrival_until: date | None = None
    free_until: Cutoff | None = None
    days_after_booking: int | None = None
    days_before_arrival: int | None = None
    rates: tuple[str, ...] = ()

    bounded = at_most(100, "rates")


@value
class Policies:
    """Of each kind the most specific that matches a booking is the booking's: the one with the most conditions, of
    equally many the one with an earlier one of `rates`, `channel`, `arrival_from`, `arrival_until`, `min_lead_days`,
    `max_lead_days`; of those with the very same ones the first of the list.
    """

    property_id: UUID
    policies: tuple[Policy, ...]


@request
class SetPolicies(Request[Policies]):
    """All of a property's policies, in place of those it had. Bookings keep the terms they were made under.

    Fixed amounts are in the property's `currency`; days and hours are those of its `time_zone`.
    """

    property_id: UUID
    time_zone: str
    currency: str
    policies: tuple[Policy, ...] = ()

    bounded = at_most(200, "policies")


@request
class ReadPolicies(Request[Policies]):
    property_id: UUID


@value
class BookingFee:
    """What was charged for cancelling or not coming. `charge_id` names the charge; waived: charged and taken back.
    withdrawn: taken back because the booking turned out never to have been confirmed.
    """

    booking_id: UUID
    kind: PolicyKind
    amount: Money
    state: FeeState
    charge_id: UUID
    posted_at: datetime


@value
class DepositDue:
    """`covered` is what credit covers of the booking, up to the deposit."""

    booking_id: UUID
    property_id: UUID
    profile_id: UUID
    amount: Money
    covered: Money
    due_on: date
    state: DepositState


@value
class PolicyChoice:
    """Why a policy is a booking's: the conditions `named` by it are met, and it is more specific than those
    `passed_over`, which the booking meets too.
    """

    kind: PolicyKind
    policy_id: UUID | None = None
    named: tuple[str, ...] = ()
    passed_over: tuple[UUID, ...] = ()


@value
class BookingTerms:
    """The policies a booking was made under, as they were then; `words` say them in English, in the order of a letter,
    `choices` why they are these.

    `chosen_at` is None where the house had no policies; `free_until` where cancelling costs nothing at any time.
    """

    booking_id: UUID
    property_id: UUID
    time_zone: str
    chosen_at: datetime | None = None
    booked_on: date | None = None
    cancellation: Policy | None = None
    no_show: Policy | None = None
    deposit: Policy | None = None
    free_until: datetime | None = None
    words: tuple[str, ...] = ()
    fee: BookingFee | None = None
    deposit_due: DepositDue | None = None
    choices: tuple[PolicyChoice, ...] = ()


@request
class ReadBookingTerms(Request[BookingTerms]):
    booking_id: UUID


@request
class WaiveFee(Request[BookingFee]):
    """Take the booking's fee back, for a reason. Refuses with NoSuchFee, FeeWaived."""

    booking_id: UUID
    reason: str


@value
class DepositsFound:
    items: tuple[DepositDue, ...]
    next: str | None = None


@request
class FindDeposits(Request[DepositsFound]):
    """Earliest due first."""

    property_id: UUID | None = None
    state: DepositState | None = None
    limit: int = 50
    cursor: str | None = None


@event
class DepositOverdue(Event):
    """The day a deposit was due is over where the house stands, and credit does not cover it. Told once."""

    aggregate = "booking_id"
    booking_id: UUID
    profile_id: UUID
    amount: Money
    due_on: date


class NoSuchFee(NotFound):
    """The booking has no fee."""


class FeeWaived(Conflict):
    """The fee has been taken back already."""


class NoSuchTerms(NotFound):
    """Billing has not heard of this booking."""
