"""What may be reversed, and how."""

from __future__ import annotations

import re
from collections.abc import Iterable
from uuid import UUID

from services.billing.domain.folio import Entry
from services.contracts.billing import AlreadyReversed, NotReversible, PostedJournal
from services.kit.refusal import Invalid, Problem

REVERSAL = "reversal"
_WAYS = {
    "refund": "A refund is undone by a payment.",
    "move": "Credit that followed its booking to another guest goes back with it: move the booking back.",
}  # of journals of a payment, beside the one that took it
_CODE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def check_reason(code: str) -> None:
    """Why, as a code: free words could name somebody, and what is posted is never erased."""
    if len(code) > 40 or not _CODE.fullmatch(code):
        raise Invalid(errors=[Problem("/reason_code", "Not a code such as wrong-account, at most 40 characters.")])


def check_reversible(journal: PostedJournal) -> None:
    """What belongs to a folio or a payment is undone there, as more than entries hangs on it; refuses with the way."""
    if journal.kind == REVERSAL:
        raise NotReversible("A reversal is not reversed: post what is right.")
    if journal.reversed_by is not None:
        raise AlreadyReversed(facts={"reversed_by": str(journal.reversed_by)})
    if journal.payment_id is not None:
        way = _WAYS.get(journal.kind, "A payment is undone by refunding it.")
        raise NotReversible(way, facts={"payment_id": str(journal.payment_id)})
    if journal.charge_id is not None:
        raise NotReversible("A charge is undone by voiding it.", facts={"charge_id": str(journal.charge_id)})
    if journal.reverses is not None and journal.kind == "void":
        raise NotReversible("A void is not undone: charge it again.")
    if journal.kind == "routing":
        raise NotReversible("What was moved to another payer is moved back by the booking's routing.")
    if journal.folio_id is not None:
        raise NotReversible("What a stay posts follows its booking.", facts={"booking_id": str(journal.booking_id)})


def mirror(journal: PostedJournal) -> tuple[Entry, ...]:
    """The entries that undo a journal."""
    return tuple(Entry(e.account, -e.amount.amount_minor, e.amount.currency, e.profile_id) for e in journal.entries)


def guests_of(entries: Iterable[Entry]) -> list[UUID]:
    """Whose accounts are moved, in the order in which they are locked."""
    return sorted({e.profile_id for e in entries if e.profile_id is not None})
