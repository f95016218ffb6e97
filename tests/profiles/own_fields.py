"""The house's own fields as tests define, fill and read them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from services.contracts.profiles import (
    ChangeProfile,
    FieldDefinition,
    FieldOption,
    FindByFields,
    InLanguage,
    NotAProfile,
    ReadField,
    ReadFieldValues,
    SetField,
)
from tests.profiles.conftest import Register

LISBON, PORTO = uuid4(), uuid4()
PASSPORT = "PX9876543"
NEW_KEY = "2:" + "another-one-of-chance-" * 2


def label(text: str) -> tuple[InLanguage, ...]:
    return (InLanguage(language="en", text=text),)


def options(*codes: str, retired: tuple[str, ...] = ()) -> tuple[FieldOption, ...]:
    return tuple(FieldOption(code=code, labels=label(code.title()), retired=code in retired) for code in codes)


def define(register: Register, code: str, type: Any = "text", **more: Any) -> FieldDefinition:
    said = FieldDefinition(code=code, type=type, labels=label(code.title()), **more)
    return register.service.set_field(SetField(field=said))


def redefine(register: Register, code: str, **changes: Any) -> FieldDefinition:
    present = register.service.read_field(ReadField(code=code))
    return register.service.set_field(SetField(field=replace(present, **changes)))


def fill(register: Register, who: UUID, screen: Any = None, **values: Any) -> Any:
    version = register.reads(who).version
    said = {code.replace("_", "-"): value for code, value in values.items()}
    return register.service.change_profile(ChangeProfile(profile_id=who, version=version, fields=said, screen=screen))


def values(register: Register, who: UUID) -> dict[str, Any]:
    return register.reads(who).fields


def told(register: Register, who: UUID) -> dict[str, Any]:
    found = register.service.read_field_values(ReadFieldValues(profile_id=who))
    return {each.code: each for each in found.items}


def refused(register: Register, who: UUID, screen: Any = None, **said: Any) -> set[str]:
    with pytest.raises(NotAProfile) as caught:
        fill(register, who, screen, **said)
    return {fault.pointer for fault in caught.value.errors}


def rows(register: Register, query: str) -> list[Any]:
    with register.db.engine.connect() as connection:
        return list(connection.execute(sa.text(query)))


def run(register: Register, statement: str) -> None:
    with register.db.engine.begin() as connection:
        connection.execute(sa.text(statement))


def everything_kept(register: Register) -> str:
    """All of the database that is text, as who steals a copy reads it."""
    tables = [row.name for row in rows(register, "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'")]
    return "\n".join(row[0] for table in tables for row in rows(register, f"SELECT CAST(t AS text) FROM {table} t"))  # noqa: S608


def found(register: Register, **wanted: Any) -> list[UUID]:
    items = register.service.find_by_fields(FindByFields(fields=wanted)).items
    return [each.id for each in items]


def stay(register: Register, who: UUID, departure: str, state: str = "departed") -> None:
    run(
        register,
        "INSERT INTO known_stays (booking_id, profile_id, version, state, arrival, departure, property_id)"  # noqa: S608
        f" VALUES ('{uuid4()}', '{who}', 1, '{state}', CAST('{departure}' AS date) - 2, '{departure}', '{LISBON}')",
    )


def long_ago(register: Register) -> None:
    run(register, "UPDATE profile_fields SET said_at = said_at - interval '3 years', review_on = review_on - 1095")


def months_ago(months: int) -> str:
    today = datetime.now(UTC).date()
    year, month = divmod(today.year * 12 + today.month - 1 - months, 12)
    return date(year, month + 1, 1).isoformat()
