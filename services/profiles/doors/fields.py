"""The house's own fields: defined, filled, shown as far as somebody may see them, and wiped when their time is over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Final, get_args
from uuid import UUID

from services.contracts.profiles import (
    CardLines,
    CardLinesFound,
    ChangeProfile,
    CreateProfile,
    FieldChanged,
    FieldDefinition,
    FieldExists,
    FieldHasChanged,
    FieldPreview,
    FieldScreen,
    FieldsFound,
    FieldValues,
    FindByFields,
    LookAtFields,
    NoSuchField,
    NotAField,
    NotAProfile,
    NotASearch,
    NotToBeSeen,
    PreviewField,
    ProfileChanged,
    ProfilesFound,
    ReadCardLines,
    ReadField,
    ReadFields,
    ReadFieldValues,
    SetField,
)
from services.kit import sealing
from services.kit.db import Database, Tx
from services.kit.doors import command, every, query
from services.kit.refusal import Problem
from services.profiles.domain import field_values, fields
from services.profiles.domain.card import Card
from services.profiles.domain.faults import Faults
from services.profiles.domain.field_values import Kept, Place, pointer_to
from services.profiles.domain.names import Unfit
from services.profiles.domain.stages import months_later
from services.profiles.store import field_definitions as definitions
from services.profiles.store import fields as store
from services.profiles.store import register, timeline
from services.profiles.store.fields import Due
from services.profiles.store.timeline import Entry

_SAMPLE: Final = 20_000  # values that a preview looks at
_KEPT_AT_ONCE: Final = 500  # values that the clock seals anew in one go
_WIPED_AT_ONCE: Final = 2000
_PEOPLE: Final = 100  # of a booking
_SOUGHT: Final = 5  # fields that are looked for together


@dataclass(frozen=True)
class Filling:
    """What a write changes in the fields of a card: values by code, None for those that go away."""

    values: Mapping[str, Any] = field(default_factory=dict)
    definitions: Mapping[str, FieldDefinition] = field(default_factory=dict)
    source: str = "desk"

    @property
    def names(self) -> list[str]:
        """As the time line has them: never a value."""
        return [f"fields.{code}" for code in sorted(self.values)]


class Fields:
    db: Database

    @query
    def read_fields(self, tx: Tx, request: ReadFields) -> FieldsFound:
        found = definitions.known(tx).values()
        here = tuple(each for each in found if _is_wanted(each, request))
        if request.kind is None:
            return FieldsFound(items=here)
        screen = next((each for each in get_args(FieldScreen) if each == request.place), None)
        countries = frozenset({request.country} if request.country else ())
        place = Place(request.kind, screen, countries, request.property_id)
        return FieldsFound(
            items=here, required=tuple(each.code for each in here if field_values.is_required(each, place))
        )

    @query
    def read_field(self, tx: Tx, request: ReadField) -> FieldDefinition:
        return definitions.read(tx, request.code)

    @command
    def set_field(self, tx: Tx, request: SetField) -> FieldDefinition:
        """What was set is told by its version; that of what stays as it is does not grow."""
        before = definitions.lock(tx, request.field.code)
        if before is None and definitions.count(tx) >= fields.MOST:
            raise NotAField(errors=[Problem("", f"At most {fields.MOST} fields.")])
        if before is not None and request.field.version == 0:
            raise FieldExists
        if (before.version if before else 0) != request.field.version:
            raise FieldHasChanged(facts={"version": str(before.version if before else 0)})
        made = fields.checked(request.field, before)
        if made.encrypted:
            sealing.sealer()  # without keys nothing could be kept
        if before is not None and replace(made, version=before.version) == before:
            return before
        if not definitions.keep(tx, made):
            raise FieldExists
        tx.announce(FieldChanged(code=made.code, version=made.version))
        return made

    @query
    def preview_field(self, tx: Tx, request: PreviewField) -> FieldPreview:
        before = definitions.read(tx, request.field.code)
        made = fields.checked(request.field, before)
        values, kept = store.sample(tx, before, _SAMPLE)
        return fields.preview(made, kept, values)

    @query
    def read_field_values(self, tx: Tx, request: ReadFieldValues) -> FieldValues:
        profile = register.look(tx, request.profile_id)
        kept = store.of_profile(tx, profile.id)
        missing: list[str] = []
        if request.screen:
            place = replace(place_of(profile.card, request.country, request.property_id), screen=request.screen)
            missing = field_values.lacking(definitions.known(tx).values(), kept, place)
        return FieldValues(
            profile_id=profile.id,
            version=profile.version,
            items=tuple(field_values.told(each) for each in kept.values()),
            missing=tuple(missing),
        )

    @query
    def look_at_fields(self, tx: Tx, request: LookAtFields) -> FieldValues:
        """A question, as the answer to a command would be kept, and these values are not kept in the clear."""
        profile = register.look(tx, request.profile_id)
        known = definitions.known(tx, request.codes)
        if {*request.codes} - {*known}:
            raise NoSuchField
        if not {*tx.context.roles} >= {each.clear_to for each in known.values()}:
            raise NotToBeSeen
        kept = {code: each for code, each in store.of_profile(tx, profile.id).items() if code in known}
        facts = {"fields": [f"fields.{code}" for code in sorted(known)], "reason": request.reason}
        looked = Entry(profile.id, tx.now, "change", "fields.looked_at", actor=tx.context.actor, facts=facts)
        self.db.writing(tx.context, lambda writing: timeline.record(writing, looked))
        return FieldValues(
            profile_id=profile.id,
            version=profile.version,
            items=tuple(field_values.told(each, clear=True) for each in kept.values()),
        )

    @query
    def read_card_lines(self, tx: Tx, request: ReadCardLines) -> CardLinesFound:
        printed = [each for each in definitions.known(tx).values() if request.place in each.shown_on]
        found = register.by_ids(tx, request.profile_ids[:_PEOPLE]) if printed else []
        values = store.of_profiles(tx, [profile.id for profile in found]) if found else {}
        items = []
        for profile in found:
            place = place_of(profile.card, None, request.property_id)
            kept = values[profile.id]
            lines = (field_values.card_line(m, kept.get(m.code)) for m in printed if field_values.applies(m, place))
            items.append(CardLines(profile_id=profile.id, lines=tuple(lines)))
        return CardLinesFound(items=tuple(items))

    @query
    def find_by_fields(self, tx: Tx, request: FindByFields) -> ProfilesFound:
        faults = Faults()
        known = definitions.known(tx, request.fields)
        wanted = []
        if not 1 <= len(request.fields) <= _SOUGHT:
            faults.add("/fields", f"1 to {_SOUGHT} fields.")
        for code, said in request.fields.items():
            made = known.get(code)
            if made is None or not made.searchable:
                faults.add(pointer_to(code), "There is no such field, or it is not looked for.")
            elif value := _sought(made, said):
                wanted.append((made, value[0]))
            else:
                return ProfilesFound(items=())
        after = faults.check("/cursor", _cursor, request.cursor) if request.cursor else None
        faults.within("/limit", request.limit, 1, 200)
        faults.refuse(NotASearch)
        ids = store.find(tx, wanted, after, request.limit + 1)
        page = register.by_ids(tx, ids[: request.limit])
        return ProfilesFound(
            items=tuple(each.shown() for each in page),
            next=str(ids[request.limit - 1]) if len(ids) > request.limit else None,
        )

    @every(seconds=5)
    def keep_fields_anew(self, tx: Tx) -> None:
        """Where a field is sealed, found or kept for another time than before, or sealed with another key."""
        found = store.stale(tx, _KEPT_AT_ONCE)
        open_ones = [(who, kept) for who, kept in found if kept.value is not None]
        store.keep(tx, open_ones)
        for who, kept in found:
            if kept.value is None:
                store.keep_sealed(tx, who, kept)
        tell(tx, {who for who, _ in open_ones})

    @every(seconds=60)
    def wipe_fields(self, tx: Tx) -> None:
        """What is kept for so many months after the last stay, once these are over; also what became due meanwhile."""
        store.hold_for_wiping(tx)
        due = store.due(tx, _WIPED_AT_ONCE)
        held = store.lock_profiles(tx, {each.profile_id for each in due})
        today = tx.now.date()
        over: list[Due] = []
        later: list[tuple[Due, date | None]] = []
        for each in due:
            if each.profile_id not in held:
                continue
            if each.months is None:
                later.append((each, None))
                continue
            ends = months_later(max(each.said_on, each.last_stay or each.said_on), each.months)
            if each.coming:
                later.append((each, max(ends, months_later(today, 1))))
            elif ends > today:
                later.append((each, ends))
            else:
                over.append(each)
        store.review_later(tx, later)
        gone = store.wipe(tx, over) if over else {}
        tell(tx, gone)
        lines = (
            Entry(who, tx.now, "change", "fields.wiped", facts={"fields": [f"fields.{code}" for code in codes]})
            for who, codes in gone.items()
        )
        timeline.record(tx, *lines)


def fill_new(tx: Tx, request: CreateProfile, card: Card) -> Filling:
    """What is said of a new card's fields, and the defaults of those of which nothing is said. Raises NotAProfile."""
    known = definitions.known(tx)
    if not known and not request.fields:
        return Filling()
    place = replace(place_of(card, request.country, request.property_id), screen=request.screen)
    return _filled(tx, known, request, place, {})


