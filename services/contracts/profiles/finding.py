"""Finding profiles."""

from __future__ import annotations

from uuid import UUID

from services.contracts.profiles.cards import Profile
from services.kit.wire import Request, request, value


@value
class ProfilesFound:
    """Best first. `next` is an opaque cursor."""

    items: tuple[Profile, ...]
    next: str | None = None


@request
class FindProfiles(Request[ProfilesFound]):
    """By part of a name (`q`), or exactly by e-mail or phone; `ids` reads several at once, in that order."""

    q: str | None = None
    email: str | None = None
    phone: str | None = None
    country: str | None = None
    ids: tuple[UUID, ...] = ()
    limit: int = 50
    cursor: str | None = None
