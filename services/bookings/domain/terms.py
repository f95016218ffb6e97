"""The terms of stays: what valid ones are, which of them are told to whom, and the copy that is kept."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import cache

from babel import Locale
from babel.languages import get_official_languages

from services.bookings.domain.announcing import contact_of
from services.bookings.domain.booking import Booking
from services.bookings.domain.texts import faults
from services.contracts.bookings import NoTerms, NotTerms, Property
from services.contracts.bookings.terms import Automatic, SetTermsTelling, Terms, TermsKind, ToldTerm, WriteTerms
from services.contracts.values import to_price
from services.kit.refusal import Problem

LONGEST_TITLE = 200
LONGEST_TEXT = 20_000

_LANGUAGE = re.compile(r"([a-z]{2,3})(?:-([a-z]{4}))?(?:-([a-z]{2}|\d{3}))?")


def checked(said: WriteTerms) -> WriteTerms:
    """With the language as it is written and tidy texts; refuses with NotTerms."""
    title, text = ((each or "").strip() or None for each in (said.title, said.text))
    language = language_tag(said.language)
    problems = [_NO_LANGUAGE] if language is None else []
    problems += faults("/title", title, LONGEST_TITLE, needed=text is not None)
    problems += faults("/text", text, LONGEST_TEXT, lines=True, needed=title is not None)
    if language is None or problems:
        raise NotTerms(errors=problems)
    text = text.replace("\r\n", "\n") if text else None
    return replace(said, language=language, title=" ".join(title.split()) if title else None, text=text)


def checked_telling(said: SetTermsTelling) -> SetTermsTelling:
    """Refuses with NotTerms."""
    return replace(said, language=checked_language(said.language))


def checked_language(said: str) -> str:
    """Refuses with NotTerms what is no tag of a language."""
    language = language_tag(said)
    if language is None:
        raise NotTerms(errors=[_NO_LANGUAGE])
    return language


def language_tag(said: str | None) -> str | None:
    """The tag (BCP 47) of language, script and region as it is written, ``pt-BR``; None where it is none."""
    found = _LANGUAGE.fullmatch((said or "").strip().lower().replace("_", "-"))
    if found is None or found[1] not in _languages():
        return None
    language, script, region = found.groups()
    return "-".join(part for part in (language, script and script.title(), region and region.upper()) if part)


def language_of(country: str) -> str:
    """What is mostly spoken there; a property may say otherwise."""
    return next(iter(get_official_languages(country, de_facto=True)), "en").replace("_", "-")


def language_for(booking: Booking, own: str) -> str:
    """The one of who gets its messages, as far as the booking knows, else the property's own."""
    return language_tag(contact_of(booking).language) or own


def chosen(present: Sequence[Terms], wanted: str, own: str) -> tuple[Terms, ...]:
    """Of each kind the terms in the language that is wanted, or nearest to it, else in the property's own, else in
    English, else in whichever there is: nothing stays untold. Refuses with NoTerms.
    """
    found: dict[TermsKind, Terms] = {}
    for language in (wanted, own, "en", *sorted(terms.language for terms in present)):
        for terms in sorted(present, key=lambda each: _distance(each.language, language)):
            if terms.text is not None and alike(terms.language, language):
                found.setdefault(terms.kind, terms)
    if not found:
        raise NoTerms
    return tuple(found[kind] for kind in sorted(found))


def alike(tag: str, other: str) -> bool:
    """Whether both are of one language: ``pt`` and ``pt-BR``."""
    return _bare(tag) == _bare(other)


def told(terms: Sequence[Terms]) -> tuple[ToldTerm, ...]:
    return tuple(
        ToldTerm(kind=each.kind, language=each.language, version=each.version, title=each.title or "") for each in terms
    )


def copy_of(booking: Booking, house: Property, terms: Sequence[Terms]) -> str:
    """What is told, as one text that names its booking: without a word of language beside the terms' own, and without
    personal data.
    """
    price = to_price(booking.price)
    about = [
        house.name,
        booking.external_ref or str(booking.id),
        f"{booking.arrival.isoformat()} / {booking.departure.isoformat()}",
        f"{price.amount} {price.currency}",
    ]
    parts = [f"{each.title}\n\n{each.text}\n\n({each.kind}, {each.language}, {each.version})" for each in terms]
    return "\n\n".join(["\n".join(about), *parts]) + "\n"


def sha256(copy: str) -> str:
    return hashlib.sha256(copy.encode()).hexdigest()


def is_told_by_itself(booking: Booking, automatic: Automatic, today: date) -> bool:
    """History that is imported is told to nobody."""
    if booking.departure < today:
        return False
    return automatic == "always" or automatic == "direct" and booking.source == "direct"


def _distance(language: str, wanted: str) -> int:
    """Of two tags of the same language."""
    return 0 if language == wanted else 1 if language == _bare(wanted) else 2


def _bare(language: str) -> str:
    return language.partition("-")[0]


@cache
def _languages() -> frozenset[str]:
    known: Mapping[str, str] = Locale("en").languages
    return frozenset(str(code) for code in known) - {"und", "mul", "zxx"}


_NO_LANGUAGE = Problem("/language", "Not a language code such as pt or pt-BR.")