def fill(tx: Tx, request: ChangeProfile, profile_id: UUID, card: Card) -> Filling:
    """What a change of the card changes in its fields. Nothing is missed that was missing before, but on a screen that
    asks for it. Raises NotAProfile.
    """
    if request.fields is None and request.screen is None:
        return Filling()
    place = replace(place_of(card, request.country, request.property_id), screen=request.screen)
    return _filled(tx, definitions.known(tx), request, place, store.of_profile(tx, profile_id))


def keep(tx: Tx, profile_id: UUID, filling: Filling) -> None:
    """With the profile locked, or new."""
    if filling.values:
        store.write(tx, profile_id, filling.values, filling.definitions, filling.source)


def _filled(
    tx: Tx,
    known: Mapping[str, FieldDefinition],
    request: CreateProfile | ChangeProfile,
    place: Place,
    present: Mapping[str, Kept],
) -> Filling:
    said = request.fields or {}
    if said:
        known = {**known, **definitions.known(tx, said, hold=True)}
    faults = Faults()
    country = next(iter(sorted(place.countries)), None)
    changes = field_values.read_all(known, said, present, place, country, faults)
    new = isinstance(request, CreateProfile)
    if new:
        changes = defaults(known, place, said) | changes
    left = {code for code in (*present, *changes) if changes.get(code, present.get(code)) is not None}
    for code in field_values.lacking(known.values(), left, place):
        asked = new or place.screen is not None or code in present
        if asked and not any(fault.pointer == pointer_to(code) for fault in faults.found):
            faults.add(pointer_to(code), "Needed here.")
    faults.refuse(NotAProfile)
    source = {None: "api", "online-check-in": "guest"}.get(place.screen, "desk")
    return Filling(changes, known, source)


