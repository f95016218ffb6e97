"""Pages of lists: how many at once, and where the next one begins."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable
from typing import Any

from services.kit.refusal import Invalid, Problem

MOST_AT_ONCE = 200


def limit(asked: int) -> int:
    return max(1, min(asked, MOST_AT_ONCE))


def cursor_of(*key: Any) -> str:
    """The cursor of a list's next page: what the last item of this one is ordered by."""
    return base64.urlsafe_b64encode(json.dumps([str(part) for part in key]).encode()).decode()


def position(cursor: str | None, *kinds: Callable[[str], Any]) -> tuple[Any, ...] | None:
    """What a cursor stands for, each part read by its kind; refuses what is no cursor of this list."""
    if not cursor:
        return None
    try:
        parts = json.loads(base64.urlsafe_b64decode(cursor.encode()))
        return tuple(kind(part) for kind, part in zip(kinds, parts, strict=True))
    except (ValueError, TypeError, AttributeError, binascii.Error):
        raise Invalid(errors=[Problem("/cursor", "Not a cursor of this list.")]) from None
