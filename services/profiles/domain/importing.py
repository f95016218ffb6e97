"""A row of somebody's file as a card, or why it cannot be one; what became of the rows of a batch, written small."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

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
from services.profiles.domain import cells, columns, plain
from services.profiles.domain.card import Card, Levels, new_card
from services.profiles.domain.entry import written
from services.profiles.domain.identifiers import Rules
from services.profiles.domain.names import Unfit, fold, words

SOURCE = "import"
LETTERS: dict[Outcome, str] = {"created": "n", "completed": "c", "known": "k", "review": "v", "refused": "x"}
OUTCOMES: dict[str, Outcome] = {letter: outcome for outcome, letter in LETTERS.items()}

_MONTH_FIRST = frozenset(("US", "PH", "FM", "MH", "PW"))
_YEAR_FIRST = frozenset(("CN", "JP", "KR", "KP", "TW", "HU", "LT", "MN", "SE", "CA", "BT"))
_YES = words("yes y ja j si s oui o sim true 1 x subscribed opt-in wahr verdadero vrai vero verdadeiro")
_NO = words("no n nein non nao false 0 unsubscribed opt-out falsch falso faux")
_PURPOSES = words("marketing survey profiling partner_sharing")
_CHANNELS = words("email sms phone post any")
_FIELD_OF = {"emails": "email", "phones": "phone", "addresses": "address", "clear": None, "": None}


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

    `fields`: of the house's own fields by code what the row says, or once they are read their values; `defaults`: those
    of the fields of which it says nothing. `lacking`: what the house needs on a card that is new, and the row has not.
    """

    row: int
    card: Card | None = None
    profile_id: UUID | None = None
    consents: tuple[ImportedConsent, ...] = ()
    consents_left_out: int = 0
    faults: tuple[tuple[str | None, str], ...] = ()
    fields: Mapping[str, Any] | None = None
    defaults: Mapping[str, Any] | None = None
    lacking: tuple[str, ...] = ()

    @property
    def incomplete(self) -> Draft:
        """As it is refused where it would have been a new card."""
        return Draft(self.row, faults=tuple((field, "Needed here.") for field in self.lacking))


def read(
    row: int, texts: Sequence[str], plan: Plan, levels: Levels, now: datetime, rules: Rules | None = None
) -> Draft:
    """Never raises: what is wrong with a row stands in it."""
    try:
        return _read(row, texts, plan, levels, now, rules)
    except cells.Faulty as faulty:
        return Draft(row, faults=faulty.faults)


def _read(row: int, texts: Sequence[str], plan: Plan, levels: Levels, now: datetime, rules: Rules | None) -> Draft:
    said = cells.by_field(texts, plan.columns)
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
    country = fit("country", cells.country)
    sex, birth_date = fit("sex", cells.sex), fit("birth_date", cells.day, plan.order)
    nationality, language = fit("nationality", cells.country), fit("language", cells.language)
    emails, phones = cells.each(said.get("email", ()), ";,"), cells.each(said.get("phone", ()), ";")
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
    kind: Kind = fit("kind", cells.kind) or (
        "company" if "company" in one and not (given or family or name) else "person"
    )
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
    profile_id = fit("id", cells.profile_id)
    try:
        card = new_card(written(request, kind), levels, today, rules)
    except NotAProfile as refusal:
        faults += dict.fromkeys((_field(e), e.detail) for e in refusal.errors if e.pointer or not faults)
    if faults:
        raise cells.Faulty(*faults)
    consents, left_out = _consents(one, plan.order, now)
    own = {name.removeprefix(columns.OWN): text for name, text in one.items() if name.startswith(columns.OWN)}
    return Draft(row, card, profile_id, consents, left_out, fields=own)


def _field(fault: Problem) -> str | None:
    first, _, rest = fault.pointer.removeprefix("/").partition("/")
    last = rest.rpartition("/")[2]
    if first == "addresses" and last in ("city", "postcode", "region", "country"):
        return last
    return _FIELD_OF.get(first, first)


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
    stated_at = cells.instant(one.get("consent_at"), order, now)
    wording, source = (cells.telling(one.get(field)) for field in ("consent_wording", "consent_source"))
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
