"""Finding profiles."""

from __future__ import annotations

from uuid import UUID

from services.contracts.profiles.cards import Profile
from services.kit.wire import Request, request, value


@value
class Matched:
    """What of somebody is what was looked for, and how: of a name all of it (``whole``), whole ``words``, a
    ``beginning`` or a ``part`` of words, or words that are ``similar``; of an address ``exact``, its ``beginning`` or
    its ``tail``.
    """

    field: str
    how: str


@value
class ProfilesFound:
    """Best first. `next` is an opaque cursor. `matched` says of each item why it is here, where something was typed."""

    items: tuple[Profile, ...]
    next: str | None = None
    matched: tuple[Matched, ...] = ()


@request
class FindProfiles(Request[ProfilesFound]):
    """By what somebody types (`q`: parts of a name, the beginning or the domain of an e-mail, the last digits of a
    telephone number), or exactly by e-mail or phone; `ids` reads several at once, in that order.
    """

    q: str | None = None
    email: str | None = None
    phone: str | None = None
    country: str | None = None
    ids: tuple[UUID, ...] = ()
    limit: int = 50
    cursor: str | None = None
