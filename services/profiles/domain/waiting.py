"""Who waits for whom: two who write the same person at the same moment, by whichever door, take the same locks."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from services.profiles.domain.recognition import Traces


def locks(sought: Traces, *others: str) -> set[int]:
    """The advisory locks of whatever the people are looked for by, and of `others`."""
    return {_number(key) for key in (*_keys(sought), *others)}


def _keys(sought: Traces) -> Iterator[str]:
    yield from sought.identifiers
    yield from (f"{name} {day.isoformat()}" for name, day in sought.births)
    yield from (f"company {name}" for name in sought.companies)


def _number(key: str) -> int:
    """A signed 64-bit number for an advisory lock. Two keys with the same one wait for each other, no more."""
    digest = hashlib.blake2b(key.encode(), digest_size=8, person=b"recognise").digest()
    return int.from_bytes(digest, "big", signed=True)
