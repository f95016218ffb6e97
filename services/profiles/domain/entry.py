"""How a card is written, whoever writes it: names in their proper case, and nothing left out that the house needs."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, TypeVar, get_args
from uuid import UUID

from services.contracts.profiles import ChangeProfile, CreateProfile, EntryRule, Kind, NotAnEntryRule, NotAProfile
from services.kit.refusal import Problem
from services.profiles.domain import codes
from services.profiles.domain.card import Card
from services.profiles.domain.names import Unfit, words

Said = TypeVar("Said", CreateProfile, ChangeProfile)
KINDS: tuple[str, ...] = get_args(Kind)

# Small wherever they stand in a family name: Dutch, German, French, Portuguese, Spanish, Nordic, Arabic.
_PARTICLES = words(
    "van von den der de del do dos da das du des della dei di zu zum zur vom af av ten ter te und et op auf"
    " bin bint ibn"
)
# Small only between two names, or after a particle: Le Pen, de la Cruz, Ortega y Gasset, Costa e Silva.
_INNER = words("la le les las los los y e i el al het")
# Where a family name begins with a capital all the same: De Luca, Van Damme, Van Buren.
_CAPITAL_FIRST = words("IT BE US CA AU NZ")
# Mac is a prefix in these, and the beginning of a name in Machado, Macron, Mackay.
_MAC = words(
    "arthur aulay callum cormack donald donell dougall dowell duff farlane gregor innes intosh intyre kenzie kinnon"
    " lachlan laren lean lellan leod millan nab namara naughton neil phail pherson queen rae taggart tavish vicar"
)
_NUMERAL = re.compile(r"II|III|IV|VI{1,3}|IX")
_VOWELS = frozenset("AEIOUYÀÁÂÃÄÅÆÈÉÊËÌÍÎÏÒÓÔÕÖØÙÚÛÜÝŒ")
_BREAKS = re.compile(r"([\s\-‐‑–./]+)")
_APOSTROPHE = re.compile(r"(['’‘ʼ`´])")
_TURKISH = str.maketrans({"I": "ı", "İ": "i"})
_LONGEST = 400  # what is longer is refused as too long, not written anew


def proper(name: str, *, family: bool = False, country: str | None = None) -> str:
    """A name that is SHOUTED or all in small letters as it is written: ``VAN DER BERG`` → ``van der Berg``.

    Any other is left as it is: its bearer knows best. `family`: particles may come first. `country`: where its
    bearer comes from, for the languages that differ (``IŞIK`` in Turkey, ``DE LUCA`` in Italy, ``IJSSEL`` in the
    Netherlands).
    """
    if len(name) > _LONGEST or not (name.isupper() or name.islower()):
        return name
    if not family and name.isupper() and len(name.strip()) == 2 and not _VOWELS & set(name):
        return name  # initials: JP, TJ
    parts = _BREAKS.split(name)
    named = [at for at, part in enumerate(parts) if part and not _BREAKS.fullmatch(part)]
    written = list(parts)
    for place, at in enumerate(named):
        first, last = place == 0, place == len(named) - 1
        word = parts[at].lower()
        spaced = at == 0 or parts[at - 1].isspace()
        may = spaced and not last
        particle = may and family and word in _PARTICLES and not (first and country in _CAPITAL_FIRST)
        inner = may and not first and (word in _PARTICLES or word in _INNER) and (family or len(word) > 1)
        if particle or inner:
            written[at] = word
        elif last and not first and _NUMERAL.fullmatch(parts[at]):
            written[at] = parts[at]
        else:
            written[at] = _word(parts[at], country)
    return "".join(written)


def _word(word: str, country: str | None) -> str:
    small = (word.translate(_TURKISH) if country == "TR" else word).lower()
    if small.startswith(("'t", "’t", "'s", "’s")) and len(small) == 2:
        return small
    pieces = _APOSTROPHE.split(small)
    if len(pieces) > 1:  # O'Neill, D'Angelo, N'Diaye; but Owen's
        return "".join(_first(p, country) if at == 0 or len(p) > 1 else p for at, p in enumerate(pieces))
    if small.startswith("mc") and len(small) > 4:
        return "Mc" + _first(small[2:], country)
    if small.startswith("mac") and small[3:] in _MAC:
        return "Mac" + _first(small[3:], country)
    if small.startswith("ij") and country in ("NL", "BE"):
        return "IJ" + small[2:]
    return _first(small, country)


def _first(small: str, country: str | None) -> str:
    if country == "TR" and small.startswith("i"):
        return "İ" + small[1:]
    return small[:1].title() + small[1:]


def written(said: Said, kind: str) -> Said:
    """What somebody says of a card, with the names of a person in their proper case."""
    country = said.nationality or said.country
    country = country.strip().upper() if country and len(country) < 10 else None
    changes: dict[str, Any] = {}
    for field in ("given_name", "family_name", "second_family_name", *(("name",) if kind == "person" else ())):
        name = getattr(said, field)
        if name:
            better = proper(name, family=field != "given_name", country=country)
            if better != name:
                changes[field] = better
    return replace(said, **changes) if changes else said


def refuse_incomplete(
    card: Card, rules: Iterable[EntryRule], *, country: str | None, property_id: UUID | None, before: Card | None = None
) -> None:
    """Raises NotAProfile with a pointer for each thing that the rules of this place ask for and the card lacks.

    `before` is the card as it stood: what it lacked already does not keep anybody from changing something else.
    """
    wanted = lacking(card, rules, country=country, property_id=property_id)
    missing = [field for field in wanted if before is None or _has(before, field)]
    if missing:
        raise NotAProfile(errors=[Problem(_POINTERS.get(field, f"/{field}"), "Needed here.") for field in missing])


def lacking(card: Card, rules: Iterable[EntryRule], *, country: str | None, property_id: UUID | None) -> list[str]:
    """What the rules of this place ask for and the card has not, each once."""
    lives = {address.country for address in card.addresses} | {country and country.strip().upper()}
    wanted = {
        field: None
        for rule in rules
        if rule.kind == card.kind
        and (rule.country is None or rule.country in lives)
        and (rule.property_id is None or rule.property_id == property_id)
        for field in rule.required
    }
    return [field for field in wanted if not _has(card, field)]


def entry_rule(said: EntryRule) -> EntryRule:
    """Checked. Raises NotAnEntryRule."""
    faults = []
    if said.kind not in KINDS:
        faults.append(Problem("/kind", f"One of {', '.join(KINDS)}."))
    country = None
    try:
        country = codes.country_code(said.country) if said.country else None
    except Unfit as fault:
        faults.append(Problem("/country", str(fault)))
    if faults:
        raise NotAnEntryRule(errors=faults)
    return replace(said, country=country, required=tuple(dict.fromkeys(said.required)))


_POINTERS = {
    "email": "/emails",
    "phone": "/phones",
    "address": "/addresses",
    "postcode": "/addresses",
    "city": "/addresses",
    "country": "/addresses",
}


def _has(card: Card, field: str) -> bool:
    if field in ("email", "phone"):
        return any(point.kind == field for point in card.points)
    if field == "address":
        return any(address.lines for address in card.addresses)
    if field in ("postcode", "city", "country"):
        return any(getattr(address, field) for address in card.addresses)
    return getattr(card, field) is not None
