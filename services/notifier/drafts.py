"""What is written about a stay, to whom it goes and how, before it is stored."""

from __future__ import annotations

from dataclasses import replace

from services.contracts.bookings import BookingFacts, Property, ToldTerms
from services.contracts.notifier import MessageChannel, MessageState
from services.contracts.profiles import Profile
from services.notifier import domain, letters
from services.notifier.domain import CONFIRMATION, TERMS, Draft
from services.notifier.senders import Senders


def confirmations(
    facts: BookingFacts, profile: Profile, guest: Profile | None, house: Property, senders: Senders
) -> list[Draft]:
    language = domain.language_of(profile, house.country)
    ways = domain.channels(
        domain.best_email(profile.emails), domain.best_phone(profile.phones), sms_is_sent="sms" in senders
    )
    if not ways:
        return [domain.not_sent(facts, "no-address", profile.id)]
    words = domain.words(facts, profile, house.name, language, guest)
    drafts = []
    for channel, to in ways:
        write = letters.email if channel == "email" else letters.sms
        letter = write(CONFIRMATION, language, words)
        drafts.append(
            Draft(
                profile_id=profile.id,
                channel=channel,
                purpose="stay",
                template=CONFIRMATION,
                language=language,
                to=to,
                subject=letter.subject,
                text=letter.text,
                html=letter.html,
                booking_id=facts.booking_id,
                revision=1,
                state=state(channel, senders),
            )
        )
    return drafts


def terms(told: ToldTerms, profile: Profile, guest: Profile | None, house: Property, senders: Senders) -> Draft:
    draft = Draft(
        profile_id=profile.id,
        channel="email",
        purpose="stay",
        template=TERMS,
        language=domain.language_of_terms(told, profile, house.country),
        to="",
        text="",
        booking_id=told.booking_id,
        revision=told.number,
        state="suppressed",
        why="no-address",
    )
    to = domain.best_email(profile.emails)
    if to is None:
        return draft
    words = {
        "name": domain.salutation(profile),
        "guest": domain.salutation(guest) if guest else None,
        "house": house.name,
        "copy": told.copy,
        "sha256": told.sha256,
    }
    letter = letters.email(TERMS, draft.language, words)
    return replace(
        draft,
        to=to,
        subject=letter.subject,
        text=letter.text,
        html=letter.html,
        state=state("email", senders),
        why=None,
    )


def state(channel: MessageChannel, senders: Senders) -> MessageState:
    return "waiting" if channel in senders else "outbox"
