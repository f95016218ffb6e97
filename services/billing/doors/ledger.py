"""The ledger itself: its journals, their reversal, and proofs over the whole of it."""

from __future__ import annotations

import logging
import re
from uuid import UUID

from prometheus_client import Gauge

from services.billing import domain, store
from services.billing.doors import adjusting
from services.billing.doors.telling import MOST_TRIES, allocate
from services.billing.store import Journal, Moved
from services.contracts.billing import (
    BalanceChanged,
    LedgerDifference,
    LedgerProof,
    LedgerReport,
    NoSuchJournal,
    PostedJournal,
    ProveLedger,
    ReadJournal,
    ReverseJournal,
    VerifyLedger,
)
from services.kit.db import Tx
from services.kit.doors import command, every, query
from services.kit.refusal import Invalid, Problem
from services.kit.scope import permit

_PAGE = 5000  # journals; some tenths of a second
_MOST = 200_000  # journals of one look by the clock; some seconds
_CURSOR = re.compile(r"([1-9]\d?)-(\d{1,19})")
_MOST_NUMBER = 2**63 - 1
_REST = "rest"
_NO_CHAIN = 0
_log = logging.getLogger(__name__)
_differences = Gauge("foyer_ledger_differences", "Places where the ledger is not what was posted, when last looked at")


class Ledger:
    @query
    def prove_ledger(self, tx: Tx, request: ProveLedger) -> LedgerProof:
        counted = store.counts(tx, request.property_id)
        return LedgerProof(
            room_revenue=tuple(store.room_revenue(tx, request.property_id)),
            unbalanced_journals=counted.unbalanced,
            journals=counted.journals,
            entries=counted.entries,
        )

    @query
    def verify_ledger(self, tx: Tx, request: VerifyLedger) -> LedgerReport:
        if request.cursor == _REST:
            return LedgerReport(journals=0, differences=tuple(store.look_at_rest(tx)))
        chain, after = _place(request.cursor)
        looked = store.look_at_chain(tx, chain, after, _PAGE)
        rest = f"{chain}-{looked.until}"
        if looked.whole:
            rest = f"{chain + 1}-0" if chain < store.CHAINS else _REST
        return LedgerReport(journals=looked.journals, differences=tuple(looked.found), next=rest)

    @every(seconds=3600)
    def watch_ledger(self, tx: Tx) -> None:
        """Look at what was posted since the last look, and at all balances; what is wrong goes to the log, by ids.

        What is wrong is said once: the next look goes on from there, also where one look is not enough for all, and
        what every look finds anew, as it is of the ledger as a whole, is said again only when it has changed or has
        been gone. `foyer ledger verify` looks at everything and says everything.
        """
        said = store.said_differences(tx)
        found = store.look_at_rest(tx)
        differences, new = len(found), store.say(tx, _NO_CHAIN, found, said, whole=True)
        left = _MOST
        for chain, seen in store.watched(tx).items():
            found, after, whole = [], seen, False
            while not whole and left > 0:
                looked = store.look_at_chain(tx, chain, after, min(_PAGE, left))
                found += looked.found
                left -= looked.journals
                after, whole = looked.until, looked.whole
            if after > seen:
                store.remember_watched(tx, chain, after)
            differences += len(found)
            new += store.say(tx, chain, found, said, whole=whole)
        _differences.set(differences)
        for difference in new:
            _log.error("the ledger is not what was posted: %s", difference.what, extra=_facts(difference))

    @query
    def read_journal(self, tx: Tx, request: ReadJournal) -> PostedJournal:
        return _journal(tx, request.journal_id)

    @command
    def reverse_journal(self, tx: Tx, request: ReverseJournal) -> PostedJournal:
        """Each is reversed once: an adjustment on its folio, a journal of no folio and no payment by its entries."""
        domain.check_reason(request.reason_code)
        store.lock_journal(tx, request.journal_id)
        if tx.context.properties is not None:
            _journal(tx, request.journal_id)
        mirror_id = _of_adjustment(tx, request) or _of_entries(tx, request)
        posted = store.read_journal(tx, mirror_id)
        assert posted is not None
        return posted


def _journal(tx: Tx, journal_id: UUID) -> PostedJournal:
    """Refuses with NoSuchJournal; a payment's is of the property of the booking that it is for."""
    found = store.read_journal(tx, journal_id)
    if found is None:
        raise NoSuchJournal
    if tx.context.properties is not None:
        booking = store.parties(tx, found.booking_id) if found.property_id is None and found.booking_id else None
        permit(tx, booking.property_id if booking else found.property_id, NoSuchJournal)
    return found


def _of_adjustment(tx: Tx, request: ReverseJournal) -> UUID | None:
    """None where the journal is no adjustment's."""
    for _ in range(MOST_TRIES):
        found = store.charge_of_journal(tx, request.journal_id)
        if found is None or found.reason is None:
            return None
        try:
            return adjusting.reverse(tx, found, request.reason_code)
        except Moved:
            continue
    raise Moved


def _of_entries(tx: Tx, request: ReverseJournal) -> UUID:
    wrong = _journal(tx, request.journal_id)
    domain.check_reversible(wrong)
    entries = domain.mirror(wrong)
    guests = domain.guests_of(entries)
    for profile_id in guests:
        store.lock_guest(tx, profile_id)
    reversal = Journal(
        domain.REVERSAL, entries, reverses=wrong.id, property_id=wrong.property_id, reason=request.reason_code
    )
    store.post(tx, reversal)
    allocate(tx, guests)
    for profile_id in guests:
        tx.announce(BalanceChanged(profile_id=profile_id))
    return reversal.id


def _place(cursor: str | None) -> tuple[int, int]:
    """The chain, and the number after which to look."""
    if cursor is None:
        return 1, 0
    found = _CURSOR.fullmatch(cursor)
    if found is None or int(found[1]) > store.CHAINS or int(found[2]) > _MOST_NUMBER:
        raise Invalid(errors=[Problem("/cursor", "Not a cursor of this report.")])
    return int(found[1]), int(found[2])


def _facts(difference: LedgerDifference) -> dict[str, str]:
    named = {"journal_id": difference.journal_id, "entry_id": difference.entry_id, "account": difference.account}
    return {name: str(value) for name, value in named.items() if value is not None}
