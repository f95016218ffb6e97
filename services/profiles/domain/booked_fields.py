"""The house's own fields as a booking says them of a guest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from services.contracts.profiles import FieldDefinition
from services.profiles.domain import field_values
from services.profiles.domain.faults import Faults
from services.profiles.domain.field_values import Kept, Place, pointer_to
from services.profiles.domain.names import Unfit

_ELSEWHERE: Final = "Not a field of this property."


def check(
    known: Mapping[str, FieldDefinition],
    said: Mapping[str, Any],
    present: Mapping[str, Kept],
    place: Place,
    faults: Faults,
    *,
    asked: bool,
) -> None:
    """By whoever can be told what is wrong. `asked`: for what is needed there, too."""
    changes = field_values.read_all(known, said, present, place, _country(place), faults)
    for code in said:
        if code in known and not _is_there(known[code], place):
            faults.add(pointer_to(code), _ELSEWHERE)
    has = {code for code in (*present, *changes) if code in present or changes[code] is not None}
    for code in field_values.lacking(known.values(), has, place) if asked else ():
        if not any(fault.pointer == pointer_to(code) for fault in faults.found):
            faults.add(pointer_to(code), "Needed here.")


def read(
    known: Mapping[str, FieldDefinition], said: Mapping[str, Any], place: Place
) -> tuple[dict[str, Any], list[str]]:
    """What of it can be kept, and the codes of what cannot: the booking stands, whatever is said with it."""
    values: dict[str, Any] = {}
    left: list[str] = []
    for code, value in said.items():
        made = known.get(code)
        if made is None or made.retired or made.kinds and place.kind not in made.kinds or not _is_there(made, place):
            left.append(code)
            continue
        try:
            kept = _read(made, value, _country(place))
        except Unfit:
            left.append(code)
        else:
            if kept is not None:
                values[code] = kept
    return values, left


def _read(made: FieldDefinition, said: Any, country: str | None) -> Any:
    """Other systems may know texts only."""
    try:
        return field_values.read(made, said, country)
    except Unfit:
        if isinstance(said, str):
            return field_values.from_text(made, said, country)
        raise


def _is_there(made: FieldDefinition, place: Place) -> bool:
    return made.property_id in (None, place.property_id)


def _country(place: Place) -> str | None:
    return next(iter(sorted(place.countries)), None)
