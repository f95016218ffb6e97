"""Companies and agencies, as a list."""

from __future__ import annotations

from typing import Literal

from services.contracts.profiles.cards import Profile
from services.kit.wire import Request, request, value

OrganisationKind = Literal["company", "agency"]


@value
class OrganisationsFound:
    """By name. `next` is an opaque cursor."""

    items: tuple[Profile, ...]
    next: str | None = None


@request
class FindOrganisations(Request[OrganisationsFound]):
    """Those whose name begins with `q`, whatever its case, accents and legal form; all of them without."""

    q: str | None = None
    kind: OrganisationKind | None = None
    limit: int = 50
    cursor: str | None = None
