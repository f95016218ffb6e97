"""Identifiers that grow with time (UUID version 7, RFC 9562): new rows stand together in an index, newest last."""

from __future__ import annotations

import os
from datetime import datetime
from uuid import UUID

_VERSION = 7 << 76
_VARIANT = 2 << 62


def new_id(now: datetime) -> UUID:
    """Milliseconds in 48 bits, their fraction in 12 (RFC 9562, section 6.2, method 3), and 62 bits of chance."""
    milliseconds, rest = divmod(int(now.timestamp()) * 1_000_000 + now.microsecond, 1000)
    chance = int.from_bytes(os.urandom(8), "big") >> 2
    return UUID(int=milliseconds << 80 | _VERSION | rest * 4096 // 1000 << 64 | _VARIANT | chance)
