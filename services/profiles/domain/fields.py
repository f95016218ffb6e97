"""The house's own fields: what may be said of one, and what a change of it would do to the values there are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Final, get_args

from services.contracts.profiles import (
    FieldDefinition,
    FieldOption,
    FieldPreview,
    FieldRule,
    FieldScreen,
    NotAField,
)
from services.profiles.domain import codes, field_values, patterns, wording
from services.profiles.domain.faults import Faults
from services.profiles.domain.field_values import LONG_TEXT, LONGEST, NUMBER, TEXT, Kept
from services.profiles.domain.names import Unfit

MOST: Final = 200  # fields of an organisation
_LABEL, _OPTIONS, _RULES, _MONTHS = 100, 500, 100, 1200
_SCREENS: Final = get_args(FieldScreen)
_CHOICES: Final = ("choice", "choices")


def checked(said: FieldDefinition, before: FieldDefinition | None = None) -> FieldDefinition:
    """As it is to be kept, a version further. Raises NotAField."""
    faults = Faults()
    code = faults.check("/code", wording.code, said.code)
    labels = wording.in_languages(faults, "/labels", said.labels, _LABEL)
    if not said.labels:
        faults.add("/labels", "A label is needed, in one language at least.")
    options = _options(said, before, faults)
    countries = faults.at_most("/countries", said.countries, 300)
    known = [faults.check(f"/countries/{n}", codes.country_code, each) for n, each in enumerate(countries)]
    if before and said.property_id != before.property_id:
        faults.add("/property_id", "A field stays with the property it was made for: make another one.")
    faults.within("/position", said.position, 0, 100_000)
    faults.within("/retention_months", said.retention_months, 1, _MONTHS)
    _check_bounds(said, faults)
    made = replace(
        said,
        code=code or "",
        version=said.version + 1,
        labels=labels,
        options=options,
        required=_rules(said, faults),
        countries=tuple(dict.fromkeys(each for each in known if each)),
        kinds=tuple(dict.fromkeys(said.kinds)),
        shown_on=tuple(dict.fromkeys(said.shown_on)),
        masked=said.masked or said.encrypted,
        wiped=before.wiped if before else 0,
    )
    if said.searchable and said.type == "long-text":
        faults.add("/searchable", "A long text is not looked for.")
    if said.default is not None and not faults.found:
        faults.check("/default", partial(field_values.from_text, made, said.default[:LONGEST]))
    faults.refuse(NotAField)
    return made


def preview(said: FieldDefinition, kept: Iterable[Kept], values: int) -> FieldPreview:
    """`said` is checked; `values` is how many there are, of which `kept` are looked at."""
    counts = dict.fromkeys(("fit", "converted", "out_of_bounds", "as_stored", "retired_options", "unreadable"), 0)
    looked_at = 0
    for each in kept:
        looked_at += 1
        became = replace(each, definition=said)
        if each.value is None:
            counts["unreadable"] += 1
            continue
        value, as_stored = field_values.shown(became, clear=True)
        if as_stored:
            counts["as_stored"] += 1
            continue
        counts["converted"] += each.type != said.type
        if field_values.told(became, clear=True).retired_options:
            counts["retired_options"] += 1
            continue
        try:
            field_values.read(said, value)
            counts["fit"] += 1
        except Unfit:
            counts["out_of_bounds"] += 1
    return FieldPreview(values=values, looked_at=looked_at, **counts)


def _options(said: FieldDefinition, before: FieldDefinition | None, faults: Faults) -> tuple[FieldOption, ...]:
    found: dict[str, FieldOption] = {}
    for n, each in enumerate(faults.at_most("/options", said.options, _OPTIONS)):
        at = f"/options/{n}"
        code = faults.check(f"{at}/code", wording.code, each.code)
        labels = wording.in_languages(faults, f"{at}/labels", each.labels, _LABEL)
        if not each.labels:
            faults.add(f"{at}/labels", "A label is needed, in one language at least.")
        if code in found:
            faults.add(f"{at}/code", "Named before.")
        elif code:
            found[code] = FieldOption(code=code, labels=labels, retired=each.retired)
    chooses = said.type in _CHOICES
    if chooses and not any(not each.retired for each in found.values()) and not said.retired:
        faults.add("/options", "A choice needs an option.")
    if not chooses and any(not each.retired for each in said.options):
        faults.add("/options", "Only what is chosen has options.")
    for each in before.options if before else ():
        found.setdefault(each.code, replace(each, retired=True))
    return tuple(found.values())


def _rules(said: FieldDefinition, faults: Faults) -> tuple[FieldRule, ...]:
    kept: dict[FieldRule, None] = {}
    for n, rule in enumerate(faults.at_most("/required", said.required, _RULES)):
        at = f"/required/{n}"
        country = faults.check(f"{at}/country", codes.country_code, rule.country) if rule.country else None
        if rule.screen and rule.screen not in said.shown_on:
            faults.add(f"{at}/screen", "What is required on a screen is shown there: see `shown_on`.")
        if rule.kind and said.kinds and rule.kind not in said.kinds:
            faults.add(f"{at}/kind", "Not a field of this kind of profile.")
        if rule.property_id and said.property_id not in (None, rule.property_id):
            faults.add(f"{at}/property_id", "The field is another property's.")
        kept[replace(rule, country=country)] = None
    if said.required and not {*said.shown_on} & {*_SCREENS}:
        faults.add("/required", "What is required is shown on a screen: see `shown_on`.")
    return tuple(kept)


def _check_bounds(said: FieldDefinition, faults: Faults) -> None:
    text, number = said.type in ("text", "long-text"), said.type == "number"
    most = LONGEST if said.type == "long-text" else patterns.LONGEST_TEXT
    for field in ("shortest", "longest"):
        length = getattr(said, field)
        if length is not None and not text:
            faults.add(f"/{field}", "Only a text has a length.")
        faults.within(f"/{field}", length, 1, most)
    longest = said.longest or (LONG_TEXT if said.type == "long-text" else TEXT)
    if said.shortest and said.shortest > longest:
        faults.add("/shortest", "At most as long as the longest.")
    if said.pattern is not None:
        if said.type != "text":
            faults.add("/pattern", "Only a text has a pattern.")
        faults.check("/pattern", patterns.checked, said.pattern)
    if said.decimals and not number:
        faults.add("/decimals", "Only a number has decimals.")
    faults.within("/decimals", said.decimals, 0, 6)
    bounds = {field: getattr(said, field) for field in ("least", "most") if getattr(said, field) is not None}
    read = {field: faults.check(f"/{field}", _bound, said, text) for field, text in bounds.items()}
    if len(read) == 2 and None not in read.values() and read["least"] > read["most"]:  # type: ignore[operator]
        faults.add("/least", "At most as much as the most.")


def _bound(said: FieldDefinition, text: str) -> Decimal:
    """Of a number itself, of a date its ordinal. Raises Unfit."""
    if said.type == "date":
        return Decimal(field_values.day_of(text[:20]).toordinal())
    if said.type != "number":
        raise Unfit("Only a number or a date has bounds.")
    try:
        number = Decimal(text[:40])
    except InvalidOperation:
        raise Unfit("Not a number.") from None
    if not number.is_finite() or not -NUMBER <= number <= NUMBER:
        raise Unfit("Not a number that a field can have.")
    return number
