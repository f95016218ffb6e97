"""Folios: what is posted of a booking or of a guest's house account, and whether it still takes charges."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import marshmallow
from flask import Response
from marshmallow import fields, validates_schema

from gateway.access.callers import needs
from gateway.asking import ask, command, reply
from gateway.blueprint import Blueprint
from gateway.known import wanted_of
from gateway.outside import Page, listing, page, schema_of
from services.contracts.billing import CloseFolio, FindFolios, Folio, ReadFolio, ReopenFolio

blueprint = Blueprint("folios", __name__, description="What is posted of bookings and of house accounts")

FolioShape = schema_of(Folio)


class FolioFilter(Page):
    booking = fields.UUID(load_default=None)
    profile = fields.UUID(load_default=None, metadata={"description": "Who pays for it."})

    @validates_schema
    def says_which(self, data: dict[str, Any], **_: Any) -> None:
        if data["booking"] is None and data["profile"] is None:
            raise marshmallow.ValidationError("Name the booking or the guest.", "booking")


@blueprint.get("/folios")
@needs("read", by_property=True)
@blueprint.arguments(FolioFilter, location="query")
@blueprint.response(200, listing(FolioShape, "FoliosPage"))
def find_folios(wanted: dict[str, Any]) -> Response:
    """A booking's folios, or those a guest pays for: charges, totals, what is paid and what is due. Newest first."""
    said = FindFolios(booking_id=wanted.pop("booking"), profile_id=wanted_of(wanted.pop("profile")), **wanted)
    return reply(page(ask(said, renamed={"booking_id": "booking", "profile_id": "profile"})))


@blueprint.get("/folios/<uuid:folio_id>")
@needs("read", by_property=True)
@blueprint.response(200, FolioShape)
def read_folio(folio_id: UUID) -> Response:
    """One folio."""
    return reply(ask(ReadFolio(folio_id=folio_id)))


@blueprint.post("/folios/<uuid:folio_id>/close")
@needs("write", by_property=True)
@blueprint.response(200, FolioShape)
def close_folio(folio_id: UUID) -> Response:
    """From now on it takes no charges and gives none back."""
    return reply(command(CloseFolio(folio_id=folio_id)))


@blueprint.post("/folios/<uuid:folio_id>/reopen")
@needs("write", by_property=True)
@blueprint.response(200, FolioShape)
def reopen_folio(folio_id: UUID) -> Response:
    """It takes charges again."""
    return reply(command(ReopenFolio(folio_id=folio_id)))
