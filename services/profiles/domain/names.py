"""Names: how they are cleaned before they are kept, and folded before they are compared."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from anyascii import anyascii
from rapidfuzz.distance import DamerauLevenshtein

# Marks that turn the direction of the text after them: a name with one can pass for another on a screen.
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# Joiners are letters' own in Persian and in the scripts of India; every other character of format is none of a name's.
_JOINERS = "\u200c\u200d"
_BLANKS = "\u115f\u1160\u3164\uffa0\u2800\u034f\u17b4\u17b5"  # nothing is seen of them, and Unicode calls them letters
_INDEXED_BYTES = 2_000  # of a third of a page of PostgreSQL, 2,704 bytes, with room for what stands beside it
_MOST_MARKS = 8  # on one letter; more are there to cover the lines above and below
_LINES = str.maketrans("\t\r\n", "   ")
# Letters that Unicode does not take apart into a base letter and an accent.
_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h", "ŋ": "n"}
    | dict.fromkeys("'’‘ʼ`´ʻ\u200c\u200d", "")
)


def words(text: str) -> frozenset[str]:
    """The words of a text, for tables of data."""
    return frozenset(text.split())


_NOT_WORD = re.compile(r"[\W_]+")
# A joiner that joins nothing: at the end of a word, after another one, or after a Latin letter.
_LOOSE_JOINER = re.compile(
    rf"(?<!\S)[{_JOINERS}]+|[{_JOINERS}]+(?!\S)|(?<=[{_JOINERS}A-Za-z\u00c0-\u024f])[{_JOINERS}]+"
)
_MARKS = re.compile(
    "[\u0300-\u036f\u0483-\u0489\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff"
    f"\ufe20-\ufe2f]{{{_MOST_MARKS + 1},}}"
)
_LEGAL_FORMS = words(
    "ab ag as asa bv co corp corporation gmbh inc kft kg lda limited llc llp ltd ltda nv oy plc pty sa sarl sas sl"
    " slu spa srl srls sro"
)


class Unfit(ValueError):
    """Why a text cannot be kept; the message is for people and does not repeat the text."""


def clean(text: str, longest: int) -> str | None:
    """NFC, one space between words, nothing invisible; None where nothing is left. Raises Unfit."""
    if len(text) > 4 * longest:
        raise Unfit(f"Longer than {longest} characters.")
    text = unicodedata.normalize("NFC", _visible(text.translate(_LINES)))
    if any(_forbidden(character) for character in text):
        raise Unfit("Contains control or direction characters.")
    if not text.isascii() and _MARKS.search(text):
        raise Unfit(f"More than {_MOST_MARKS} marks on one letter.")
    text = " ".join(text.split())
    if len(text) > longest:
        raise Unfit(f"Longer than {longest} characters.")
    return text or None


def salvage(text: str | None, longest: int) -> str | None:
    """What can be kept of a text that came with a booking: a guest is not refused for a stray character."""
    if not text:
        return None
    kept = "".join(" " if _forbidden(c) else c for c in text[: 4 * longest].translate(_LINES))
    kept = unicodedata.normalize("NFC", _MARKS.sub("", _visible(kept)))
    return " ".join(kept.split())[:longest].rstrip() or None


def clean_lines(text: str, longest: int) -> str | None:
    """As `clean`, for texts of several lines: line breaks stay."""
    if len(text) > longest:
        raise Unfit(f"Longer than {longest} characters.")
    lines = [clean(line, longest) or "" for line in text.replace("\r\n", "\n").split("\n")]
    return "\n".join(lines).strip() or None


def fold(text: str | None) -> str:
    """For comparing: no accents, no case, no punctuation. ``Müller-Łukasz`` → ``muller lukasz``"""
    if not text:
        return ""
    if text.isascii():
        bare = text.lower().replace("'", "").replace("`", "")
    else:
        apart = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
        bare = "".join(c for c in apart if not unicodedata.combining(c)).casefold()
    return _NOT_WORD.sub(" ", bare).strip()


def in_latin(folded: Iterable[str]) -> tuple[str, ...]:
    """How those words that are not in Latin letters sound in them: ``иванов`` → ``ivanov``"""
    words = " ".join(folded)
    if words.isascii():
        return ()
    return tuple(fold(latin) for word in words.split() if not word.isascii() and (latin := anyascii(word)))


def indexable(folded: str) -> str:
    """As much of it as an index holds: letters there are that folding makes eighteen of."""
    if len(folded) <= _INDEXED_BYTES // 4:
        return folded
    return folded.encode()[:_INDEXED_BYTES].decode(errors="ignore")


def key_of_person(*names: str | None) -> str:
    """The same for ``Ana Silva`` and ``SILVA, Ana``: the folded words in alphabetical order."""
    return " ".join(sorted(" ".join(fold(name) for name in names).split()))


def key_of_company(name: str | None) -> str:
    """The folded name without its legal form: ``ACME, Lda.`` and ``Acme`` are the same."""
    words = fold(name).split()
    while len(words) > 1 and words[-1] in _LEGAL_FORMS:
        words.pop()
    return " ".join(words)


def likeness(mine: tuple[str, str], other: tuple[str, str]) -> float:
    """How alike two folded (given, family) names are, 0–1, forgiving typos, initials, swapped and further names.

    The worse of the two parts counts: Ana and Bruno Silva are not alike, although most letters are. Where only one of
    the two has a given name, the family name can show at most 0.8.
    """
    if sorted(" ".join(mine).split()) == sorted(" ".join(other).split()):
        return 1.0
    straight = min(_part(mine[0], other[0], given=True), _part(mine[1], other[1]))
    swapped = min(_part(mine[0], other[1], given=True), _part(mine[1], other[0], given=True))
    return max(straight, swapped)


def _part(mine: str, other: str, given: bool = False) -> float:
    if mine == other:
        return 1.0
    if not mine or not other:
        return 0.8
    if len(mine) == 1 or len(other) == 1:
        return 0.9 if mine[0] == other[0] else 0.0
    parts, others = set(mine.split()), set(other.split())
    if parts <= others or others <= parts:
        return 0.95
    slips = DamerauLevenshtein.distance(mine, other)
    longest = max(len(mine), len(other))
    # Maria and Mario, Paul and Paula are two people: another last letter of a given name is no slip of the finger
    if slips <= (1 if longest < 8 else 2) and longest > 2 and not (given and mine[-1] != other[-1]):
        return 0.9
    return 0.85 * (1 - slips / longest)


def _forbidden(character: str) -> bool:
    """Controls, halves of characters, private use, what no Unicode has, and marks of direction."""
    return unicodedata.category(character) in ("Cc", "Cs", "Co", "Cn") or character in _BIDI


def _visible(text: str) -> str:
    """Without characters of which nothing is seen, but for joiners between letters."""
    if text.isascii():
        return text
    kept = "".join(c for c in text if c not in _BLANKS and (_is_seen(c) or c in _BIDI))
    return _LOOSE_JOINER.sub("", kept)


def _is_seen(character: str) -> bool:
    return unicodedata.category(character) != "Cf" or character in _JOINERS
