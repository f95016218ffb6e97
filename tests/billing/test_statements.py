"""Statements: a guest's account over a period."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import uuid4

import pytest

from services.contracts.billing import ReadStatement
from services.contracts.values import Money
from services.kit.db import Database
from services.kit.refusal import Invalid
from tests.billing.desk import Desk
from tests.billing.makers import eur


@pytest.fixture
def desk(billing_db: Database) -> Desk:
    return Desk(billing_db)


def test_a_statement_leads_from_what_was_owed_to_what_is_owed(desk: Desk) -> None:
    guest = uuid4()
    desk.stayed(guest, eur(30000))
    desk.pays(guest, eur(10000))
    desk.charges(None, "spa", Money(amount_minor=5, currency="JPY"), profile_id=guest)

    def statement(first: date, until: date) -> Any:
        return desk.service.read_statement(ReadStatement(profile_id=guest, first=first, until=until, currency="EUR"))

    whole = statement(date(2020, 1, 1), date(2099, 1, 1))
    assert (whole.opening, whole.closing) == (eur(0), eur(20000))
    assert [line.balance_after.amount_minor for line in whole.lines][-1] == desk.balance(guest)
    after = statement(date(2098, 1, 1), date(2099, 1, 1))
    assert (after.opening, after.lines, after.closing) == (eur(20000), (), eur(20000))


@pytest.mark.parametrize(
    ("said", "pointer"),
    [
        ({"until": date(2019, 1, 1)}, "/until"),
        ({"currency": "XQQ"}, "/currency"),
        ({"time_zone": "Mars/Olympus"}, "/time_zone"),
        ({"time_zone": "../etc/passwd"}, "/time_zone"),
    ],
)
def test_a_statement_over_nonsense_is_refused(desk: Desk, said: dict[str, Any], pointer: str) -> None:
    whole = {"first": date(2020, 1, 1), "until": date(2020, 2, 1), "currency": "EUR", **said}
    with pytest.raises(Invalid) as refused:
        desk.service.read_statement(ReadStatement(profile_id=uuid4(), **whole))
    assert [e.pointer for e in refused.value.errors] == [pointer]
