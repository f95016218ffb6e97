"""A card: what is known about a person or a company, checked and brought to its one written form."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, TypeVar

from services.contracts.profiles import Address, ChangeProfile, CreateProfile, Email, Kind, NotAProfile, Phone
from services.kit.refusal import Problem
from services.profiles.domain import codes, contacts, names
from services.profiles.domain.contacts import Point
from services.profiles.domain.names import Unfit

NAME, COMPANY_NAME, LABEL, NOTE = 100, 200, 40, 10_000  # the longest of each, in characters
MOST_POINTS, MOST_ADDRESSES, MOST_LINES = 20, 10, 6
_SEXES = {"f": "female", "m": "male", "x": "other", "female": "female", "male": "male", "other": "other"}
_NAMES = ("given_name", "family_name", "second_family_name", "name")
CLEARABLE = (*_NAMES, "sex", "birth_date", "nationality", "language", "emails", "phones", "addresses", "level")

T = TypeVar("T")


@dataclass(frozen=True)
class Level:
    """A label of the house; guests with some of them are not booked."""

    name: str
    do_not_book: bool = False


Levels = Mapping[str, Level]


@dataclass(frozen=True)
class Card:
    """Everything about somebody that can be written by hand. `points`: e-mails first, then telephone numbers."""

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

    @property
    def match_name(self) -> str:
        """Equal for cards that bear the same name."""
        if self.kind == "company":
            return names.key_of_company(self.name)
        return names.key_of_person(self.given_name, self.family_name) or names.key_of_person(self.name)

    @property
    def identity(self) -> tuple[object, ...]:
        """What this card is recognised by: where it changes, it may turn out to be somebody known."""
        return self.match_name, self.birth_date, frozenset((p.key, p.verified) for p in self.points), self.addresses

    @property
    def folded_name(self) -> tuple[str, str]:
        """Given and family name for comparing; a company's name counts as a family name."""
        if self.kind == "company":
            return "", names.key_of_company(self.name)
        given, family = names.fold(self.given_name), names.fold(self.family_name)
        if not (given or family):
            given, _, family = names.fold(self.name).partition(" ")
        return given, family

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
            birth_date=self.birth_date or other.birth_date,
            language=self.language or other.language,
            points=self.points + tuple(point for point in other.points if point.key not in keys),
            addresses=self.addresses or other.addresses,
        )

    @property
    def search_name(self) -> str:
        """Every folded word of the name, each between blanks, so that ``% sil%`` finds the beginning of a word."""
        parts = (self.given_name, self.family_name, self.second_family_name, self.name)
        words = " ".join(folded for part in parts if (folded := names.fold(part)))
        return f" {words} " if words else ""


def new_card(said: CreateProfile, levels: Levels, today: date) -> Card:
    """The card somebody enters; `levels` are the house's, by name in small letters. Raises NotAProfile."""
    return _complete(_amended(Card(kind=said.kind), said, levels, today))


def changed_card(card: Card, said: ChangeProfile, levels: Levels, today: date) -> Card:
    """`card` with what was said replaced and what was cleared gone. Raises NotAProfile."""
    faults = [
        Problem(f"/clear/{position}", "There is no such field, or it is given as well.")
        for position, field in enumerate(said.clear)
        if field not in CLEARABLE or getattr(said, field) is not None
    ]
    if faults:
        raise NotAProfile(errors=faults)
    amended = _amended(card, said, levels, today)
    nothing = Card(kind=card.kind)
    for field in said.clear:
        if field in ("emails", "phones"):
            kept = tuple(p for p in amended.points if p.kind != field.removesuffix("s"))
            amended = replace(amended, points=kept)
        else:
            amended = replace(amended, **{field: getattr(nothing, field)})
    return _complete(amended)


def is_unwelcome(card: Card, levels: Levels) -> bool:
    """Does the card's level say that this guest is not booked?"""
    return card.level is not None and levels[card.level.casefold()].do_not_book


def note_text(text: str) -> str:
    """Raises NotAProfile where nothing is left, or too much."""
    faults = _Faults()
    kept = faults.check("/text", names.clean_lines, text, NOTE)
    if not kept:
        raise NotAProfile(errors=faults.found or [Problem("/text", "A note needs a text.")])
    return kept


class _Faults:
    """Collects every fault of an input with its pointer, so that the sender hears of all of them at once."""

    def __init__(self) -> None:
        self.found: list[Problem] = []

    def check(self, pointer: str, rule: Callable[..., T], *values: Any, **options: Any) -> T | None:
        try:
            return rule(*values, **options)
        except Unfit as fault:
            self.found.append(Problem(pointer, str(fault)))
            return None

    def at_most(self, pointer: str, given: tuple[T, ...], most: int) -> tuple[T, ...]:
        if len(given) > most:
            self.found.append(Problem(pointer, f"At most {most}."))
        return given[:most]


