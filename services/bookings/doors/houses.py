"""Properties, their room types, and what is left of them."""

from __future__ import annotations

from services.bookings.domain.houses import check_availability, check_property
from services.bookings.domain.ids import new_id
from services.bookings.domain.nights import MOST_NIGHTS
from services.bookings.store import nights, properties, restrictions, rooms_setup
from services.contracts.bookings import (
    Availability,
    CountersProof,
    NotABooking,
    NotAProperty,
    Properties,
    Property,
    ProveCounters,
    ReadAvailability,
    ReadProperties,
    SetAvailability,
    SetUpProperty,
)
from services.kit.db import Tx
from services.kit.doors import command, query
from services.kit.refusal import Problem


class Houses:
    @command
    def set_up_property(self, tx: Tx, request: SetUpProperty) -> Property:
        """Room types that are not named stay as they are: stays refer to them. The currency never changes."""
        check_property(request)
        property_id = properties.set_up(tx, request, new_id(tx.now))
        if property_id is None:
            raise NotAProperty(errors=[Problem("/currency", "A property keeps its currency.")])
        kinds = [(new_id(tx.now), kind) for kind in sorted(request.room_types, key=lambda k: k.code)]
        if kinds:
            properties.set_up_room_types(tx, property_id, kinds)
        return properties.read(tx, request.code)

    @query
    def read_properties(self, tx: Tx, request: ReadProperties) -> Properties:
        if request.property:
            return Properties(items=(properties.read(tx, request.property),))
        return Properties(items=tuple(properties.read_all(tx)))

    @query
    def read_availability(self, tx: Tx, request: ReadAvailability) -> Availability:
        if not 1 <= (request.until - request.first).days <= MOST_NIGHTS:
            raise NotABooking(errors=[Problem("/until", f"From 1 to {MOST_NIGHTS} nights after the first.")])
        return properties.availability(tx, request.property, request.first, request.until)

    @command
    def set_availability(self, tx: Tx, request: SetAvailability) -> Availability:
        """Refuses with NoSuchProperty and NotAProperty."""
        check_availability(request)
        house = properties.read(tx, request.property)
        kinds = sorted(kind.id for kind in house.room_types if request.room_type in (None, kind.code))
        if request.room_type and not kinds:
            raise NotAProperty(errors=[Problem("/room_type", "The property has no such room type.")])
        restrictions.restrict(tx, kinds, request)
        return properties.availability(tx, request.property, request.first, request.until)

    @query
    def prove_counters(self, tx: Tx, request: ProveCounters) -> CountersProof:
        house = properties.read(tx, request.property) if request.property else None
        checked, room_nights, off = nights.counters(tx, house.id if house else None)
        wrong = len(off) + rooms_setup.misbounded(tx, house.id if house else None)
        return CountersProof(nights_checked=checked, room_nights=room_nights, differing=wrong)
