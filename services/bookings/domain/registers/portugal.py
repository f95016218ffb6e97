"""Portugal: SIBA, the register of foreigners' stays ("boletins de alojamento").

Who and what: Law 23/2007, art. 15 and 16; Portaria 287/2007 and 415/2008. For every foreigner, citizens of the Union
included, a bulletin of the entry and one of the exit, each within three working days. Kept for one year from the day
after the exit was told (art. 15, n.º 5).

How: MovimentoBAL of SIBA's web service (schema BAL.XSD, namespace http://sef.pt/BAws), which is put as base64 into
EntregaBoletinsAlojamento. Elements, their order and lengths are from there; countries have the codes of passports.
Names have capitals, the accents of Portuguese, apostrophe and hyphen; what is too long is cut.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement
from zoneinfo import ZoneInfo

from services.bookings.domain.registers import latin
from services.bookings.domain.registers.countries import icao
from services.bookings.domain.registers.law import (
    NO_BIRTHPLACE,
    NO_DOCUMENT,
    NOWHERE,
    Law,
    Move,
    Sheet,
    full_surname,
    lack,
)
from services.bookings.domain.registers.party import Guest, Party
from services.contracts.bookings.registers import RegisterHouse
from services.contracts.bookings.registration import Duty
from services.kit.refusal import Problem

_NAMESPACE = "http://sef.pt/BAws"
_ACCENTS, _MARKS = "ÇÃÁÀÉÊÍÕÔÓÚ", "'-"
_NOT_LATIN = "Write it in Latin letters, as the passport's machine-readable zone has it."


class Portugal(Law):
    country = "PT"
    form = "siba"
    media_type = "application/xml"
    suffix = "xml"
    source = "Lei n.º 23/2007, art. 15.º-16.º"
    tells_exits = True
    card = (
        *("surname", "given_name", "birth_date", "birth_place", "nationality", "document_kind", "document_number"),
        *("document_country", "residence", "arrival", "departure"),
    )

    def lacks_of_house(self, house: RegisterHouse) -> Iterator[Problem]:
        if not re.fullmatch(r"\d{9}", house.tax_number or ""):
            yield Problem("/tax_number", "The NIPC that the house is registered with, nine digits.")
        if not re.fullmatch(r"\d{1,4}", house.establishment or ""):
            yield Problem("/establishment", "SIBA's number of the establishment, up to four digits.")
        for name in ("name", "abbreviation", "street", "city", "phone", "contact_name", "contact_email"):
            yield from lack(getattr(house, name), f"/{name}")
        if not re.fullmatch(r"\d{4}-\d{3}", house.postcode or ""):
            yield Problem("/postcode", "Such as 1100-048.")

    def duty(self, guest: Guest, party: Party) -> Duty:
        """Foreigners, whoever has no Portuguese nationality."""
        person = guest.person
        if person.nationality is None:
            return "unknown"
        return "none" if "PT" in (person.nationality, *person.other_nationalities) else "own"

    def lacks(self, guest: Guest, party: Party) -> Iterator[Problem]:
        person = guest.person
        document, home = person.document or NO_DOCUMENT, person.residence or NOWHERE
        yield from lack(person.surname or person.given_name, "/surname")
        for pointer, said in (("/surname", full_surname(guest)), ("/given_name", person.given_name)):
            if said and latin.name(said, _ACCENTS, _MARKS) is None:
                yield Problem(pointer, _NOT_LATIN)
        yield from lack(person.nationality, "/nationality", "It says whether a bulletin is due.")
        yield from lack(person.birth_date, "/birth_date")
        yield from lack(document.kind, "/document/kind")
        yield from lack(document.number, "/document/number")
        if len(latin.number(document.number or "")) > 16:
            yield Problem("/document/number", "Longer than 16 characters.")
        yield from lack(document.issuing_country, "/document/issuing_country")
        yield from lack(home.country, "/residence/country")
        yield from lack(home.city, "/residence/city")
        if home.city and latin.name(home.city, _ACCENTS, _MARKS) is None:
            yield Problem("/residence/city", _NOT_LATIN)

    def write(self, sheet: Sheet) -> str:
        root = Element("MovimentoBAL", {"xmlns": _NAMESPACE})
        _unit(SubElement(root, "Unidade_Hoteleira"), sheet.house)
        for move in sheet.moves:
            _bulletin(SubElement(root, "Boletim_Alojamento"), move, sheet.day)
        sent = SubElement(root, "Envio")
        made_at = sheet.made_at.astimezone(ZoneInfo(sheet.time_zone)).replace(tzinfo=None, microsecond=0)
        _texts(sent, {"Numero_Ficheiro": str(sheet.number), "Data_Movimento": made_at.isoformat()})
        ElementTree.indent(root)
        return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _unit(part: Element, house: RegisterHouse) -> None:
    zone, _, rest = (house.postcode or "").partition("-")
    texts = {
        "Codigo_Unidade_Hoteleira": house.tax_number or "",
        "Estabelecimento": house.establishment or "",
        "Nome": (house.name or "")[:40],
        "Abreviatura": (house.abbreviation or "")[:15],
        "Morada": (house.street or "")[:40],
        "Localidade": (house.city or "")[:30],
        "Codigo_Postal": zone,
        "Zona_Postal": rest,
        "Telefone": re.sub(r"\D", "", (house.phone or "").removeprefix("+351"))[:10],
        "Nome_Contacto": (house.contact_name or "")[:40],
        "Email_Contacto": (house.contact_email or "")[:140],
    }
    _texts(part, texts)


def _bulletin(part: Element, move: Move, day: date) -> None:
    person, booking, left = move.guest.person, move.party.booking, move.party.left_on
    document, home = person.document or NO_DOCUMENT, person.residence or NOWHERE
    surname, given = _name(full_surname(move.guest), 40), _name(person.given_name, 40)
    texts = {
        "Apelido": surname or given,
        "Nome": given if surname else "",
        "Nacionalidade": icao(person.nationality) if person.nationality else "",
        "Data_Nascimento": _day(person.birth_date),
        "Local_Nascimento": _name((person.birth_place or NO_BIRTHPLACE).municipality, 30),
        "Documento_Identificacao": latin.number(document.number or ""),
        "Pais_Emissor_Documento": icao(document.issuing_country) if document.issuing_country else "",
        "Tipo_Documento": {"passport": "P", "id_card": "B"}.get(document.kind or "", "O"),
        "Data_Entrada": _day(booking.arrival),
        "Data_Saida": _day(left if left is not None and left <= day else None),
        "Pais_Residencia_Origem": icao(home.country) if home.country else "",
        "Local_Residencia_Origem": _name(home.city, 30),
    }
    _texts(part, texts)


def _name(text: str | None, most: int) -> str:
    return (latin.name(text or "", _ACCENTS, _MARKS) or "")[:most].strip()


def _day(day: date | None) -> str:
    return f"{day.isoformat()}T00:00:00" if day else ""


def _texts(part: Element, texts: dict[str, str]) -> None:
    """Left out where there is nothing: those that may be empty are optional."""
    for name, text in texts.items():
        if text:
            SubElement(part, name).text = text
