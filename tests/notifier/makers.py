"""Notifier with its doors open, beside a profiles, bookings and consent service of a few lines each."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

from nameko.testing.services import worker_factory

from services.contracts.bookings import (
    BookingConfirmed,
    BookingFacts,
    NoSuchBooking,
    Occasion,
    Properties,
    Property,
    ReadBooking,
    ReadOccasion,
    ReadProperties,
    ReadToldTerms,
    TermsTold,
    TermsToldOf,
    ToldTerm,
    ToldTerms,
)
from services.contracts.consent import MayContact, Permission
from services.contracts.notifier import FindMessages, Message, SendMessage
from services.contracts.profiles import (
    CodeKept,
    CodeWanted,
    ContactPerson,
    Email,
    KeepCode,
    NoSuchProfile,
    NoSuchVerification,
    Phone,
    Profile,
    ReadContactPerson,
    ReadProfile,
)
from services.kit.db import Database
from services.notifier.senders import Outgoing, Senders
from services.notifier.service import NotifierService
from tests.billing.makers import LISBON, eur, stay

NEXT_MONTH = datetime.now(UTC).date() + timedelta(days=30)
RELAY = Email(address="x1y2@guest.booking.com", relay=True, primary=True)
REAL = Email(address="ana@example.org")
MOBILE = Phone(number="+351912345678")


def ana_silva(**more: Any) -> Profile:
    """Ana writes Portuguese and has a real address and a mobile."""
    known: dict[str, Any] = {
        "id": uuid4(),
        "version": 1,
        "kind": "person",
        "given_name": "Ana",
        "family_name": "Silva",
        "language": "pt-PT",
        "emails": (RELAY, REAL),
        "phones": (MOBILE,),
        "created_at": datetime.now(UTC),
        "changed_at": datetime.now(UTC),
    }
    return Profile(**{**known, **more})


class Provider:
    """Takes messages, or does what `raises` says instead."""

    def __init__(self, raises: Exception | None = None) -> None:
        self.raises = raises
        self.taken: list[Outgoing] = []

    def __call__(self, message: Outgoing) -> None:
        if self.raises:
            raise self.raises
        self.taken.append(message)


class Notifier:
    def __init__(self, db: Database, **providers: Provider) -> None:
        self.db = db
        self.people: dict[UUID, Profile] = {}
        self.told: list[ToldTerms] = []
        self.contacts: dict[UUID, Profile] = {}  # of companies
        self.wanted: dict[UUID, CodeKept] = {}
        self.codes: list[str] = []  # that profiles keeps
        self.stays: set[UUID] = set()  # that bookings knows
        self.occasions: dict[UUID, Occasion] = {}
        self.permission = Permission(allowed=True, why="consent")
        self.asked: list[Any] = []
        self.service: NotifierService = worker_factory(
            NotifierService,
            db=db,
            profiles=self._profiles,
            bookings=self._bookings,
            consent=self._consent,
            senders=Senders({**providers}),  # type: ignore[dict-item]
        )

    def knows(self, profile: Profile) -> Profile:
        self.people[profile.id] = profile
        return profile

    def confirmed(self, guest: Profile, **more: Any) -> BookingFacts:
        facts = stay(guest.id, more.pop("total", eur(30000)), **{"arrival": NEXT_MONTH, **more})
        self.hears(facts)
        return facts

    def hears(self, facts: BookingFacts) -> None:
        event = BookingConfirmed(booking_id=facts.booking_id, version=facts.version, booking=facts)
        self.service.write_confirmation(event)

    def tells_terms(self, told: ToldTerms) -> None:
        """bookings says that terms were told, and has the copy."""
        self.told.append(told)
        self.service.write_terms(TermsTold(booking_id=told.booking_id, number=told.number, property_id=LISBON))

    def wants_code(self, profile: Profile, **more: Any) -> CodeWanted:
        """profiles says that somebody is to get a code."""
        property_id = more.pop("property_id", LISBON)
        said: dict[str, Any] = {
            "profile_id": profile.id,
            "channel": "email",
            "to": REAL.address,
            "language": profile.language,
            "expires_at": datetime.now(UTC) + timedelta(minutes=15),
        }
        kept = CodeKept(**{**said, **more})
        event = CodeWanted(
            profile_id=profile.id, verification_id=uuid4(), channel=kept.channel, property_id=property_id
        )
        self.wanted[event.verification_id] = kept
        self.service.send_code(event)
        return event

    def messages(self, **more: Any) -> tuple[Message, ...]:
        return self.service.find_messages(FindMessages(**more)).items

    def sends(self, guest: Profile, **more: Any) -> Message:
        words = {"channel": "email", "subject": "Your umbrella", "text": "You left it in the lobby."}
        return self.service.send_message(SendMessage(profile_id=guest.id, **{**words, **more}))

    def _profiles(self, request: ReadProfile | ReadContactPerson | KeepCode) -> Profile | ContactPerson | CodeKept:
        self.asked.append(request)
        if isinstance(request, ReadContactPerson):
            return ContactPerson(profile=self.contacts.get(request.profile_id))
        if isinstance(request, KeepCode):
            if request.verification_id not in self.wanted:
                raise NoSuchVerification
            self.codes.append(request.code)
            return self.wanted[request.verification_id]
        if request.profile_id not in self.people:
            raise NoSuchProfile
        return self.people[request.profile_id]

    def _bookings(self, request: ReadBooking | ReadProperties | ReadToldTerms | ReadOccasion) -> Any:
        self.asked.append(request)
        if isinstance(request, ReadOccasion):
            return self.occasions[request.group_id or request.function_id]  # type: ignore[index]
        if isinstance(request, ReadBooking):
            if request.booking_id not in self.stays:
                raise NoSuchBooking
            return SimpleNamespace(property_id=LISBON)  # only which property it is in is looked at
        if isinstance(request, ReadToldTerms):
            return TermsToldOf(items=tuple(told for told in self.told if told.number == request.number))
        lisbon = Property(
            id=LISBON, code="LIS-CITY", name="Lisboa City", currency="EUR", time_zone="Europe/Lisbon", country="PT"
        )
        return Properties(items=(lisbon,))

    def _consent(self, request: MayContact) -> Permission:
        self.asked.append(request)
        return self.permission


def told_terms(contact: Profile, guest: Profile | None = None, **more: Any) -> ToldTerms:
    """What Ines told at the desk, in German."""
    said: dict[str, Any] = {
        "id": uuid4(),
        "booking_id": uuid4(),
        "number": 1,
        "how": "desk",
        "language": "de-AT",
        "terms": (ToldTerm(kind="cancellation", language="de", version=2, title="Stornierung"),),
        "copy": "Lisboa City\n\nStornierung\n\nBis <18 Uhr> am Vortag.\n",
        "sha256": "5e" * 32,
        "actor": "staff:ines",
        "told_at": datetime.now(UTC),
        "contact_profile_id": contact.id,
        "guest_profile_id": (guest or contact).id,
    }
    return ToldTerms(**{**said, **more})


def long_ago() -> date:
    return date(2016, 7, 1)
