"""Somebody who calls."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from services.kit import context as contexts
from services.kit.context import Context


@contextmanager
def speaking_as(actor: str, *roles: str, houses: tuple[UUID, ...] | None = None) -> Iterator[None]:
    """What is done inside is done by them; `houses` are the only ones they may see."""
    limit = None if houses is None else tuple(str(house) for house in houses)
    token = contexts.current.set(Context(actor=actor, roles=roles, properties=limit))
    try:
        yield
    finally:
        contexts.current.reset(token)
