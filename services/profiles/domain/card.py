"""A card: what is known about a person or a company, checked and brought to its one written form."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from functools import cached_property
from typing import Any

from services.contracts.profiles import Address, ChangeProfile, CreateProfile, Kind, NameForm, NotAProfile
from services.kit.refusal import Problem
from services.profiles.domain import codes, forms, names, reach
from services.profiles.domain.contacts import Point
from services.profiles.domain.faults import Faults
from services.profiles.domain.identifiers import Rules
from services.profiles.domain.names import Unfit
from services.profiles.domain.reach import MOST_LINES, Reading

__all__ = [
    "CLEARABLE", "COMPANY_NAME", "MOST_LINES", "NAME", "Card", "Level", "Levels", "changed_card", "changed_fields",
    "is_unwelcome", "new_card", "note_text",
]  # fmt: skip

NAME, COMPANY_NAME, NOTE = 100, 200, 10_000  # the longest of each, in characters
_TITLE, _MOST_CODES = 40, 10
_SEXES = {"f": "female", "m": "male", "x": "other", "female": "female", "male": "male", "other": "other"}
_NAMES = {
    "given_name": NAME,
    "family_name": NAME,
    "second_family_name": NAME,
    "name": COMPANY_NAME,
    "title": _TITLE,
    "suffix": _TITLE,
    "preferred_name": NAME,
    "birth_place": NAME,
}
_LISTS = ("emails", "phones", "addresses", "name_forms", "other_nationalities", "other_languages")
CLEARABLE = (*_NAMES, *_LISTS, "sex", "birth_date", "nationality", "language", "level")


@dataclass(frozen=True)
class Level:
    """A label of the house; guests with some of them are not booked."""

    name: str
    do_not_book: bool = False
    retired: bool = False


Levels = Mapping[str, Level]


@dataclass(frozen=True)
class Card:
    """Everything about somebody that can be written by hand. `points`: e-mails first, then telephone numbers.

    `nationality` and `language` are the first ones, before the other ones.
    """

    kind: Kind = "person"
    given_name: str | None = None
    family_name: str | None = None
    second_family_name: str | None = None
    name: str | None = None
    sex: str | None = None
    birth_date: date | None = None
    nationality: str | None = None
    language: str | None = None
    points: tuple[Point, ...] = ()
    addresses: tuple[Address, ...] = ()
    level: str | None = None
    title: str | None = None
    suffix: str | None = None
    preferred_name: str | None = None
    name_forms: tuple[NameForm, ...] = ()
    birth_place: str | None = None
    other_nationalities: tuple[str, ...] = ()
    other_languages: tuple[str, ...] = ()

    @property
    def is_person(self) -> bool:
        """Else an organisation: a company, or an agency, which is one too."""
        return self.kind == "person"

    @cached_property
    def match_name(self) -> str:
        """Equal for cards that bear the same name: of one in several scripts, the Latin form, as bookings have it."""
        if not self.is_person:
            return names.indexable(names.key_of_company(self.name))
        latin = forms.latin(self)
        given, family = (latin.given_name, latin.family_name) if latin else (self.given_name, self.family_name)
        return names.indexable(names.key_of_person(given, family) or names.key_of_person(self.name))

    @property
    def identity(self) -> tuple[object, ...]:
        """What this card is recognised by: where it changes, it may turn out to be somebody known."""
        points = frozenset((p.key, p.verified) for p in self.points if p.identifies)
        places = tuple((*a.lines, a.city, a.postcode, a.region, a.country, a.valid_to) for a in self.addresses)
        return self.match_name, self.search_name, self.birth_date, points, places

    @property
    def folded_name(self) -> tuple[str, str]:
        """Given and family name for comparing; a company's name counts as a family name."""
        if not self.is_person:
            return "", names.key_of_company(self.name)
        given, family = names.fold(self.given_name), names.fold(self.family_name)
        if not (given or family):
            given, _, family = names.fold(self.name).partition(" ")
        return given, family

    @property
    def folded_names(self) -> tuple[tuple[str, str], ...]:
        """The name as it is written first, then its forms in other scripts: who has one of them in common is alike."""
        others = ((names.fold(form.given_name), names.fold(form.family_name)) for form in self.name_forms)
        return tuple(dict.fromkeys((self.folded_name, *(each for each in others if any(each)))))

    def completed_by(self, other: Card) -> Card:
        """With what `other` says and this card does not; nothing is overwritten."""
        keys = {point.key for point in self.points}
        named = self if self.search_name else other
        return replace(
            self,
            given_name=named.given_name,
            family_name=named.family_name,
            second_family_name=named.second_family_name,
            name=named.name,
            name_forms=named.name_forms,
            birth_date=self.birth_date or other.birth_date,
            language=self.language or other.language,
            points=self.points
            + tuple(replace(p, primary=False) if keys else p for p in other.points if p.key not in keys),
            addresses=self.addresses or other.addresses,
        )

    @cached_property
    def search_name(self) -> str:
        """Every folded word of the name, each between blanks, so that ``% sil%`` finds the beginning of a word; then
        those of its other forms and of the preferred name, each word once.
        """
        parts = (self.given_name, self.family_name, self.second_family_name, self.name)
        words = [folded for part in parts if (folded := names.fold(part))]
        if self.name_forms or self.preferred_name:
            words += forms.further_words(self, set(" ".join(words).split()))
        known = " ".join(words).split()
        sounds = [word for word in names.in_latin(words) if word not in known]
        return f" {names.indexable(' '.join((*words, *sounds))).rstrip()} " if words else ""


