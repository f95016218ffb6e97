"""Preferences: what may be said of one, and which of several of a kind is in effect."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from services.contracts.profiles import (
    AddPreference,
    ChangePreference,
    NotAPreference,
    NotAPreferenceKind,
    Preference,
    PreferenceKind,
    PreferenceOption,
    PreferenceSource,
    SetPreferenceKind,
)
from services.profiles.domain import names, wording
from services.profiles.domain.faults import Faults
from services.profiles.domain.names import Unfit

MOST: Final = 200  # of one guest at once
_TEXT, _LABEL, _OPTIONS = 1000, 100, 200
_YEARS: Final = range(1900, 2200)
_RANK: Final[dict[PreferenceSource, int]] = {"derived": 0, "observed": 1, "said": 2}
_CLEARABLE: Final = ("text", "on_date")


def new_preference(
    said: AddPreference, kind: PreferenceKind | None, preference_id: UUID, by: str, now: datetime
) -> Preference:
    """Raises NotAPreference."""
    faults = Faults()
    if said.kind is not None and (kind is None or kind.retired):
        faults.add("/kind", "There is no such kind of preference.")
        faults.refuse(NotAPreference)
    made = Preference(
        id=preference_id,
        version=1,
        profile_id=said.profile_id,
        kind=said.kind,
        source=said.source,
        property_id=said.property_id,
        since=said.since or now.date(),
        recorded_by=by,
        recorded_at=now,
        sensitive=kind is not None and kind.sensitive,
    )
    return _amended(made, said, kind, now, faults)


def changed_preference(
    before: Preference, said: ChangePreference, kind: PreferenceKind | None, by: str, now: datetime
) -> Preference:
    """`before` as said, with a version more; itself where nothing is another. Raises NotAPreference."""
    faults = Faults()
    for place, field in enumerate(said.clear):
        if field not in _CLEARABLE or getattr(said, field) is not None:
            faults.add(f"/clear/{place}", "There is no such field, or it is given as well.")
    source = said.source or before.source
    if source == "derived" and before.source != "derived":
        faults.add("/source", "What was said or observed does not become derived.")
    cleared: dict[str, Any] = dict.fromkeys(set(said.clear) & set(_CLEARABLE))
    after = _amended(replace(before, source=source, **cleared), said, kind, now, faults)
    if after == before:
        return before
    if after.source == "derived":
        raise NotAPreference(errors=_say_how(faults))
    return replace(after, version=before.version + 1, changed_by=by, changed_at=now)


def _say_how(faults: Faults) -> list[Any]:
    faults.add("/source", "Derived: say whether the guest said it now, or staff observed it.")
    return faults.found


def ended(before: Preference, by: str, now: datetime) -> Preference:
    return replace(before, version=before.version + 1, ended_by=by, ended_at=now, in_effect=False)


def twin(new: Preference, present: Iterable[Preference]) -> Preference | None:
    """The one that says the same already."""
    return next((each for each in present if _content(each) == _content(new)), None)


def replaced(new: Preference, present: Iterable[Preference], kind: PreferenceKind | None) -> list[Preference]:
    """Those that end when `new` comes: of a kind that there can be one of, from the same source for the same house."""
    if kind is None or kind.several:
        return []
    return [
        each
        for each in present
        if each.id != new.id and (each.kind, each.source, each.property_id) == (new.kind, new.source, new.property_id)
    ]


def weighed(found: Sequence[Preference], kinds: Mapping[str, PreferenceKind]) -> tuple[Preference, ...]:
    """With what is in effect, and what outdoes what is not."""
    present = [each for each in found if each.ended_at is None]
    return tuple(_weighed(each, present, kinds.get(each.kind or "")) for each in found)


def told_of(preference: Preference) -> Preference:
    """Without what a sensitive one says."""
    return replace(preference, option=None, text=None, on_date=None) if preference.sensitive else preference


def kind_of(said: SetPreferenceKind, before: PreferenceKind | None) -> PreferenceKind:
    """As it is to be kept, its version that of the request and one. Raises NotAPreferenceKind."""
    faults = Faults()
    code = faults.check("/code", wording.code, said.code)
    labels = wording.in_languages(faults, "/labels", said.labels, _LABEL)
    if not said.labels:
        faults.add("/labels", "A label is needed, in one language at least.")
    options: dict[str, PreferenceOption] = {}
    for place, each in enumerate(faults.at_most("/options", said.options, _OPTIONS)):
        named = faults.check(f"/options/{place}/code", wording.code, each.code)
        called = wording.in_languages(faults, f"/options/{place}/labels", each.labels, _LABEL)
        if not each.labels:
            faults.add(f"/options/{place}/labels", "A label is needed, in one language at least.")
        if named in options:
            faults.add(f"/options/{place}/code", "Named before.")
        elif named:
            options[named] = PreferenceOption(code=named, labels=called, retired=each.retired)
    for each in before.options if before else ():
        options.setdefault(each.code, replace(each, retired=True))
    faults.within("/position", said.position, 0, 100_000)
    faults.refuse(NotAPreferenceKind)
    return PreferenceKind(
        code=code or "",
        version=said.version + 1,
        labels=labels,
        options=tuple(options.values()),
        several=said.several,
        dated=said.dated,
        sensitive=said.sensitive,
        position=said.position,
        retired=said.retired,
    )


def _amended(
    preference: Preference,
    said: AddPreference | ChangePreference,
    kind: PreferenceKind | None,
    now: datetime,
    faults: Faults,
) -> Preference:
    text = faults.check("/text", names.clean_lines, said.text, _TEXT) if said.text is not None else preference.text
    option = said.option if said.option is not None else preference.option
    on_date = said.on_date or preference.on_date
    since = said.since or preference.since
    options = {each.code: each for each in kind.options} if kind else {}
    if option != preference.option and (option not in options or options[option].retired):
        faults.add("/option", "There is no such option of this kind." if kind else "A free one has no options.")
    elif options and option is None:
        faults.add("/option", "One of the options of this kind.")
    if not options and not text and not any(fault.pointer == "/text" for fault in faults.found):
        faults.add("/text", "A text is needed.")
    if said.on_date and not (kind and kind.dated):
        faults.add("/on_date", "This kind has no day.")
    elif said.on_date:
        faults.check("/on_date", _day, said.on_date)
    if said.since:
        faults.check("/since", _past, said.since, now.date())
    faults.refuse(NotAPreference)
    return replace(preference, text=text, option=option, on_date=on_date, since=since)


def _content(preference: Preference) -> tuple[Any, ...]:
    p = preference
    return p.kind, p.option, names.fold(p.text) or p.text, p.on_date, p.source, p.property_id


def _weighed(one: Preference, present: Iterable[Preference], kind: PreferenceKind | None) -> Preference:
    if one.ended_at is not None:
        return replace(one, in_effect=False)
    if kind is None:
        return one
    better = [each for each in present if _outdoes(each, one, kind)]
    if not better:
        return one
    best = max(better, key=lambda each: (_RANK[each.source], each.recorded_at))
    return replace(one, in_effect=False, outdone_by=best.id)


def _outdoes(mine: Preference, other: Preference, kind: PreferenceKind) -> bool:
    if mine.kind != other.kind or mine.property_id not in (None, other.property_id):
        return False
    if kind.several:
        return (mine.source, other.source) == ("said", "derived")
    return _RANK[mine.source] > _RANK[other.source]


def _day(said: date) -> date:
    if said.year not in _YEARS:
        raise Unfit(f"A day from {_YEARS[0]} to {_YEARS[-1]}.")
    return said


def _past(said: date, today: date) -> date:
    if said > today or said.year not in _YEARS:
        raise Unfit("A day of the past, or today.")
    return said
