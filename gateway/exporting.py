"""Profiles as rows of a table, in columns that an import understands."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final
from uuid import UUID

from services.contracts.profiles import Address, ListProfiles, Profile, ProfilesPage

AT_ONCE: Final = 200  # profiles that are asked for in one question
_SEVERAL: Final = 3  # of e-mails, numbers and lines

_FIELDS: Final = (
    "id kind title given_name family_name second_family_name name suffix preferred_name sex birth_date birth_place"
    " nationality language level"
).split()
COLUMNS: Final = (
    *_FIELDS,
    *("email", "email 2", "email 3"),
    *("phone", "phone 2", "phone 3"),
    *("address 1", "address 2", "address 3"),
    *("postcode", "city", "region", "country"),
)


def row(profile: Profile) -> list[str]:
    """The first three of each kind of contact, and the first address."""
    address = profile.addresses[0] if profile.addresses else Address()
    values = [
        *(getattr(profile, field) for field in _FIELDS),
        *_three(tuple(email.address for email in profile.emails)),
        *_three(tuple(phone.number for phone in profile.phones)),
        *_three(address.lines),
        *(getattr(address, field) for field in ("postcode", "city", "region", "country")),
    ]
    return ["" if value is None else str(value) for value in values]


def pages(
    ask: Callable[[ListProfiles], ProfilesPage], after: UUID | None, most: int | None = None
) -> Iterator[tuple[Profile, ...]]:
    """All profiles after this one, in the order of their ids, page by page; at most so many."""
    left = most
    while left is None or left > 0:
        page = ask(ListProfiles(after=after, limit=AT_ONCE if left is None else min(AT_ONCE, left)))
        if page.items:
            yield page.items
        if page.next is None:
            return
        after = page.next
        left = None if left is None else left - len(page.items)


def _three(values: tuple[str, ...]) -> list[str]:
    return [*values[:_SEVERAL], *[""] * (_SEVERAL - len(values))]
