"""A number as telephone systems send it, read as one that guests have."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from os.path import commonprefix
from typing import Final
from urllib.parse import unquote

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberFormat

LONGEST: Final = 200
TAIL: Final = 7  # last digits from which on two numbers may be the same
_MOST_DIGITS: Final = 20  # fifteen of E.164, and what is dialled before them
_IN_BRACKETS: Final = re.compile(r"<([^<>]*)>")
_SCHEME: Final = re.compile(r"\s*(?:tel|sips?|callto):", re.IGNORECASE)
_CONTEXT: Final = re.compile(r";phone-context=(\+\d{1,6})", re.IGNORECASE)
_EXTENSION: Final = re.compile(
    r"\s*(?:[;,#].*|(?:x|ext|extn|extension|ramal|anexo|durchwahl)[.:\s]*\d*)$", re.IGNORECASE
)
_NUMBER: Final = re.compile(r"\s*\+?[\d\s()./\u2010-\u2015-]+")


@dataclass(frozen=True)
class Dialled:
    """`key` is the number in E.164, where it can be told; `digits` are the last ones that are surely its own."""

    key: str | None
    digits: str

    def shares(self, key: str) -> int:
        """With how many last digits another number ends that are this one's."""
        return len(commonprefix([self.digits[::-1], key[:0:-1]]))


def read_number(said: str, country: str | None) -> Dialled | None:
    """None where there is no number: withheld, anonymous, an extension of the house's own.

    What begins with ``00`` is international wherever it is dialled; what is a number of `country` is that; the rest may
    be an international one without its ``+`` (which is a blank in an address that was not escaped).
    """
    text = unicodedata.normalize("NFKC", unquote(said[:LONGEST]))
    text = _SCHEME.sub("", bracketed[1] if (bracketed := _IN_BRACKETS.search(text)) else text, count=1)
    context = _CONTEXT.search(text)
    text = _EXTENSION.sub("", text.partition("@")[0]).strip()
    if not _NUMBER.fullmatch(text):
        return None
    if context and not text.startswith("+"):
        text = context[1] + text
    whole = text.startswith("+")
    if whole:
        text = text.replace("(0)", "")
    digits = "".join(str(unicodedata.decimal(c)) for c in text if c.isdecimal())
    if len(digits.lstrip("0")) < TAIL or len(digits) > _MOST_DIGITS:
        return None
    for found in _readings(digits, whole, country):
        if phonenumbers.is_valid_number(found):
            return Dialled(phonenumbers.format_number(found, PhoneNumberFormat.E164), str(found.national_number))
    return Dialled(f"+{digits}" if whole else None, digits.lstrip("0"))


def _readings(digits: str, whole: bool, country: str | None) -> Iterator[PhoneNumber]:
    international: tuple[str, str | None] = (f"+{digits}", None)
    national = (digits, country)
    if whole:
        said = [international]
    elif digits.startswith("00"):
        said = [(f"+{digits[2:]}", None), national]
    else:
        said = [national, international]
    for text, region in said:
        try:
            yield phonenumbers.parse(text, region)
        except NumberParseException:
            continue
