"""What bookings say of the house's own fields of their people: looked at before, kept once it is known who they are.

Only fields that are empty are filled, as with all that a booking says of somebody who is known.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from services.contracts.bookings import BookingPeople
from services.contracts.profiles import (
    CheckFields,
    FieldDefinition,
    FieldsFit,
    FieldsOfPerson,
    NoSuchProfile,
    NotAProfile,
)
from services.kit.db import Tx
from services.kit.doors import query
from services.profiles.domain import booked_fields
from services.profiles.domain.card import Card
from services.profiles.domain.faults import Faults
from services.profiles.domain.field_values import Kept, Place
from services.profiles.domain.recognition import Recognised
from services.profiles.doors.fields import defaults, place_of, tell
from services.profiles.store import field_definitions as definitions
from services.profiles.store import fields as store
from services.profiles.store import register, timeline
from services.profiles.store.timeline import Entry


@dataclass
class Said:
    """Values for guests, by code, and the codes of what is left out."""

    definitions: dict[str, FieldDefinition] = field(default_factory=dict)
    values: dict[UUID, dict[str, Any]] = field(default_factory=dict)
    left: dict[UUID, set[str]] = field(default_factory=dict)
    by_default: dict[UUID, dict[str, Any]] = field(default_factory=dict)


class FieldsOfBookings:
    @query
    def check_fields(self, tx: Tx, request: CheckFields) -> FieldsFit:
        known = definitions.known(tx)
        faults = Faults()
        for person in request.people:
            place, present = _who(tx, person, request)
            of_person = Faults()
            booked_fields.check(
                known, person.fields, present, place, of_person, asked=person.asked and place.screen is not None
            )
            for fault in of_person.found:
                faults.add(person.at + fault.pointer, fault.detail)
        faults.refuse(NotAProfile)
        return FieldsFit()


def read(
    tx: Tx, booking: BookingPeople, answers: Iterable[Recognised], created: Mapping[UUID, Card], *, by_default: bool
) -> Said:
    """What is said of them, and what who is `created` has by default, before anything is written: fields are held, then
    the profiles there are, in the order of their ids, as by everybody who holds several.

    No statement where nothing is said, and nobody is created or nothing is `by_default`.
    """
    saying = [answer for answer in answers if answer.guest.fields]
    said = Said()
    if created and by_default:
        said.definitions.update(definitions.known(tx))
    if saying:
        codes = {code for answer in saying for code in answer.guest.fields}
        said.definitions.update(definitions.known(tx, codes, hold=True))
    there = {
        who: register.lock(tx, who) for who in sorted({answer.profile_id for answer in saying}) if who not in created
    }
    present = store.of_profiles(tx, list(there)) if there else {}
    for answer in saying:
        who = answer.profile_id
        place = _place(answer.guest.card, booking)
        if who in there:
            place = replace(place, kind=there[who].card.kind)
        values, left = booked_fields.read(said.definitions, answer.guest.fields, place)
        new = {code: value for code, value in values.items() if code not in present.get(who, {})}
        said.values[who] = {**new, **said.values.get(who, {})}
        said.left.setdefault(who, set()).update(left)
    for who, card in created.items() if by_default else ():
        said.by_default[who] = defaults(said.definitions, _place(card, booking), said.values.get(who, {}))
    return said


def keep(tx: Tx, booking: BookingPeople, said: Said, created: Collection[UUID]) -> None:
    """Once everybody has a profile. What is left out stands on the time line: a code that no field has is not told, as
    nobody knows what its source wrote there.
    """
    kept = [
        (who, Kept(said.definitions[code], said.definitions[code].type, value, source, tx.context.actor, tx.now))
        for source, of in (("booking", said.values), ("default", said.by_default))
        for who, values in sorted(of.items())
        for code, value in values.items()
    ]
    if not (kept or said.left):
        return
    store.keep(tx, kept)
    tell(tx, {who for who, _ in kept if who not in created})
    timeline.record(
        tx,
        *(
            Entry(
                who,
                tx.now,
                "change",
                "fields.left_out",
                property_id=booking.property_id,
                booking_id=booking.booking_id,
                actor=tx.context.actor,
                facts=_facts(left, said.definitions),
            )
            for who, left in sorted(said.left.items())
            if left
        ),
    )


def _place(card: Card, booking: BookingPeople) -> Place:
    home = next((each.country for each in card.addresses if each.country), booking.country)
    return place_of(card, home, booking.property_id)


def _facts(left: Collection[str], known: Collection[str]) -> dict[str, Any]:
    unknown = len([code for code in left if code not in known])
    named = {"fields": [f"fields.{code}" for code in sorted(left) if code in known]}
    return {**named, "unknown": unknown} if unknown else named


def _who(tx: Tx, person: FieldsOfPerson, request: CheckFields) -> tuple[Place, Mapping[str, Kept]]:
    """Of what kind they are and where they live, and what their profile has."""
    country = person.country.strip().upper() if person.country else None
    nobody = Place(person.kind, request.screen, frozenset([country] if country else ()), request.property_id)
    if person.profile_id is None:
        return nobody, {}
    try:
        profile = register.look(tx, person.profile_id)
    except NoSuchProfile:
        return nobody, {}
    place = replace(place_of(profile.card, country, request.property_id), screen=request.screen)
    return place, store.of_profile(tx, profile.id)
