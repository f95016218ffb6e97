"""The ledger itself: its journals, their reversal, and the proofs that nothing was changed."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from services.contracts.values import Money
from services.kit.refusal import Conflict, NotFound
from services.kit.wire import Request, request, value


@value
class LedgerProof:
    """Sums over the whole ledger, for proofs: recognised room revenue per currency of departed stays, adjustments
    aside, unbalanced journals (0).
    """

    room_revenue: tuple[Money, ...]
    unbalanced_journals: int
    journals: int
    entries: int


@request
class ProveLedger(Request[LedgerProof]):
    """Sums of one property's journals, or of all."""

    property_id: UUID | None = None


@value
class LedgerDifference:
    """One place where the ledger is not what was posted. `amount_minor` is by how much it is off, where that is known;
    `profile_id` whose account it is, where it is a guest's.
    """

    what: Literal[
        "journal-changed",
        "journal-missing",
        "journal-added",
        "journal-unbalanced",
        "entry-changed",
        "entry-missing",
        "entry-added",
        "entry-without-journal",
        "chain-changed",
        "balance-differs",
    ]
    detail: str
    journal_id: UUID | None = None
    entry_id: int | None = None
    account: str | None = None
    profile_id: UUID | None = None
    currency: str | None = None
    amount_minor: int | None = None


@value
class LedgerReport:
    """A part of the ledger, looked at; `next` is where the rest begins."""

    journals: int
    differences: tuple[LedgerDifference, ...]
    next: str | None = None


@request
class VerifyLedger(Request[LedgerReport]):
    """Are journals, entries and balances as they were posted? Part by part: ask on with `next` until there is none.

    At most 1,000 differences are named of a part.
    """

    cursor: str | None = None


@value
class JournalEntry:
    """A debit is positive, a credit negative."""

    id: int
    account: str
    profile_id: UUID | None = None
    amount: Money


@value
class PostedJournal:
    """What was posted together. `reason` is the code of a correction, `reversed_by` the journal that undid it;
    `charge_id` is whatever charge, or adjustment, it posted.
    """

    id: UUID
    kind: str
    posted_at: datetime
    posted_by: str
    business_date: date
    folio_id: UUID | None = None
    booking_id: UUID | None = None
    property_id: UUID | None = None
    payment_id: UUID | None = None
    reverses: UUID | None = None
    reversed_by: UUID | None = None
    reason: str | None = None
    charge_id: UUID | None = None
    entries: tuple[JournalEntry, ...]


@request
class ReadJournal(Request[PostedJournal]):
    journal_id: UUID


@request
class ReverseJournal(Request[PostedJournal]):
    """Post the mirror of an adjustment, or of a journal that belongs to no folio and no payment; answers the mirror.

    `reason_code`: lower-case words joined by hyphens, ≤ 40. Refuses with NoSuchJournal, AlreadyReversed, NotReversible
    (stays, charges, payments and transfers are undone in their own ways), and of an adjustment with FolioClosed,
    AdjustmentInvoiced, ChargeAdjusted.
    """

    journal_id: UUID
    reason_code: str


class NoSuchJournal(NotFound):
    """There is no such journal."""


class AlreadyReversed(Conflict):
    """This journal has been reversed."""


class NotReversible(Conflict):
    """This journal is undone in another way."""
