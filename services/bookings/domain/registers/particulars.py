"""What is registered of a guest: begun with what the booking knows, completed at the desk, checked, shown masked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import fields, replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from services.bookings.domain.booking import Booking
from services.bookings.domain.registers.countries import is_country
from services.bookings.domain.texts import faults, tidy, without_cards
from services.contracts.bookings import Person
from services.contracts.bookings.registration import IdentityDocument, NotARegistration, Particulars, Residence
from services.kit.refusal import Problem

MOST_POSITIONS = 300  # of people whom the booking does not know
_OLDEST = 120  # years
_HIDDEN = "••••"
_SHOWN = 4  # characters of a number; never more than a half of it

_EMAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@.]+")
_PHONE = re.compile(r"\+?[0-9 ()./-]{5,30}")
_CODE = re.compile(r"[A-Za-z0-9]{1,10}")
_NUMBER = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ./<-]{0,29}")
_LONGEST = {
    "given_name": 100,
    "surname": 100,
    "second_surname": 100,
    "birth_place/municipality": 100,
    "birth_place/province": 60,
    "document/issuing_place": 100,
    "residence/street": 200,
    "residence/postcode": 20,
    "residence/city": 100,
}
_COUNTRIES = ("birth_place/country", "nationality", "document/issuing_country", "residence/country")
_FORMS = {
    "birth_place/municipality_code": (_CODE, "Up to 10 letters and digits."),
    "document/code": (_CODE, "Up to 10 letters and digits."),
    "document/issuing_code": (_CODE, "Up to 10 letters and digits."),
    "document/number": (_NUMBER, "Up to 30 Latin letters and digits."),
    "document/support_number": (_NUMBER, "Up to 30 Latin letters and digits."),
    "residence/municipality_code": (_CODE, "Up to 10 letters and digits."),
    "phone": (_PHONE, "Not a telephone number."),
    "email": (_EMAIL, "Not an e-mail address."),
}


def known(person: Person) -> Particulars:
    """What the booking knows of somebody, so that nobody types it again."""
    home = person.address
    residence = Residence(
        street=", ".join(home.lines) or None if home else None,
        postcode=home.postcode if home else None,
        city=home.city if home else None,
        country=_country((home.country if home else None) or person.country),
    )
    return Particulars(
        given_name=person.given_name,
        surname=person.family_name,
        sex=person.sex,
        birth_date=person.birth_date,
        nationality=_country(person.nationality),
        residence=None if residence == Residence() else residence,
        phone=person.phone,
        email=person.email,
    )


def merged(before: Particulars, said: Particulars, clear: Sequence[str]) -> Particulars:
    """`said` over `before`; a document's number sent back as it is shown is the one that was there."""
    nothing = Particulars()
    changes: dict[str, Any] = {
        field.name: getattr(said, field.name)
        for field in fields(Particulars)
        if getattr(said, field.name) != getattr(nothing, field.name)
    }
    unknown = [name for name in clear if name not in {field.name for field in fields(Particulars)} or name in changes]
    if unknown:
        raise NotARegistration(errors=[Problem(f"/{name}", "There is no such field to empty.") for name in unknown])
    if said.document:
        changes["document"] = _unmasked(said.document, before.document or IdentityDocument())
    return replace(before, **{name: getattr(nothing, name) for name in clear}, **changes)


def tidied(person: Particulars) -> Particulars:
    """Composed characters, single spaces, and no card numbers; a document's number may look like one."""
    told = _each_text(replace(person, document=None), lambda text: without_cards(tidy(text)))
    return replace(told, document=_each_text(person.document, tidy))


def masked(person: Particulars) -> Particulars:
    """Without the numbers of the document: ``••••1234``."""
    document = person.document
    if document is None:
        return person
    shown = replace(document, number=mask(document.number), support_number=mask(document.support_number))
    return replace(person, document=shown)


def mask(number: str | None) -> str | None:
    return _HIDDEN + number[-min(_SHOWN, len(number) // 2) :] if number else None


def check(person: Particulars, position: int, booking: Booking, now: datetime) -> None:
    """Refuses what no register could take with NotARegistration; what a country's asks beyond that may come later."""
    today = now.astimezone(ZoneInfo(booking.time_zone)).date()
    problems = [*_faults(person), *_faults_of_days(person, booking, today), *_faults_of_company(person, position)]
    if problems:
        raise NotARegistration(errors=problems[:50])


def _country(said: str | None) -> str | None:
    """Bookings keep what their source said, which may be anything."""
    code = (said or "").upper()
    return code if is_country(code) else None


def _unmasked(said: IdentityDocument, before: IdentityDocument) -> IdentityDocument:
    numbers = {
        name: getattr(before, name)
        for name in ("number", "support_number")
        if getattr(said, name) and getattr(said, name) == mask(getattr(before, name))
    }
    return replace(said, **numbers)


def _faults(person: Particulars) -> Iterator[Problem]:
    for path, most in _LONGEST.items():
        yield from faults(f"/{path}", _at(person, path), most)
    for path in _COUNTRIES:
        said = _at(person, path)
        if said and not is_country(said):
            yield Problem(f"/{path}", "Not an ISO 3166-1 alpha-2 country code.")
    for n, code in enumerate(person.other_nationalities):
        if not is_country(code) or code == person.nationality or code in person.other_nationalities[:n]:
            yield Problem(f"/other_nationalities/{n}", "Not an ISO 3166-1 alpha-2 country code, or there twice.")
    for path, (form, detail) in _FORMS.items():
        said = _at(person, path)
        if said and not form.fullmatch(said):
            yield Problem(f"/{path}", detail)
    if person.email and len(person.email) > 254:
        yield Problem("/email", "Longer than 254 characters.")


def _faults_of_days(person: Particulars, booking: Booking, today: date) -> Iterator[Problem]:
    if person.birth_date and not today.replace(day=1, month=1, year=today.year - _OLDEST) <= person.birth_date <= today:
        yield Problem("/birth_date", f"Nobody is older than {_OLDEST} years, or not yet born.")
    if person.signature and person.signature.signed_at.date() > today + timedelta(days=1):
        yield Problem("/signature/signed_at", "In the future.")
    zone, day = ZoneInfo(booking.time_zone), timedelta(days=1)
    for name, moment in (("entered_at", person.entered_at), ("left_at", person.left_at)):
        if moment and not booking.arrival - day <= moment.astimezone(zone).date() <= booking.departure + day:
            yield Problem(f"/{name}", "Not within the stay.")
    if person.entered_at and person.left_at and person.left_at < person.entered_at:
        yield Problem("/left_at", "Before the entry.")


def _faults_of_company(person: Particulars, position: int) -> Iterator[Problem]:
    for pointer, other in (("/head", person.head), ("/kin/to", person.kin.to if person.kin else None)):
        if other is not None and (other == position or other < 0):
            yield Problem(pointer, "The position of another guest.")


def _at(person: Particulars, path: str) -> str | None:
    found: Any = person
    for step in path.split("/"):
        found = getattr(found, step, None)
    return found


def _each_text(value: Any, change: Any) -> Any:
    if isinstance(value, str):
        return change(value)
    if hasattr(value, "__dataclass_fields__"):
        return replace(value, **{field.name: _each_text(getattr(value, field.name), change) for field in fields(value)})
    return value
