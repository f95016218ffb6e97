"""Memorable people and their affairs, as the services tell of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from services.contracts.billing import Account, BookingDue, CurrencyBalance, ReadAccount
from services.contracts.bookings import BookedRoom, Booking, BookingsFound, FindBookings, Person
from services.contracts.consent import Consents, ConsentState, ReadConsents
from services.contracts.loyalty import LoyaltyAccount, ReadLoyalty
from services.contracts.notifier import FindMessages, Message, MessagesFound
from services.contracts.profiles import Email, FindTasks, Phone, Profile, ReadProfile, Task, TasksFound
from services.contracts.values import Money

ANA = UUID("00000000-0000-4000-8000-0000000000a1")
BEN = UUID("00000000-0000-4000-8000-0000000000b1")
STAY = UUID("00000000-0000-4000-8000-00000000057a")
LISBON = UUID("00000000-0000-4000-8000-000000000115")
NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def eur(amount: str) -> Money:
    return Money(amount_minor=int(amount.replace(".", "")), currency="EUR")


def ana_silva(**changed: Any) -> Profile:
    said: dict[str, Any] = {
        "id": ANA,
        "version": 3,
        "kind": "person",
        "given_name": "Ana",
        "family_name": "Silva",
        "emails": (Email(address="ana@example.org", verified=True),),
        "phones": (Phone(number="+351912345678"),),
        "created_at": NOON,
        "changed_at": NOON,
    }
    return Profile(**{**said, **changed})


def ben_ode(**changed: Any) -> Profile:
    return ana_silva(**{"id": BEN, "given_name": "Ben", "family_name": "Ode", **changed})


def anas_stay(**changed: Any) -> Booking:
    said: dict[str, Any] = {
        "id": STAY,
        "version": 2,
        "state": "confirmed",
        "property_id": LISBON,
        "property": "LIS-CITY",
        "source": "direct",
        "arrival": date(2026, 12, 1),
        "departure": date(2026, 12, 4),
        "rooms": (BookedRoom(room_type="A", adults=2, price=eur("300.00")),),
        "price": eur("300.00"),
        "people": (
            Person(
                position=0,
                roles=("booker", "primary"),
                profile_id=ANA,
                given_name="Ana",
                family_name="Silva",
            ),
        ),
        "booked_at": NOON,
        "changed_at": NOON,
    }
    return Booking(**{**said, **changed})


def anas_account() -> Account:
    return Account(
        profile_id=ANA,
        balances=(CurrencyBalance(currency="EUR", balance=eur("200.00"), owed=eur("300.00"), credit=eur("0.00")),),
        bookings=(BookingDue(booking_id=STAY, total=eur("300.00"), allocated=eur("100.00"), due=eur("200.00")),),
        lines=(),
    )


def anas_consents() -> Consents:
    state = ConsentState(purpose="stay", channel="any", granted=True, ground="contract")
    return Consents(profile_id=ANA, at=NOON, states=(state,), proof=())


def anas_points() -> LoyaltyAccount:
    return LoyaltyAccount(profile_id=ANA, open=True, points=3000, tier="bronze", nights=3, opened_at=NOON)


def anas_messages() -> MessagesFound:
    confirmation = Message(
        id=UUID("00000000-0000-4000-8000-00000000003e"),
        profile_id=ANA,
        booking_id=STAY,
        channel="email",
        purpose="stay",
        template="booking_confirmation",
        language="pt",
        to="ana@example.org",
        subject="A sua reserva",
        text="Olá Ana",
        html="<p>Olá Ana</p>",
        state="outbox",
        created_at=NOON,
    )
    return MessagesFound(items=(confirmation,))


def anas_tasks() -> TasksFound:
    call = Task(
        id=UUID("00000000-0000-4000-8000-000000000a5c"),
        version=1,
        profile_id=ANA,
        title="Call her about the cot",
        author="staff:ines",
        created_at=NOON,
        changed_at=NOON,
    )
    return TasksFound(items=(call,))


def know_ana(services: Any) -> None:
    """All owners answer for Ana, by whatever id she is asked for."""
    services.will_answer(ReadProfile, lambda asked: replace(ana_silva(), id=asked.profile_id))
    services.will_answer(FindBookings, BookingsFound(items=(anas_stay(),)))
    services.will_answer(ReadAccount, anas_account())
    services.will_answer(ReadConsents, anas_consents())
    services.will_answer(ReadLoyalty, anas_points())
    services.will_answer(FindMessages, anas_messages())
    services.will_answer(FindTasks, anas_tasks())
