"""Italy: Alloggiati Web, the register of the State Police.

Who and what: art. 109 TULPS; the decree of the Ministry of the Interior of 7 January 2013, as changed on 16 September
2021, and its technical annex. Everybody is told within 24 hours of their arrival, at once where they stay less than
that. Families and groups are told through their head: of the others no document is asked. Once the receipt is there the
hotel destroys what it sent (it keeps the receipt for five years).

How: a line of 168 characters for each guest, CR and LF behind each but the last; members follow their head. Letters are
A to Z, space and apostrophe, the narrowest that the portal is known to take; a name that is too long is cut.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from services.bookings.domain.registers import latin
from services.bookings.domain.registers.countries import italian_code
from services.bookings.domain.registers.law import (
    NO_BIRTHPLACE,
    NO_DOCUMENT,
    Law,
    Move,
    Sheet,
    full_surname,
    lack,
)
from services.bookings.domain.registers.party import Guest, Party
from services.contracts.bookings.registration import IdentityDocument
from services.kit.refusal import Problem

LENGTH = 168
MOST_DAYS = 30
_HEADS = {"family_member": "family_head", "group_member": "group_head"}
_TYPES = {"single": "16", "family_head": "17", "group_head": "18", "family_member": "19", "group_member": "20"}
# "Tabella documenti"; kinds that are not in it are named by their own code in the registration.
_DOCUMENTS = {"passport": "PASOR", "id_card": "IDENT", "driving_licence": "PATEN"}
_SEX = {"male": "1", "female": "2"}
_MUNICIPALITY = re.compile(r"4\d{8}")
_NOT_LATIN = "Write it in Latin letters, as the passport's machine-readable zone has it."


class Italy(Law):
    country = "IT"
    form = "alloggiati"
    media_type = "text/plain"
    suffix = "txt"
    source = "art. 109 TULPS"
    ends_with_receipt = True
    card = (
        *("surname", "given_name", "sex", "birth_date", "birth_place", "nationality", "document_kind"),
        *("document_number", "document_country", "arrival", "departure"),
    )

    def lacks(self, guest: Guest, party: Party) -> Iterator[Problem]:
        person = guest.person
        surname = full_surname(guest)
        for pointer, said in (("/surname", surname), ("/given_name", person.given_name)):
            yield from lack(said, pointer)
            if said and latin.name(said) is None:
                yield Problem(pointer, _NOT_LATIN)
        if person.sex not in _SEX:
            yield Problem("/sex", "The portal takes male or female only, as the document says.")
        yield from lack(person.birth_date, "/birth_date")
        yield from _lacks_of_birthplace(guest)
        yield from _lacks_of_country("/nationality", person.nationality)
        if person.role in _HEADS:
            head = party.by_position.get(person.head) if person.head is not None else None
            if head is None or head.person.role != _HEADS[person.role]:
                yield Problem("/head", "The guest who heads the family or group.")
        else:
            yield from _lacks_of_document(person.document or NO_DOCUMENT)

    def follows(self, guest: Guest, party: Party) -> int | None:
        return guest.person.head if guest.person.role in _HEADS else None

    def signs(self, guest: Guest, party: Party) -> bool:
        """Nobody signs any more: the law asks for a communication only (Law 214/2011)."""
        return False

    def write(self, sheet: Sheet) -> str:
        return "\r\n".join(_line(move, kind) for _, moves in sheet.parties() for move, kind in _in_order(moves))


def _lacks_of_birthplace(guest: Guest) -> Iterator[Problem]:
    born = guest.person.birth_place or NO_BIRTHPLACE
    yield from _lacks_of_country("/birth_place/country", born.country)
    if born.country == "IT":
        if not _MUNICIPALITY.fullmatch(born.municipality_code or ""):
            yield Problem("/birth_place/municipality_code", "Alloggiati Web's code of the municipality, nine digits.")
        if not re.fullmatch("[A-Z]{2}", born.province or ""):
            yield Problem("/birth_place/province", "Two letters, such as RM.")


def _lacks_of_country(pointer: str, code: str | None) -> Iterator[Problem]:
    yield from lack(code, pointer)
    if code and italian_code(code) is None:
        yield Problem(pointer, "Alloggiati Web has no code for this country.")


def _lacks_of_document(document: IdentityDocument) -> Iterator[Problem]:
    if _document_code(document) is None:
        yield Problem("/document/kind", "Alloggiati Web needs its own code of this kind of document, five letters.")
    yield from lack(document.number, "/document/number")
    if len(latin.number(document.number or "")) > 20:
        yield Problem("/document/number", "Longer than 20 characters.")
    yield from _lacks_of_country("/document/issuing_country", document.issuing_country)
    if document.issuing_country == "IT" and not _MUNICIPALITY.fullmatch(document.issuing_code or ""):
        yield Problem("/document/issuing_code", "Alloggiati Web's code of the municipality, nine digits.")


def _document_code(document: IdentityDocument) -> str | None:
    if document.code:
        return document.code if re.fullmatch("[A-Z]{5}", document.code) else None
    return _DOCUMENTS.get(document.kind or "")


def _in_order(moves: list[Move]) -> Iterator[tuple[Move, str]]:
    """Each head and then their members; a head whom nobody follows stays alone."""
    members: dict[int | None, list[Move]] = {}
    for move in moves:
        if move.guest.person.role in _HEADS:
            members.setdefault(move.guest.person.head, []).append(move)
    for move in moves:
        role = move.guest.person.role or "single"
        if role in _HEADS:
            continue
        followed = members.get(move.guest.position, [])
        yield move, _TYPES[role if followed else "single"]
        yield from ((member, _TYPES[member.guest.person.role or ""]) for member in followed)


def _line(move: Move, kind: str) -> str:
    person, booking = move.guest.person, move.party.booking
    born, document = person.birth_place or NO_BIRTHPLACE, person.document or NO_DOCUMENT
    in_italy = born.country == "IT"
    asked = kind not in ("19", "20")
    issued = document.issuing_code if document.issuing_country == "IT" else italian_code(document.issuing_country or "")
    fields = (
        (kind, 2),
        (f"{booking.arrival:%d/%m/%Y}", 10),
        (f"{min((booking.departure - booking.arrival).days, MOST_DAYS):02}", 2),
        (latin.name(full_surname(move.guest) or ""), 50),
        (latin.name(person.given_name or ""), 30),
        (_SEX[person.sex or "male"], 1),
        (f"{person.birth_date:%d/%m/%Y}" if person.birth_date else "", 10),
        (born.municipality_code if in_italy else "", 9),
        (born.province if in_italy else "", 2),
        (italian_code(born.country or ""), 9),
        (italian_code(person.nationality or ""), 9),
        (_document_code(document) if asked else "", 5),
        (latin.number(document.number or "") if asked else "", 20),
        (issued if asked else "", 9),
    )
    return "".join((text or "")[:width].ljust(width) for text, width in fields)
