"""The people on a booking as its source says they are, beside those who were added here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from hashlib import blake2b
from typing import get_args

from rapidfuzz.fuzz import ratio

from services.bookings.domain.own_fields import traces_of_own_fields, without_own_fields
from services.contracts.bookings import Person, Role

ROLES: tuple[Role, ...] = get_args(Role)
ONE_EACH: frozenset[Role] = frozenset({"booker", "primary", "contact", "payer"})
IDENTIFYING = ("given_name", "family_name", "company", "email", "phone", "birth_date")

_OF_OTHERS: frozenset[Role] = frozenset({"contact", "payer"})
_OURS = ("position", "roles", "profile_id", "consents", "needs", "needs_note", "added_here", "fields", "left_out")
_DETAILS = tuple(name for name in Person.__dataclass_fields__ if name not in _OURS)
_ALIKE = 80  # of 100: Ana Silva and Anna Silva are 95, Bruno Silva and Carla Silva 64


def followed(said: Sequence[Person], before: Sequence[Person], given: int) -> tuple[tuple[Person, ...], int]:
    """Who is on the booking now, and the positions given so far.

    Whoever the source does not name any more leaves, except those who were added here: they stay, and keep their roles.
    So do contact and payer where it names none. Who is the same as before keeps position and needs, and their profile,
    unless something is said of them that was not: then they are found anew.
    """
    places, free, found = _recognised(said, before), free_position(before, given), []
    for n, person in enumerate(said):
        known = places.get(n)
        found.append(replace(person, position=free) if known is None else _followed(person, known))
        free += known is None
    stayed = _staying(before, found)
    held = {role: person.position for person in before if person.added_here for role in ONE_EACH & set(person.roles)}
    people = []
    for person in (*found, *stayed):
        people += given_up([person], [role for role, position in held.items() if position != person.position])
    return tuple(people), free


def fingerprint(said: Sequence[Person], trace: Callable[[bytes], bytes] | None = None) -> str:
    """Of what a source says of people. As what is hashed can be guessed, it is personal data like them, but for their
    own fields, of which there is the `trace`.
    """
    people = repr(without_own_fields(said)).encode("utf-8", "surrogatepass")
    return blake2b(people + traces_of_own_fields(said, trace), digest_size=12).hexdigest()


def free_position(people: Iterable[Person], given: int) -> int:
    """No position is given twice: who is registered or recognised under it stays that person."""
    return max([given, *(person.position + 1 for person in people)])


def given_up(people: Iterable[Person], taken: Iterable[Role]) -> list[Person]:
    """Without the roles that are one each and somebody else has now. Who was the primary guest is still a guest; who
    has no role left has left.
    """
    gone = ONE_EACH & set(taken)
    kept = []
    for person in people:
        roles = set(person.roles) - gone
        if "primary" in gone & set(person.roles):
            roles.add("additional")
        if roles:
            kept.append(replace(person, roles=ordered(roles)))
    return kept


def ordered(roles: Iterable[Role]) -> tuple[Role, ...]:
    """Each once; the primary guest is not an additional one."""
    wanted = set(roles)
    return tuple(role for role in ROLES if role in wanted and not (role == "additional" and "primary" in wanted))


def same_in(names: Iterable[str], a: Person, b: Person) -> bool:
    return all(getattr(a, name) == getattr(b, name) for name in names)


def name_of(person: Person) -> str:
    """A person's names; a company's, where no person is named."""
    names = [person.given_name, person.family_name]
    return " ".join(filter(None, names if any(names) else [person.company])).casefold()


def is_company(person: Person) -> bool:
    """Whether no person is named, but a company is."""
    return bool(person.company) and not (person.given_name or person.family_name)


def _followed(person: Person, known: Person) -> Person:
    ours = known.roles if known.added_here else ()
    same = same_in(_DETAILS, person, known)
    return replace(
        person,
        position=known.position,
        roles=ordered((*person.roles, *ours)),
        profile_id=person.profile_id or (known.profile_id if same else None),
        needs=known.needs,
        needs_note=known.needs_note,
        added_here=known.added_here,
        fields=person.fields or known.fields,
        left_out=known.left_out,
    )


def _staying(before: Iterable[Person], found: list[Person]) -> list[Person]:
    """Whoever stays though the source does not name them.

    Contacts and payers of before whom it does name, but in another role, keep that one: so it is put into `found`.
    """
    named = {role for person in found for role in person.roles}
    at = {person.position: n for n, person in enumerate(found)}
    stayed = []
    for person in before:
        unsaid = _OF_OTHERS & set(person.roles) - named
        if (n := at.get(person.position)) is not None:
            found[n] = replace(found[n], roles=ordered({*found[n].roles, *unsaid}))
        elif person.added_here:
            stayed.append(person)
        elif unsaid:
            stayed.append(replace(person, roles=ordered(unsaid)))
    return stayed


def _recognised(said: Sequence[Person], known: Sequence[Person]) -> dict[int, Person]:
    """Who of those on the booking each of the people is, by their place in `said`: first the very same, then those of
    the same name, then those who are alike and came from the source too.
    """
    left = list(known)
    places: dict[int, Person] = {}
    for alike in (_the_same, _namesake, _alike):
        for n, person in enumerate(said):
            found = next((each for each in left if n not in places and alike(person, each)), None)
            if found:
                places[n] = found
                left.remove(found)
    return places


def _the_same(person: Person, known: Person) -> bool:
    return same_in(_DETAILS, person, known)


def _namesake(person: Person, known: Person) -> bool:
    return bool(name_of(person)) and name_of(person) == name_of(known)


def _alike(person: Person, known: Person) -> bool:
    if known.added_here:
        return False
    names = name_of(person), name_of(known)
    if all(names):
        return ratio(*names) >= _ALIKE
    return any(a and a == b for a, b in ((person.email, known.email), (person.phone, known.phone)))
