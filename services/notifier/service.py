"""The doors of notifier."""

from __future__ import annotations

import logging
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from typing import Any
from uuid import UUID

from nameko.extensions import DependencyProvider

from services.contracts.bookings import (
    BookingConfirmed,
    BookingMoved,
    Contact,
    FunctionChanged,
    GroupChanged,
    NoSuchBooking,
    NoSuchProperty,
    Property,
    ReadBooking,
    ReadOccasion,
    ReadProperties,
    ReadToldTerms,
    TermsTold,
)
from services.contracts.consent import MayContact
from services.contracts.notifier import (
    ContactForbidden,
    FindMessages,
    Message,
    MessageChanged,
    MessagesFound,
    NoAddress,
    SendMessage,
)
from services.contracts.profiles import (
    CodeWanted,
    KeepCode,
    NoSuchProfile,
    NoSuchVerification,
    Profile,
    ProfileRetired,
    ReadContactPerson,
    ReadProfile,
)
from services.kit.ask import Ask
from services.kit.cursors import before
from services.kit.db import Tx
from services.kit.doors import Service, command, every, query, subscribe
from services.kit.refusal import Invalid, Problem, Unavailable
from services.notifier import codes, domain, drafts, occasions, store
from services.notifier.domain import Draft, Outcome
from services.notifier.senders import Delayed, Outgoing, Rejected, Senders, from_settings

_log = logging.getLogger(__name__)

_BATCH = 16  # sent at once, by as many threads; with the timeout of the senders far within a lease
_TICK = 10.0  # seconds after which a round of sending ends, though messages wait
_REMEMBER = 60.0  # seconds


class _Senders(DependencyProvider):  # type: ignore[misc]
    """The senders of this process, made once."""

    senders: Senders

    def setup(self) -> None:
        self.senders = from_settings()

    def get_dependency(self, worker_ctx: Any) -> Senders:
        return self.senders


class Houses:
    """The names of properties, remembered for a minute: they hardly change and every confirmation says one."""

    def __init__(self) -> None:
        self._known: dict[UUID, tuple[float, Property]] = {}

    def find(self, property_id: UUID, ask: Any) -> Property:
        until, known = self._known.get(property_id, (0.0, None))
        if known is None or until < time.monotonic():
            found = ask(ReadProperties(property=str(property_id))).items
            if not found:
                raise NoSuchProperty
            known = found[0]
            self._known[property_id] = (time.monotonic() + _REMEMBER, known)
        return known


