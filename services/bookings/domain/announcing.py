"""What the other services hear of a booking.

Until its people have profiles they hear only that it was received. From then on they hear its present state whenever
that, or any fact of it, differs from what they heard last: so nothing depends on the order in which things happened.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from hashlib import blake2b

from services.bookings.domain.booking import Booking
from services.contracts.bookings import (
    BookingCancelled,
    BookingChanged,
    BookingCheckedIn,
    BookingCheckedOut,
    BookingConfirmed,
    BookingFacts,
    BookingHeld,
    BookingMarkedNoShow,
    BookingPeopleChanged,
    BookingReceived,
    Person,
    Role,
    RoomStay,
    State,
)
from services.kit.wire import Event

_OF_STATE: Mapping[State, type[Event]] = {
    "tentative": BookingHeld,
    "confirmed": BookingConfirmed,
    "in_house": BookingCheckedIn,
    "departed": BookingCheckedOut,
    "cancelled": BookingCancelled,
    "no_show": BookingMarkedNoShow,
}


def announce(booking: Booking) -> tuple[Booking, Event | None]:
    """The booking remembering what it told, and what that was; None where there is nothing new to tell."""
    if not booking.identified:
        return booking, _people_wanted(booking)
    facts = facts_of(booking)
    digest = _digest(facts, booking)
    if (booking.told_state, booking.told_facts) == (booking.state, digest):
        return booking, None
    new_state = booking.told_state != booking.state or booking.state == "tentative"
    kind = _OF_STATE[booking.state] if new_state else BookingChanged
    told = replace(booking, told_state=booking.state, told_facts=digest, told_profiles=booking.profile_ids)
    return told, kind(booking_id=booking.id, version=booking.version, booking=facts)  # type: ignore[call-arg]


def facts_of(booking: Booking) -> BookingFacts:
    """The whole present state without names. Everybody on the booking must have a profile."""
    primary = primary_of(booking)
    payer = _in_role(booking, "payer") or primary
    assert primary.profile_id
    assert payer.profile_id
    return BookingFacts(
        booking_id=booking.id,
        version=booking.version,
        state=booking.state,
        property_id=booking.property_id,
        profile_id=primary.profile_id,
        payer_profile_id=payer.profile_id,
        profile_ids=booking.profile_ids,
        arrival=booking.arrival,
        departure=booking.departure,
        nights=(booking.departure - booking.arrival).days,
        rooms=len(booking.rooms),
        total=booking.price,
        channel=booking.channel,
        flags=booking.flags,
        adults=sum(room.adults for room in booking.rooms),
        children=sum(room.children for room in booking.rooms),
        time_zone=booking.time_zone,
        booked_at=booking.booked_at,
        changed_at=booking.changed_at,
        method=booking.method,
        rates=tuple(sorted({room.rate for room in booking.rooms if room.rate})),
        child_ages=tuple(sorted(age for room in booking.rooms for age in room.child_ages)),
        left_profile_ids=tuple(who for who in booking.told_profiles if who not in booking.profile_ids),
        contact_profile_id=contact_of(booking).profile_id,
        contact_named=has_contact(booking),
        booker_profile_id=booker_of(booking).profile_id,
        reason=booking.ending.reason if booking.ending else None,
        ended_from=booking.ending.before if booking.ending else None,
        room_stays=_room_stays(booking),
        asks_verification=booking.asks_verification,
    )


def _room_stays(booking: Booking) -> tuple[RoomStay, ...]:
    """Of all rooms, where one has dates of its own."""
    whole = booking.arrival, booking.departure
    spans = [(parts[0].arrival, parts[-1].departure) for parts in (room.stays(*whole) for room in booking.rooms)]
    if all(span == whole for span in spans):
        return ()
    return tuple(
        RoomStay(
            position=room.position,
            arrival=arrival,
            departure=departure,
            adults=room.adults,
            children=room.children,
            child_ages=room.child_ages,
            price=None if room.price_minor is None else replace(booking.price, amount_minor=room.price_minor),
        )
        for room, (arrival, departure) in zip(booking.rooms, spans, strict=True)
    )


def contact_of(booking: Booking) -> Person:
    """Who gets the messages about it: the primary guest, where nobody else is named."""
    return _in_role(booking, "contact") or primary_of(booking)


def has_contact(booking: Booking) -> bool:
    return _in_role(booking, "contact") is not None


def booker_of(booking: Booking) -> Person:
    return _in_role(booking, "booker") or primary_of(booking)


def _people_wanted(booking: Booking) -> Event | None:
    """Asked once for each version of the people."""
    if booking.people_version != booking.version:
        return None
    kind = BookingReceived if booking.told_state is None else BookingPeopleChanged
    return kind(booking_id=booking.id, version=booking.version, property_id=booking.property_id)


def _digest(facts: BookingFacts, booking: Booking) -> str:
    """Of what is told, and of what is only shown: whoever shows the booking wants to know of that too."""
    told = replace(facts, version=0, changed_at=None, left_profile_ids=())
    needs = booking.needs, booking.needs_note
    life = booking.held_until_at, booking.confirmation, booking.checked_in_at, booking.ending
    shown = (told, booking.people, booking.requests, booking.rooms, needs, booking.commission, life)
    return blake2b(repr(shown).encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


def primary_of(booking: Booking) -> Person:
    return _in_role(booking, "primary") or _in_role(booking, "booker") or booking.people[0]


def _in_role(booking: Booking, role: Role) -> Person | None:
    return next((p for p in booking.people if role in p.roles), None)
