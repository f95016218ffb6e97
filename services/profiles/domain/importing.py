"""A row of somebody's file as a card, or why it cannot be one; what became of the rows of a batch, written small."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import cache
from typing import Any
from uuid import UUID

from babel import Locale

from services.contracts.profiles import (
    Address,
    CreateProfile,
    DateOrder,
    Email,
    ImportCounts,
    ImportedConsent,
    Kind,
    NotAProfile,
    Outcome,
    Phone,
)
from services.kit.refusal import Problem
from services.kit.sheets import LONGEST_CELL, is_formula, unguarded
from services.profiles.domain import codes, columns, names, plain
from services.profiles.domain.card import Card, Levels, new_card
from services.profiles.domain.entry import written
from services.profiles.domain.identifiers import Rules
from services.profiles.domain.names import Unfit, fold, words

SOURCE = "import"
LETTERS: dict[Outcome, str] = {"created": "n", "completed": "c", "known": "k", "review": "v", "refused": "x"}
OUTCOMES: dict[str, Outcome] = {letter: outcome for outcome, letter in LETTERS.items()}

_BLANK = frozenset(("", "-", "--", "n/a", "na", "null", "none", "#n/a", "?"))
_MONTH_FIRST = frozenset(("US", "PH", "FM", "MH", "PW"))
_YEAR_FIRST = frozenset(("CN", "JP", "KR", "KP", "TW", "HU", "LT", "MN", "SE", "CA", "BT"))
_ISO = re.compile(r"(\d{4})-(\d\d?)-(\d\d?)(?:[T ]00:00(?::00(?:\.0+)?)?)?", re.ASCII)
_DATE = re.compile(r"(\d{1,4})[./\- ](\d{1,2})[./\- ](\d{1,4})\.?(?:[T ]+00?:00(?::00)?)?", re.ASCII)
_SEXES = {
    **dict.fromkeys(words("f female w weiblich frau woman mujer femenino femme feminin femminile feminino"), "female"),
    **dict.fromkeys(words("m male mannlich herr mann man hombre masculino homme masculin maschile uomo h"), "male"),
    **dict.fromkeys(words("x d other divers diverse otro autre altro outro nonbinary"), "other"),
}
_KINDS: dict[str, Kind] = {
    **dict.fromkeys(words("person p guest individual privat gast persona personne pessoa privado huesped"), "person"),
    **dict.fromkeys(words("company c firma corporate organisation organization empresa societe azienda"), "company"),
    **dict.fromkeys(words("agency a agentur agencia agence agenzia reiseburo"), "agency"),
}
_YES = words("yes y ja j si s oui o sim true 1 x subscribed opt-in wahr verdadero vrai vero verdadeiro")
_NO = words("no n nein non nao false 0 unsubscribed opt-out falsch falso faux")
_PURPOSES = words("marketing survey profiling partner_sharing")
_CHANNELS = words("email sms phone post any")
_FIELD_OF = {"emails": "email", "phones": "phone", "addresses": "address", "clear": None, "": None}
_LONGEST_WORDING = 100


@dataclass(frozen=True)
class Plan:
    """How the rows of a file are read. `dates`: the order of day, month and year where a date is not written as ISO."""

    columns: tuple[str | None, ...]
    country: str | None = None
    dates: DateOrder | None = None

    @property
    def order(self) -> DateOrder:
        if self.dates:
            return self.dates
        return "mdy" if self.country in _MONTH_FIRST else "ymd" if self.country in _YEAR_FIRST else "dmy"


@dataclass(frozen=True)
class Draft:
    """What a row holds; without a card, `faults` say why: the field (None for the whole row) and what is wrong.

    `fields`: of the house's own fields by code what the row says, or once they are read their values.
    """

    row: int
    card: Card | None = None
    profile_id: UUID | None = None
    consents: tuple[ImportedConsent, ...] = ()
    consents_left_out: int = 0
    faults: tuple[tuple[str | None, str], ...] = ()
    fields: Mapping[str, Any] | None = None


def read(
    row: int, cells: Sequence[str], plan: Plan, levels: Levels, now: datetime, rules: Rules | None = None
) -> Draft:
    """Never raises: what is wrong with a row stands in it."""
    try:
        return _read(row, cells, plan, levels, now, rules)
    except _Faulty as faulty:
        return Draft(row, faults=faulty.faults)


class _Faulty(Exception):
    def __init__(self, *faults: tuple[str | None, str]) -> None:
        super().__init__()
        self.faults = faults


def _read(row: int, cells: Sequence[str], plan: Plan, levels: Levels, now: datetime, rules: Rules | None) -> Draft:
    said = _by_field(cells, plan.columns)
    one = {field: values[0] for field, values in said.items()}
    faults: list[tuple[str | None, str]] = []

    def fit(field: str, rule: Any, *more: Any) -> Any:
        if field not in one:
            return None
        try:
            return rule(one[field], *more)
        except Unfit as fault:
            faults.append((field, str(fault)))
            return None

    today = now.date()
    country = fit("country", _country)
    sex, birth_date = fit("sex", _sex), fit("birth_date", _day, plan.order)
    nationality, language = fit("nationality", _country), fit("language", _language)
    emails, phones = _each(said.get("email", ()), ";,"), _each(said.get("phone", ()), ";")
    if not faults and plain.is_plain(said):
        short = plain.card(
            said,
            emails=emails,
            phones=phones,
            sex=sex,
            birth_date=birth_date,
            nationality=nationality,
            language=language,
            country=country,
            read_in=country or plan.country,
            rules=rules,
            today=today,
            source=SOURCE,
        )
        if short is not None:
            return Draft(row, short)
    given, family, name = one.get("given_name"), one.get("family_name"), one.get("name")
    kind: Kind = fit("kind", _kind) or ("company" if "company" in one and not (given or family or name) else "person")
    if kind == "person" and name and not (given or family) and name.count(",") == 1:
        family, given = (part.strip() or None for part in name.split(","))
        name = None
    if kind != "person":
        name = one.get("company") or name
        given = family = None
    address = Address(
        lines=tuple(said.get("address", ())),
        city=one.get("city"),
        postcode=one.get("postcode"),
        region=one.get("region"),
        country=country,
        source=SOURCE,
    )
    lives = address.lines or address.city or address.postcode or address.region or country
    request = CreateProfile(
        kind=kind,
        given_name=given,
        family_name=family,
        second_family_name=one.get("second_family_name"),
        name=name,
        title=one.get("title"),
        suffix=one.get("suffix"),
        preferred_name=one.get("preferred_name"),
        birth_place=one.get("birth_place"),
        sex=sex,
        birth_date=birth_date,
        nationality=nationality,
        language=language,
        emails=tuple(Email(address=each, source=SOURCE) for each in emails),
        phones=tuple(Phone(number=each, source=SOURCE) for each in phones),
        addresses=(address,) if lives else (),
        level=one.get("level"),
        country=country or plan.country,
    )
    profile_id = fit("id", _id)
    try:
        card = new_card(written(request, kind), levels, today, rules)
    except NotAProfile as refusal:
        faults += dict.fromkeys((_field(e), e.detail) for e in refusal.errors if e.pointer or not faults)
    if faults:
        raise _Faulty(*faults)
    consents, left_out = _consents(one, plan.order, now)
    own = {name.removeprefix(columns.OWN): text for name, text in one.items() if name.startswith(columns.OWN)}
    return Draft(row, card, profile_id, consents, left_out, fields=own)


def _by_field(cells: Sequence[str], columns: Sequence[str | None]) -> dict[str, list[str]]:
    """What is not blank, by what it is. Raises _Faulty."""
    if not cells:
        raise _Faulty((None, "The row is too long, or cannot be taken apart."))
    if len(cells) > len(columns) and any(cell.strip() for cell in cells[len(columns) :]):
        raise _Faulty((None, "The row has more cells than there are columns."))
    if len(cells) == 1 < len(columns):
        raise _Faulty((None, "The row is not divided into columns."))
    found: dict[str, list[str]] = {}
    faults: list[tuple[str | None, str]] = []
    for field, cell in zip(columns, cells, strict=False):
        if field is None or not cell:
            continue
        text = cell.strip()
        if len(text) < 5 and text.lower() in _BLANK:
            continue
        if len(text) > LONGEST_CELL:
            faults.append((field, f"Longer than {LONGEST_CELL} characters."))
        elif is_formula(cell):
            faults.append((field, "A formula."))
        elif "\ufffd" in text:
            faults.append((field, "Has characters that could not be read."))
        elif field in found:
            found[field].append(unguarded(text))
        else:
            found[field] = [unguarded(text)]
    if faults:
        raise _Faulty(*faults)
    return found


def _each(cells: Sequence[str], separators: str) -> list[str]:
    found = []
    for cell in cells:
        for separator in separators[1:]:
            cell = cell.replace(separator, separators[0])
        found += [part.strip() for part in cell.split(separators[0]) if part.strip()]
    return found


def _field(fault: Problem) -> str | None:
    first, _, rest = fault.pointer.removeprefix("/").partition("/")
    last = rest.rpartition("/")[2]
    if first == "addresses" and last in ("city", "postcode", "region", "country"):
        return last
    return _FIELD_OF.get(first, first)


def day(text: str, order: DateOrder) -> date:
    """ISO, or with the parts in this order and the year in four digits. Raises Unfit."""
    if iso := _ISO.fullmatch(text):
        year, month, of_month = iso.groups()
    elif found := _DATE.fullmatch(text):
        parts = found.groups()
        if len(parts[0]) == 4:
            year, month, of_month = parts
        elif order == "ymd":
            raise Unfit("Not a date as year, month, day.")
        else:
            of_month, month, year = parts if order == "dmy" else (parts[1], parts[0], parts[2])
    else:
        raise Unfit("Not a date.")
    if len(year) != 4:
        raise Unfit("The year of the date needs four digits.")
    try:
        return date(int(year), int(month), int(of_month))
    except ValueError:
        raise Unfit("There is no such day.") from None


_day = day


def _sex(text: str) -> str:
    if found := _SEXES.get(fold(text)):
        return found
    raise Unfit("Not a sex that is understood: female, male, other.")


def _kind(text: str) -> Kind:
    if found := _KINDS.get(fold(text)):
        return found
    raise Unfit("Not a kind that is understood: person, company, agency.")


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Unfit("Not an id.") from None


@cache
def _named() -> tuple[Mapping[str, str], Mapping[str, str]]:
    """Folded names of countries and languages in the languages of our columns."""
    countries: dict[str, str] = {}
    languages: dict[str, str] = {}
    for each in ("en", "de", "es", "fr", "it", "pt"):
        locale = Locale(each)
        for code, name in locale.territories.items():
            if len(code) == 2 and code.isalpha():
                countries.setdefault(fold(name), code)
        for code, name in locale.languages.items():
            languages.setdefault(fold(name), code)
    return countries, languages


@cache
def _known_country(text: str) -> str:
    try:
        return codes.country_code(text)
    except Unfit:
        if found := _named()[0].get(fold(text)):
            return codes.country_code(found)
        raise


def _country(text: str) -> str:
    return _known_country(text) if len(text) < 60 else codes.country_code(text)


def _language(text: str) -> str:
    try:
        return codes.language_code(text)
    except Unfit:
        if found := _named()[1].get(fold(text[:100])):
            return codes.language_code(found)
        raise


def _consents(one: Mapping[str, str], order: DateOrder, now: datetime) -> tuple[tuple[ImportedConsent, ...], int]:
    """What the row says was agreed to or withdrawn, and how much of it is left out because nothing proves it.

    A grant needs the wording, when and where. Who says no need prove nothing (GDPR art. 21): that counts in any case.
    """
    if "consent" not in one:
        return (), 0
    answer = fold(one["consent"]).replace(" ", "-")
    granted = answer in _YES
    purpose = one.get("consent_purpose", "marketing").lower().replace(" ", "_")
    channel = one.get("consent_channel", "email").lower()
    if not (granted or answer in _NO) or purpose not in _PURPOSES or channel not in _CHANNELS:
        return (), 1
    stated_at = _instant(one.get("consent_at"), order, now)
    wording, source = (_telling(one.get(field)) for field in ("consent_wording", "consent_source"))
    if granted and not (stated_at and wording and source):
        return (), 1
    said = ImportedConsent(
        purpose=purpose,
        channel=channel,
        granted=granted,
        wording_version=wording or "not-said",
        source=source or SOURCE,
        stated_at=stated_at or now,
    )
    return (said,), 0


def _telling(text: str | None) -> str | None:
    """A short text that is nobody's address: it travels further than the card does."""
    try:
        kept = names.clean(text, _LONGEST_WORDING) if text else None
    except Unfit:
        return None
    return kept if kept and "@" not in kept else None


