"""The house's own fields in the OpenAPI document, as they are defined at this moment."""

from __future__ import annotations

import copy
import time
from collections.abc import Sequence
from typing import Any, Final

from gateway.asking import ask_within
from services.contracts.profiles import FieldDefinition, ReadFields
from services.kit.refusal import Refusal

_ASKED_EVERY: Final = 1.0  # seconds; the document is open to everybody
_PATIENCE: Final = 0.5  # seconds
_WRITTEN, _READ = "ProfileFieldsToWrite", "ProfileFields"
# Schemas of profiles and of people on bookings, and what their `fields` are.
_PLACES: Final = {
    "NewProfile": _WRITTEN,
    "ProfileChange": _WRITTEN,
    "PersonIn": _WRITTEN,
    "PersonWithRoles": _WRITTEN,
    "NoticePerson": _WRITTEN,
    "Profile": _READ,
    "FoundProfile": _READ,
}


class Definitions:
    """Those of the whole organisation, as they were known last: a document is given while the owner is away."""

    def __init__(self) -> None:
        self._asked_at = -_ASKED_EVERY
        self._known: tuple[FieldDefinition, ...] = ()

    def now(self) -> tuple[FieldDefinition, ...]:
        if time.monotonic() - self._asked_at >= _ASKED_EVERY:
            try:
                found = ask_within(ReadFields(retired=True), _PATIENCE).items
                self._known = tuple(each for each in found if each.property_id is None)
            except Refusal:
                pass
            self._asked_at = time.monotonic()
        return self._known


def described(document: dict[str, Any], definitions: Sequence[FieldDefinition]) -> dict[str, Any]:
    """The document with the fields; any other code is a field of one property."""
    made = copy.deepcopy(document)
    schemas = made["components"]["schemas"]
    schemas[_WRITTEN] = _schema({each.code: _written(each) for each in definitions if not each.retired})
    schemas[_READ] = _schema({each.code: _read(each) for each in definitions})
    for name, of in _PLACES.items():
        schemas[name]["properties"]["fields"] = {"$ref": f"#/components/schemas/{of}"}
    return made


def _schema(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "additionalProperties": True}


def _written(made: FieldDefinition) -> dict[str, Any]:
    return {"description": _label(made), "anyOf": [_typed(made), {"type": "null"}]}


def _read(made: FieldDefinition) -> dict[str, Any]:
    retired = {"deprecated": True} if made.retired else {}
    if made.masked:
        return {"description": _label(made), "type": "string", "examples": ["•••1234"], **retired}
    before = {"description": "Stored while the field was of another type.", "type": ["string", "number", "array"]}
    return {"description": _label(made), "anyOf": [_typed(made, retired_too=True), before], **retired}


def _typed(made: FieldDefinition, *, retired_too: bool = False) -> dict[str, Any]:
    options = [each.code for each in made.options if retired_too or not each.retired]
    match made.type:
        case "boolean":
            return {"type": "boolean"}
        case "number":
            kind = "number" if made.decimals else "integer"
            return {"type": kind, **_given(minimum=_number(made.least), maximum=_number(made.most))}
        case "choice":
            return {"type": "string", **({"enum": options} if options else {})}
        case "choices":
            return {"type": "array", "items": {"type": "string", "enum": options}, "uniqueItems": True}
        case "date" | "email":
            return {"type": "string", "format": made.type}
    pattern = f"^(?:{made.pattern})$" if made.pattern else None
    return {"type": "string", **_given(minLength=made.shortest, maxLength=made.longest, pattern=pattern)}


def _given(**said: Any) -> dict[str, Any]:
    return {name: value for name, value in said.items() if value is not None}


def _number(text: str | None) -> int | float | None:
    return None if text is None else float(text) if set(text) & set(".eE") else int(text)


def _label(made: FieldDefinition) -> str:
    labels = {each.language: each.text for each in made.labels}
    return labels.get("en") or next(iter(labels.values()))