def defaults(known: Mapping[str, FieldDefinition], place: Place, said: Mapping[str, Any]) -> dict[str, Any]:
    """Of those that are for this card; one that its field would not take any more is none."""
    found: dict[str, Any] = {}
    for code, made in known.items():
        if made.default is not None and code not in said and field_values.applies(made, place):
            try:
                found[code] = field_values.from_text(made, made.default)
            except Unfit:
                continue
    return {code: value for code, value in found.items() if value is not None}


def place_of(card: Card, country: str | None, property_id: UUID | None) -> Place:
    lives = {address.country for address in card.addresses} | {country and country.strip().upper()}
    return Place(card.kind, None, frozenset(each for each in lives if each), property_id)


def _is_wanted(made: FieldDefinition, request: ReadFields) -> bool:
    return (
        (request.retired or not made.retired)
        and (request.place is None or request.place in made.shown_on)
        and (request.kind is None or not made.kinds or request.kind in made.kinds)
        and (request.country is None or not made.countries or request.country in made.countries)
        and (request.property_id is None or made.property_id in (None, request.property_id))
    )


def _sought(made: FieldDefinition, said: Any) -> tuple[Any] | None:
    """The value to look for; None where nobody can have it."""
    text = said if isinstance(said, str) else field_values.as_text(said)
    try:
        value = field_values.from_text(field_values.unbounded(made), text[: field_values.LONGEST])
    except Unfit:
        return None
    return None if value is None or not field_values.keys(made, value) else (value,)


def _cursor(said: str) -> UUID:
    try:
        return UUID(said)
    except ValueError:
        raise Unfit("Not a cursor of this list.") from None


def tell(tx: Tx, ids: Any) -> None:
    for who, version in sorted(store.grow(tx, [*ids]).items()):
        tx.announce(ProfileChanged(profile_id=who, version=version))
