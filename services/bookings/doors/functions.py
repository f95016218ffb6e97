"""Functions: function rooms, what is held in them, changed and cancelled."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from services.bookings.domain import functions as rules
from services.bookings.domain.groups import still_there
from services.bookings.domain.ids import new_id
from services.bookings.domain.occasions import function_changed
from services.bookings.doors import listing
from services.bookings.store import functions, properties
from services.contracts.bookings import (
    BookFunction,
    CancelFunction,
    ChangeFunction,
    FindFunctions,
    Function,
    FunctionRooms,
    FunctionsFound,
    NotAFunction,
    ReadFunction,
    ReadFunctionRooms,
    SetFunctionRooms,
)
from services.kit.db import Tx
from services.kit.doors import command, query
from services.kit.refusal import Invalid, Problem


class Functions:
    @command
    def set_function_rooms(self, tx: Tx, request: SetFunctionRooms) -> FunctionRooms:
        kept = rules.check_rooms(request.rooms)
        house = properties.read(tx, request.property)
        functions.set_up(tx, house.id, [(new_id(tx.now), room) for room in kept])
        return FunctionRooms(property_id=house.id, items=functions.rooms(tx, house.id))

    @query
    def read_function_rooms(self, tx: Tx, request: ReadFunctionRooms) -> FunctionRooms:
        house = properties.read(tx, request.property)
        return FunctionRooms(property_id=house.id, items=functions.rooms(tx, house.id))

    @command
    def book_function(self, tx: Tx, request: BookFunction) -> Function:
        house = properties.read(tx, request.property)
        places = functions.places(tx, house.id)
        function = rules.booked(request, house, places, tx.now)
        if function.group:
            _refuse_group(tx, function.group, house.id)
        functions.add(tx, function, rules.spans(function, places))
        tx.announce(function_changed(function))
        return function

    @command
    def change_function(self, tx: Tx, request: ChangeFunction) -> Function:
        # a group's row is locked before those of its functions
        property_id = functions.read(tx, request.function_id).property_id
        if request.group:
            _refuse_group(tx, request.group, property_id)
        before = functions.lock(tx, request.function_id)
        places = functions.places(tx, property_id)
        after = rules.changed(before, request, places, tx.now)
        if after != before:
            functions.save(tx, after, rules.spans(after, places))
            tx.announce(function_changed(after, before))
        return after

    @command
    def cancel_function(self, tx: Tx, request: CancelFunction) -> Function:
        before = functions.lock(tx, request.function_id)
        if before.state == "cancelled":
            return before
        after = replace(before, state="cancelled", version=before.version + 1, changed_at=tx.now)
        functions.cancel(tx, after)
        tx.announce(function_changed(after, before))
        return after

    @query
    def read_function(self, tx: Tx, request: ReadFunction) -> Function:
        return functions.read(tx, request.function_id)

    @query
    def find_functions(self, tx: Tx, request: FindFunctions) -> FunctionsFound:
        limit = listing.limit(request.limit)
        if request.day and not 2000 <= request.day.year <= 2200:
            raise Invalid(errors=[Problem("/day", "Not between the years 2000 and 2200.")])
        house = properties.read(tx, request.property)
        found = functions.find(
            tx,
            property_id=house.id,
            day=rules.day_of(house, request.day) if request.day else None,
            group=request.group,
            state=request.state,
            after=listing.position(request.cursor, datetime.fromisoformat, UUID),
            limit=limit + 1,
        )
        more = listing.cursor_of(found[limit - 1].starts_at, found[limit - 1].id) if len(found) > limit else None
        return FunctionsFound(items=tuple(found[:limit]), next=more)


def _refuse_group(tx: Tx, code: str, property_id: UUID) -> None:
    """Refuses with NoSuchGroup, NotAFunction, StateForbids."""
    where, state = functions.group_at(tx, code)
    if where != property_id:
        raise NotAFunction(errors=[Problem("/group", "The group is at another property.")])
    still_there(state)
