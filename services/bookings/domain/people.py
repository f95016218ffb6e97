"""The people on a booking: what of what is said of them is kept, and which of them are the same."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import fields, replace
from datetime import date
from typing import Any, TypeVar

from services.bookings.domain.own_fields import faults_of_own_fields, tidied_own_fields
from services.bookings.domain.texts import faults, tidy, without_cards
from services.contracts.bookings import BookingNotice, NoticePerson, Person, PostalAddress, Role
from services.kit.refusal import Problem

FIRST_BIRTH, LAST_BIRTH = date(1880, 1, 1), date(2100, 1, 1)
OLDEST = 130
OLDEST_CHILD = 17

P = TypeVar("P", NoticePerson, Person)
Said = tuple[NoticePerson, tuple[Role, ...]]

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8}){0,3}")
_COUNTRY = re.compile(r"[A-Za-z]{2}")
_LENGTHS = {
    "given_name": 200,
    "family_name": 200,
    "company": 200,
    "title": 60,
    "email": 320,
    "phone": 60,
    "language": 60,
    "country": 60,
    "nationality": 60,
}
_OF_AN_ADDRESS = {"postcode": 40, "city": 200, "region": 200, "country": 60}
_KEPT = (*_LENGTHS, "birth_date", "sex", "address", "age", "consents", "fields")


def faults_of_person(pointer: str, person: NoticePerson | Person) -> Iterator[Problem]:
    for name, most in _LENGTHS.items():
        yield from faults(f"{pointer}/{name}", getattr(person, name), most)
    if person.birth_date and not FIRST_BIRTH <= person.birth_date <= LAST_BIRTH:
        yield Problem(f"{pointer}/birth_date", "Not a plausible day of birth.")
    if person.age is not None and not 0 <= person.age <= OLDEST:
        yield Problem(f"{pointer}/age", f"Must be from 0 to {OLDEST}.")
    if person.address:
        for n, line in enumerate(person.address.lines):
            yield from faults(f"{pointer}/address/lines/{n}", line, 200)
        for name, most in _OF_AN_ADDRESS.items():
            yield from faults(f"{pointer}/address/{name}", getattr(person.address, name), most)
    if person.fields:
        yield from faults_of_own_fields(f"{pointer}/fields", person.fields)


def faults_of_ages(pointer: str, ages: Sequence[int], children: int) -> Iterator[Problem]:
    """Of the children in a room: known for each of them, or for none."""
    if ages and len(ages) != children:
        yield Problem(pointer, "Say the age of every child, or of none.")
    for n, age in enumerate(ages):
        if not 0 <= age <= OLDEST_CHILD:
            yield Problem(f"{pointer}/{n}", f"Must be from 0 to {OLDEST_CHILD}.")


def tidied(person: P, **also: Any) -> P:
    """Without card numbers. A language or country that is none is left out: a booking is not lost over it.

    `also` are fields that change in the same go.
    """
    said: dict[str, Any] = {name: without_cards(tidy(getattr(person, name))) for name in _LENGTHS}
    phone = tidy(person.phone)
    # at most 15 digits (E.164): more are no telephone number, and may be a card's
    if phone and sum(c.isdigit() for c in phone) <= 15:
        said["phone"] = phone
    if said["language"] and not _LANGUAGE.fullmatch(said["language"]):
        said["language"] = None
    said["country"], said["nationality"] = _country(said["country"]), _country(said["nationality"])
    own = tidied_own_fields(person.fields) if person.fields else None
    return replace(person, **said, address=_tidied_address(person.address), fields=own, **also)


def everybody(notice: BookingNotice) -> list[Said]:
    """Who is on a notice, each once with all their roles, in the order of their positions on the booking.

    The booker first, then the guests: the first of these is the primary one, without any the booker is. Then contact
    and payer, where they are somebody else. Who is named twice (the same name or company, and no contradicting birth
    date or e-mail) is one person, and what is said of them in one place completes what is said in the other.
    """
    guests: list[Said] = [(guest, ("additional" if n else "primary",)) for n, guest in enumerate(notice.guests)]
    found = guests
    if notice.booker:
        booker = notice.booker
        also: tuple[Role, ...] = () if guests else ("primary",)
        at = _place(booker, guests)
        if at is not None:
            guest, also = guests.pop(at)
            booker = _completed(booker, guest)
        found = [(booker, ("booker", *also)), *guests]
    others: tuple[tuple[NoticePerson | None, Role], ...] = ((notice.contact, "contact"), (notice.payer, "payer"))
    for person, role in others:
        if person is None:
            continue
        at = _place(person, found)
        if at is None:
            found.append((person, (role,)))
        else:
            found[at] = (_completed(found[at][0], person), (*found[at][1], role))
    return found


def people(notice: BookingNotice) -> tuple[Person, ...]:
    """The same as the booking keeps them."""
    return tuple(
        Person(position=n, roles=roles, **{name: getattr(said, name) for name in _KEPT})
        for n, (said, roles) in enumerate(everybody(notice))
    )


def _place(person: NoticePerson, found: Sequence[Said]) -> int | None:
    return next((n for n, (known, _) in enumerate(found) if _same(person, known)), None)


def _same(person: NoticePerson, known: NoticePerson) -> bool:
    names = [_name(person), _name(known)]
    if not all(names[0]) or names[0] != names[1]:
        return False
    pairs = ((person.birth_date, known.birth_date), (person.email, known.email))
    return all(not a or not b or a == b for a, b in pairs)


def _name(person: NoticePerson) -> tuple[str, ...]:
    """A person's two names; a company's, where no person is named. Empty parts are no name."""
    if person.company and not (person.given_name or person.family_name):
        return (person.company.casefold(),)
    return (person.given_name or "").casefold(), (person.family_name or "").casefold()


def _completed(known: NoticePerson, person: NoticePerson) -> NoticePerson:
    missing = [field.name for field in fields(known) if getattr(known, field.name) is None]
    more = {name: getattr(person, name) for name in missing}
    more["fields"] = {**(person.fields or {}), **(known.fields or {})} or None
    return replace(known, **more, consents=(*known.consents, *person.consents))


def _tidied_address(address: PostalAddress | None) -> PostalAddress | None:
    """None where nothing is left of it."""
    if address is None:
        return None
    said = {name: without_cards(tidy(getattr(address, name))) for name in _OF_AN_ADDRESS}
    lines = tuple(line for each in address.lines if (line := without_cards(tidy(each))))
    kept = PostalAddress(**{**said, "country": _country(said["country"])}, lines=lines)
    return None if kept == PostalAddress() else kept


def _country(said: str | None) -> str | None:
    return said.upper() if said and _COUNTRY.fullmatch(said) else None
