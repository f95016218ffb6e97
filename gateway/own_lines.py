"""What the house's own fields say of guests beside a register, in the language that the caller asks for."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final
from uuid import UUID

import marshmallow
from marshmallow import fields

from gateway import wording
from gateway.asking import ask_all_within
from gateway.outside import Flag, LongText, Text
from services.contracts.profiles import CardLine, CardLinesFound, ReadCardLines
from services.kit.refusal import Unavailable

_PATIENCE: Final = 0.3  # seconds that a register waits for what stands beside it
_AT_ONCE: Final = 100  # guests in one question


class OptionLabel(marshmallow.Schema):
    code = Text()
    label = LongText(allow_none=True)


class OwnLine(marshmallow.Schema):
    """A field that is shown on registers, with a null for what is not known; `options` are those that were chosen."""

    code = Text()
    type = Text()
    label = LongText(allow_none=True)
    value = fields.Raw(allow_none=True)
    options = fields.List(fields.Nested(OptionLabel))
    masked = Flag()


def beside_register(property_id: UUID, profile_ids: Collection[UUID | None]) -> dict[UUID, list[dict[str, Any]]] | None:
    """By profile; None while profiles is silent."""
    ids = sorted({who for who in profile_ids if who is not None})
    parts = (ids[first : first + _AT_ONCE] for first in range(0, len(ids), _AT_ONCE))
    said = [ReadCardLines(profile_ids=tuple(part), property_id=property_id, place="register") for part in parts]
    try:
        found = ask_all_within(_PATIENCE, *said) if said else []
    except Unavailable:
        return None
    if not all(isinstance(answer, CardLinesFound) for answer in found):
        return None
    return {each.profile_id: [_shown(line) for line in each.lines] for answer in found for each in answer.items}


def _shown(line: CardLine) -> dict[str, Any]:
    return {
        "code": line.code,
        "type": line.type,
        "label": wording.chosen(line.labels),
        "value": line.value,
        "options": [{"code": each.code, "label": wording.chosen(each.labels)} for each in line.chosen],
        "masked": line.masked,
    }