class NotifierService(Service):
    name = "notifier"
    profiles = Ask("profiles")
    bookings = Ask("bookings")
    consent = Ask("consent")
    senders = _Senders()
    houses = Houses()

    @subscribe(BookingConfirmed)
    def write_confirmation(self, tx: Tx, event: BookingConfirmed) -> None:
        """Tell the guest, once. A stay that is over already (imported history) is told to nobody, and that is noted."""
        facts = event.booking
        if domain.is_over(facts, tx.now.date()):
            _add(tx, domain.not_sent(facts, "stay-is-over"), facts.property_id)
            return
        named = domain.named_contact(facts, facts.profile_id)
        profile, guest = self._readers(named, facts.booker_profile_id, facts.profile_id)
        house = self.houses.find(facts.property_id, self.bookings)
        for draft in drafts.confirmations(facts, profile, guest, house, self.senders):
            _add(tx, draft, facts.property_id)

    @subscribe(TermsTold)
    def write_terms(self, tx: Tx, event: TermsTold) -> None:
        """The electronic copy of what was told, by e-mail."""
        found = self.bookings(ReadToldTerms(booking_id=event.booking_id, number=event.number)).items
        for told in found:
            if told.contact_profile_id is None or told.guest_profile_id is None:
                raise Unavailable("It is not known yet who is on the booking.")
            named = domain.named_contact(told, told.guest_profile_id)
            profile, guest = self._readers(named, told.booker_profile_id, told.guest_profile_id)
            house = self.houses.find(event.property_id, self.bookings)
            _add(tx, drafts.terms(told, profile, guest, house, self.senders), event.property_id)

    @subscribe(GroupChanged)
    def write_about_group(self, tx: Tx, event: GroupChanged) -> None:
        self._write_about(tx, event, event.group_id, ReadOccasion(group_id=event.group_id))

    @subscribe(FunctionChanged)
    def write_about_function(self, tx: Tx, event: FunctionChanged) -> None:
        self._write_about(tx, event, event.function_id, ReadOccasion(function_id=event.function_id))

    def _write_about(self, tx: Tx, event: GroupChanged | FunctionChanged, about: UUID, asked: ReadOccasion) -> None:
        """Tell its contact of the present state, once. Of what was cancelled meanwhile only that is told."""
        what = occasions.what_to_tell(event)
        if what is None:
            return
        found = self.bookings(asked)
        if (found.state == "cancelled") != (what == "cancellation"):
            return
        to = self._contact(found.contact) if found.contact else None
        house = self.houses.find(found.property_id, self.bookings)
        draft = occasions.letter(what, found, to, house, drafts.state("email", self.senders), tx.now, about)
        _add(tx, draft, found.property_id)

    def _contact(self, contact: Contact) -> occasions.Reader:
        """In a company's place its contact person, where it has named one and no address was said."""
        profile = None
        if contact.profile_id is not None:
            with suppress(NoSuchProfile):
                profile = self._profile(contact.profile_id)
        if profile is not None:
            contact = replace(contact, profile_id=profile.id)  # it may have been retired into another one
            if profile.kind != "person" and not contact.email:
                profile = self.profiles(ReadContactPerson(profile_id=profile.id)).profile or profile
        return occasions.reader(contact, profile)

    @subscribe(BookingMoved, together=True)
    def follow_moved_booking(self, tx: Tx, event: BookingMoved) -> None:
        """Whatever was written about the booking was written to whom its guest turned out to be."""
        was = event.from_profile_id
        for changed in store.follow(tx, event.booking_id, was, event.to_profile_id, event.version):
            _announce(tx, changed, left=was)

    @subscribe(ProfileRetired, together=True)
    def follow_retired_profile(self, tx: Tx, event: ProfileRetired) -> None:
        """What was written of no booking, too; before one that waits is sent, the survivor's consent is asked."""
        for changed in store.hand_over(tx, event.profile_id, event.into):
            _announce(tx, changed, left=event.profile_id)

    @subscribe(CodeWanted, looks_first=True)
    def send_code(self, tx: Tx, event: CodeWanted) -> None:
        """Each attempt has a code of its own, which goes to profiles before it goes out. A repeat has none: the code
        that was sent stays good.
        """
        code = codes.new_code()
        try:
            kept = self.profiles(KeepCode(verification_id=event.verification_id, code=code))
        except NoSuchVerification:
            return  # it is over by now
        house = self.houses.find(event.property_id, self.bookings) if event.property_id else None
        _add(tx, codes.send(code, event, kept, house, self.senders, tx.now), event.property_id)

    @every(seconds=30)
    def wipe_codes(self, tx: Tx) -> None:
        """Codes that wait in the local outbox, once they are good no more."""
        store.wipe(tx)

    def _readers(self, contact: UUID | None, booker: UUID | None, guest: UUID) -> tuple[Profile, Profile | None]:
        """Who is written to about a stay, and whose stay it is, where that is somebody else.

        The contact that the booking names; else the contact person of the company that booked; else the primary guest.
        In a company's place its contact person reads.
        """
        primary = self._profile(guest)
        reader = self._profile(contact) if contact not in (None, guest) else primary
        if contact is None and booker not in (None, guest):
            host = self._profile(booker)
            reader = host if host.kind != "person" else primary
        if reader.kind != "person":
            person = self.profiles(ReadContactPerson(profile_id=reader.id)).profile
            reader = person or (reader if contact else primary)
        return reader, None if reader.id == primary.id else primary

    def _profile(self, profile_id: UUID | None) -> Profile:
        return self.profiles(ReadProfile(profile_id=profile_id))  # type: ignore[arg-type, no-any-return]

    @command
    def send_message(self, tx: Tx, request: SendMessage) -> Message:
        domain.check(request)
        profile = self.profiles(ReadProfile(profile_id=request.profile_id))
        if request.purpose != "stay":
            question = MayContact(profile_id=profile.id, purpose=request.purpose, channel=request.channel)
            if not self.consent(question).allowed:
                raise ContactForbidden
        house = self._house_of(request.booking_id) if request.booking_id else None
        stay = request.purpose == "stay"
        to = (
            domain.best_email(profile.emails, relay=stay)
            if request.channel == "email"
            else domain.best_phone(profile.phones, relay=stay)
        )
        if to is None:
            raise NoAddress
        added = _add(
            tx,
            Draft(
                profile_id=profile.id,
                channel=request.channel,
                purpose=request.purpose,
                template=domain.STAFF,
                language=profile.language or "en",
                to=to,
                subject=request.subject if request.channel == "email" else None,
                text=request.text,
                booking_id=request.booking_id,
                state=drafts.state(request.channel, self.senders),
            ),
            house,
        )
        assert added is not None  # what a person wrote has no revision, and so no twin
        return _message(store.read(tx, added.id))

    def _house_of(self, booking_id: UUID) -> UUID:
        try:
            return self.bookings(ReadBooking(booking_id=booking_id)).property_id  # type: ignore[no-any-return]
        except NoSuchBooking as fault:
            raise NoSuchBooking(errors=[Problem("/booking_id", fault.detail)]) from None

    @query
    def find_messages(self, tx: Tx, request: FindMessages) -> MessagesFound:
        if not 1 <= request.limit <= 200:
            raise Invalid(errors=[Problem("/limit", "Not from 1 to 200.")])
        rows = store.find(tx, request, before(request.cursor), request.limit + 1)
        shown = rows[: request.limit]
        return MessagesFound(
            items=tuple(_message(row) for row in shown),
            next=str(shown[-1].seq) if len(rows) > request.limit else None,
        )

    @every(seconds=1)
    def send_waiting(self, tx: Tx) -> None:
        """Send what waits: claim, send, note, as three steps, so that no message is locked while a provider is slow.

        Each attempt runs in a thread of its own, outside this method's transaction.
        """
        if not self.senders.channels:
            return
        ends = time.monotonic() + _TICK
        while time.monotonic() < ends:
            claimed = self.db.writing(tx.context, lambda own: store.claim(own, self.senders.channels, _BATCH))
            if not claimed:
                return
            with ThreadPoolExecutor(_BATCH) as pool:
                outcomes = list(pool.map(self._attempt, claimed))
            self.db.writing(tx.context, lambda own, done=outcomes: _settle(own, done))

    def _attempt(self, message: Any) -> Outcome:
        """One message to its provider, after a last look whether the guest still wants it."""
        try:
            if message.purpose != "stay":
                permission = self.consent(
                    MayContact(profile_id=message.profile_id, purpose=message.purpose, channel=message.channel)
                )
                if not permission.allowed:
                    return Outcome(message.id, "suppressed", permission.why)
            letter = Outgoing(message.id, message.to, message.text, message.subject, message.html)
            self.senders.send(message.channel, letter)
        except Rejected as fault:
            return Outcome(message.id, "failed", fault.why)
        except Delayed as fault:
            return domain.tried_again(message.id, message.attempts, fault.why)
        except Unavailable:
            return domain.tried_again(message.id, message.attempts, "consent-does-not-answer")
        except Exception as fault:  # one message must not keep its neighbours from being noted as sent
            _log.error("message %s could not be sent: %s", message.id, type(fault).__name__)
            return domain.tried_again(message.id, message.attempts, "broken")
        return Outcome(message.id, "sent")


