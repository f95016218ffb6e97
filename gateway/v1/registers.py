"""Guest registers: what goes to the authority for a property and day, or stays in the hotel's files."""

from __future__ import annotations

import json
from typing import Any, get_args
from uuid import UUID

from flask import Response
from marshmallow import fields, validate

from gateway import printing
from gateway.access.callers import needs
from gateway.asking import ask, command, reply
from gateway.blueprint import Blueprint
from gateway.known import property_of
from gateway.outside import Page, Strict, Text, listing, page, schema_of
from gateway.own_lines import OwnLine, beside_register
from gateway.problems import Refused
from services.contracts.bookings.registers import (
    Destruction,
    ExportRegister,
    FindDestructions,
    FindRegisters,
    KeepReceipt,
    LookAtFile,
    NoteLook,
    ReadRegister,
    ReadRegisterHouse,
    RegisterEntry,
    RegisterExport,
    RegisterFile,
    RegisterHouse,
    RegistrationCards,
    SetRegisterHouse,
)
from services.contracts.bookings.registration import FindMissing, MissingFound, PaymentKind
from services.kit import wire

blueprint = Blueprint("registers", __name__, description="Guest registers for authorities")


class RegisterHouseIn(Strict):
    establishment = Text(
        load_default=None, allow_none=True, most=20, metadata={"description": "The authority's code of the house."}
    )
    tax_number = Text(load_default=None, allow_none=True, most=20, metadata={"description": "Portugal: the NIPC."})
    name = Text(load_default=None, allow_none=True)
    abbreviation = Text(load_default=None, allow_none=True, most=40)
    street = Text(load_default=None, allow_none=True)
    city = Text(load_default=None, allow_none=True, most=100)
    postcode = Text(load_default=None, allow_none=True, most=20)
    phone = Text(load_default=None, allow_none=True, most=40)
    contact_name = Text(load_default=None, allow_none=True, most=100)
    contact_email = Text(load_default=None, allow_none=True, most=140)
    payment = Text(
        load_default=None,
        allow_none=True,
        most=20,
        validate=validate.OneOf(get_args(PaymentKind)),
        metadata={"description": "How guests pay where no registration says it (Spain)."},
    )
    check_in = Text(load_default="15:00", most=5)
    check_out = Text(load_default="11:00", most=5)


class NewRegister(Strict):
    property = Text(required=True, most=60, metadata={"description": "Its id or its code."})
    day = fields.Date(required=True)
    country = Text(load_default=None, most=2, metadata={"description": "By whose law; the property's if not said."})


class DayOfProperty(Strict):
    property = Text(required=True, most=60, metadata={"description": "Its id or its code."})
    day = fields.Date(required=True)


class RegisterFilter(Page):
    property = Text(load_default=None, most=60, metadata={"description": "Its id or its code."})
    day = fields.Date(load_default=None)


class ReceiptIn(Strict):
    reference = Text(required=True)
    received_on = fields.Date(load_default=None)


class RegisterEntryShape(schema_of(RegisterEntry)):  # type: ignore[misc]
    own_fields = fields.List(
        fields.Nested(OwnLine),
        data_key="fields",
        allow_none=True,
        metadata={"description": "The house's own that are shown on registers; null while profiles does not answer."},
    )


RegisterShape = schema_of(RegisterExport)


class RegisterWithEntries(RegisterShape):  # type: ignore[misc,valid-type]
    entries = fields.List(fields.Nested(RegisterEntryShape))


RegisterHouseShape = schema_of(RegisterHouse)


@blueprint.get("/properties/<key>/register")
@needs("read", by_property=True)
@blueprint.response(200, RegisterHouseShape)
def read_register_house(key: str) -> Response:
    """How the authority knows a property. `key` is its id or code."""
    return reply(ask(ReadRegisterHouse(property=str(property_of(key).id))))


@blueprint.put("/properties/<key>/register")
@needs("admin")
@blueprint.arguments(RegisterHouseIn)
@blueprint.response(200, RegisterHouseShape)
def set_register_house(body: dict[str, Any], key: str) -> Response:
    """Say how the authority knows a property; what of it is needed depends on the country."""
    house = property_of(key)
    return reply(command(SetRegisterHouse(property=str(house.id), house=RegisterHouse(**body))))


