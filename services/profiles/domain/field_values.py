"""Values of the house's own fields: read, masked, converted from another type, and known again."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Any, Final
from uuid import UUID

from services.contracts.profiles import CardLine, FieldDefinition, FieldOption, FieldScreen, FieldType, FieldValue, Kind
from services.kit.sheets import LONGEST_CELL
from services.profiles.domain import codes, contacts, names, patterns
from services.profiles.domain.faults import Faults
from services.profiles.domain.names import Unfit

TEXT, LONG_TEXT, LONGEST = 200, 2000, 10_000
NUMBER: Final = Decimal(10**15)
MASK: Final = "•••"
_SHOWN = 4  # characters of what is masked, where at least twice as many are not shown
_KEY = 200  # characters that a value is known again by
_YES, _NO = names.words("true yes 1"), names.words("false no 0")


@dataclass(frozen=True)
class Kept:
    """A value as it is stored, with the field it is of. `value` is None where it is sealed and cannot be opened."""

    definition: FieldDefinition
    type: FieldType
    value: Any
    source: str
    said_by: str
    said_at: datetime


@dataclass(frozen=True)
class Place:
    """Where a card is written, and of what kind it is. `countries`: where they live, or it is written."""

    kind: Kind
    screen: FieldScreen | None = None
    countries: frozenset[str] = frozenset()
    property_id: UUID | None = None


def read(definition: FieldDefinition, said: Any, country: str | None = None, before: Any = None) -> Any:
    """What is kept of a JSON value; None where it says nothing. `before`: an option that somebody has may be said
    again after it was retired. Raises Unfit.
    """
    match definition.type:
        case "text" | "long-text":
            return _text(definition, said)
        case "number":
            return _number(definition, said)
        case "boolean":
            if not isinstance(said, bool):
                raise Unfit("true or false.")
            return said
        case "choices":
            return _choices(definition, said, before)
    if not isinstance(said, str):
        raise Unfit("A text.")
    if len(said) > TEXT:
        raise Unfit(f"Longer than {TEXT} characters.")
    match definition.type:
        case "choice":
            return _option(definition, said, {before})
        case "date":
            return _date(definition, said)
        case "country":
            return codes.country_code(said)
        case "email":
            return contacts.email(said).value
        case _:
            return contacts.phone(said, country).value


def from_text(definition: FieldDefinition, text: str, country: str | None = None) -> Any:
    """As `read`, of a text as files, addresses of pages and other types have it; options by their labels, too."""
    match definition.type:
        case "number":
            try:
                return read(definition, _plain(Decimal(text.strip())))
            except (InvalidOperation, ValueError, OverflowError):
                raise Unfit("Not a number.") from None
        case "boolean":
            said = text.strip().lower()
            if said not in _YES | _NO:
                raise Unfit("true or false.")
            return said in _YES
        case "choice":
            return read(definition, _named(definition, text))
        case "choices":
            return read(definition, [_named(definition, part) for part in text.split(",") if part.strip()])
        case _:
            return read(definition, text, country)


def as_text(value: Any) -> str:
    """A value of any type as `from_text` reads it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return ",".join(value) if isinstance(value, list) else str(value)


def in_files(kept: Iterable[Kept], kind: Kind) -> dict[str, str]:
    """By code, as an import reads them of such a card. What is masked, or would be refused there, is in no file."""
    found: dict[str, str] = {}
    for each in kept:
        made = each.definition
        if each.value is None or is_masked(made) or made.retired or (made.kinds and kind not in made.kinds):
            continue
        value, as_stored = shown(each)
        text = as_text(value)
        try:
            if not as_stored and len(text) <= LONGEST_CELL and from_text(made, text) == value:
                found[made.code] = text
        except Unfit:
            continue
    return found


def shown(kept: Kept, *, clear: bool = False) -> tuple[Any, bool]:
    """The value as the field is now, and whether it is not to be converted and is as it was stored. Never raises."""
    if kept.value is None:
        return MASK, False
    try:
        value, as_stored = (kept.value, False) if _is_of(kept) else (converted(kept), False)
    except Unfit:
        value, as_stored = kept.value, True
    return (masked(value), as_stored) if is_masked(kept.definition) and not clear else (value, as_stored)


def converted(kept: Kept) -> Any:
    """As its field has it now; bounds hold for what is written anew. Raises Unfit."""
    return from_text(unbounded(kept.definition), as_text(kept.value))


