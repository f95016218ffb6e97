"""Invoices, credit notes and statements, as JSON and as PDF."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import marshmallow
from flask import Response
from marshmallow import fields, validate, validates_schema

from gateway import printing
from gateway.access.callers import needs
from gateway.asking import ask, command, reply
from gateway.blueprint import Blueprint
from gateway.known import about_guest, property_of, survivor, wanted_of
from gateway.outside import LongText, MoneyField, Page, Strict, Text, WholeNumber, listing, page, schema_of
from services.contracts.billing import (
    CreditedLine,
    CreditInvoice,
    FindInvoices,
    Invoice,
    InvoiceSummary,
    Invoicing,
    IssueInvoice,
    Party,
    ReadDebtor,
    ReadInvoice,
    ReadInvoicing,
    ReadStatement,
    SetInvoicing,
    Statement,
)
from services.contracts.bookings import ReadProperties
from services.contracts.profiles import Profile, ReadProfile

blueprint = Blueprint("invoices", __name__, description="The ledger, written out for who pays")


class PartyIn(Strict):
    name = Text(required=True)
    address = fields.List(Text(), load_default=[], validate=validate.Length(max=8))
    country = Text(load_default=None, allow_none=True, most=2)
    tax_id = Text(load_default=None, allow_none=True, most=60)


class InvoicingIn(Strict):
    prefix = Text(required=True, most=21, metadata={"example": "LIS"})
    seller = fields.Nested(PartyIn, required=True)
    footer = LongText(load_default=None, allow_none=True, most=500)


class NewInvoice(Strict):
    folio_id = fields.UUID(load_default=None)
    profile_id = fields.UUID(
        load_default=None, metadata={"description": "Who pays, for all their folios at a property."}
    )
    property = Text(load_default=None, most=60, metadata={"description": "The issuing property's id or code."})
    until = fields.Date(load_default=None, metadata={"description": "The last day to invoice."})
    currency = Text(load_default=None, most=3)
    language = Text(load_default=None, most=35, metadata={"example": "pt"})
    addressee = fields.Nested(PartyIn, load_default=None, metadata={"description": "If not who owes it."})

    @validates_schema
    def says_whose(self, data: dict[str, Any], **_: Any) -> None:
        if data["folio_id"] is None and data["profile_id"] is None:
            raise marshmallow.ValidationError("Name the folio, or who pays.", "folio_id")
        if data["folio_id"] is None and data["property"] is None:
            raise marshmallow.ValidationError("Say which property issues.", "property")


class CreditedLineIn(Strict):
    number = WholeNumber(required=True, metadata={"description": "Of the invoice's line."})
    amount = MoneyField(
        load_default=None,
        metadata={"description": "With its VAT; unless said, all that is left of the line less the credits beside it."},
    )


class NewCreditNote(Strict):
    reason = Text(required=True, most=500)
    lines = fields.List(
        fields.Nested(CreditedLineIn),
        load_default=None,
        validate=validate.Length(min=1, max=100),
        metadata={"description": "The lines to lower; without them the whole invoice is taken back."},
    )


class InvoiceFilter(Page):
    profile = fields.UUID(load_default=None)
    folio = fields.UUID(load_default=None)
    property = Text(load_default=None, most=60, metadata={"description": "Its id or its code."})
    number = Text(load_default=None, most=60)


class Period(Strict):
    first = fields.Date(required=True, data_key="from")
    until = fields.Date(required=True, metadata={"description": "The last day."})
    currency = Text(required=True, most=3)
    time_zone = Text(load_default="UTC", most=64, metadata={"description": "Where days begin and end."})


class PrintedPeriod(Period):
    language = Text(load_default="en", most=35)


InvoiceShape = schema_of(Invoice)


@blueprint.get("/properties/<key>/invoicing")
@needs("read", by_property=True)
@blueprint.response(200, schema_of(Invoicing))
def read_invoicing(key: str) -> Response:
    """How a property numbers its invoices and who it is on them. `key` is its id or code."""
    return reply(ask(ReadInvoicing(property_id=property_of(key).id)))


@blueprint.put("/properties/<key>/invoicing")
@needs("admin")
@blueprint.arguments(InvoicingIn)
@blueprint.response(200, schema_of(Invoicing))
def set_invoicing(body: dict[str, Any], key: str) -> Response:
    """Say how a property issues. Invoices issued before stay as they are; numbers go on counting."""
    house = property_of(key)
    seller = _party(body.pop("seller"))
    return reply(command(SetInvoicing(property_id=house.id, time_zone=house.time_zone, seller=seller, **body)))


@blueprint.post("/invoices")
@needs("write", by_property=True)
@blueprint.doc(**{"x-key-demanded": True})
@blueprint.arguments(NewInvoice)
@blueprint.response(201, InvoiceShape)
def issue_invoice(body: dict[str, Any]) -> Response:
    """Invoice what is earned of a folio, or of all folios that somebody pays at a property. Needs an Idempotency-Key.

    It is addressed to who owes it, as their profile says now, unless `addressee` says otherwise.
    """
    key, given, language = body.pop("property"), body.pop("addressee"), body.pop("language")
    if key is not None:
        body["property_id"] = property_of(key).id
    if body["profile_id"] is not None:
        body["profile_id"] = survivor(body["profile_id"])
    if given is None or language is None:
        owes = body["profile_id"] or ask(ReadDebtor(folio_id=body["folio_id"])).profile_id
        profile = ask(ReadProfile(profile_id=owes))
        body["profile_id"] = owes
        language = language or profile.language or "en"
    addressee = _party(given) if given else _addressee(profile)
    said = IssueInvoice(addressee=addressee, language=language, **body)
    made = command(said, renamed={"property_id": "property"}, key_demanded=True)
    return reply(made, 201, headers={"Location": f"/v1/invoices/{made.id}"})


@blueprint.get("/invoices")
@needs("read", by_property=True)
@blueprint.arguments(InvoiceFilter, location="query")
@blueprint.response(200, listing(schema_of(InvoiceSummary), "InvoicesPage"))
def find_invoices(wanted: dict[str, Any]) -> Response:
    """Invoices and credit notes, newest first."""
    key = wanted.pop("property")
    property_id = property_of(key).id if key is not None else None
    profile_id, folio_id = wanted_of(wanted.pop("profile")), wanted.pop("folio")
    return reply(page(ask(FindInvoices(profile_id=profile_id, folio_id=folio_id, property_id=property_id, **wanted))))


@blueprint.get("/invoices/<uuid:invoice_id>")
@needs("read", by_property=True)
@blueprint.response(200, InvoiceShape)
def read_invoice(invoice_id: UUID) -> Response:
    """One invoice or credit note, as issued."""
    return reply(ask(ReadInvoice(invoice_id=invoice_id)))


@blueprint.get("/invoices/<uuid:invoice_id>.pdf")
@needs("read", by_property=True)
@blueprint.response(200, content_type="application/pdf")
def print_invoice(invoice_id: UUID) -> Response:
    """One invoice or credit note as PDF, the same for every call."""
    found = ask(ReadInvoice(invoice_id=invoice_id))
    return _pdf(printing.invoice(found), found.number)


@blueprint.post("/invoices/<uuid:invoice_id>/credit-notes")
@needs("write", by_property=True)
@blueprint.doc(**{"x-key-demanded": True})
@blueprint.arguments(NewCreditNote)
@blueprint.response(201, InvoiceShape)
def credit_invoice(body: dict[str, Any], invoice_id: UUID) -> Response:
    """Take an invoice back, once: what stood on it can be invoiced again. With `lines`: lower these, on the invoice and
    in what is owed; 409 `credit-note-too-large` above what is left of a line. Needs an Idempotency-Key.
    """
    lines = tuple(CreditedLine(**line) for line in body.pop("lines") or ())
    made = command(CreditInvoice(invoice_id=invoice_id, lines=lines, **body), key_demanded=True)
    return reply(made, 201, headers={"Location": f"/v1/invoices/{made.id}"})


@blueprint.get("/profiles/<uuid:profile_id>/statement")
@needs("read", by_property=True)
@blueprint.arguments(Period, location="query")
@blueprint.response(200, schema_of(Statement))
def read_statement(wanted: dict[str, Any], profile_id: UUID) -> Response:
    """What was owed before a period, every line in it, and what was owed after it.

    To a key that is limited to properties it is of these alone, and says so in `property_ids`.
    """
    return reply(about_guest(profile_id, ReadStatement(profile_id=profile_id, **wanted)))


@blueprint.get("/profiles/<uuid:profile_id>/statement.pdf")
@needs("read", by_property=True)
@blueprint.arguments(PrintedPeriod, location="query")
@blueprint.response(200, content_type="application/pdf")
def print_statement(wanted: dict[str, Any], profile_id: UUID) -> Response:
    """The statement as PDF."""
    language = wanted.pop("language")
    profile = ask(ReadProfile(profile_id=profile_id))
    found = ask(ReadStatement(profile_id=profile.id, **wanted), renamed={"first": "from"})
    only = found.property_ids or ()
    houses = [house.name for house in ask(ReadProperties()).items if house.id in only] if only else []
    return _pdf(printing.statement(found, _addressee(profile), language, houses), f"statement-{found.until}")


def _party(said: dict[str, Any]) -> Party:
    return Party(**{**said, "address": tuple(said["address"])})


def _addressee(profile: Profile) -> Party:
    """Who a profile is, at their primary address, as an envelope says it."""
    names = (profile.given_name, profile.family_name, profile.second_family_name)
    name = profile.name or " ".join(part for part in names if part) or "—"
    home = next((address for address in profile.addresses if not address.past), None)
    if home is None:
        return Party(name=name)
    town = " ".join(part for part in (home.postcode, home.city) if part)
    lines = tuple(line for line in (*home.lines, town, home.region) if line)
    return Party(name=name, address=lines[:8], country=home.country)


def _pdf(content: bytes, name: str) -> Response:
    response = Response(content, mimetype="application/pdf")
    response.headers["Content-Disposition"] = f'inline; filename="{name}.pdf"'
    return response
