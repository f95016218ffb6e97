"""Whom a message goes to and how, in which language, and when it is tried again. No I/O."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from babel.dates import format_date
from babel.numbers import format_currency

from services.contracts.bookings import BookingFacts, ToldTerms
from services.contracts.consent import Purpose
from services.contracts.notifier import MessageChannel, MessageState, NotAMessage, SendMessage
from services.contracts.profiles import Email, Phone, Profile
from services.contracts.values import decimals
from services.kit.refusal import Problem

CONFIRMATION = "booking_confirmation"
TERMS = "terms"
STAFF = "staff"
LANGUAGES = ("en", "pt", "es", "de", "fr", "it")
# Where nothing is known of the guest's language, the country of the house decides.
_LANGUAGE_OF = {"PT": "pt", "BR": "pt", "ES": "es", "MX": "es", "DE": "de", "AT": "de", "FR": "fr", "IT": "it"}
_LONGEST = {"email": 20_000, "sms": 1_600}

# Seconds before the next attempt, after the first one, the second one…; after the last the message has failed.
PAUSES = (5, 30, 120, 600, 3_600, 14_400, 43_200)


@dataclass(frozen=True)
class Draft:
    """A message before it is stored."""

    profile_id: UUID | None
    channel: MessageChannel
    purpose: Purpose
    template: str
    language: str
    to: str
    text: str
    subject: str | None = None
    html: str | None = None
    booking_id: UUID | None = None
    group_code: str | None = None
    function_id: UUID | None = None
    revision: int | None = None
    state: MessageState = "outbox"
    why: str | None = None
    wipe_at: datetime | None = None  # when what is secret in it is covered


@dataclass(frozen=True)
class Outcome:
    """What came of one attempt; `pause` seconds until the next one if the message still waits."""

    message_id: UUID
    state: MessageState
    why: str | None = None
    pause: int = 0


def best_email(emails: Iterable[Email], *, relay: bool = True) -> str | None:
    """Verified before primary before any; a booking site's relay address last, and only where `relay` will do: as for
    messages about a stay, but not for others. None that is past or nobody's.
    """
    fitting = [e for e in emails if _reaches(e, relay)]
    return max(fitting, key=lambda e: (not e.relay, e.verified, e.primary)).address if fitting else None


def best_phone(phones: Iterable[Phone], *, relay: bool = True) -> str | None:
    """Verified before primary before any mobile before any; as with e-mail addresses."""
    found = [p for p in phones if _reaches(p, relay)]
    return max(found, key=lambda p: (p.verified, p.primary, p.type == "mobile")).number if found else None


def _reaches(point: Email | Phone, relay: bool) -> bool:
    if not relay and (point.why_not or getattr(point, "relay", False)):
        return False
    return not {"past", "not-yet", "placeholder"}.intersection(point.why_not)


def channels(email: str | None, phone: str | None, *, sms_is_sent: bool) -> tuple[tuple[MessageChannel, str], ...]:
    """Where a confirmation goes: by e-mail; by text message where those are sent, or for want of an e-mail address."""
    ways: list[tuple[MessageChannel, str]] = []
    if email:
        ways.append(("email", email))
    if phone and (sms_is_sent or not email):
        ways.append(("sms", phone))
    return tuple(ways)


def language_of(profile: Profile, country: str) -> str:
    """The guest's language if there are templates in it, else that of the house's country, else English."""
    return language_for(profile.language, country)


def language_for(said: str | None, country: str | None) -> str:
    own = (said or "").replace("_", "-").split("-")[0].lower()
    return own if own in LANGUAGES else _LANGUAGE_OF.get(country or "", "en")


def salutation(profile: Profile) -> str | None:
    """The name in a greeting; none where it is no name: a form that sends mail must not carry strangers' links."""
    return called(*([profile.name] if profile.kind != "person" else [profile.given_name, profile.family_name]))


def called(*parts: str | None) -> str | None:
    """As `salutation`, of somebody of whom only the parts of their name are known."""
    name = " ".join(" ".join(part.split()) for part in parts if part)
    suspect = len(name) > 80 or not name.isprintable() or any(sign in name for sign in ("/", "@", "www.", "\\", "<"))
    return None if suspect or not name else name


def is_over(facts: BookingFacts, today: date) -> bool:
    """A stay that has ended is confirmed to nobody; so history can be imported."""
    return facts.departure < today


def words(
    facts: BookingFacts, profile: Profile, house: str, language: str, guest: Profile | None = None
) -> dict[str, Any]:
    """What the templates of a booking may say, written as the language writes it. `guest` is whose stay it is, where
    somebody else is written to.
    """
    places = decimals(facts.total.currency)
    amount = Decimal(facts.total.amount_minor).scaleb(-places)
    return {
        "name": salutation(profile),
        "guest": salutation(guest) if guest else None,
        "house": house,
        "arrival": format_date(facts.arrival, "full", locale=language),
        "departure": format_date(facts.departure, "full", locale=language),
        "arrival_short": format_date(facts.arrival, "medium", locale=language),
        "departure_short": format_date(facts.departure, "medium", locale=language),
        "nights": facts.nights,
        "rooms": facts.rooms,
        "total": format_currency(amount, facts.total.currency, locale=language) if amount > 0 else None,
    }


def not_sent(facts: BookingFacts, why: str, reader: UUID | None = None) -> Draft:
    """The record that a confirmation was not written, and why, for whoever asks."""
    return Draft(
        profile_id=reader or facts.contact_profile_id or facts.profile_id,
        channel="email",
        purpose="stay",
        template=CONFIRMATION,
        language="en",
        to="",
        text="",
        booking_id=facts.booking_id,
        revision=1,
        state="suppressed",
        why=why,
    )


def named_contact(facts: BookingFacts | ToldTerms, guest_id: UUID) -> UUID | None:
    """The booking's contact, where one is named: nobody is asked then for whom a company wants written to."""
    named = facts.contact_named or facts.contact_profile_id != guest_id
    return facts.contact_profile_id if named else None


def language_of_terms(told: ToldTerms, profile: Profile, country: str) -> str:
    """The one they were told in, if there are templates in it."""
    own = told.language.partition("-")[0]
    return own if own in LANGUAGES else language_of(profile, country)


def check(request: SendMessage) -> None:
    """Refuses what could not be sent."""
    faults = []
    if not request.text.strip() or len(request.text) > _LONGEST[request.channel] or "\x00" in request.text:
        faults.append(Problem("/text", f"Empty, or longer than {_LONGEST[request.channel]} characters."))
    if request.channel == "email" and not (request.subject or "").strip():
        faults.append(Problem("/subject", "An e-mail has a subject."))
    if request.subject is not None and (len(request.subject) > 200 or not request.subject.isprintable()):
        faults.append(Problem("/subject", "Longer than 200 characters, or not printable."))
    if faults:
        raise NotAMessage(errors=faults)


def tried_again(message_id: UUID, attempts: int, why: str) -> Outcome:
    """After a failure that may pass: wait longer each time, and give up at the end."""
    if attempts > len(PAUSES):
        return Outcome(message_id, "failed", f"gave-up: {why}")
    return Outcome(message_id, "waiting", why, PAUSES[attempts - 1])
