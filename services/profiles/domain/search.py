"""What somebody looks for in the register, checked and folded."""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import permutations
from typing import Literal, NamedTuple
from uuid import UUID

from rapidfuzz.distance import DamerauLevenshtein

from services.contracts.profiles import FindProfiles
from services.kit.refusal import Invalid, Problem
from services.profiles.domain import codes, contacts, names
from services.profiles.domain.names import Unfit

MOST = 200
_WORDS = 8
_LONGEST = 200


# How a name was found, best first: all of it, whole words, beginnings of words; then what may have been meant.
How = Literal["whole", "words", "beginning", "part", "similar", "exact", "tail"]
LAST = chr(sys.maxunicode)
_NUMBER = re.compile(r"[+(]?[\d\s()./-]{3,}")
_ADDRESS = re.compile(r"\S*@\S*")
_CURSOR = re.compile(r"[01][0-7][0-2]\.[0-9a-f-]{36}")
_SHORT, _LONG = 4, 8  # letters
_ALPHABETS = (
    "abcdefghijklmnopqrstuvwxyz",
    "абвгдежзиклмнопрстуфхцчшщъыьэюяєіђјљњћџ",
    "αβγδεζηθικλμνξοπρστυφχψω",
)
_TAIL = 4  # digits from which the end of a number says something


@dataclass(frozen=True)
class Place:
    """Where a page ended: behind this profile, in the list as it was made; so that it goes on in the same order.

    `sounding`: by the words in Latin letters; `driver`: the place of the word whose entries were gone through; `stage`:
    in which way it was found.
    """

    profile_id: UUID
    sounding: bool = False
    driver: int = 0
    stage: int = 0

    def __str__(self) -> str:
        return f"{int(self.sounding)}{self.driver}{self.stage}.{self.profile_id}"

    @classmethod
    def read(cls, cursor: str) -> Place:
        """Raises ValueError where it is none."""
        if not _CURSOR.fullmatch(cursor):
            raise ValueError
        sounding, driver, stage = (int(digit) for digit in cursor[:3])
        return cls(UUID(cursor[4:]), bool(sounding), driver, stage)


@dataclass(frozen=True)
class Search:
    """`words` are words of a name or beginnings of them, the longest first, `sounding` the same in Latin letters where
    they are in others; `keys` whole addresses; `address` is a part of one with its @, `tail` the end of a number.
    `impossible`: nobody can have this.
    """

    words: tuple[str, ...] = ()
    sounding: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    ids: tuple[UUID, ...] = ()
    address: str | None = None
    tail: str | None = None
    after: Place | None = None
    limit: int = 50
    impossible: bool = False


@dataclass(frozen=True)
class Words:
    """The words that somebody looks for, as patterns over a folded name that has a blank around each word."""

    words: tuple[str, ...]

    @property
    def orders(self) -> list[str]:
        """The name in every order of its words, where they are few."""
        return [f" {' '.join(order)} " for order in permutations(self.words[:4])] if len(self.words) <= 4 else []

    @property
    def wholes(self) -> list[str]:
        return [f"% {word} %" for word in self.words]

    @property
    def starts(self) -> list[str]:
        return [f"% {word}%" for word in self.words]


def slips(said: str, word: str) -> int | None:
    """How many slips of the finger lie between what was typed and a word, or its beginning; None where too many do.

    One, two from eight letters; a first letter is seldom wrong, and costs one more. Of less than four letters the
    beginning of a word says nothing: they are compared with whole words.
    """
    most = 1 if len(said) < _LONG else 2
    lengths = {len(word)} if len(said) < _SHORT else {len(word), len(said), len(said) + 1, len(said) - 1}
    found = min(DamerauLevenshtein.distance(said, word[:length], score_cutoff=most) for length in lengths)
    return found if found + (said[0] != word[0]) <= most else None


