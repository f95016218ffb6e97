"""Verifying addresses by a code that reaches them, and guests by that, by their document, or by who knows them."""

from __future__ import annotations

from contextlib import suppress
from uuid import UUID, uuid4

from services.contracts.bookings import BookingFacts
from services.contracts.profiles import (
    CodeKept,
    CodeTried,
    CodeWanted,
    ConfirmVerification,
    ContactsChanged,
    GuestVerification,
    KeepCode,
    NoSuchVerification,
    Note,
    NotVerifiable,
    NotVerified,
    ProfileChanged,
    ReadVerification,
    StartVerification,
    TooManyCodes,
    UnverifyGuest,
    Verification,
    VerificationAsked,
    VerifiedGuest,
    VerifiedHow,
    VerifiedProfiles,
    VerifyGuest,
    WhoIsVerified,
)
from services.kit import sealing
from services.kit.db import Tx
from services.kit.doors import command, every, query, subscribe
from services.kit.refusal import Invalid, Problem
from services.kit.scope import permit
from services.profiles.domain import contacts, verification
from services.profiles.domain.contacts import Point
from services.profiles.domain.names import Unfit, clean
from services.profiles.domain.verification import IN_DAY, REASON, TRIES, Sent
from services.profiles.store import notes, register, timeline
from services.profiles.store import verification as store
from services.profiles.store.timeline import Entry

_MOST = 500


class Verifying:
    @command
    def start_verification(self, tx: Tx, request: StartVerification) -> Verification:
        """Whoever sends the code hears of it, makes one up and has it kept: no code is in an event."""
        sealing.sealer()  # without keys no code could be kept
        if request.property_id is not None:
            permit(tx, request.property_id)
        wanted = _wanted(request)
        store.one_at_a_time(tx, str(request.profile_id))
        profile = register.lock(tx, request.profile_id)
        point = verification.to_verify(profile.card.points, wanted, tx.now.date())
        sent = _send(tx, profile.id, point, request.property_id)
        return Verification(
            id=sent.id,
            profile_id=profile.id,
            channel=sent.channel,
            to=verification.covered(sent.to),
            expires_at=sent.expires_at,
        )

    @subscribe(VerificationAsked)
    def ask_at_booking(self, tx: Tx, event: VerificationAsked) -> None:
        """Send a code; none to who is verified, has no e-mail address of their own, or got enough of them for now."""
        guest = register.look(tx, event.profile_id)
        store.one_at_a_time(tx, str(guest.id))
        guest = register.lock(tx, guest.id)
        if guest.verified is not None or guest.card.kind != "person":
            return
        point = verification.own_email(guest.card.points, tx.now.date())
        if point is not None:
            sealing.sealer()
            with suppress(TooManyCodes):
                _send(tx, guest.id, point, event.property_id)

    @command
    def keep_code(self, tx: Tx, request: KeepCode) -> CodeKept:
        code = verification.read_code(request.code)
        sent = store.lock(tx, request.verification_id)
        if sent is None or not sent.is_open(tx.now):
            raise NoSuchVerification
        store.keep_stamp(tx, sent.id, sealing.sealer().stamp(code.encode(), _about(sent.id)))
        (profile,) = register.by_ids(tx, [sent.profile_id])
        return CodeKept(
            profile_id=sent.profile_id,
            channel=sent.channel,
            to=sent.to,
            language=profile.card.language,
            expires_at=sent.expires_at,
        )

    @command
    def confirm_verification(self, tx: Tx, request: ConfirmVerification) -> CodeTried:
        """A wrong code is an answer and no refusal: it has to be counted."""
        code = verification.read_code(request.code)
        sent = store.lock(tx, request.verification_id)
        if sent is None or sent.stamp is None or sent.key_id is None or not sent.is_open(tx.now):
            raise NoSuchVerification
        stamped = sealing.Sealed(sent.stamp, sent.key_id)
        if not sealing.sealer().knows(stamped, code.encode(), _about(sent.id)):
            left = TRIES - store.tried(tx, sent.id)
            return CodeTried(profile_id=sent.profile_id, channel=sent.channel, confirmed=False, tries_left=left)
        store.used(tx, sent.id)
        profile = register.lock(tx, sent.profile_id)
        if not store.address_verified(tx, profile.id, sent.key):
            raise NoSuchVerification  # it was taken off the profile meanwhile
        _note(tx, profile.id, "contact.verified", sent.id, channel=sent.channel)
        guest = profile.verified
        if guest is None and profile.card.kind == "person" and not _taken_back(tx, profile.id):
            guest = _begin(tx, profile.id, "code")
        version = store.touch(tx, profile.id)
        tx.announce(ProfileChanged(profile_id=profile.id, version=version))
        tx.announce(ContactsChanged(profile_id=profile.id, version=version))
        return CodeTried(profile_id=profile.id, channel=sent.channel, confirmed=True, verified=guest)

    @command
    def verify_guest(self, tx: Tx, request: VerifyGuest) -> GuestVerification:
        profile = register.lock(tx, request.profile_id)
        if profile.card.kind != "person":
            raise NotVerifiable(errors=[Problem("", "A company is no guest: verify its people.")])
        if profile.verified is None:
            guest = _begin(tx, profile.id, request.how)
            tx.announce(ProfileChanged(profile_id=profile.id, version=store.touch(tx, profile.id)))
            return _shown(tx, profile.id, guest)
        return _shown(tx, profile.id, profile.verified)

    @command
    def unverify_guest(self, tx: Tx, request: UnverifyGuest) -> GuestVerification:
        reason = _reason(request.reason)
        profile = register.lock(tx, request.profile_id)
        if profile.verified is None:
            raise NotVerified
        store.end(tx, profile.id, reason)
        note = Note(
            id=uuid4(),
            profile_id=profile.id,
            text=reason,
            pinned=True,
            kind="warning",
            author=tx.context.actor,
            written_at=tx.now,
        )
        version = notes.add(tx, note)
        _note(tx, profile.id, "guest.unverified", note.id)
        tx.announce(ProfileChanged(profile_id=profile.id, version=version))
        return _shown(tx, profile.id, None)

    @query
    def read_verification(self, tx: Tx, request: ReadVerification) -> GuestVerification:
        profile = register.read(tx, request.profile_id)
        return _shown(tx, profile.id, profile.verified)

    @query
    def who_is_verified(self, tx: Tx, request: WhoIsVerified) -> VerifiedProfiles:
        if len(request.profile_ids) > _MOST:
            raise Invalid(errors=[Problem("/profile_ids", f"At most {_MOST}.")])
        return VerifiedProfiles(profile_ids=store.verified_among(tx, request.profile_ids))

    @every(seconds=3600)
    def forget_codes(self, tx: Tx) -> None:
        store.forget(tx, tx.now - IN_DAY)


