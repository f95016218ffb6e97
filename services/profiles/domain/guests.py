"""The people of a booking as its source wrote them: what of it can be used, and who of them is the same person."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import Any, TypeVar
from uuid import UUID

from services.contracts.bookings import Person, PostalAddress
from services.contracts.profiles import Address
from services.kit.ids import new_id
from services.profiles.domain import codes, contacts, names, postcodes
from services.profiles.domain.card import COMPANY_NAME, MOST_LINES, NAME, Card
from services.profiles.domain.contacts import Deceiving, Point
from services.profiles.domain.identifiers import Rules
from services.profiles.domain.names import Unfit

T = TypeVar("T")
U = TypeVar("U")


@dataclass(frozen=True)
class Guest:
    """Somebody on a booking. `profile_id`: named by the booking. `brought`: places of people nothing is known about.
    `fields`: what the booking says of the house's own fields. `left_out`: by position, theirs and those of whom they
    brought, what was said of how to reach somebody and cannot stand on a card.
    """

    position: int
    card: Card
    profile_id: UUID | None = None
    brought: tuple[int, ...] = ()
    fields: Mapping[str, Any] = field(default_factory=dict)
    left_out: Mapping[int, tuple[str, ...]] = field(default_factory=dict)

    @cached_property
    def identifiers(self) -> tuple[str, ...]:
        """Keys of what may say who this is."""
        return tuple(point.key for point in self.card.points if point.identifies)

    @property
    def keys(self) -> frozenset[str]:
        """Of all contact points, relays too."""
        return frozenset(point.key for point in self.card.points)


def read_guests(people: Iterable[Person], country: str, today: date, rules: Rules | None = None) -> tuple[Guest, ...]:
    """Everybody on a booking of whom something is known; those whom the booking names by profile first. `rules`: which
    of their addresses say who they are; those a register begins with, where none are given.

    Whoever has neither name nor address (``guests: [{}]``) stands with the booker until somebody says who they are. If
    that is all of them, there is one unknown guest.
    """
    read = [(_read(person, country, today, rules), person.roles) for person in people]
    known = [(guest, roles) for guest, roles in read if not _nobody(guest)] or read[:1]
    if not known:
        return ()
    host = next((guest for guest, roles in known if "booker" in roles), known[0][0])
    named = [guest for guest, _ in known]
    brought = tuple(guest.position for guest, _ in read if guest not in named)
    lost = {at: said for guest, _ in read if guest not in named for at, said in guest.left_out.items()}
    guests = [
        replace(guest, brought=brought, left_out={**guest.left_out, **lost}) if guest is host else guest
        for guest in named
    ]
    return tuple(sorted(guests, key=lambda guest: (guest.profile_id is None, guest.position)))


def _read(person: Person, country: str, today: date, rules: Rules | None) -> Guest:
    """What is not valid is left out, and told: a guest is not refused for it."""
    left: list[str] = []
    company = names.salvage(person.company, COMPANY_NAME)
    given = _own_name(names.salvage(person.given_name, NAME))
    family = _own_name(names.salvage(person.family_name, NAME))
    home = _fit(codes.country_code, person.country, "country", left)
    points = (
        _fit(
            lambda said: contacts.email(said, primary=True, source="booking", rules=rules), person.email, "email", left
        ),
        _fit(
            lambda said: contacts.phone(said, home or country, primary=True, source="booking", rules=rules),
            person.phone,
            "phone",
            left,
        ),
    )
    left += [f"{p.kind}-{why}" for p in points if p is not None and (why := _useless(p))]
    is_company = bool(company) and not (given or family)
    card = Card(
        kind="company" if is_company else "person",
        given_name=given,
        family_name=family,
        name=company if is_company else None,
        birth_date=_fit(lambda day: codes.birth_date(day, today), person.birth_date),
        language=_fit(codes.language_code, person.language),
        points=tuple(p for p in points if p is not None and not _useless(p)),
        addresses=_addresses(person.address, home, left),
        nationality=_fit(codes.country_code, person.nationality),
        sex=person.sex,
    )
    left_out = {person.position: tuple(left)} if left else {}
    return Guest(person.position, card, person.profile_id, fields=person.fields or {}, left_out=left_out)


def _addresses(said: PostalAddress | None, home: str | None, left: list[str]) -> tuple[Address, ...]:
    """Where they live; of the country alone, where no more is said."""
    said = said or PostalAddress()
    country = _fit(codes.country_code, said.country, "address-country", left) or home
    if len(said.lines) > MOST_LINES:
        left.append("address-shortened")
    lines = tuple(line for each in said.lines[:MOST_LINES] if (line := names.salvage(each, COMPANY_NAME)))
    parts: dict[str, Any] = {
        field: names.salvage(getattr(said, field), NAME) for field in ("city", "postcode", "region")
    }
    if not (country or lines or any(parts.values())):
        return ()
    parts["postcode"] = postcodes.written(parts["postcode"], country)
    return (Address(lines=lines, country=country, **parts, id=new_id(), primary=True, source="booking"),)


def _nobody(guest: Guest) -> bool:
    card = guest.card
    return not (guest.profile_id or card.match_name or card.points)


def _own_name(name: str | None) -> str | None:
    """``N/A``, ``unknown`` and ``-`` are no names."""
    return None if names.fold(name) in _NO_NAMES else name


def _useless(point: Point) -> str | None:
    """Why it reaches nobody: it is a placeholder, or a forwarding number, which does not without its extension."""
    if point.kind == "phone":
        return (point.means or "forwarded") if point.relay else None
    return point.means if point.means == "placeholder" else None


def _fit(rule: Callable[[T], U], given: T | None, what: str = "", left: list[str] | None = None) -> U | None:
    """`left` is added to where this is something that staff are to know of."""
    if given is None:
        return None
    try:
        return rule(given)
    except Unfit as fault:
        if left is not None:
            left.append(f"{what}-deceiving" if isinstance(fault, Deceiving) else f"{what}-not-valid")
        return None


_NO_NAMES = frozenset(
    ("", "n a", "none", "unknown", "tba", "tbd", "tbc", "not provided", "not available", "no name",
     "guest", "test", "xx", "xxx", "firstname", "lastname", "surname")
)  # fmt: skip