def new_card(said: CreateProfile, levels: Levels, today: date, rules: Rules | None = None) -> Card:
    """The card somebody enters; `levels` are the house's, by name in small letters; `rules` say which addresses say who
    somebody is. Raises NotAProfile.
    """
    return _complete(_amended(Card(kind=said.kind), said, levels, today, rules))


def changed_card(card: Card, said: ChangeProfile, levels: Levels, today: date, rules: Rules | None = None) -> Card:
    """`card` with what was said replaced and what was cleared gone. Raises NotAProfile."""
    faults = [
        Problem(f"/clear/{position}", "There is no such field, or it is given as well.")
        for position, field in enumerate(said.clear)
        if field not in CLEARABLE or getattr(said, field) is not None
    ]
    if said.kind and said.kind != card.kind and "person" in (said.kind, card.kind):
        faults.append(Problem("/kind", "A person is no company and no agency, nor the other way."))
    if faults:
        raise NotAProfile(errors=faults)
    amended = _amended(replace(card, kind=said.kind or card.kind), said, levels, today, rules)
    nothing = Card(kind=card.kind)
    for field in said.clear:
        if field in ("emails", "phones"):
            kept = tuple(p for p in amended.points if p.kind != field.removesuffix("s"))
            amended = replace(amended, points=kept)
        else:
            amended = replace(amended, **{field: getattr(nothing, field)})
    return _complete(amended)


def changed_fields(before: Card, after: Card) -> tuple[str, ...]:
    """The names of the fields in which two cards differ, as a profile has them."""
    names_of_all = (f.name for f in fields(Card) if f.name != "points")
    different = [name for name in names_of_all if getattr(before, name) != getattr(after, name)]
    for kind in ("email", "phone"):
        mine, theirs = ([p for p in card.points if p.kind == kind] for card in (before, after))
        if mine != theirs:
            different.append(f"{kind}s")
    return tuple(sorted(different))


def is_unwelcome(card: Card, levels: Levels) -> bool:
    """Does the card's level say that this guest is not booked?"""
    found = levels.get(card.level.casefold()) if card.level else None
    return found is not None and found.do_not_book


