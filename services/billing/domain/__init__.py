"""The rules of the ledger. Nothing here reads or writes."""

from services.billing.domain.chart import (
    CHART,
    DEFERRED,
    DESCRIPTIONS,
    GUESTS,
    KINDS,
    METHODS,
    Kind,
    check_amount,
    check_kind,
    check_words,
)
from services.billing.domain.credit import (
    Allocations,
    Credit,
    Due,
    allocate,
)
from services.billing.domain.folio import (
    Entry,
    Folio,
    charged,
    check_currency,
    journal_to,
    payment_entries,
    revenue_changes,
    story,
    target,
)

__all__ = [
    "Allocations",
    "CHART",
    "Credit",
    "DEFERRED",
    "DESCRIPTIONS",
    "Due",
    "Entry",
    "Folio",
    "GUESTS",
    "KINDS",
    "Kind",
    "METHODS",
    "allocate",
    "charged",
    "check_amount",
    "check_currency",
    "check_kind",
    "check_words",
    "journal_to",
    "payment_entries",
    "revenue_changes",
    "story",
    "target",
]
