"""Spain: SES.HOSPEDAJES, "parte de viajeros" (PV).

Who and what: Real Decreto 933/2021, Annex I. Everybody is told within 24 hours of their entry; from 14 years on they
sign, younger ones are told of by the adult they come with; for minors, what they are to that adult. Kept for three
years.

How: the Ministry of the Interior's "Servicio de Hospedajes - Comunicaciones", v3.1.3, schema altaParteHospedaje.xsd.
Names of elements, their order, lengths and codes are from there. What the schema lets pass and the service refuses (a
telephone or an e-mail, the second surname with a DNI, the support number with DNI and NIE) is asked for as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement
from zoneinfo import ZoneInfo

from services.bookings.domain.registers import latin
from services.bookings.domain.registers.countries import alpha3
from services.bookings.domain.registers.law import NO_DOCUMENT, NOWHERE, Law, Move, Sheet, lack
from services.bookings.domain.registers.party import Guest, Party
from services.contracts.bookings.registers import RegisterHouse
from services.contracts.bookings.registration import IdentityDocument, Kinship, Particulars
from services.kit.refusal import Problem

SIGNS_FROM = 14

_NAMESPACE = "http://www.neg.hospedajes.mir.es/altaParteHospedaje"
_SEX = {"male": "H", "female": "M", "other": "O"}
_KINSHIP: dict[Kinship, str] = {
    "grandparent": "AB",
    "great_grandparent": "BA",
    "great_grandchild": "BN",
    "sibling_in_law": "CD",
    "spouse": "CY",
    "child": "HJ",
    "sibling": "HR",
    "grandchild": "NI",
    "parent": "PM",
    "nephew_or_niece": "SB",
    "parent_in_law": "SG",
    "uncle_or_aunt": "TI",
    "ward": "TU",
    "child_in_law": "YN",
    "other": "OT",
}
_PAYMENT = {
    "destination": "DESTI",
    "cash": "EFECT",
    "card": "TARJT",
    "platform": "PLATF",
    "transfer": "TRANS",
    "mobile": "MOVIL",
    "gift_card": "TREG",
    "other": "OTRO",
}
_DNI, _NIE = re.compile(r"(\d{8})([A-Z])"), re.compile(r"([XYZ])(\d{7})([A-Z])")
_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"
# What the Ministry's service takes where a country has no postcodes: the element itself is demanded.
_NO_POSTCODE = "00000"


class Spain(Law):
    country = "ES"
    form = "ses-hospedajes"
    media_type = "application/xml"
    suffix = "xml"
    source = "Real Decreto 933/2021"
    kept_months = 36
    card = (
        *("surname", "second_surname", "given_name", "sex", "birth_date", "nationality", "document_kind"),
        *("document_number", "support_number", "residence", "phone", "email", "kin", "arrival", "departure"),
    )

    def lacks_of_house(self, house: RegisterHouse) -> Iterator[Problem]:
        if not re.fullmatch(r"\d{1,10}", house.establishment or ""):
            yield Problem("/establishment", "The Ministry's code of the establishment, up to ten digits.")
        yield from lack(house.payment, "/payment", "How guests pay where nothing else is said.")

    def lacks(self, guest: Guest, party: Party) -> Iterator[Problem]:
        person, minor = _with_adult(guest, party), party.is_minor(guest)
        yield from lack(person.given_name, "/given_name")
        yield from lack(person.surname, "/surname")
        yield from lack(person.sex, "/sex")
        yield from lack(person.birth_date, "/birth_date")
        yield from lack(person.nationality, "/nationality")
        yield from _lacks_of_document(person, minor)
        yield from _lacks_of_residence(person)
        if not (person.phone or person.email):
            yield Problem("/phone", "A telephone number or an e-mail address is needed.")
        if person.email and len(person.email) > 50:
            yield Problem("/email", "Longer than 50 characters.")
        if minor:
            adult = party.by_position.get(person.kin.to) if person.kin else None
            if adult is None or party.is_minor(adult):
                yield Problem("/kin", "What a minor is to an adult of the booking.")

    def follows(self, guest: Guest, party: Party) -> int | None:
        return guest.person.kin.to if guest.person.kin and party.is_minor(guest) else None

    def signs(self, guest: Guest, party: Party) -> bool:
        age = guest.age(party.booking.arrival)
        return age is None or age >= SIGNS_FROM

    def write(self, sheet: Sheet) -> str:
        root = Element("alt:peticion", {"xmlns:alt": _NAMESPACE})
        request = SubElement(root, "solicitud")
        _text(request, "codigoEstablecimiento", sheet.house.establishment or "")
        for party, moves in sheet.parties():
            told = SubElement(request, "comunicacion")
            _contract(told, party, moves, sheet)
            for move in moves:
                _person(told, move)
        ElementTree.indent(root)
        return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def document_code(document: IdentityDocument) -> str:
    """NIF and NIE are the cards that Spain gives to citizens and to residents."""
    if document.issuing_country == "ES" and document.kind in ("id_card", "residence_permit"):
        return "NIF" if document.kind == "id_card" else "NIE"
    return "PAS" if document.kind == "passport" else "OTRO"


def control_letter_is_right(number: str) -> bool:
    """The last letter of a DNI or NIE is the remainder of its number divided by 23."""
    if found := _DNI.fullmatch(number):
        return _LETTERS[int(found[1]) % 23] == found[2]
    if found := _NIE.fullmatch(number):
        return _LETTERS[int(f"{'XYZ'.index(found[1])}{found[2]}") % 23] == found[3]
    return False


def _with_adult(guest: Guest, party: Party) -> Particulars:
    """A minor lives with their adult and is reached through them, where nothing else is said."""
    person = guest.person
    adult = party.by_position.get(person.kin.to) if person.kin and party.is_minor(guest) else None
    if adult is None:
        return person
    reached = bool(person.phone or person.email)
    return replace(
        person,
        residence=person.residence or adult.person.residence,
        phone=person.phone if reached else adult.person.phone,
        email=person.email if reached else adult.person.email,
    )


def _lacks_of_document(person: Particulars, minor: bool) -> Iterator[Problem]:
    document = person.document or NO_DOCUMENT
    if not document.number:
        if not minor:
            yield Problem("/document/number", "Missing.")
        return
    yield from lack(document.kind, "/document/kind")
    number, code = latin.number(document.number), document_code(document)
    if len(number) > 15:
        yield Problem("/document/number", "Longer than 15 characters.")
    if code in ("NIF", "NIE"):
        if not control_letter_is_right(number):
            yield Problem("/document/number", f"Not a number of a {code}: its control letter does not fit.")
        if not 0 < len(latin.number(document.support_number or "")) <= 9:
            yield Problem("/document/support_number", "Up to nine characters, as on the card.")
    if code == "NIF":
        yield from lack(person.second_surname, "/second_surname", "Whoever has a DNI has two surnames.")


def _lacks_of_residence(person: Particulars) -> Iterator[Problem]:
    home = person.residence or NOWHERE
    yield from lack(home.street, "/residence/street")
    yield from lack(home.country, "/residence/country")
    if home.country == "ES":
        if not re.fullmatch(r"\d{5}", home.municipality_code or ""):
            yield Problem("/residence/municipality_code", "INE's code of the municipality, five digits.")
        if not re.fullmatch(r"\d{5}", home.postcode or ""):
            yield Problem("/residence/postcode", "Five digits.")
    else:
        yield from lack(home.city, "/residence/city")


def _contract(told: Element, party: Party, moves: list[Move], sheet: Sheet) -> None:
    booking, people = party.booking, [move.guest.person for move in moves]
    entered = min((p.entered_at for p in people if p.entered_at), default=None)
    left = max((p.left_at for p in people if p.left_at), default=None)
    contract = SubElement(told, "contrato")
    _text(contract, "referencia", party.reference[:50])
    _text(contract, "fechaContrato", booking.booked_at.astimezone(ZoneInfo(sheet.time_zone)).date().isoformat())
    _text(contract, "fechaEntrada", sheet.local(entered, booking.arrival, sheet.house.check_in).isoformat())
    _text(contract, "fechaSalida", sheet.local(left, booking.departure, sheet.house.check_out).isoformat())
    _text(contract, "numPersonas", str(len(moves)))
    _text(contract, "numHabitaciones", str(len(booking.rooms)))
    payment = next((p.payment for p in people if p.payment), sheet.house.payment) or "other"
    _text(SubElement(contract, "pago"), "tipoPago", _PAYMENT[payment])


def _person(told: Element, move: Move) -> None:
    guest, party = move.guest, move.party
    person = _with_adult(guest, party)
    document, home = person.document or NO_DOCUMENT, person.residence or NOWHERE
    numbered = document if document.number else NO_DOCUMENT
    part = SubElement(told, "persona")
    _text(part, "rol", "VI")
    _text(part, "nombre", (person.given_name or "")[:50])
    _text(part, "apellido1", (person.surname or "")[:50])
    _optional(part, "apellido2", (person.second_surname or "")[:50])
    _optional(part, "tipoDocumento", document_code(numbered) if numbered.number else "")
    _optional(part, "numeroDocumento", latin.number(numbered.number or ""))
    _optional(part, "soporteDocumento", latin.number(numbered.support_number or ""))
    _text(part, "fechaNacimiento", person.birth_date.isoformat() if person.birth_date else "")
    _text(part, "nacionalidad", alpha3(person.nationality or "ES"))
    _text(part, "sexo", _SEX[person.sex or "other"])
    address = SubElement(part, "direccion")
    _text(address, "direccion", (home.street or "")[:100])
    _optional(address, "codigoMunicipio", home.municipality_code or "" if home.country == "ES" else "")
    _optional(address, "nombreMunicipio", (home.city or "")[:100])
    _text(address, "codigoPostal", (home.postcode or _NO_POSTCODE)[:20])
    _text(address, "pais", alpha3(home.country or "ES"))
    _optional(part, "telefono", re.sub(r"[^+0-9]", "", person.phone or "")[:20])
    _optional(part, "correo", person.email or "")
    if party.is_minor(guest) and person.kin:
        _text(part, "parentesco", _KINSHIP[person.kin.kind])


def _text(parent: Element, name: str, text: str) -> None:
    SubElement(parent, name).text = text


def _optional(parent: Element, name: str, text: str) -> None:
    """Left out where there is nothing: the service refuses empty elements."""
    if text:
        _text(parent, name, text)
