"""The guests of a stay as the register knows them when they leave, told to bookings, which keeps them with the stay."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from services.contracts.bookings import BookingFacts, DepartedGuest, KeepDepartedGuests, PostalAddress
from services.contracts.profiles import Email, Phone, Profile

# Imported history is of guests as they are now, not as they were then: nothing is said of them.
_LATEST = timedelta(days=31)


def is_history(facts: BookingFacts, today: date) -> bool:
    return facts.departure < today - _LATEST


def as_they_left(facts: BookingFacts, profiles: Iterable[Profile], now: datetime) -> KeepDepartedGuests:
    guests = tuple(_guest(profile, now) for profile in profiles)
    return KeepDepartedGuests(booking_id=facts.booking_id, version=facts.version, guests=guests)


def _still(point: Email | Phone) -> bool:
    return not {"past", "not-yet"}.intersection(point.why_not)


def _guest(profile: Profile, now: datetime) -> DepartedGuest:
    return DepartedGuest(
        profile_id=profile.id,
        given_name=profile.given_name,
        family_name=profile.family_name,
        second_family_name=profile.second_family_name,
        company=profile.name,
        level=profile.level,
        emails=tuple(email.address for email in profile.emails if _still(email)),
        phones=tuple(phone.number for phone in profile.phones if _still(phone)),
        addresses=tuple(
            PostalAddress(lines=a.lines, postcode=a.postcode, city=a.city, region=a.region, country=a.country)
            for a in profile.addresses
            if not a.past
        ),
        as_of=now,
    )
