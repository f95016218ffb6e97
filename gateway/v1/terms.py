"""The terms of stays: what a property says in which language, and the proof of who was told what."""

from __future__ import annotations

from typing import Any, get_args
from uuid import UUID

from flask import Response
from marshmallow import validate

from gateway.access.callers import needs
from gateway.asking import ask, command, reply
from gateway.blueprint import Blueprint
from gateway.outside import LongText, Strict, Text, listing, schema_of, shown
from services.contracts.bookings.terms import (
    Automatic,
    PropertyTerms,
    ReadTerms,
    ReadToldTerms,
    SetTermsTelling,
    TellTerms,
    Terms,
    TermsKind,
    ToldHow,
    ToldTerms,
    WriteTerms,
)

blueprint = Blueprint("terms", __name__, description="Terms of stays, and the proof that they were told")


class TellingIn(Strict):
    language = Text(required=True, most=35, metadata={"description": "The property's own: `pt`, `pt-BR`."})
    automatic = Text(
        required=True,
        validate=validate.OneOf(get_args(Automatic)),
        metadata={"description": "Told by e-mail on confirmation: `direct` is of bookings the house itself took."},
    )


class TermsIn(Strict):
    kind = Text(required=True, validate=validate.OneOf(get_args(TermsKind)))
    title = Text(load_default=None, allow_none=True)
    text = LongText(
        load_default=None,
        allow_none=True,
        most=20_000,
        metadata={"description": "Without title and text the property has none of this kind and language any more."},
    )


class TellIn(Strict):
    how = Text(required=True, validate=validate.OneOf(get_args(ToldHow)))
    language = Text(load_default=None, most=35, metadata={"description": "The guest's, if not said."})


@blueprint.get("/properties/<key>/terms")
@needs("read", by_property=True)
@blueprint.response(200, schema_of(PropertyTerms))
def read_terms(key: str) -> Response:
    """What a property says now, in all languages."""
    return reply(ask(ReadTerms(property=key)))


@blueprint.put("/properties/<key>/terms")
@needs("admin")
@blueprint.arguments(TellingIn)
@blueprint.response(200, schema_of(PropertyTerms))
def set_terms_telling(body: dict[str, Any], key: str) -> Response:
    """The property's own language, and whether terms are told by themselves."""
    return reply(command(SetTermsTelling(property=key, **body)))


@blueprint.get("/properties/<key>/terms/<language>")
@needs("read", by_property=True)
@blueprint.response(200, schema_of(PropertyTerms))
def read_terms_in(key: str, language: str) -> Response:
    """Every version there ever was in a language; the latest of a kind is the present one."""
    return reply(ask(ReadTerms(property=key, language=language, history=True)))


@blueprint.put("/properties/<key>/terms/<language>")
@needs("admin")
@blueprint.arguments(TermsIn)
@blueprint.response(200, schema_of(Terms))
def write_terms(body: dict[str, Any], key: str, language: str) -> Response:
    """A new version of one kind of terms, unless the present one says the same. Older ones stay to be read."""
    return reply(command(WriteTerms(property=key, language=language, **body)))


@blueprint.post("/bookings/<uuid:booking_id>/terms")
@needs("write", by_property=True)
@blueprint.arguments(TellIn)
@blueprint.response(200, schema_of(ToldTerms))
def tell_terms(body: dict[str, Any], booking_id: UUID) -> Response:
    """Note that the guest was told the present terms, and send them a copy by e-mail. Once: again in the same way is
    the same proof.
    """
    return reply(command(TellTerms(booking_id=booking_id, **body)))


@blueprint.get("/bookings/<uuid:booking_id>/terms/told")
@needs("read", by_property=True)
@blueprint.response(200, listing(schema_of(ToldTerms), "ToldTermsPage"))
def read_told_terms(booking_id: UUID) -> Response:
    """The proof alone: which versions, in which language, when, how and by whom, and the copy with its SHA-256."""
    found = ask(ReadToldTerms(booking_id=booking_id)).items
    return reply({"items": [shown(each) for each in found], "next": None})