def _amended(card: Card, said: CreateProfile | ChangeProfile, levels: Levels, today: date) -> Card:
    changes: dict[str, Any] = {}
    faults = _Faults()
    for field in _NAMES:
        if (given := getattr(said, field)) is not None:
            longest = COMPANY_NAME if field == "name" else NAME
            changes[field] = faults.check(f"/{field}", names.clean, given, longest)
    rules: dict[str, Callable[[Any], Any]] = {
        "sex": _sex,
        "birth_date": lambda day: codes.birth_date(day, today),
        "nationality": codes.country_code,
        "language": codes.language_code,
        "level": lambda level: _level(level, levels),
    }
    for field, rule in rules.items():
        if (given := getattr(said, field)) is not None:
            changes[field] = faults.check(f"/{field}", rule, given)
    country = faults.check("/country", codes.country_code, said.country) if said.country else None
    if said.emails is not None or said.phones is not None:
        emails, phones = (tuple(p for p in card.points if p.kind == kind) for kind in ("email", "phone"))
        if said.emails is not None:
            emails = _points(_email(e, f"/emails/{i}", faults) for i, e in _bounded(said.emails, "/emails", faults))
        if said.phones is not None:
            phones = _points(
                _phone(p, f"/phones/{i}", country, faults) for i, p in _bounded(said.phones, "/phones", faults)
            )
        changes["points"] = emails + phones
    if said.addresses is not None:
        given_ones = faults.at_most("/addresses", said.addresses, MOST_ADDRESSES)
        changes["addresses"] = tuple(_address(a, f"/addresses/{i}", faults) for i, a in enumerate(given_ones))
    if faults.found:
        raise NotAProfile(errors=faults.found)
    return replace(card, **changes)


def _complete(card: Card) -> Card:
    if card.kind == "company":
        if not card.name:
            raise NotAProfile(errors=[Problem("/name", "A company needs its name.")])
    elif not (card.given_name or card.family_name or card.name or card.points):
        raise NotAProfile(errors=[Problem("", "A person needs a name, an e-mail or a telephone number.")])
    return card


def _bounded(given: tuple[T, ...], pointer: str, faults: _Faults) -> Iterable[tuple[int, T]]:
    return enumerate(faults.at_most(pointer, given, MOST_POINTS))


def _points(found: Iterable[Point | None]) -> tuple[Point, ...]:
    """Each once, exactly one of them the primary (the first where none or several say so)."""
    once: dict[str, Point] = {}
    for point in found:
        if point is not None:
            once.setdefault(point.key, point)
    if not once:
        return ()
    primary = next((p.key for p in once.values() if p.primary), next(iter(once)))
    return tuple(replace(p, primary=p.key == primary) for p in once.values())


def _email(said: Email, pointer: str, faults: _Faults) -> Point | None:
    return faults.check(f"{pointer}/address", contacts.email, said.address, **_labels(said, pointer, faults))


def _phone(said: Phone, pointer: str, country: str | None, faults: _Faults) -> Point | None:
    return faults.check(f"{pointer}/number", contacts.phone, said.number, country, **_labels(said, pointer, faults))


def _labels(said: Email | Phone, pointer: str, faults: _Faults) -> dict[str, Any]:
    kind = faults.check(f"{pointer}/type", names.clean, said.type, LABEL)
    source = faults.check(f"{pointer}/source", names.clean, said.source, NAME) if said.source else None
    return {"type": kind or "other", "primary": said.primary, "verified": said.verified, "source": source}


def _address(said: Address, pointer: str, faults: _Faults) -> Address:
    lines = faults.at_most(f"{pointer}/lines", said.lines, MOST_LINES)
    cleaned = [faults.check(f"{pointer}/lines/{i}", names.clean, x, COMPANY_NAME) for i, x in enumerate(lines)]
    parts = {
        field: faults.check(f"{pointer}/{field}", names.clean, getattr(said, field) or "", NAME)
        for field in ("city", "postcode", "region")
    }
    country = faults.check(f"{pointer}/country", codes.country_code, said.country) if said.country else None
    kind = faults.check(f"{pointer}/type", names.clean, said.type, LABEL)
    return Address(lines=tuple(x for x in cleaned if x), country=country, type=kind or "other", **parts)


def _sex(said: str) -> str:
    if found := _SEXES.get(said.strip().lower()):
        return found
    raise Unfit("One of female, male, other.")


def _level(said: str, levels: Levels) -> str:
    if found := levels.get(said.strip().casefold()):
        return found.name
    raise Unfit("There is no such level.")