def _instant(text: str | None, order: DateOrder, now: datetime) -> datetime | None:
    """None where it is none, or is still to come. A day is its beginning, a time without a zone is UTC."""
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        try:
            found = datetime.combine(day(text, order), datetime.min.time())
        except Unfit:
            return None
    try:
        found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (OverflowError, ValueError):
        return None
    return found if found.year > 1970 and found <= now else None


def counted(outcomes: str, repeated: int, drafts: Sequence[Draft], consents: int) -> ImportCounts:
    found = Counter(outcomes)
    return ImportCounts(
        rows=len(outcomes),
        repeated=repeated,
        consents=consents,
        consents_left_out=sum(draft.consents_left_out for draft in drafts),
        **{outcome: found[letter] for outcome, letter in LETTERS.items()},
    )


def completed(card: Card, other: Card) -> Card:
    """`card` with whatever it lacks and `other` says; nothing that is there is overwritten."""
    whole = card.completed_by(other)
    lacking = ("second_family_name", "sex", "nationality", "level", "title", "suffix", "preferred_name", "birth_place")
    changes = {
        field: getattr(other, field)
        for field in lacking
        if getattr(whole, field) is None and getattr(other, field) is not None
    }
    known = {point.key for point in card.points}
    primary = {point.kind for point in card.points if point.primary}
    points = tuple(
        replace(point, primary=point.primary and point.kind not in primary) if point.key not in known else point
        for point in whole.points
    )
    return replace(whole, points=points, **changes)