def one_slip(said: str) -> list[tuple[str, str]]:
    """Between what and what those words are that may have been meant by a short one, with one slip behind its first
    letter: a letter too many, one too few, another one, two the other way round.
    """
    if not 1 < len(said) < _LONG:
        return []
    letters = next((alphabet for alphabet in _ALPHABETS if said[1] in alphabet), "")
    found = {said[:-1]}
    for n in range(1, len(said)):
        before, behind = said[:n], said[n + 1 :]
        found |= {before + behind, before + behind[:1] + said[n] + behind[1:]}
        found |= {before + letter + rest for letter in letters for rest in (said[n] + behind, behind)}
    last = "" if len(said) < _SHORT else LAST
    return [(each, each + last) for each in found if not each.startswith(said)]


class Likeness(NamedTuple):
    """How far a name is from what was typed, or a word of it: slips, then letters that were typed and are not in it,
    as a letter is sooner left out or put in the wrong place than it becomes a certain other one; then all in which
    they differ.
    """

    slips: int
    strange: int
    letters: int


def word_likeness(said: str, other: str, slipped: int) -> Likeness:
    strange = (Counter(said) - Counter(other)).total() if slipped else 0
    return Likeness(slipped, strange, DamerauLevenshtein.distance(said, other))


def likeness_to(said: Sequence[str], meant: Sequence[Mapping[str, int]]) -> Callable[[str], Likeness | None]:
    """Of names to the words that were said. `meant`: for each those that it may have been meant to be, with their
    slips. None where one of the words is not in the name.
    """

    @cache
    def of_word(n: int, other: str) -> Likeness | None:
        word = said[n]
        slipped = 0 if other.startswith(word) else meant[n].get(other)
        return None if slipped is None else word_likeness(word, other, slipped)

    def of_name(name: str) -> Likeness | None:
        others = name.split()
        nearest = [min(filter(None, (of_word(n, other) for other in others)), default=None) for n in range(len(said))]
        found = [each for each in nearest if each]
        if len(found) < len(said):
            return None
        more = max(0, len("".join(others)) - len("".join(said)))
        slipped, strange, letters = (sum(each) for each in zip(*found, strict=True))
        return Likeness(slipped, strange, letters + more)

    return of_name


def read_search(said: FindProfiles) -> Search:
    """Raises Invalid with pointers. An e-mail is looked for as written, so that a wrongly written one finds nobody."""
    faults = []
    country, after, keys = None, None, []
    if not 1 <= said.limit <= MOST:
        faults.append(Problem("/limit", f"From 1 to {MOST}."))
    if len(said.ids) > MOST:
        faults.append(Problem("/ids", f"At most {MOST}."))
    for field, text in (("q", said.q), ("email", said.email), ("phone", said.phone)):
        if text and len(text) > _LONGEST:
            faults.append(Problem(f"/{field}", f"Longer than {_LONGEST} characters."))
        elif text and "\0" in text:
            faults.append(Problem(f"/{field}", "Contains control characters."))
    if faults:
        raise Invalid(errors=faults)
    if said.cursor:
        try:
            after = Place.read(said.cursor)
        except ValueError:
            raise Invalid(errors=[Problem("/cursor", "Not a cursor of this list.")]) from None
    pointer = "/country"
    try:
        country = codes.country_code(said.country) if said.country else None
        pointer = "/phone"
        if said.phone:
            keys.append(contacts.phone(said.phone, country).key)
    except Unfit as fault:
        raise Invalid(errors=[Problem(pointer, str(fault))]) from None
    if said.email:
        keys.append(contacts.email_key(said.email))
    q = (said.q or "").strip()
    address = q.lower() if _ADDRESS.fullmatch(q) and len(q) > 2 else None
    digits = "".join(c for c in q if c.isdecimal()).lstrip("0") if _NUMBER.fullmatch(q) else ""
    folded = () if address else tuple(dict.fromkeys(names.fold(q).split()))[:_WORDS]
    words = tuple(sorted(folded, key=len, reverse=True))
    return Search(
        words=words,
        sounding=tuple(sorted(dict.fromkeys(" ".join(names.in_latin(words)).split()), key=len, reverse=True)),
        keys=tuple(keys),
        ids=said.ids,
        address=address,
        tail=digits if len(digits) >= _TAIL else None,
        after=after,
        limit=said.limit,
        impossible=bool(said.q) and not (words or address),
    )
