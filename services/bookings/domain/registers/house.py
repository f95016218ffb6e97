"""How the authority knows a property: what a valid answer is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields, replace
from typing import Any

from services.bookings.domain.texts import faults, tidy
from services.contracts.bookings.registers import NotARegister, RegisterHouse
from services.kit.refusal import Problem

_HOUR = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_LONGEST = {
    "establishment": 20,
    "tax_number": 20,
    "name": 200,
    "abbreviation": 40,
    "street": 200,
    "city": 100,
    "postcode": 20,
    "phone": 40,
    "contact_name": 100,
    "contact_email": 140,
}


def checked_house(said: RegisterHouse) -> RegisterHouse:
    """In its written form; refuses with NotARegister."""
    problems = list(_faults(said))
    if problems:
        raise NotARegister(errors=problems)
    texts: dict[str, Any] = {name: tidy(getattr(said, name)) for name in _LONGEST}
    return replace(said, **texts)


def checked_reference(said: str) -> str:
    """A receipt's number; refuses with NotARegister."""
    problems = list(faults("/reference", said, 200, needed=True))
    if problems:
        raise NotARegister(errors=problems)
    return tidy(said) or ""


def _faults(said: RegisterHouse) -> Iterator[Problem]:
    for field in fields(RegisterHouse):
        if field.name in _LONGEST:
            yield from faults(f"/{field.name}", getattr(said, field.name), _LONGEST[field.name])
    for name in ("check_in", "check_out"):
        if not _HOUR.fullmatch(getattr(said, name)):
            yield Problem(f"/{name}", "An hour such as 15:00.")