def _add(tx: Tx, draft: Draft, property_id: UUID | None) -> store.Changed | None:
    added = store.add(tx, draft, property_id)
    if added is not None:
        _announce(tx, added)
    return added


def _settle(tx: Tx, outcomes: list[Outcome]) -> None:
    for changed in store.settle(tx, outcomes):
        if changed.state != "waiting":
            _announce(tx, changed)


def _announce(tx: Tx, changed: store.Changed, left: UUID | None = None) -> None:
    if changed.profile_id is None:
        return  # a contact who has no profile: it is on nobody's time line and in nobody's view
    tx.announce(
        MessageChanged(
            message_id=changed.id,
            version=changed.version,
            profile_id=changed.profile_id,
            booking_id=changed.booking_id,
            property_id=changed.property_id,
            state=changed.state,
            left_profile_id=left,
        )
    )


def _message(row: Any) -> Message:
    return Message(
        id=row.id,
        profile_id=row.profile_id,
        booking_id=row.booking_id,
        group=row.group_code,
        function_id=row.function_id,
        channel=row.channel,
        purpose=row.purpose,
        template=row.template,
        language=row.language,
        to=row.to,
        subject=row.subject,
        text=row.text,
        html=row.html,
        state=row.state,
        why=row.why,
        attempts=row.attempts,
        created_at=row.created_at,
        sent_at=row.sent_at,
    )
