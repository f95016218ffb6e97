"""Levels: what the house may say of one."""

from __future__ import annotations

import re
from dataclasses import replace

from services.contracts.profiles import AddLevel, Level, NotALevel, SetLevel
from services.profiles.domain import names, wording
from services.profiles.domain.faults import Faults
from services.profiles.domain.names import Unfit

_NAME, _CONDUCT = 60, 2000  # the longest of each, in characters
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}", re.ASCII)


def level_of(said: AddLevel | SetLevel) -> Level:
    """As it is to be kept, with version 1. Raises NotALevel."""
    faults = Faults()
    code = faults.check("/code", wording.code, said.code)
    name = faults.check("/name", names.clean, said.name, _NAME)
    if not name and not said.name.strip():
        faults.add("/name", "A level needs its name.")
    colour = faults.check("/colour", _colour, said.colour) if said.colour else None
    conduct = faults.check("/conduct", names.clean_lines, said.conduct, _CONDUCT) if said.conduct else None
    faults.within("/position", said.position, 0, 100_000)
    if not (name or faults.found):
        faults.add("/name", "A level needs its name.")
    faults.refuse(NotALevel)
    return Level(
        code=code or "",
        version=1,
        name=name or "",
        colour=colour,
        position=said.position,
        conduct=conduct,
        do_not_book=said.do_not_book,
        retired=getattr(said, "retired", False),
    )


def is_told(before: Level, after: Level) -> bool:
    """Whether everybody who has it is told of the change: what stands on their cards is another thing now."""
    unseen = {"position": 0, "retired": False, "version": 0}
    return replace(before, **unseen) != replace(after, **unseen)  # type: ignore[arg-type]


def _colour(said: str) -> str:
    if not _COLOUR.fullmatch(said):
        raise Unfit("Written #rrggbb.")
    return said.lower()