def note_text(text: str) -> str:
    """Raises NotAProfile where nothing is left, or too much."""
    faults = Faults()
    kept = faults.check("/text", names.clean_lines, text, NOTE)
    if not kept:
        raise NotAProfile(errors=faults.found or [Problem("/text", "A note needs a text.")])
    return kept


def _amended(card: Card, said: CreateProfile | ChangeProfile, levels: Levels, today: date, rules: Rules | None) -> Card:
    changes: dict[str, Any] = {}
    faults = Faults()
    for field, longest in _NAMES.items():
        if (given := getattr(said, field)) is not None:
            changes[field] = faults.check(f"/{field}", names.clean, given, longest)
    rules_of: dict[str, Callable[[Any], Any]] = {
        "sex": _sex,
        "birth_date": lambda day: codes.birth_date(day, today),
        "nationality": codes.country_code,
        "language": codes.language_code,
        "level": lambda level: _level(level, levels, card.level),
    }
    for field, rule in rules_of.items():
        if (given := getattr(said, field)) is not None:
            changes[field] = faults.check(f"/{field}", rule, given)
    for field, of in (("other_nationalities", codes.country_code), ("other_languages", codes.language_code)):
        if (given := getattr(said, field)) is not None:
            changes[field] = _codes(f"/{field}", given, of, faults)
    if said.name_forms is not None:
        changes["name_forms"] = forms.read(said.name_forms, NAME, faults)
    changes |= _reached(card, said, today, rules, faults)
    if faults.found:
        raise NotAProfile(errors=faults.found)
    return _without_repetition(replace(card, **changes))


def _reached(
    card: Card, said: CreateProfile | ChangeProfile, today: date, rules: Rules | None, faults: Faults
) -> dict[str, Any]:
    """E-mails, telephone numbers and addresses, where any of them is said."""
    country = faults.check("/country", codes.country_code, said.country) if said.country else None
    by = Reading(today, rules, country)
    changes: dict[str, Any] = {}
    if said.emails is not None or said.phones is not None:
        emails, phones = (tuple(p for p in card.points if p.kind == kind) for kind in ("email", "phone"))
        if said.emails is not None:
            emails = reach.emails(emails, said.emails, by, faults)
        if said.phones is not None:
            phones = reach.phones(phones, said.phones, by, faults)
        changes["points"] = emails + phones
    if said.addresses is not None:
        changes["addresses"] = reach.addresses(card.addresses, said.addresses, by, faults)
    return changes


def _codes(pointer: str, given: tuple[str, ...], rule: Callable[[str], str], faults: Faults) -> tuple[str, ...]:
    bounded = faults.at_most(pointer, given, _MOST_CODES)
    found = (faults.check(f"{pointer}/{n}", rule, code) for n, code in enumerate(bounded))
    return tuple(dict.fromkeys(code for code in found if code))


def _without_repetition(card: Card) -> Card:
    """The other nationalities and languages are others than the first ones."""
    return replace(
        card,
        other_nationalities=tuple(c for c in card.other_nationalities if c != card.nationality),
        other_languages=tuple(c for c in card.other_languages if c != card.language),
    )


def _complete(card: Card) -> Card:
    if not card.is_person:
        if not card.name:
            raise NotAProfile(errors=[Problem("/name", "A company or an agency needs its name.")])
    elif not (card.given_name or card.family_name or card.name or card.name_forms or card.points):
        raise NotAProfile(errors=[Problem("", "A person needs a name, an e-mail or a telephone number.")])
    return card


def _sex(said: str) -> str:
    if found := _SEXES.get(said.strip().lower()):
        return found
    raise Unfit("One of female, male, other.")


def _level(said: str, levels: Levels, present: str | None) -> str:
    """A retired one is given to nobody who does not have it."""
    found = levels.get(said.strip().casefold())
    if found and (not found.retired or found.name == present):
        return found.name
    raise Unfit("There is no such level.")
