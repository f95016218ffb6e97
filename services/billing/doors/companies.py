"""Companies' accounts: credit terms and ageing."""

from __future__ import annotations

from collections import defaultdict

from services.billing import domain, store
from services.billing.domain import BUCKETS, Bucket
from services.contracts.billing import (
    AgedDebt,
    Ageing,
    CreditTerms,
    NoCreditTerms,
    ReadAgeing,
    ReadCreditTerms,
    SetCreditTerms,
)
from services.contracts.values import Money, decimals
from services.kit.db import Tx
from services.kit.doors import command, query
from services.kit.refusal import Invalid, Problem

_LARGEST = 10**12  # minor units
_MOST_DAYS = 365


class Companies:
    @command
    def set_credit_terms(self, tx: Tx, request: SetCreditTerms) -> CreditTerms:
        """What is owed already stays owed, also above a new limit."""
        decimals(request.limit.currency)
        faults = []
        if not 0 <= request.limit.amount_minor <= _LARGEST:
            faults.append(Problem("/limit/amount", "Below zero, or too large."))
        if not 0 <= request.days <= _MOST_DAYS:
            faults.append(Problem("/days", f"Not from 0 to {_MOST_DAYS}."))
        if faults:
            raise Invalid(errors=faults)
        terms = CreditTerms(profile_id=request.profile_id, limit=request.limit, days=request.days)
        store.lock_guest(tx, request.profile_id)
        store.set_terms(tx, terms)
        return terms

    @query
    def read_credit_terms(self, tx: Tx, request: ReadCreditTerms) -> CreditTerms:
        terms = store.terms_of(tx, request.profile_id)
        if terms is None:
            raise NoCreditTerms
        return terms

    @query
    def read_ageing(self, tx: Tx, request: ReadAgeing) -> Ageing:
        terms = store.terms_of(tx, request.profile_id)
        days, today = terms.days if terms else 0, []
        open_: dict[str, dict[Bucket, int]] = defaultdict(lambda: dict.fromkeys(BUCKETS, 0))
        for folio in store.open_folios(tx, request.profile_id):
            today += [debt.today for debt in folio.debts if debt.amount_minor]
            for name, minor in domain.aged(folio.debts, folio.covered_minor, days).items():
                open_[folio.currency][name] += minor
        debts = tuple(_aged(currency, by) for currency, by in sorted(open_.items()) if any(by.values()))
        day = max(today, default=tx.now.date())
        return Ageing(profile_id=request.profile_id, day=day, days=days, debts=debts)


def _aged(currency: str, by: dict[Bucket, int]) -> AgedDebt:
    def money(minor: int) -> Money:
        return Money(amount_minor=minor, currency=currency)

    return AgedDebt(
        currency=currency,
        current=money(by["current"]),
        days_1_30=money(by["1-30"]),
        days_31_60=money(by["31-60"]),
        days_61_90=money(by["61-90"]),
        days_over_90=money(by["over-90"]),
        total=money(sum(by.values())),
    )
