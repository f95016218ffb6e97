"""How somebody is reached: the e-mails, telephone numbers and addresses of a card, as they are said anew.

One that is named again, by its id or as it is, stays what it was: its id, its verification, where it came from. What
is said of `verified` is not heard: that takes a proof. One whose validity has ended stays, named or not.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal, TypeVar
from uuid import UUID

from services.contracts.profiles import Address, Email, Phone
from services.kit.ids import new_id
from services.profiles.domain import codes, contacts, names, postcodes
from services.profiles.domain.contacts import Point, is_current
from services.profiles.domain.faults import Faults
from services.profiles.domain.identifiers import Rules
from services.profiles.domain.names import Unfit

LABEL, PART, LINE = 40, 100, 200  # the longest of each, in characters
MOST_POINTS, MOST_ADDRESSES, MOST_LINES = 20, 10, 6
MOST_KEPT = 60  # of a kind, with those that are past
DESK = "desk"
_SOURCE = re.compile(r"[a-z][a-z0-9-]{0,39}")
_YEARS = (1900, 2200)

T = TypeVar("T", bound="Email | Phone | Address")


@dataclass(frozen=True)
class Reading:
    """What contact points are read by: numbers without country code in `country`; days as of `today`."""

    today: date
    rules: Rules | None = None
    country: str | None = None


def emails(before: Iterable[Point], said: tuple[Email, ...], by: Reading, faults: Faults) -> tuple[Point, ...]:
    def point(one: Email, **labels: Any) -> Point:
        return contacts.email(one.address, rules=by.rules, **labels)

    return _points("email", before, said, "address", point, by, faults)


def phones(before: Iterable[Point], said: tuple[Phone, ...], by: Reading, faults: Faults) -> tuple[Point, ...]:
    def point(one: Phone, **labels: Any) -> Point:
        return contacts.phone(one.number, by.country, rules=by.rules, **labels)

    return _points("phone", before, said, "number", point, by, faults)


def _points(
    kind: Literal["email", "phone"],
    before: Iterable[Point],
    said: tuple[T, ...],
    field: str,
    point: Callable[..., Point],
    by: Reading,
    faults: Faults,
) -> tuple[Point, ...]:
    """Each once, at most one of them the primary: the first that says so, else the first."""
    there = {p.id: p for p in before if p.kind == kind}
    by_key = {p.key: p for p in there.values()}
    named: dict[str, Point] = {}
    used: set[UUID] = set()
    for n, one in enumerate(faults.at_most(f"/{kind}s", said, MOST_POINTS)):
        at = f"/{kind}s/{n}"
        valid = _validity(one, at, by.today, faults)
        _known(one.id, there, used, at, faults)
        label = faults.check(f"{at}/type", names.clean, one.type, LABEL)
        source = _source(one.source, at, faults)
        new = faults.check(f"{at}/{field}", point, one, type=label or "other", primary=one.primary, source=source)
        if new is None or new.key in named:
            continue
        known = there.get(one.id) if one.id else by_key.get(new.key)
        named[new.key] = replace(new, **valid, **_kept(known, new))
    ids = {p.id for p in named.values()}
    past = tuple(p for p in there.values() if not p.current and p.id not in ids and p.key not in named)
    if len(named) + len(past) > MOST_KEPT:
        faults.add(f"/{kind}s", f"At most {MOST_KEPT} with those that are past: clear the list first.")
    return one_primary((*named.values(), *past))


def _kept(known: Point | None, new: Point) -> dict[str, Any]:
    """What of a point that was there goes on: of another address its id alone."""
    if known is None:
        return {"source": new.source or DESK}
    kept: dict[str, Any] = {"id": known.id, "source": new.source or DESK}
    if known.key == new.key:
        kept |= {"source": new.source or known.source, "verified": known.verified, "verified_at": known.verified_at}
        kept["people"] = known.people
        if known.kind == "phone" and known.relay and known.means is None:
            kept["relay"] = True  # the extension that it came with is not in its E.164
    return kept


def one_primary(points: Iterable[Point]) -> tuple[Point, ...]:
    """At most one of them the primary, and none that is past; the first where none is marked."""
    points = tuple(points)
    current = [p for p in points if p.current]
    chosen = next((p for p in current if p.primary), current[0] if current else None)
    return tuple(replace(p, primary=p is chosen) for p in points)


def addresses(
    before: tuple[Address, ...], said: tuple[Address, ...], by: Reading, faults: Faults
) -> tuple[Address, ...]:
    """As with e-mails; they are the same where they read the same."""
    there = {a.id: a for a in before if a.id}
    by_text = {written(a): a for a in before}
    used: set[UUID] = set()
    found: list[Address] = []
    for n, one in enumerate(faults.at_most("/addresses", said, MOST_ADDRESSES)):
        at = f"/addresses/{n}"
        _known(one.id, there, used, at, faults)
        new = _address(one, at, by.today, faults)
        known = there.get(one.id) if one.id else by_text.get(written(new))
        if known is not None and known.id in {a.id for a in found}:
            known = None
        same = known is not None and written(known) == written(new)
        source = new.source or (known.source if known and same else None) or DESK
        found.append(replace(new, id=known.id if known else new_id(), source=source))
    ids = {a.id for a in found}
    texts = {written(a) for a in found}
    past = [a for a in before if a.id not in ids and is_past(a, by.today) and written(a) not in texts]
    if len(found) + len(past) > MOST_KEPT:
        faults.add("/addresses", f"At most {MOST_KEPT} with those that are past: clear the list first.")
    return one_primary_address([*found, *past], by.today)


def one_primary_address(found: Iterable[Address], today: date) -> tuple[Address, ...]:
    found = tuple(found)
    current = [a for a in found if is_current(a.valid_from, a.valid_to, today)]
    chosen = next((a for a in current if a.primary), current[0] if current else None)
    return tuple(replace(a, primary=a is chosen) for a in found)


def is_past(address: Address, today: date) -> bool:
    return address.valid_to is not None and address.valid_to < today


def _address(said: Address, at: str, today: date, faults: Faults) -> Address:
    lines = faults.at_most(f"{at}/lines", said.lines, MOST_LINES)
    cleaned = [faults.check(f"{at}/lines/{i}", names.clean, x, LINE) for i, x in enumerate(lines)]
    parts: dict[str, Any] = {
        field: faults.check(f"{at}/{field}", names.clean, getattr(said, field) or "", PART)
        for field in ("city", "postcode", "region")
    }
    country = faults.check(f"{at}/country", codes.country_code, said.country) if said.country else None
    parts["postcode"] = postcodes.written(parts["postcode"], country)
    label = faults.check(f"{at}/type", names.clean, said.type, LABEL)
    valid = _validity(said, at, today, faults)
    if not (country or any(cleaned) or any(parts.values())) and not faults.found:
        faults.add(at, "An address needs a line, a place or a country.")
    return Address(
        lines=tuple(x for x in cleaned if x),
        country=country,
        type=label or "other",
        primary=said.primary,
        source=_source(said.source, at, faults),
        valid_from=valid["valid_from"],
        valid_to=valid["valid_to"],
        **parts,
    )


def written(a: Address) -> tuple[str, ...]:
    """What an address reads like: those that read the same are the same."""
    return tuple(names.fold(part) for part in (*a.lines, a.city, a.postcode, a.region, a.country))


def _validity(said: Email | Phone | Address, at: str, today: date, faults: Faults) -> dict[str, Any]:
    first, last = said.valid_from, said.valid_to
    for field, day in (("valid_from", first), ("valid_to", last)):
        if day is not None and not _YEARS[0] <= day.year < _YEARS[1]:
            faults.add(f"{at}/{field}", f"A day from {_YEARS[0]} to {_YEARS[1] - 1}.")
    if first and last and last < first:
        faults.add(f"{at}/valid_to", "Before valid_from.")
    return {"valid_from": first, "valid_to": last, "current": is_current(first, last, today)}


def _known(said: UUID | None, there: dict[UUID, Any], used: set[UUID], at: str, faults: Faults) -> None:
    if said is None:
        return
    if said not in there:
        faults.add(f"{at}/id", "The profile has no contact point of this id.")
    elif said in used:
        faults.add(f"{at}/id", "Named before.")
    used.add(said)


def _source(said: str | None, at: str, faults: Faults) -> str | None:
    def read(text: str) -> str:
        if not _SOURCE.fullmatch(text):
            raise Unfit("Small letters, digits and dashes, at most 40, as in desk or guest.")
        return text

    return faults.check(f"{at}/source", read, said) if said else None
