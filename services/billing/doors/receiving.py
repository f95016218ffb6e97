"""How a charge of a till or another system is posted: the same for the bus and for HTTP.

What it names is asked before the first statement: bookings knows references and properties, profiles the guests.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.billing import store
from services.billing.domain import Said
from services.billing.domain.charging import LONGEST, LONGEST_NAME, check_key
from services.billing.doors import charging
from services.contracts.billing import (
    AnotherProperty,
    ChargeNotice,
    ChargeReport,
    FolioNotYet,
    NoSuchCharge,
    NoSuchFolio,
    NotACharge,
    NotOneBooking,
    WrongCurrency,
)
from services.contracts.bookings import (
    Booking,
    FindBookings,
    NoSuchBooking,
    NoSuchProperty,
    Property,
    ReadBooking,
    ReadProperties,
    ReadRoomOccupant,
    RoomVacant,
    UnknownRoom,
)
from services.contracts.profiles import ReadProfile
from services.contracts.values import Money, to_money
from services.kit.db import Tx
from services.kit.refusal import Invalid, Problem, Refusal
from services.kit.scope import permit

Asking = Callable[[Any], Any]
_NAMES = ("booking_ref", "booking_id", "profile_id", "room")


@dataclass(frozen=True)
class Asked:
    """Whom this service asks."""

    bookings: Asking
    profiles: Asking


def receive(tx: Tx, notice: ChargeNotice, ask: Asked) -> ChargeReport:
    """Post the charge or take it back, once; refuses what is not well formed, and what cannot be applied."""
    check_key(notice.source, notice.external_id)
    if notice.status == "void":
        return _take_back(tx, notice)
    said, nobody = _said(notice, ask, tx.now)
    try:
        charge = charging.post(tx, said, nobody=nobody)
    except NoSuchFolio:
        raise FolioNotYet from None
    return ChargeReport(source=notice.source, external_id=notice.external_id, state=charge.state, charge=charge)


def property_named(ask: Asking, named: str, amount: Money) -> Property:
    """The property, by its id or its code; refuses with NoSuchProperty, and with WrongCurrency another one's."""
    house: Property | None = next(iter(ask(ReadProperties(property=named)).items), None)
    if house is None:
        raise NoSuchProperty
    if house.currency != amount.currency:
        raise WrongCurrency(facts={"currency": house.currency})
    return house


def guest_in(ask: Asking, property_id: UUID, room: str, at: datetime) -> tuple[UUID | None, Refusal | None]:
    """The booking whose guests were in the room at this moment, or why there is none."""
    try:
        return ask(ReadRoomOccupant(property=str(property_id), room=room, at=at)).booking_id, None
    except (UnknownRoom, RoomVacant) as nobody:
        return None, nobody


def _take_back(tx: Tx, notice: ChargeNotice) -> ChargeReport:
    """A void that overtook its charge waits for it; a repeated one changes nothing.

    Whose it will be is not known of one that waits, so nobody who is limited to properties leaves one: NoSuchCharge.
    """
    store.take_turn(tx, notice.source, notice.external_id)
    known = store.charge_said(tx, notice.source, notice.external_id)
    if known is None:
        if tx.context.properties is not None:
            raise NoSuchCharge
        store.keep_early_void(tx, notice.source, notice.external_id)
        return ChargeReport(source=notice.source, external_id=notice.external_id, state="awaited")
    permit(tx, known.property_id, NoSuchCharge)
    charge = known.charge
    if charge.state == "posted":
        charge = charging.void(tx, charge.id, "")
    return ChargeReport(source=notice.source, external_id=notice.external_id, state="voided", charge=charge)


def _said(notice: ChargeNotice, ask: Asked, now: datetime) -> tuple[Said, Refusal | None]:
    """The notice in our own terms, and why there is nobody in the room that it names; refuses with NotACharge and
    Invalid what is not well formed.
    """
    description = " ".join(unicodedata.normalize("NFC", notice.description or "").split())
    amount = _well_formed(notice, description)
    house = property_named(ask.bookings, notice.property, amount) if notice.property else None
    booking_id = _booking(notice, house, ask.bookings)
    nobody: Refusal | None = None
    if notice.room is not None and house:
        booking_id, nobody = guest_in(ask.bookings, house.id, notice.room, notice.at or now)
    profile_id: UUID | None = None
    if notice.profile_id is not None:
        profile_id = ask.profiles(ReadProfile(profile_id=notice.profile_id)).id
    said = Said(
        kind=notice.kind or "",
        amount=amount,
        description=description,
        booking_id=booking_id,
        profile_id=profile_id,
        property_id=house.id if house else None,
        room=notice.room,
        business_date=notice.at.date() if notice.at else None,
        source=notice.source,
        external_id=notice.external_id,
    )
    return said, nobody


def _well_formed(notice: ChargeNotice, description: str) -> Money:
    faults = []
    if sum(getattr(notice, name) is not None for name in _NAMES) != 1:
        faults.append(Problem("/booking_id", f"Name exactly one of {', '.join(_NAMES)}."))
    if notice.room is not None and not notice.property:
        faults.append(Problem("/property", "A room is one of a property: name that too."))
    if not notice.kind:
        faults.append(Problem("/kind", "Must not be empty."))
    for name in ("property", "booking_ref", "room", "kind"):
        said = getattr(notice, name)
        if said is not None and (len(said) > LONGEST_NAME or not said.isprintable()):
            faults.append(Problem(f"/{name}", f"Longer than {LONGEST_NAME} characters, or not printable."))
    if len(description) > LONGEST or not description.isprintable():
        faults.append(Problem("/description", f"Longer than {LONGEST} characters, or not printable."))
    if notice.amount is None:
        faults.append(Problem("/amount", "Must not be empty."))
    else:
        try:
            amount = to_money(notice.amount, "/amount")
        except Invalid as fault:
            faults += fault.errors
    if faults:
        raise NotACharge(errors=faults)
    return amount


def _booking(notice: ChargeNotice, house: Property | None, ask: Asking) -> UUID | None:
    """The booking that is meant; of several with the reference, the one of the notice's own source."""
    if notice.booking_id is not None:
        found: list[Booking] = [ask(ReadBooking(booking_id=notice.booking_id))]
    elif notice.booking_ref is not None:
        found = list(ask(FindBookings(external_ref=notice.booking_ref)).items)
    else:
        return None
    if not found:
        raise NoSuchBooking
    there = [booking for booking in found if house is None or booking.property_id == house.id]
    if not there:
        raise AnotherProperty
    own = [booking for booking in there if booking.source == notice.source] or there
    if len(own) > 1:
        raise NotOneBooking
    return own[0].id
