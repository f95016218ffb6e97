"""Pages as typst sets them, from a template and what is said in it; the same file for the same words."""

from __future__ import annotations

import json
import unicodedata
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

from babel import Locale, UnknownLocaleError
from babel.dates import format_date

from gateway.printing.fonts import check_writable, fonts

RIGHT_TO_LEFT: Final = frozenset({"ar", "fa", "he", "ur"})

_HERE = Path(__file__).parent


@cache
def locale_of(language: str) -> Locale:
    """How dates and figures are written in a language; in English where it is not known."""
    try:
        return Locale.parse(language, sep="-")
    except (ValueError, UnknownLocaleError):
        return Locale("en")


def set_pages(template: str, said: dict[str, Any], moment: datetime) -> bytes:
    """The PDF; `said` has at least `rtl`, `language` and `fonts`. Refuses with FontsMissing."""
    import typst  # see gateway.printing.fonts

    text = json.dumps(_apart(said, said["rtl"]), ensure_ascii=False)
    check_writable(text)
    return bytes(
        typst.compile(
            str(_HERE / template),
            root=str(_HERE),
            font_paths=fonts(),
            sys_inputs={"said": text},
            timestamp=int(moment.timestamp()),
        )
    )


def dated(day: date, locale: Locale) -> str:
    return str(format_date(day, "short" if locale.language != "en" else "yyyy-MM-dd", locale=locale))


def _apart(said: Any, always: bool) -> Any:
    """Every text that is, or stands in, a text from right to left on its own, so that names, addresses and figures
    keep their own order (first strong isolate, UAX 9).
    """
    if isinstance(said, str):
        alone = said and (always or any(unicodedata.bidirectional(c) in ("R", "AL") for c in said))
        return f"\u2068{said}\u2069" if alone else said
    if isinstance(said, dict):
        return {name: _apart(value, always and name not in ("language", "fonts")) for name, value in said.items()}
    return [_apart(each, always) for each in said] if isinstance(said, list | tuple) else said