def ask(tx: Tx, facts: BookingFacts) -> None:
    """Once of each guest of a booking whose house asks for it, before they come; of imported history of nobody."""
    ahead = facts.state in ("tentative", "confirmed") and facts.departure >= tx.now.date()
    if facts.asks_verification and ahead and store.ask_once(tx, facts.booking_id, facts.profile_id):
        tx.announce(
            VerificationAsked(profile_id=facts.profile_id, booking_id=facts.booking_id, property_id=facts.property_id)
        )


def _send(tx: Tx, profile_id: UUID, point: Point, property_id: UUID | None) -> Sent:
    """The profile is locked. Refuses with TooManyCodes."""
    store.one_at_a_time(tx, point.key)
    verification.refuse_too_many(*store.last_sent(tx, profile_id, point.key), tx.now)
    sent = store.add(tx, profile_id, point)
    tx.announce(
        CodeWanted(profile_id=profile_id, verification_id=sent.id, channel=sent.channel, property_id=property_id)
    )
    _note(tx, profile_id, "verification.started", sent.id, channel=sent.channel)
    return sent


def _wanted(request: StartVerification) -> str | UUID:
    """The id of a contact point, or the key of an address."""
    if (request.contact_id is None) == (request.address is None):
        raise NotVerifiable(errors=[Problem("/address", "Say either the address or its id.")])
    if request.contact_id is not None:
        return request.contact_id
    address = str(request.address)
    try:
        if "@" in address:
            return contacts.email(address).key
        return contacts.phone(address, request.country).key
    except Unfit as fault:
        raise NotVerifiable(errors=[Problem("/address", str(fault))]) from None


def _reason(said: str) -> str:
    try:
        reason = clean(said, REASON)
    except Unfit as fault:
        raise NotVerifiable(errors=[Problem("/reason", str(fault))]) from None
    if not reason:
        raise NotVerifiable(errors=[Problem("/reason", "Say why.")])
    return reason


def _taken_back(tx: Tx, profile_id: UUID) -> bool:
    """Whether somebody has said of the guest that they are not verified: a code does not know better."""
    return bool(store.history(tx, profile_id))


def _begin(tx: Tx, profile_id: UUID, how: VerifiedHow) -> VerifiedGuest:
    guest = VerifiedGuest(at=tx.now, by=tx.context.actor, how=how)
    store.begin(tx, profile_id, guest)
    _note(tx, profile_id, "guest.verified", how=how)
    return guest


def _shown(tx: Tx, profile_id: UUID, guest: VerifiedGuest | None) -> GuestVerification:
    return GuestVerification(
        profile_id=profile_id,
        verified=guest,
        history=store.history(tx, profile_id),
        waiting=store.waiting(tx, profile_id),
    )


def _note(tx: Tx, profile_id: UUID, what: str, ref: UUID | None = None, **facts: str) -> None:
    timeline.record(tx, Entry(profile_id, tx.now, "verification", what, ref=ref, actor=tx.context.actor, facts=facts))


def _about(verification_id: UUID) -> str:
    """What a code belongs to: it is good for nothing else."""
    return f"verification {verification_id}"
