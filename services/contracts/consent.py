"""consent: privacy and proof."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from services.kit.refusal import Invalid
from services.kit.wire import Event, Request, event, request, value

Purpose = Literal["marketing", "survey", "profiling", "partner_sharing", "stay"]
Channel = Literal["email", "sms", "phone", "post", "any"]


@value
class ConsentState:
    """`granted` is false where nothing was ever said.
    `ground` is ``consent``, or ``contract`` for stay messages (GDPR art. 6(1)(b)).
    """

    purpose: Purpose
    channel: Channel
    granted: bool
    ground: str
    since: datetime | None = None
    wording_version: str | None = None


@value
class ConsentRecord:
    """One act, never changed: who, what wording, from where, when.

    Of what another system's notice said, `notice_id` is that notice and `stated_at` when it came. `effective` is false
    for such a grant where it was not followed: whoever is said to have given it had withdrawn.
    """

    id: UUID
    profile_id: UUID
    purpose: Purpose
    channel: Channel
    granted: bool
    wording_version: str
    language: str | None = None
    source: str
    actor: str
    address: str | None = None
    recorded_at: datetime
    notice_id: UUID | None = None
    stated_at: datetime | None = None
    effective: bool = True


@value
class Consents:
    profile_id: UUID
    at: datetime
    states: tuple[ConsentState, ...]
    proof: tuple[ConsentRecord, ...]


@request
class ReadConsents(Request[Consents]):
    """The state now or at a past instant, and every act up to then, newest first."""

    profile_id: UUID
    at: datetime | None = None


@request
class RecordConsent(Request[ConsentRecord]):
    """A grant or a withdrawal, for one channel or ``any``. `address` is a network address, as proof."""

    profile_id: UUID
    purpose: Purpose
    channel: Channel
    granted: bool
    wording_version: str
    source: str
    language: str | None = None
    address: str | None = None


@value
class Permission:
    """`why` is a code: ``contract``, ``consent``, ``no-consent``, ``withdrawn``."""

    allowed: bool
    why: str
    record_id: UUID | None = None


@request
class MayContact(Request[Permission]):
    """May a message for this purpose go out on this channel now?"""

    profile_id: UUID
    purpose: Purpose
    channel: Channel


@event
class ConsentChanged(Event):
    aggregate = "profile_id"
    profile_id: UUID
    version: int
    purpose: Purpose
    channel: Channel
    granted: bool


class NotAConsent(Invalid):
    """The consent is not complete or not valid."""
