"""The fonts that documents are set in: the free Noto families, which together know every living script.

They are not part of this repository: Debian's `fonts-noto-core` and `fonts-noto-cjk` have them. Looked for in the
folders of FOYER_FONTS (separated by colons), in what `make run` unpacked, and where the system keeps its fonts. What no
font can write is refused, as a box in the place of a name is worse than no document.
"""

from __future__ import annotations

import os
import unicodedata
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from services.kit.refusal import Unavailable

# typst is a compiler of 80 MB: loaded where the first document is printed, as is what reads fonts.
if TYPE_CHECKING:
    import typst

_UNPACKED = Path(__file__).resolve().parents[2] / ".foyer" / "opt"
_SYSTEM = Path("/usr/share/fonts")
# In this order: what one lacks, the next ones have; typst adds all others for the rarer scripts.
FAMILIES = (
    *("Noto Sans", "Noto Sans CJK SC", "Noto Naskh Arabic", "Noto Sans Hebrew", "Noto Sans Devanagari"),
    *("Noto Sans Telugu", "Noto Sans Tamil", "Noto Sans Bengali", "Noto Sans Thai", "Noto Sans Symbols2"),
)
# Joiners, marks of direction and the like are seen in what they do, not as glyphs.
_UNSEEN = {"Cc", "Cf", "Zl", "Zp"}


class FontsMissing(Unavailable):
    """There is no font here for what is to be printed."""


@cache
def fonts() -> typst.Fonts:
    """All fonts of the folders, found once."""
    import typst

    folders = [str(folder) for folder in _folders() if folder.is_dir()]
    found = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=folders)
    if FAMILIES[0] not in found.families():
        raise FontsMissing("The fonts of documents are not installed: fonts-noto-core and fonts-noto-cjk have them.")
    return found


def check_writable(text: str) -> None:
    """Raises FontsMissing where a character of the text is in none of the fonts."""
    wanted = {ord(c) for c in text if not c.isascii() and unicodedata.category(c) not in _UNSEEN}
    for path, index in _files():
        if not wanted:
            return
        wanted -= _characters(path, index)
    if wanted:
        missing = ", ".join(f"U+{code:04X}" for code in sorted(wanted)[:5])
        raise FontsMissing(f"No font here has {missing}.")


@cache
def _files() -> list[tuple[str, int]]:
    """Files of the upright fonts, those of FAMILIES first, each with its place in a collection."""
    rank = {family: place for place, family in enumerate(FAMILIES)}
    found = [font for font in fonts().fonts() if font.path and font.weight == 400 and font.style == "normal"]
    found.sort(key=lambda font: (rank.get(font.family, len(rank)), font.family))
    return list(dict.fromkeys((str(font.path), font.index) for font in found))


@cache
def _characters(path: str, index: int) -> frozenset[int]:
    from fontTools.ttLib import TTCollection, TTFont

    if path.endswith((".ttc", ".otc")):
        return frozenset(TTCollection(path, lazy=True).fonts[index].getBestCmap())
    with TTFont(path, lazy=True) as font:
        return frozenset(font.getBestCmap() or ())


def _folders() -> list[Path]:
    said = os.environ.get("FOYER_FONTS")
    if said:
        return [Path(folder) for folder in said.split(":")]
    return [*sorted(_UNPACKED.glob("fonts-*/usr/share/fonts")), _SYSTEM]
