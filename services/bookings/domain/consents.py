"""What people told the source of their booking about being written to: announced once it is known who they are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import cast, get_args
from uuid import UUID

from services.bookings.domain.booking import Booking
from services.bookings.domain.texts import faults
from services.contracts.bookings import ConsentStated, NoticeConsent, Person, StatedConsent
from services.contracts.consent import Purpose
from services.kit.refusal import Problem

# Messages about the stay need no consent, so nobody can give one for them.
PURPOSES = tuple(purpose for purpose in get_args(Purpose) if purpose != "stay")


def faults_of_consents(pointer: str, consents: Sequence[NoticeConsent]) -> Iterator[Problem]:
    for n, consent in enumerate(consents):
        if consent.purpose.strip() not in PURPOSES:
            yield Problem(f"{pointer}/{n}/purpose", f"Must be one of {', '.join(PURPOSES)}.")
        yield from faults(f"{pointer}/{n}/wording", consent.wording, 200)


def newly_stated(before: Booking, after: Booking) -> list[Person]:
    """Who has said something else than before, or has only now a profile, or another one."""
    known = {person.position: (person.profile_id, person.consents) for person in before.people}
    return [
        person
        for person in after.people
        if person.consents and person.profile_id and (person.profile_id, person.consents) != known.get(person.position)
    ]


def stated(booking: Booking, person: Person, notice_id: UUID, stated_at: datetime) -> ConsentStated:
    """Of contradicting words for the same purpose and channel the one that says no."""
    said: dict[tuple[str, str], NoticeConsent] = {}
    for consent in person.consents:
        key = (consent.purpose, consent.channel)
        if key not in said or not consent.granted:
            said[key] = consent
    assert person.profile_id
    return ConsentStated(
        booking_id=booking.id,
        version=booking.version,
        profile_id=person.profile_id,
        source=booking.source,
        external_id=booking.external_ref or "",
        notice_id=notice_id,
        stated_at=stated_at,
        language=person.language,
        consents=tuple(
            StatedConsent(
                purpose=cast(Purpose, c.purpose), channel=c.channel, granted=c.granted, wording=c.wording or None
            )
            for c in said.values()
        ),
    )
