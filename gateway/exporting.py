"""Profiles as rows of a table, in columns that an import understands."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final
from uuid import UUID

from services.contracts.profiles import Address, FieldsFound, ListProfiles, Profile, ProfilesPage

AT_ONCE: Final = 200  # profiles that are asked for in one question
_SEVERAL: Final = 3  # of e-mails, numbers and lines

_FIELDS: Final = (
    "id kind title given_name family_name second_family_name name suffix preferred_name sex birth_date birth_place"
    " nationality language level"
).split()
_COLUMNS: Final = (
    *_FIELDS,
    *("email", "email 2", "email 3"),
    *("phone", "phone 2", "phone 3"),
    *("address 1", "address 2", "address 3"),
    *("postcode", "city", "region", "country"),
)


def own_fields(found: FieldsFound) -> tuple[str, ...]:
    """The codes of those of the house's own fields that stand in a file: what is masked is looked at one by one."""
    return tuple(each.code for each in found.items if not (each.masked or each.encrypted))


def table(pages: Iterable[Iterable[Profile]], own: Sequence[str]) -> Iterator[list[str]]:
    """The names of the columns, and a row for each profile."""
    yield [*_COLUMNS, *(f"field.{code}" for code in own)]
    for page in pages:
        for profile in page:
            yield _row(profile, own)


def _row(profile: Profile, own: Sequence[str]) -> list[str]:
    """The first three of each kind of contact, and the first address."""
    address = profile.addresses[0] if profile.addresses else Address()
    values = [
        *(getattr(profile, field) for field in _FIELDS),
        *_three(tuple(email.address for email in profile.emails)),
        *_three(tuple(phone.number for phone in profile.phones)),
        *_three(address.lines),
        *(getattr(address, field) for field in ("postcode", "city", "region", "country")),
        *(profile.fields.get(code) for code in own),
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
