"""Billing, put together from its doors."""

from __future__ import annotations

from services.billing.doors.accounts import Accounts
from services.billing.doors.adjusting import Adjustments
from services.billing.doors.allocations import Allocating
from services.billing.doors.charges import Charges
from services.billing.doors.companies import Companies
from services.billing.doors.crediting import CreditNotes
from services.billing.doors.folios import Folios
from services.billing.doors.invoices import Invoices
from services.billing.doors.ledger import Ledger
from services.billing.doors.moving import Moving
from services.billing.doors.nights import Nights
from services.billing.doors.payments import Payments
from services.billing.doors.policies import Policies
from services.billing.doors.routing import Routes
from services.billing.doors.stays import Stays
from services.billing.doors.taxes import Taxes
from services.kit.doors import Service


class BillingService(
    Stays,
    Moving,
    Policies,
    Nights,
    Taxes,
    Charges,
    Adjustments,
    Folios,
    Payments,
    Companies,
    Routes,
    Accounts,
    Allocating,
    Ledger,
    Invoices,
    CreditNotes,
    Service,
):
    name = "billing"
