"""What guests need: codes that the house can act on, and the rest in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import get_args

from services.bookings.domain.texts import faults, without_cards
from services.contracts.bookings import Need
from services.kit.refusal import Problem

CODES: tuple[Need, ...] = get_args(Need)
MOST_NOTE = 2000
_LONGEST_CODE = 60


def followed(
    said: Sequence[str], before: Sequence[str], needs: Sequence[Need], note: str | None
) -> tuple[tuple[Need, ...], str | None]:
    """Needs and note, now that their source says so; `before` is what it said the last time.

    What it adds or leaves out is added or left out: so what was entered here stays. Codes nobody knows become words.
    """
    gone, new = set(before) - set(said), [code for code in said if code not in before]
    kept = [code for code in needs if code not in gone]
    words = [code for code in new if code not in CODES and code not in (note or "")]
    known = [code for code in CODES if code in new]
    return once([*kept, *known]), "; ".join([note, *words] if note else words)[:MOST_NOTE] or None


def faults_of_codes(pointer: str, codes: Sequence[str]) -> Iterator[Problem]:
    """Of codes as a source says them, known here or not."""
    for n, code in enumerate(codes):
        yield from faults(f"{pointer}/{n}", code, _LONGEST_CODE, needed=True)


def faults_of_note(pointer: str, note: str | None) -> Iterator[Problem]:
    return faults(pointer, note, MOST_NOTE, lines=True)


def tidied_note(note: str | None) -> str | None:
    return (without_cards(note) or "").strip() or None


def once(needs: Iterable[Need]) -> tuple[Need, ...]:
    return tuple(dict.fromkeys(needs))
