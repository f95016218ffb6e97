"""What the law asks to know of each guest of a booking, and the card they sign."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, get_args
from uuid import UUID

from flask import Response, request
from marshmallow import fields, validate

from gateway import printing
from gateway.access.callers import needs
from gateway.asking import ask, command, reply
from gateway.blueprint import Blueprint
from gateway.outside import Count, Instant, Strict, Text, WholeNumber, listing, schema_of, shown
from gateway.own_lines import OwnLine, beside_register
from gateway.preconditions import if_match, version_to_change
from services.contracts.bookings import ReadBooking
from services.contracts.bookings.registers import LookAtCards, LookAtDocument, NoteLook
from services.contracts.bookings.registration import (
    Birthplace,
    DeleteRegistration,
    DocumentKind,
    FindMissing,
    IdentityDocument,
    KeepRegistration,
    Kin,
    Kinship,
    MissingFound,
    Particulars,
    PartyRole,
    PaymentKind,
    ReadRegistration,
    ReadRegistrations,
    Registration,
    RegistrationHasChanged,
    Residence,
    Signature,
    SignedHow,
)
from services.contracts.bookings.words import Sex
from services.contracts.profiles import CardLine, ReadCardLines

blueprint = Blueprint("registrations", __name__, description="What the law asks to know of guests")

_IF_MATCH: Final = if_match(
    "The ETag that was read; of somebody at a position that nobody has, `If-None-Match: *` instead."
)
_EMPTY: Final[dict[str, Any]] = {"allow_none": True}
_COUNTRY: Final[dict[str, Any]] = {"allow_none": True, "most": 2, "metadata": {"description": "ISO 3166-1 alpha-2."}}


def _one_of(values: Any, **options: Any) -> Text:
    return Text(most=40, validate=validate.OneOf(get_args(values)), **options)


class BirthplaceIn(Strict):
    municipality = Text(most=100, **_EMPTY)
    municipality_code = Text(most=10, allow_none=True, metadata={"description": "Italy: Alloggiati Web's nine digits."})
    province = Text(most=60, allow_none=True, metadata={"description": "Italy: two letters, such as RM."})
    country = Text(**_COUNTRY)


class DocumentIn(Strict):
    kind = _one_of(DocumentKind, **_EMPTY)
    code = Text(most=10, allow_none=True, metadata={"description": "The authority's own code of the kind, if needed."})
    number = Text(most=30, allow_none=True, metadata={"description": "As it was shown (••••1234): it stays."})
    support_number = Text(most=30, allow_none=True, metadata={"description": "Of the card: Spanish DNI and NIE."})
    issuing_country = Text(**_COUNTRY)
    issuing_place = Text(most=100, **_EMPTY)
    issuing_code = Text(most=10, allow_none=True, metadata={"description": "Italy: the municipality's nine digits."})


class ResidenceIn(Strict):
    street = Text(most=200, **_EMPTY)
    postcode = Text(most=20, **_EMPTY)
    city = Text(most=100, **_EMPTY)
    municipality_code = Text(most=10, allow_none=True, metadata={"description": "Spain: INE's five digits."})
    country = Text(**_COUNTRY)


class KinIn(Strict):
    kind = _one_of(Kinship, required=True)
    to = WholeNumber(required=True, metadata={"description": "The position of the adult."})


class SignatureIn(Strict):
    signed_at = Instant(required=True)
    how = _one_of(SignedHow, required=True)


class RegistrationIn(Strict):
    """What is not said stays: as it was registered, else as the booking knows it. null, or an empty list, empties."""

    given_name = Text(most=100, **_EMPTY)
    surname = Text(most=100, **_EMPTY)
    second_surname = Text(most=100, **_EMPTY)
    sex = _one_of(Sex, **_EMPTY)
    birth_date = fields.Date(**_EMPTY)
    birth_place = fields.Nested(BirthplaceIn, **_EMPTY)
    nationality = Text(**_COUNTRY)
    other_nationalities = fields.List(Text(most=2), validate=validate.Length(max=5))
    document = fields.Nested(DocumentIn, **_EMPTY)
    residence = fields.Nested(ResidenceIn, **_EMPTY)
    phone = Text(most=30, **_EMPTY)
    email = Text(most=254, **_EMPTY)
    role = _one_of(PartyRole, **_EMPTY)
    head = WholeNumber(allow_none=True, metadata={"description": "The position of who heads the family or group."})
    kin = fields.Nested(KinIn, allow_none=True, metadata={"description": "What a minor is to an adult."})
    payment = _one_of(PaymentKind, **_EMPTY)
    entered_at = Instant(**_EMPTY)
    left_at = Instant(**_EMPTY)
    signature = fields.Nested(SignatureIn, **_EMPTY)


class RegistrationShape(schema_of(Particulars)):  # type: ignore[misc]
    booking_id = fields.UUID()
    position = WholeNumber()
    version = WholeNumber()
    state = fields.String()
    keep_until = fields.Date(allow_none=True, metadata={"description": "The last day it is kept, as things stand."})
    changed_at = Instant(allow_none=True)
    profile_id = fields.UUID(allow_none=True)
    own_fields = fields.List(
        fields.Nested(OwnLine),
        data_key="fields",
        allow_none=True,
        metadata={"description": "The house's own that are shown on registers; null while profiles does not answer."},
    )


class RevealIn(Strict):
    reason = Text(required=True, most=200)


class CardFilter(Strict):
    position = Count(load_default=None, metadata={"description": "One of the people; all of them if not said."})
    language = Text(load_default=None, most=35, metadata={"description": "Each guest's own if not said."})


@blueprint.get("/bookings/<uuid:booking_id>/registrations")
@needs("read", by_property=True)
@blueprint.response(200, listing(RegistrationShape, "RegistrationsPage"))
def read_registrations(booking_id: UUID) -> Response:
    """Everybody who stays: as registered, or as far as the booking knows them. Numbers of documents are masked."""
    found = ask(ReadRegistrations(booking_id=booking_id)).items
    return reply({"items": _shown(found), "next": None})


@blueprint.get("/bookings/<uuid:booking_id>/registrations/missing")
@needs("read", by_property=True)
@blueprint.response(200, schema_of(MissingFound))
def find_missing(booking_id: UUID) -> Response:
    """By the law of the property's country: who must be registered, and what is missing or wrong of each."""
    return reply(ask(FindMissing(booking_id=booking_id)))


