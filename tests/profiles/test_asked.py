"""Guests whom a house asks to be verified as they book: once each, and at an address of their own."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from services.contracts.bookings import BookingChanged, BookingConfirmed, BookingFacts, BookingHeld
from services.contracts.profiles import (
    CreateProfile,
    Email,
    Phone,
    Profile,
    ReadVerification,
    UnverifyGuest,
    VerificationAsked,
    VerifiedGuest,
    VerifyGuest,
)
from services.kit.context import Context
from services.kit.db import Tx
from services.kit.sealing import NoSealingKey
from services.profiles.domain.contacts import email
from services.profiles.domain.verification import own_email
from services.profiles.store import moves, verification
from tests.billing.makers import LISBON, eur, stay
from tests.profiles.conftest import Register
from tests.profiles.people import ANAS_PHONE, ANAS_RELAY, TODAY

pytestmark = pytest.mark.usefixtures("sealing_keys")


def booked(guest: UUID, **more: Any) -> BookingFacts:
    """By a house that asks, for next month."""
    arrival = datetime.now(UTC).date() + timedelta(days=30)
    ahead = {"arrival": arrival, "departure": arrival + timedelta(days=3), "asks_verification": True}
    return replace(stay(guest, eur(30_000)), **{**ahead, **more})


def confirms(register: Register, facts: BookingFacts) -> None:
    said = BookingConfirmed(booking_id=facts.booking_id, version=facts.version, booking=facts)
    register.service.note_confirmation(said)


def asked(register: Register) -> list[str]:
    """Who is to be asked, in order."""
    return [event["profile_id"] for event in register.announced("verification.asked.v1")]


def asks(register: Register, who: UUID) -> None:
    event = VerificationAsked(profile_id=who, booking_id=uuid4(), property_id=LISBON)
    register.service.ask_at_booking(event)


def sent(register: Register) -> list[str | None]:
    """The houses in whose names codes are on their way."""
    return [event["property_id"] for event in register.announced("code.wanted.v1")]


def verified(register: Register) -> UUID:
    """Another card, whose guest has said a code."""
    made = register.service.create_profile(CreateProfile(family_name="Silva"))
    guest = VerifiedGuest(at=datetime.now(UTC), by="key:1", how="code")
    register.db.writing(Context(), lambda tx: verification.begin(tx, made.id, guest))
    return made.id


def retires(register: Register, card: UUID, into: UUID) -> None:
    def run(tx: Tx) -> None:
        moves.retire(tx, card, into)
        verification.hand_over(tx, card, into)

    register.db.writing(Context(), run)


def test_a_booking_asks_once_whatever_is_heard_of_it(register: Register, ana: Profile) -> None:
    facts = booked(ana.id)
    for kind, note in (
        (BookingHeld, register.service.note_hold),
        (BookingConfirmed, register.service.note_confirmation),
        (BookingChanged, register.service.note_change),
    ):
        note(kind(booking_id=facts.booking_id, version=facts.version, booking=facts))
    assert asked(register) == [str(ana.id)]


def test_a_booking_that_is_heard_of_at_once_in_two_places_asks_once(register: Register, ana: Profile) -> None:
    facts = booked(ana.id)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: confirms(register, facts), range(4)))
    assert asked(register) == [str(ana.id)]


@pytest.mark.parametrize(
    "of",
    [
        {"asks_verification": False},
        {"state": "in_house"},
        {"state": "cancelled"},
        {"arrival": date(2016, 7, 1), "departure": date(2016, 7, 3)},
    ],
)
def test_some_bookings_ask_nobody(register: Register, ana: Profile, of: dict[str, Any]) -> None:
    confirms(register, booked(ana.id, **of))
    assert asked(register) == []


def test_a_guest_whom_nobody_knows_is_not_asked(register: Register) -> None:
    confirms(register, booked(uuid4()))
    assert asked(register) == []


def test_a_code_goes_out_in_the_houses_name(register: Register, ana: Profile) -> None:
    asks(register, ana.id)
    assert sent(register) == [str(LISBON)]
    (code,) = register.service.read_verification(ReadVerification(profile_id=ana.id)).waiting
    assert (code.channel, code.to) == ("email", "a•••@sapo.pt")


def test_a_verified_guest_is_left_in_peace(register: Register, ana: Profile) -> None:
    register.service.verify_guest(VerifyGuest(profile_id=ana.id, how="document"))
    asks(register, ana.id)
    assert sent(register) == []


@pytest.mark.parametrize(
    "made",
    [
        CreateProfile(family_name="Silva", phones=(Phone(number=ANAS_PHONE),)),
        CreateProfile(family_name="Silva", emails=(Email(address=ANAS_RELAY),)),
        CreateProfile(family_name="Silva", emails=(Email(address="noreply@example.org"),)),
        CreateProfile(kind="company", name="ACME", emails=(Email(address="office@acme.pt"),)),
    ],
)
def test_without_an_address_of_their_own_nobody_gets_a_code(register: Register, made: CreateProfile) -> None:
    asks(register, register.service.create_profile(made).id)
    assert sent(register) == []


def test_a_retired_card_is_asked_as_whom_it_is_now(register: Register, ana: Profile) -> None:
    old = register.service.create_profile(CreateProfile(family_name="Silva")).id
    with register.db.engine.begin() as connection:
        said = {"id": old, "into": ana.id}
        connection.execute(sa.text("UPDATE profiles SET merged_into = :into WHERE id = :id"), said)
    asks(register, old)
    assert [event["profile_id"] for event in register.announced("code.wanted.v1")] == [str(ana.id)]


def test_a_card_that_is_retired_brings_its_proof_with_it(register: Register, ana: Profile) -> None:
    retires(register, verified(register), ana.id)
    assert [each.how for each in (register.reads(ana.id).verified,) if each] == ["code"]


def test_of_whom_staff_took_it_back_no_card_that_is_retired_brings_it_again(register: Register, ana: Profile) -> None:
    register.service.verify_guest(VerifyGuest(profile_id=ana.id, how="document"))
    register.service.unverify_guest(UnverifyGuest(profile_id=ana.id, reason="Another face on the passport."))
    retires(register, verified(register), ana.id)
    assert register.reads(ana.id).verified is None


def test_a_fourth_code_within_the_hour_is_not_sent_and_nothing_is_parked(register: Register, ana: Profile) -> None:
    for _ in range(5):
        asks(register, ana.id)
    assert len(sent(register)) == 3


def test_without_sealing_keys_the_question_waits(
    register: Register, ana: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FOYER_SEALING_KEYS")
    with pytest.raises(NoSealingKey):
        asks(register, ana.id)
    assert sent(register) == []


def test_the_primary_address_comes_first_then_one_that_was_verified() -> None:
    plain, proven, first = email("a@example.org"), email("b@example.org"), email("c@example.org")
    proven, first = replace(proven, verified=True), replace(first, primary=True)
    relay = replace(email("d@example.org"), relay=True, primary=True)
    assert own_email([plain, proven, first, relay], TODAY) == first
    assert own_email([plain, proven, relay], TODAY) == proven
    assert own_email([relay], TODAY) is None
