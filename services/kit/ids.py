"""Ids of what is kept: they begin with the moment they were made at.

So whatever is new lies together, in an index by ids as in all that begin with one, and a register of a million writes
to a few pages instead of to any of them.
"""

from __future__ import annotations

from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """A UUID of version 7 (RFC 9562, 5.7), later ones of a process greater. No secret: only 74 bits are random."""
    return uuid7()