@blueprint.post("/registers")
@needs("write", by_property=True)
@blueprint.arguments(NewRegister)
@blueprint.response(201, RegisterShape)
def export_register(body: dict[str, Any]) -> Response:
    """Draw up the register of a day. Where nothing in it has changed, 200 and the export that was made before; guests
    who are not complete are left out and listed.
    """
    made = command(ExportRegister(**body))
    return reply(made, 200 if made.repeated else 201, headers={"Location": f"/v1/registers/{made.id}"})


@blueprint.get("/registers")
@needs("read", by_property=True)
@blueprint.arguments(RegisterFilter, location="query")
@blueprint.response(200, listing(RegisterShape, "RegistersPage"))
def find_registers(wanted: dict[str, Any]) -> Response:
    """What was exported, newest first."""
    return reply(page(ask(FindRegisters(**wanted))))


@blueprint.get("/registers/missing")
@needs("read", by_property=True)
@blueprint.arguments(DayOfProperty, location="query")
@blueprint.response(200, schema_of(MissingFound))
def find_missing_of_day(wanted: dict[str, Any]) -> Response:
    """Who would be left out of the register of a day if it were drawn up now, and why."""
    return reply(ask(FindMissing(**wanted)))


@blueprint.get("/registers/destroyed")
@needs("read")
@blueprint.arguments(Page, location="query")
@blueprint.response(200, listing(schema_of(Destruction), "DestructionsPage"))
def find_destructions(wanted: dict[str, Any]) -> Response:
    """How many registrations and files were destroyed because their time was over, newest first."""
    return reply(page(ask(FindDestructions(**wanted))))


@blueprint.get("/registers/<uuid:register_id>")
@needs("read", by_property=True)
@blueprint.response(200, RegisterWithEntries)
def read_register(register_id: UUID) -> Response:
    """One export: how many are in its file, who was left out of it and why; beside each entry what the house's own
    fields say of the guest now. The file has none of it: what stands there is the law's.
    """
    found = ask(ReadRegister(register_id=register_id))
    own = beside_register(found.property_id, [each.profile_id for each in found.entries])
    entries = []
    for each in found.entries:
        lines = None if own is None else own.get(each.profile_id, []) if each.profile_id else []
        entries.append({**vars(each), "fields": lines})
    return reply({**vars(found), "entries": entries})


@blueprint.get("/registers/<uuid:register_id>/file")
@needs("write", by_property=True)
@blueprint.response(200, content_type="application/octet-stream")
def read_file(register_id: UUID) -> Response:
    """The file as the authority takes it, the same bytes every time. That it was looked at is noted."""
    file = _file(register_id)
    response = Response(file.text.encode(), mimetype=file.media_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{file.name}"'
    return response


@blueprint.get("/registers/<uuid:register_id>/file.pdf")
@needs("write", by_property=True)
@blueprint.response(200, content_type="application/pdf")
def print_file(register_id: UUID) -> Response:
    """The forms of a register that the hotel keeps (Germany, and where no authority has a format), a page for each
    guest; 404 for registers that are sent.
    """
    file = _file(register_id)
    if file.media_type != "application/json":
        raise Refused(404, "not-found", "This register is sent as a file and not printed.")
    cards = wire.load(RegistrationCards, json.loads(file.text))
    response = Response(printing.registration_cards(cards), mimetype="application/pdf")
    response.headers["Content-Disposition"] = f'inline; filename="{file.name.removesuffix(".json")}.pdf"'
    return response


@blueprint.put("/registers/<uuid:register_id>/receipt")
@needs("write", by_property=True)
@blueprint.arguments(ReceiptIn)
@blueprint.response(200, RegisterShape)
def keep_receipt(body: dict[str, Any], register_id: UUID) -> Response:
    """The authority has received the file. Where the law says so (Italy), what was sent is destroyed from then on."""
    return reply(command(KeepReceipt(register_id=register_id, **body)))


def _file(register_id: UUID) -> RegisterFile:
    look = command(NoteLook(kind="file", about=register_id))
    return ask(LookAtFile(look_id=look.id))
