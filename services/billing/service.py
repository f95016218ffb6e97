"""Billing, put together from its doors."""

from __future__ import annotations

from services.billing.doors.accounts import Accounts
from services.billing.doors.charges import Charges
from services.billing.doors.ledger import Ledger
from services.billing.doors.payments import Payments
from services.billing.doors.stays import Stays
from services.kit.doors import Service


class BillingService(Stays, Charges, Payments, Accounts, Ledger, Service):
    name = "billing"