@blueprint.get("/bookings/<uuid:booking_id>/registrations/<int:position>")
@needs("read", by_property=True)
@blueprint.response(200, RegistrationShape)
def read_registration(booking_id: UUID, position: int) -> Response:
    """One guest, with an ETag to register them by."""
    return _one(booking_id, position)


@blueprint.put("/bookings/<uuid:booking_id>/registrations/<int:position>")
@needs("write", by_property=True)
@blueprint.doc(parameters=[_IF_MATCH])
@blueprint.arguments(RegistrationIn)
@blueprint.response(200, RegistrationShape)
def keep_registration(body: dict[str, Any], booking_id: UUID, position: int) -> Response:
    """Register a guest for this stay. At a position that nobody has it is somebody whom only the desk met: nobody who
    comes onto the booking later is given that position.
    """
    clear = tuple(name for name, value in body.items() if value in (None, []))
    said = _particulars({name: value for name, value in body.items() if name not in clear})
    newcomer = request.headers.get("If-None-Match", "").strip() == "*"
    version = None if newcomer else _version(booking_id, position)
    command(KeepRegistration(booking_id=booking_id, position=position, version=version, said=said, clear=clear))
    return _one(booking_id, position)


@blueprint.delete("/bookings/<uuid:booking_id>/registrations/<int:position>")
@needs("write", by_property=True)
@blueprint.doc(parameters=[_IF_MATCH])
@blueprint.response(204)
def delete_registration(booking_id: UUID, position: int) -> Response:
    """Registered by mistake: nothing personal of it is left. Files that were exported with it stay as they are."""
    version = _version(booking_id, position)
    command(DeleteRegistration(booking_id=booking_id, position=position, version=version))
    return Response(status=204)


@blueprint.post("/bookings/<uuid:booking_id>/registrations/<int:position>/reveal")
@needs("admin")
@blueprint.arguments(RevealIn)
@blueprint.response(200, schema_of(IdentityDocument))
def reveal_document(body: dict[str, Any], booking_id: UUID, position: int) -> Response:
    """The document with its numbers. Who looked, when and why is noted for ever."""
    look = command(NoteLook(kind="document", about=booking_id, position=position, reason=body["reason"]))
    return reply(ask(LookAtDocument(look_id=look.id)))


@blueprint.get("/bookings/<uuid:booking_id>/registration-card")
@needs("write", by_property=True)
@blueprint.arguments(CardFilter, location="query")
@blueprint.response(200, content_type="application/pdf")
def print_registration_cards(wanted: dict[str, Any], booking_id: UUID) -> Response:
    """A page for each guest with what the property's country asks, to complete and sign. Shows documents' numbers; that
    they were looked at is noted.
    """
    look = command(NoteLook(kind="card", about=booking_id, position=wanted["position"]))
    cards = ask(LookAtCards(look_id=look.id))
    pages = printing.registration_cards(cards, wanted["language"], _own_lines(booking_id))
    response = Response(pages, mimetype="application/pdf")
    response.headers["Content-Disposition"] = f'inline; filename="registration-{booking_id}.pdf"'
    return response


def _own_lines(booking_id: UUID) -> dict[int, tuple[CardLine, ...]]:
    """What the house's own fields print on the cards, by position."""
    booking = ask(ReadBooking(booking_id=booking_id))
    people = {person.position: person.profile_id for person in booking.people if person.profile_id}
    asked = ReadCardLines(profile_ids=tuple(dict.fromkeys(people.values())), property_id=booking.property_id)
    lines = {each.profile_id: each.lines for each in ask(asked).items}
    return {position: lines[who] for position, who in people.items() if who in lines}


def _one(booking_id: UUID, position: int) -> Response:
    found = ask(ReadRegistration(booking_id=booking_id, position=position))
    return reply(_shown([found])[0], version=found.version)


def _shown(found: Sequence[Registration]) -> list[dict[str, Any]]:
    """Of one booking. Flat: the guest's particulars beside what they belong to, and what the house asks for itself."""
    where = next((each.property_id for each in found if each.property_id), None)
    own = beside_register(where, [each.profile_id for each in found]) if where else {}
    items = []
    for each in found:
        said: dict[str, Any] = shown(each)
        rest = {name: value for name, value in said.items() if name not in ("person", "property_id")}
        lines = None if own is None else own.get(each.profile_id, []) if each.profile_id else []
        items.append({**rest, **said["person"], "fields": lines})
    return items


def _particulars(said: dict[str, Any]) -> Particulars:
    parts: dict[str, Any] = {
        "birth_place": Birthplace,
        "document": IdentityDocument,
        "residence": Residence,
        "kin": Kin,
        "signature": Signature,
    }
    made = {name: parts[name](**value) if name in parts else value for name, value in said.items()}
    return Particulars(**{**made, "other_nationalities": tuple(said.get("other_nationalities", ()))})


def _version(booking_id: UUID, position: int) -> int:
    def present() -> int:
        return ask(ReadRegistration(booking_id=booking_id, position=position)).version

    return version_to_change(RegistrationHasChanged, present)
