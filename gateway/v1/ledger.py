"""Journals of the ledger."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response
from marshmallow import validate

from gateway.access.callers import needs
from gateway.asking import ask, command, reply
from gateway.blueprint import Blueprint
from gateway.outside import Strict, Text, schema_of
from services.contracts.billing import PostedJournal, ReadJournal, ReverseJournal

blueprint = Blueprint("ledger", __name__, description="What was posted, entry by entry")


CODE = validate.Regexp(r"\A[a-z0-9]+(-[a-z0-9]+)*\Z", error="Not a code such as wrong-account.")


class Reversal(Strict):
    reason_code = Text(
        required=True,
        most=40,
        validate=CODE,
        metadata={"example": "wrong-account", "description": "Why, as a code: never words about people."},
    )


@blueprint.get("/journals/<uuid:journal_id>")
@needs("read", by_property=True)
@blueprint.response(200, schema_of(PostedJournal))
def read_journal(journal_id: UUID) -> Response:
    """A journal with its entries: debits are positive, credits negative, and the sum is zero per currency."""
    return reply(ask(ReadJournal(journal_id=journal_id)))


@blueprint.post("/journals/<uuid:journal_id>/reverse")
@needs("admin", by_property=True)
@blueprint.doc(**{"x-key-demanded": True})
@blueprint.arguments(Reversal)
@blueprint.response(201, schema_of(PostedJournal))
def reverse_journal(body: dict[str, Any], journal_id: UUID) -> Response:
    """Post the mirror of an adjustment, or of a journal that belongs to no stay, charge or payment.

    Those are undone in their own ways: 409 `not-reversible` says how. Needs an Idempotency-Key.
    """
    posted = command(ReverseJournal(journal_id=journal_id, **body), key_demanded=True)
    return reply(posted, 201, headers={"Location": f"/v1/journals/{posted.id}"})
