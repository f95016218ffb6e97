"""The short way from a row to a card, for rows that are plainly right: as most of a file are.

It knows no faults. Whatever is not exactly as expected it leaves to `new_card`, which says what is wrong; where it
answers, it answers the same card (tests/profiles/test_plain.py).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache

import phonenumbers
from phonenumbers import PhoneMetadata

from services.contracts.profiles import Address
from services.kit.ids import new_id
from services.profiles.domain import codes, contacts, names, postcodes
from services.profiles.domain.card import NAME, Card
from services.profiles.domain.contacts import Point
from services.profiles.domain.entry import proper
from services.profiles.domain.identifiers import Rules, seeded
from services.profiles.domain.names import Unfit
from services.profiles.domain.reach import LINE, MOST_LINES, MOST_POINTS, PART

_FIELDS = frozenset(
    (
        *("given_name", "family_name", "second_family_name", "email", "phone", "birth_date", "nationality", "language"),
        *("sex", "address", "postcode", "city", "region", "country"),
    )
)
_E164 = re.compile(r"\+[1-9]\d{0,2}[1-9]\d{3,13}", re.ASCII)
_LOCAL = re.compile(r"[A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*", re.ASCII)
_LONGEST_LOCAL, _LONGEST_EMAIL = 64, 254  # RFC 5321, 4.5.3.1


def is_plain(said: Mapping[str, Sequence[str]]) -> bool:
    """Whether there is a short way for what a row says."""
    return _FIELDS.issuperset(said)


def card(
    said: Mapping[str, Sequence[str]],
    *,
    emails: Sequence[str],
    phones: Sequence[str],
    sex: str | None,
    birth_date: date | None,
    nationality: str | None,
    language: str | None,
    country: str | None,
    read_in: str | None,
    rules: Rules | None,
    today: date,
    source: str,
) -> Card | None:
    """The person that a row is about. `country` is where they live, numbers are read in `read_in`. None: not plain."""
    lines = said.get("address", ())
    if max(len(emails), len(phones)) > MOST_POINTS or len(lines) > MOST_LINES:
        return None
    from_where = nationality or read_in
    try:
        given, family, second = (
            _name(said, field, from_where) for field in ("given_name", "family_name", "second_family_name")
        )
        points = _points(emails, phones, read_in, rules or seeded(), source)
        if not (given or family or points):
            return None
        parts = [_clean(said[field][0], PART) if field in said else None for field in ("city", "postcode", "region")]
        cleaned = tuple(line for each in lines if (line := _clean(each, LINE)))
        if birth_date:
            codes.birth_date(birth_date, today)
    except Unfit:
        return None
    city, postcode, region = parts
    home: tuple[Address, ...] = ()
    if cleaned or country or city or postcode or region:
        home = (
            Address(
                lines=cleaned,
                city=city,
                postcode=postcodes.written(postcode, country),
                region=region,
                country=country,
                primary=True,
                source=source,
                id=new_id(),
            ),
        )
    return Card(
        given_name=given,
        family_name=family,
        second_family_name=second,
        sex=sex,
        birth_date=birth_date,
        nationality=nationality,
        language=language,
        points=points,
        addresses=home,
    )


def _name(said: Mapping[str, Sequence[str]], field: str, country: str | None) -> str | None:
    if field not in said:
        return None
    name = said[field][0]
    if name.isupper() or name.islower():
        name = proper(name, family=field != "given_name", country=country)
    return _clean(name, NAME)


def _clean(text: str, longest: int) -> str | None:
    """As `names.clean`. Raises Unfit."""
    if text.isascii() and text.isprintable() and len(text) <= longest:
        return text if "  " not in text and text == text.strip() and text else " ".join(text.split()) or None
    return names.clean(text, longest)


def _points(
    emails: Sequence[str], phones: Sequence[str], country: str | None, rules: Rules, source: str
) -> tuple[Point, ...]:
    """Each once, the first of each kind the primary. Raises Unfit."""
    found: dict[str, Point] = {}
    for n, address in enumerate(emails):
        point = _email(address, rules, source, n == 0)
        found.setdefault(point.key, point)
    for n, number in enumerate(phones):
        point = _phone(number, country, rules, source, n == 0)
        found.setdefault(point.key, point)
    return tuple(found.values())


def _phone(number: str, country: str | None, rules: Rules, source: str, primary: bool) -> Point:
    """In E.164 already, of a length that its country has, without a prefix that is only dialled at home: as it is."""
    if _E164.fullmatch(number):
        for digits in (2, 3, 4):
            if (prefix := _calling(number[1:digits])) is not None:
                national = number[digits:]
                lengths, at_home = prefix
                odd = national[:1] == "0" or len(set(national)) == 1 or national in "01234567890"
                if len(national) in lengths and not odd and not (at_home and at_home.match(national)):
                    rule = rules.of_number(number)
                    means = rule.means if rule else None
                    return Point("phone", number, number, rule is not None, "mobile", primary, False, source, means)
                break
    return contacts.phone(number, country, primary=primary, source=source, rules=rules)


@lru_cache(1_000)
def _calling(code: str) -> tuple[frozenset[int], re.Pattern[str] | None] | None:
    """Of a country's calling code the lengths of its numbers, and what may stand before them at home."""
    regions = phonenumbers.COUNTRY_CODE_TO_REGION_CODE.get(int(code))
    if not regions:
        return None
    found = PhoneMetadata.metadata_for_region_or_calling_code(int(code), regions[0])
    if found is None or found.general_desc is None:
        return None
    at_home = found.national_prefix_for_parsing
    return frozenset(found.general_desc.possible_length), re.compile(at_home) if at_home else None


def _email(address: str, rules: Rules, source: str, primary: bool) -> Point:
    local, at, domain = address.rpartition("@")
    if not (at and address.isascii() and _LOCAL.fullmatch(local)):
        return contacts.email(address, primary=primary, source=source, rules=rules)
    known = _domain(domain)
    if known is None or len(local) > _LONGEST_LOCAL or len(address) > _LONGEST_EMAIL:
        raise Unfit("Not an e-mail address.")
    value = f"{local}@{known}"
    rule = rules.of_email(local, known)
    means = rule.means if rule else None
    return Point("email", value.lower(), value, rule is not None, "personal", primary, False, source, means)


@lru_cache(50_000)
def _domain(domain: str) -> str | None:
    """As it is written in addresses of this domain; None where there can be none."""
    try:
        return contacts.email(f"a@{domain}").value.rpartition("@")[2]
    except Unfit:
        return None
