"""Codes and texts in several languages, as the house writes them into its own data."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from services.contracts.profiles import InLanguage
from services.profiles.domain import codes, names
from services.profiles.domain.faults import Faults
from services.profiles.domain.names import Unfit

MOST_LANGUAGES = 40
_CODE = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?", re.ASCII)


def code(said: str) -> str:
    """Small letters, digits and hyphens. Raises Unfit."""
    if not _CODE.fullmatch(said):
        raise Unfit("1 to 40 small letters, digits and hyphens.")
    return said


def in_languages(
    faults: Faults,
    pointer: str,
    said: Sequence[InLanguage],
    longest: int,
    clean: Callable[[str, int], str | None] = names.clean,
) -> tuple[InLanguage, ...]:
    """Each language once, none without a text."""
    kept: dict[str, InLanguage] = {}
    for place, each in enumerate(faults.at_most(pointer, said, MOST_LANGUAGES)):
        language = faults.check(f"{pointer}/{place}/language", codes.language_code, each.language)
        text = faults.check(f"{pointer}/{place}/text", clean, each.text, longest)
        if text is None and each.text.strip() == "":
            faults.add(f"{pointer}/{place}/text", "A text is needed.")
        if language in kept:
            faults.add(f"{pointer}/{place}/language", "This language has its text already.")
        elif language and text:
            kept[language] = InLanguage(language=language, text=text)
    return tuple(kept.values())
