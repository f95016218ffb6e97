"""What others hear of groups and functions, and what their contacts are told of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from uuid import UUID

from services.bookings.domain.groups import Group
from services.contracts.bookings import (
    Function,
    FunctionChanged,
    FunctionUse,
    GroupChanged,
    Occasion,
    OccasionRoom,
    Property,
)
from services.contracts.values import Money

_OF_GROUP = ("name", "arrival", "departure", "cut_off", "may_exceed", "rate", "contact", "nights", "state")
_OF_FUNCTION = ("name", "kind", "starts_at", "ends_at", "guests", "contact", "group", "notes", "state")


def group_changed(group: Group, property_id: UUID, before: Group | None = None) -> GroupChanged:
    return GroupChanged(
        group_id=group.id,
        version=group.version,
        property_id=property_id,
        state=group.state,
        changed=tuple(name for name in _OF_GROUP if before and getattr(group, name) != getattr(before, name)),
    )


def function_changed(function: Function, before: Function | None = None) -> FunctionChanged:
    """How a room is set up, and what is noted of it, is of the `notes`."""
    return FunctionChanged(
        function_id=function.id,
        version=function.version,
        property_id=function.property_id,
        state=function.state,
        changed=tuple(dict.fromkeys(_changed(function, before))) if before else (),
    )


def _changed(function: Function, before: Function) -> Iterator[str]:
    yield from (name for name in _OF_FUNCTION if getattr(function, name) != getattr(before, name))
    if _times(function) != _times(before):
        yield "rooms"
    elif function.rooms != before.rooms:
        yield "notes"


def _times(function: Function) -> tuple[FunctionUse, ...]:
    return tuple(replace(use, setup=None, notes=None) for use in function.rooms)


def of_group(group: Group, house: Property) -> Occasion:
    """The total is of all nights that are blocked, where each has a price."""
    rooms: Counter[date] = Counter()
    for (_, night), agreed in group.nights.items():
        rooms[night] += agreed.rooms
    prices = [each.price_minor * each.rooms for each in group.nights.values() if each.price_minor is not None]
    priced = bool(prices) and len(prices) == len(group.nights)
    return Occasion(
        version=group.version,
        state="cancelled" if group.state in ("cancelling", "cancelled") else "booked",
        property_id=house.id,
        name=group.name,
        group=group.code,
        contact=group.contact,
        arrival=group.arrival,
        departure=group.departure,
        cut_off=group.cut_off,
        rooms=max(rooms.values(), default=0),
        total=Money(amount_minor=sum(prices), currency=house.currency) if priced else None,
    )


def of_function(function: Function, names: Mapping[str, str], group: Group | None) -> Occasion:
    """`names` of the function rooms, by code."""
    return Occasion(
        version=function.version,
        state=function.state,
        property_id=function.property_id,
        name=function.name,
        group=function.group,
        contact=function.contact or (group.contact if group else None),
        starts_at=function.starts_at,
        ends_at=function.ends_at,
        guests=function.guests,
        function_rooms=tuple(
            OccasionRoom(
                name=names.get(use.room, use.room),
                starts_at=use.starts_at or function.starts_at,
                ends_at=use.ends_at or function.ends_at,
            )
            for use in function.rooms
        ),
    )
