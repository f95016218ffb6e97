"""Writing systems (ISO 15924) of texts, and domains whose letters pass for others (Unicode UTS 39).

The name of a letter in the Unicode database begins with its script; that is all of a script that Python knows.
"""

from __future__ import annotations

import unicodedata
from functools import cache

from babel import Locale

# ISO 15924 codes by the beginning of the letters' names.
_SCRIPTS = {
    "LATIN": "Latn", "FULLWIDTH": "Latn", "CYRILLIC": "Cyrl", "GREEK": "Grek", "COPTIC": "Copt", "ARABIC": "Arab",
    "HEBREW": "Hebr", "ARMENIAN": "Armn", "GEORGIAN": "Geor", "CJK": "Hani", "HIRAGANA": "Hira", "KATAKANA": "Kana",
    "HALFWIDTH": "Kana", "HANGUL": "Hang", "BOPOMOFO": "Bopo", "DEVANAGARI": "Deva", "BENGALI": "Beng",
    "GURMUKHI": "Guru", "GUJARATI": "Gujr", "TAMIL": "Taml", "TELUGU": "Telu", "KANNADA": "Knda", "MALAYALAM": "Mlym",
    "SINHALA": "Sinh", "THAI": "Thai", "LAO": "Laoo", "TIBETAN": "Tibt", "MYANMAR": "Mymr", "KHMER": "Khmr",
    "ETHIOPIC": "Ethi", "MONGOLIAN": "Mong", "CHEROKEE": "Cher", "SYRIAC": "Syrc", "THAANA": "Thaa", "ORIYA": "Orya",
}  # fmt: skip
# Codes that stand for several scripts that are written together.
_TOGETHER = {
    "Jpan": {"Hani", "Hira", "Kana"},
    "Kore": {"Hani", "Hang"},
    "Hans": {"Hani"},
    "Hant": {"Hani"},
    "Hrkt": {"Hira", "Kana"},
    "Aran": {"Arab"},
}
# UTS 39, 5.2, "highly restrictive": what may stand in one label together.
_MAY_MIX = ({"Latn", "Hani", "Hira", "Kana"}, {"Latn", "Hani", "Bopo"}, {"Latn", "Hani", "Hang"})
# Letters of Cyrillic, Greek and Armenian that nobody tells from Latin ones.
_LOOK_LATIN = frozenset("асԁеһіјӏорԛѕԝхуүгьαικνορτυχѵօոսցհ")
_UNSPECIFIC = frozenset(("Zyyy", "Zinh", "Zzzz", "Zsym", "Zmth", "Zsye", "Zxxx"))


def scripts_of(text: str) -> frozenset[str]:
    """The scripts of its letters; marks, digits and signs belong to any."""
    return frozenset(script for c in text if c.isalpha() and (script := _script(c)))


def is_script(code: str) -> bool:
    """Whether ISO 15924 has such a script, of writing."""
    return code in _codes() and code not in _UNSPECIFIC


def is_written_in(text: str, code: str) -> bool:
    """Whether the letters are of this script, as far as we can tell."""
    known = _TOGETHER.get(code, {code})
    return all(script in known for script in scripts_of(text)) or not known & set(_SCRIPTS.values())


def script_of(text: str) -> str | None:
    """The script a text is written in; None where it has no letters or is written in several."""
    found = scripts_of(text)
    if len(found) == 1:
        return next(iter(found))
    return next((code for code, parts in _TOGETHER.items() if len(parts) > 1 and found and found <= parts), None)


def deceives(domain: str) -> bool:
    """Has the domain a label of mixed scripts, or one that reads as Latin and is not, below an ASCII top level?"""
    if domain.isascii():
        return False
    labels = domain.lower().split(".")
    if any(_is_mixed(label) for label in labels):
        return True
    return labels[-1].isascii() and any(_passes_for_latin(label) for label in labels)


def _is_mixed(label: str) -> bool:
    found = scripts_of(label)
    return len(found) > 1 and not any(found <= allowed for allowed in _MAY_MIX)


def _passes_for_latin(label: str) -> bool:
    letters = [c for c in label if c.isalpha()]
    return bool(letters) and not label.isascii() and all(c in _LOOK_LATIN for c in letters)


@cache
def _script(character: str) -> str | None:
    return _SCRIPTS.get(unicodedata.name(character, "").partition(" ")[0].partition("-")[0])


@cache
def _codes() -> frozenset[str]:
    return frozenset(str(code) for code in Locale("en").scripts)
