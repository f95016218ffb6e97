"""Names as registers of narrow alphabets take them: Latin capitals, as the machine-readable zone of a passport."""

from __future__ import annotations

import re
import unicodedata

# Letters that have no parts to take apart (ICAO Doc 9303, part 3, section 6).
_LETTERS = str.maketrans(
    {
        "Æ": "AE",
        "Œ": "OE",
        "Ø": "O",
        "Đ": "D",
        "Ð": "D",
        "Ħ": "H",
        "Ł": "L",
        "Þ": "TH",
        "Ŋ": "N",
        "Ŧ": "T",
        "Ə": "E",
        "’": "'",
        "‘": "'",
        "ʼ": "'",
        "`": "'",
        "´": "'",
        "‐": "-",
        "–": "-",
    }
)
_MARKS = "Mn"


def capitals(text: str, kept: str = "") -> str:
    """In capitals without accents, but for the accented capitals in `kept`: ``Müller`` → ``MULLER``."""
    upper = unicodedata.normalize("NFC", text).upper().translate(_LETTERS)
    return "".join(letter if letter in kept else _plain(letter) for letter in upper)


def name(text: str, kept: str = "", marks: str = "'") -> str | None:
    """A name in A to Z, spaces and `marks`; None where it has letters of another script.

    Whatever else stands in it becomes a space.
    """
    found = capitals(text, kept)
    if any(letter.isalpha() and not letter.isascii() and letter not in kept for letter in found):
        return None
    tidy = re.sub(f"[^A-Z{re.escape(kept)}{re.escape(marks)}]+", " ", found)
    return " ".join(tidy.split()) or None


def number(text: str) -> str:
    """A document's number without what people write between its characters: ``ab 12-34`` → ``AB1234``."""
    return re.sub("[^A-Z0-9]", "", capitals(text))


def _plain(letter: str) -> str:
    return "".join(part for part in unicodedata.normalize("NFKD", letter) if unicodedata.category(part) != _MARKS)
