"""What the contact person of a group or a function is written: that it is booked, what it is now, that it is off."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from decimal import Decimal
from typing import Any, Final, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_time
from babel.numbers import format_currency

from services.contracts.bookings import Contact, FunctionChanged, GroupChanged, Occasion, Property
from services.contracts.notifier import MessageState
from services.contracts.profiles import Profile
from services.contracts.values import Money, decimals
from services.notifier import letters
from services.notifier.domain import Draft, best_email, called, language_for, salutation

What = Literal["confirmation", "change", "cancellation"]

# Changes of other fields are in no letter.
_TOLD_OF_GROUPS: Final = frozenset({"name", "arrival", "departure", "cut_off", "nights", "contact"})
_TOLD_OF_FUNCTIONS: Final = frozenset({"name", "starts_at", "ends_at", "rooms", "guests", "contact"})


@dataclass(frozen=True)
class Reader:
    """Who is written to, and where; `to` is None where no address of theirs is known."""

    profile_id: UUID | None
    to: str | None
    name: str | None
    language: str | None


def what_to_tell(event: GroupChanged | FunctionChanged) -> What | None:
    """None where nothing that its contact was told has changed."""
    if event.state in ("cancelling", "cancelled"):
        return "cancellation"
    if event.version == 1:
        return "confirmation"
    told = _TOLD_OF_GROUPS if isinstance(event, GroupChanged) else _TOLD_OF_FUNCTIONS
    return "change" if told.intersection(event.changed) else None


def reader(contact: Contact, profile: Profile | None) -> Reader:
    """An address that was said for this occasion comes before those of the `profile`, which is the contact's own or, in
    a company's place, its contact person's.
    """
    said = None if profile and profile.id != contact.profile_id else contact
    named = called(said.given_name, said.family_name) if said else None
    return Reader(
        profile_id=profile.id if profile else None,
        to=contact.email or (best_email(profile.emails) if profile else None),
        name=named or (salutation(profile) if profile else called(contact.company)),
        language=(said.language if said else None) or (profile.language if profile else None),
    )


def letter(
    what: What, found: Occasion, to: Reader | None, house: Property, state: MessageState, now: datetime, about: UUID
) -> Draft:
    """Of the function `about`, or of the group with its code. What is over is told to nobody, and that is noted."""
    zone = ZoneInfo(house.time_zone)
    of_group = found.arrival is not None
    kind = "group" if of_group else "function"
    language = language_for(to.language if to else None, house.country)
    why = _why_not(found, to, zone, now)
    address = to.to if to and not why else None
    written = letters.email(kind, language, _words(what, found, to, house, zone, language)) if address else None
    return Draft(
        profile_id=to.profile_id if to else None,
        channel="email",
        purpose="stay",
        template=f"{kind}_{what}",
        language=language,
        to=address or "",
        subject=written.subject if written else None,
        text=written.text if written else "",
        html=written.html if written else None,
        group_code=found.group if of_group else None,
        function_id=None if of_group else about,
        revision=found.version if what == "change" else 1,
        state=state if written else "suppressed",
        why=why,
    )


def _why_not(found: Occasion, to: Reader | None, zone: tzinfo, now: datetime) -> str | None:
    if found.departure and found.departure < now.astimezone(zone).date() or found.ends_at and found.ends_at < now:
        return "is-over"
    if to is None:
        return "no-contact"
    return None if to.to else "no-address"


def _words(
    what: What, found: Occasion, to: Reader | None, house: Property, zone: tzinfo, language: str
) -> dict[str, Any]:
    """What the templates may say, by the house's clock, as the language writes it."""

    def day(of: date | None) -> str | None:
        return format_date(of, "full", locale=language) if of else None

    def clock(of: datetime | None) -> str | None:
        return format_time(of.astimezone(zone), "short", locale=language) if of else None

    begins, ends = (at.astimezone(zone).date() if at else None for at in (found.starts_at, found.ends_at))
    return {
        "what": what,
        "name": to.name if to else None,
        "house": house.name,
        "title": found.name,
        "arrival": day(found.arrival),
        "departure": day(found.departure),
        "cut_off": day(found.cut_off),
        "rooms": found.rooms,
        "total": _amount(found.total, language),
        "day": day(begins),
        "starts": clock(found.starts_at),
        "ends": clock(found.ends_at),
        "last_day": day(ends) if ends != begins else None,
        "guests": found.guests,
        "places": [(room.name, clock(room.starts_at), clock(room.ends_at)) for room in found.function_rooms],
    }


def _amount(total: Money | None, language: str) -> str | None:
    if total is None or total.amount_minor <= 0:
        return None
    amount = Decimal(total.amount_minor).scaleb(-decimals(total.currency))
    return format_currency(amount, total.currency, locale=language)
