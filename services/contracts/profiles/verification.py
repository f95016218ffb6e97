"""Whether guests are who they say, and whether their addresses reach them."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from services.kit.refusal import Conflict, Invalid, NotFound, TooMany
from services.kit.wire import Event, Request, event, request, value

Channel = Literal["email", "sms"]
VerifiedHow = Literal["code", "document", "staff"]


@value
class VerifiedGuest:
    """Since when a guest is verified, through whom (an opaque id) and how: by a code that reached them, a document that
    was seen, or somebody of the staff who knows them.
    """

    at: datetime
    by: str
    how: VerifiedHow


@value
class PastVerification:
    """One time that a guest was verified. `ended_at`, `ended_by` and `reason` where somebody took it back."""

    id: UUID
    at: datetime
    by: str
    how: VerifiedHow
    ended_at: datetime | None = None
    ended_by: str | None = None
    reason: str | None = None


@value
class Verification:
    """A code is on its way. `to` is the address with most of it covered."""

    id: UUID
    profile_id: UUID
    channel: Channel
    to: str
    expires_at: datetime


@value
class GuestVerification:
    """`verified` is None where the guest is not; `history` the latest first. `waiting` are codes that are on their way,
    or have not been said yet, the latest first.
    """

    profile_id: UUID
    verified: VerifiedGuest | None = None
    history: tuple[PastVerification, ...] = ()
    waiting: tuple[Verification, ...] = ()


@request
class ReadVerification(Request[GuestVerification]):
    """Refuses with NoSuchProfile."""

    profile_id: UUID


@value
class VerifiedProfiles:
    profile_ids: tuple[UUID, ...]


@request
class WhoIsVerified(Request[VerifiedProfiles]):
    """Which of these guests are verified, and need not be again. At most 500."""

    profile_ids: tuple[UUID, ...]


@request
class VerifyGuest(Request[GuestVerification]):
    """By a document that was seen, or as somebody the staff knows. Who is verified already stays so, since then.

    Refuses with NoSuchProfile, and with NotVerifiable for a company.
    """

    profile_id: UUID
    how: Literal["document", "staff"]


@request
class UnverifyGuest(Request[GuestVerification]):
    """Take it back, for a reason that stands on the profile as a pinned warning; a code does not bring it again.

    Refuses with NoSuchProfile, and with NotVerified where there is nothing to take back.
    """

    profile_id: UUID
    reason: str


@request
class StartVerification(Request[Verification]):
    """Send a code to an e-mail address or telephone number of a profile, named as it is written or by its id.

    `country` is where a number without country code is read, `property_id` the house that the message names. An
    earlier code for the same address is good no more. Refuses with NoSuchProfile, NotVerifiable (it is not on the
    profile, or nobody's own), AlreadyVerified and TooManyCodes.
    """

    profile_id: UUID
    address: str | None = None
    contact_id: UUID | None = None
    country: str | None = None
    property_id: UUID | None = None


@value
class CodeTried:
    """`confirmed`: the address is verified now; else the code was another one, and `tries_left` more are taken.

    `verified`: the guest, if they are.
    """

    profile_id: UUID
    channel: Channel
    confirmed: bool
    tries_left: int = 0
    verified: VerifiedGuest | None = None


@request
class ConfirmVerification(Request[CodeTried]):
    """Say the code that arrived. One use, five tries.

    Refuses with NotACode, and with NoSuchVerification alike where there is none, it is over or it was used.
    """

    verification_id: UUID
    code: str


@event
class VerificationAsked(Event):
    """A house that asks its guests to be verified has a booking of this one, who was not asked at it before."""

    aggregate = "profile_id"
    profile_id: UUID
    booking_id: UUID
    property_id: UUID


@event
class CodeWanted(Event):
    """Somebody is to get a code: whoever sends it makes it up, and has it kept by `KeepCode`."""

    aggregate = "profile_id"
    profile_id: UUID
    verification_id: UUID
    channel: Channel
    property_id: UUID | None = None


@value
class CodeKept:
    """Where the code goes, and until when it is good."""

    profile_id: UUID
    channel: Channel
    to: str
    language: str | None = None
    expires_at: datetime


@request
class KeepCode(Request[CodeKept]):
    """Six digits that are about to be sent; any earlier ones are good no more. Refuses with NoSuchVerification."""

    never_kept = ("code",)

    verification_id: UUID
    code: str


class NotVerifiable(Invalid):
    """This cannot be verified."""


class AlreadyVerified(Conflict):
    """This address is verified already."""


class NotVerified(Conflict):
    """The guest is not verified."""


class TooManyCodes(TooMany):
    """Enough codes were sent for now."""


class NoSuchVerification(NotFound):
    """There is no such verification, or it is over."""


class NotACode(Invalid):
    """A code has six digits."""


class WrongCode(Invalid):
    """This is not the code that was sent."""
