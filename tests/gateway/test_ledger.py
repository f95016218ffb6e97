"""Journals over HTTP."""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import uuid4

import pytest

from services.contracts.billing import (
    AlreadyReversed,
    JournalEntry,
    NoSuchJournal,
    NotReversible,
    PostedJournal,
    ReadJournal,
    ReverseJournal,
)
from services.contracts.values import Money

JOURNAL = uuid4()


def posted(**more):
    return PostedJournal(
        id=JOURNAL,
        kind="adjustment",
        posted_at=datetime(2026, 11, 1, 12, tzinfo=UTC),
        posted_by="staff:ines",
        business_date=date(2026, 11, 1),
        entries=(
            JournalEntry(id=7, account="guests", profile_id=uuid4(), amount=Money(amount_minor=1250, currency="EUR")),
            JournalEntry(id=8, account="rounding", amount=Money(amount_minor=-1250, currency="EUR")),
        ),
        **more,
    )


def test_a_journal_is_shown_with_its_entries(api, services):
    services.will_answer(ReadJournal, posted())
    said = api.get(f"/v1/journals/{JOURNAL}")
    assert said.status_code == 200
    assert [e["amount"]["amount"] for e in said.get_json()["entries"]] == ["12.50", "-12.50"]
    assert said.get_json()["business_date"] == "2026-11-01"


def test_a_journal_nobody_posted_is_not_found(api, services):
    services.will_answer(ReadJournal, NoSuchJournal())
    assert api.get(f"/v1/journals/{JOURNAL}").status_code == 404


def reverse(api, as_key, body, **headers):
    return api.post(f"/v1/journals/{JOURNAL}/reverse", json=body, headers={**as_key("admin"), **headers})


def test_a_reversal_names_its_reason_and_answers_the_mirror(api, services, as_key):
    services.will_answer(ReverseJournal, posted(reverses=JOURNAL, reason="wrong-account"))
    said = reverse(api, as_key, {"reason_code": "wrong-account"}, **{"Idempotency-Key": "once"})
    assert said.status_code == 201
    assert said.headers["Location"].endswith(f"/v1/journals/{JOURNAL}")
    assert services.last(ReverseJournal).reason_code == "wrong-account"


def test_a_reversal_needs_an_idempotency_key(api, services, as_key):
    said = reverse(api, as_key, {"reason_code": "wrong-account"})
    assert (said.status_code, said.get_json()["type"]) == (400, "/problems/idempotency-key-missing")


@pytest.mark.parametrize("body", [{}, {"reason_code": "Ana was wrong"}, {"reason_code": ""}, {"reason_code": 5}])
def test_a_reversal_without_a_code_is_refused_with_a_pointer(api, services, as_key, body):
    said = reverse(api, as_key, body, **{"Idempotency-Key": "once"})
    assert said.status_code == 422
    assert {e["pointer"] for e in said.get_json()["errors"]} == {"/reason_code"}
    assert services.asked == []


@pytest.mark.parametrize("refusal", [AlreadyReversed(), NotReversible()])
def test_what_cannot_be_reversed_is_a_conflict(api, services, as_key, refusal):
    services.will_answer(ReverseJournal, refusal)
    said = reverse(api, as_key, {"reason_code": "wrong-account"}, **{"Idempotency-Key": "once"})
    assert (said.status_code, said.get_json()["type"]) == (409, f"/problems/{refusal.code()}")