def is_masked(definition: FieldDefinition) -> bool:
    return definition.masked or definition.encrypted


def masked(value: Any) -> str:
    """``•••1234``; of what is short, nothing."""
    text = as_text(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""
    return MASK + text[-_SHOWN:] if len(text) >= 2 * _SHOWN else MASK


def told(kept: Kept, *, clear: bool = False) -> FieldValue:
    """With what a screen needs to show it."""
    definition = kept.definition
    value, as_stored = shown(kept, clear=clear)
    hidden = is_masked(definition) and not clear
    chosen = () if hidden or as_stored else _chosen(definition, value)
    return FieldValue(
        code=definition.code,
        value=value,
        type=definition.type,
        labels=definition.labels,
        option_labels=chosen[0].labels if len(chosen) == 1 else (),
        masked=hidden,
        as_stored=as_stored,
        retired=definition.retired,
        retired_options=tuple(each.code for each in chosen if each.retired),
        property_id=definition.property_id,
        source=kept.source,
        said_by=kept.said_by,
        said_at=kept.said_at,
    )


def card_line(definition: FieldDefinition, kept: Kept | None) -> CardLine:
    """As it is printed on a registration card, masked where it is."""
    value, as_stored = shown(kept) if kept else (None, False)
    hidden = kept is not None and is_masked(definition)
    chosen = () if value is None or hidden or as_stored else _chosen(definition, value)
    return CardLine(
        code=definition.code,
        type="text" if as_stored else definition.type,
        labels=definition.labels,
        value=as_text(value) if as_stored else value,
        chosen=chosen,
        masked=hidden,
    )


def keys(definition: FieldDefinition, value: Any) -> tuple[str, ...]:
    """What the value is known again by, of each of several options."""
    each = value if isinstance(value, list) else [as_text(value)]
    if definition.type in ("text", "email"):
        each = [names.fold(text) if definition.type == "text" else text.lower() for text in each]
    return tuple(dict.fromkeys(text[:_KEY] for text in each if text))


def applies(definition: FieldDefinition, place: Place) -> bool:
    """Whether it is a field for such a card, there."""
    return (
        not definition.retired
        and (not definition.kinds or place.kind in definition.kinds)
        and (not definition.countries or bool(place.countries & {*definition.countries}))
        and definition.property_id in (None, place.property_id)
    )


def is_required(definition: FieldDefinition, place: Place) -> bool:
    """Without a screen only what is required everywhere in the organisation."""
    if not applies(definition, place) or (place.screen and place.screen not in definition.shown_on):
        return False
    return any(
        (rule.screen == place.screen if rule.screen else True)
        and rule.kind in (None, place.kind)
        and (rule.country is None or (place.screen is not None and rule.country in place.countries))
        and (rule.property_id is None or (place.screen is not None and rule.property_id == place.property_id))
        for rule in definition.required
    )


def read_all(
    definitions: Mapping[str, FieldDefinition],
    said: Mapping[str, Any],
    present: Mapping[str, Kept],
    place: Place,
    country: str | None,
    faults: Faults,
) -> dict[str, Any]:
    """What changes, by code; None where a value goes away. `faults` gets the pointers ``/fields/<code>``."""
    changes: dict[str, Any] = {}
    for code, value in said.items():
        pointer, definition, kept = pointer_to(code), definitions.get(code), present.get(code)
        if definition is None:
            faults.add(pointer, "There is no such field.")
        elif value is None:
            if kept:
                changes[code] = None
        elif kept and any(_same(value, each) for each in (shown(kept)[0], kept.value)):
            continue  # what was read is sent back: nothing changes, of a masked one neither
        elif definition.retired:
            faults.add(pointer, "This field is filled no more.")
        elif definition.kinds and place.kind not in definition.kinds:
            faults.add(pointer, "Not a field of this kind of profile.")
        else:
            before = kept.value if kept else None
            read_value = faults.check(pointer, partial(read, definition, value, country, before))
            if kept and kept.type == definition.type and _same(read_value, kept.value):
                continue
            if read_value is not None:
                changes[code] = read_value
            elif kept and not any(fault.pointer == pointer for fault in faults.found):
                changes[code] = None
    return changes


def lacking(definitions: Iterable[FieldDefinition], has: Iterable[str], place: Place) -> list[str]:
    """Codes of the fields that need a value there and have none."""
    there = set(has)
    return [each.code for each in definitions if each.code not in there and is_required(each, place)]


def _same(one: Any, other: Any) -> bool:
    """true is not 1."""
    return type(one) is type(other) and bool(one == other)


def pointer_to(code: str) -> str:
    """RFC 6901; of what is no code no more than the beginning, and nothing that hides."""
    short = "".join(c if c.isprintable() else "?" for c in code[:60])
    return "/fields/" + short.replace("~", "~0").replace("/", "~1")


def _text(definition: FieldDefinition, said: Any) -> str | None:
    if not isinstance(said, str):
        raise Unfit("A text.")
    long = definition.type == "long-text"
    longest = definition.longest or (LONG_TEXT if long else TEXT)
    text = names.clean_lines(said, longest) if long else names.clean(said, longest)
    if text is None:
        return None
    if definition.shortest and len(text) < definition.shortest:
        raise Unfit(f"Shorter than {definition.shortest} characters.")
    if definition.pattern and not patterns.fits(definition.pattern, text):
        raise Unfit("Not written as this field is.")
    return text


def _number(definition: FieldDefinition, said: Any) -> int | float:
    if isinstance(said, bool) or not isinstance(said, int | float) or not math.isfinite(said):
        raise Unfit("A number.")
    if abs(said) > NUMBER:
        raise Unfit(f"Between -{NUMBER} and {NUMBER}.")
    number = Decimal(str(said))
    if number != round(number, definition.decimals):
        raise Unfit(f"At most {definition.decimals} decimals." if definition.decimals else "A whole number.")
    if definition.least and number < Decimal(definition.least):
        raise Unfit(f"{definition.least} or more.")
    if definition.most and number > Decimal(definition.most):
        raise Unfit(f"{definition.most} or less.")
    return _plain(number)


def _plain(number: Decimal) -> int | float:
    if not number.is_finite() or not -NUMBER <= number <= NUMBER:
        raise ValueError
    return int(number) if number == number.to_integral_value() else float(number)


def _date(definition: FieldDefinition, said: str) -> str:
    day = day_of(said)
    if definition.least and day < date.fromisoformat(definition.least):
        raise Unfit(f"{definition.least} or later.")
    if definition.most and day > date.fromisoformat(definition.most):
        raise Unfit(f"{definition.most} or earlier.")
    return day.isoformat()


def day_of(said: str) -> date:
    """YYYY-MM-DD, and no other way that dates are written. Raises Unfit."""
    try:
        day = date.fromisoformat(said.strip())
    except ValueError:
        raise Unfit("A day of the calendar, YYYY-MM-DD.") from None
    if day.isoformat() != said.strip():
        raise Unfit("A day of the calendar, YYYY-MM-DD.")
    return day


def _choices(definition: FieldDefinition, said: Any, before: Any) -> list[str] | None:
    if not isinstance(said, list) or not all(isinstance(each, str) for each in said):
        raise Unfit("A list of options.")
    if len(said) > len(definition.options):
        raise Unfit("Each option once.")
    had = {*before} if isinstance(before, list) else set()
    chosen = {_option(definition, each, had) for each in said}
    if len(chosen) < len(said):
        raise Unfit("Each option once.")
    return [each.code for each in definition.options if each.code in chosen] or None


def _option(definition: FieldDefinition, said: str, had: set[Any]) -> str:
    found = next((each for each in definition.options if each.code == said), None)
    if found is None or (found.retired and said not in had):
        raise Unfit("There is no such option.")
    return said


def _named(definition: FieldDefinition, text: str) -> str:
    """The option's code, where it is its code or one of its labels."""
    said = text.strip()
    folded = names.fold(said)
    for option in definition.options:
        if option.code == said or (folded and folded in {names.fold(label.text) for label in option.labels}):
            return option.code
    return said


def unbounded(definition: FieldDefinition) -> FieldDefinition:
    """As it would be without bounds, for what was written before they were there."""
    return replace(
        definition,
        shortest=None,
        longest=LONGEST,
        least=None,
        most=None,
        decimals=max(definition.decimals, 6),
        pattern=None,
        options=tuple(replace(each, retired=False) for each in definition.options),
    )


def _is_of(kept: Kept) -> bool:
    """Whether it was written as what its field is now."""
    return kept.type == kept.definition.type or (kept.type, kept.definition.type) == ("text", "long-text")


def _chosen(definition: FieldDefinition, value: Any) -> tuple[FieldOption, ...]:
    if definition.type not in ("choice", "choices"):
        return ()
    picked = value if isinstance(value, list) else [value]
    return tuple(each for each in definition.options if each.code in picked)
