"""The terms of stays: what a property says in which language, and the proof of who was told what."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from services.kit.refusal import Conflict, Invalid
from services.kit.wire import Event, Request, event, request, value

TermsKind = Literal["cancellation", "prepayment", "penalty", "house-rules", "general"]
ToldHow = Literal["desk", "phone", "e-mail", "page"]
Automatic = Literal["never", "direct", "always"]


@value
class Terms:
    """One version of what a property says of one kind in one language (BCP 47); without title and text from then on
    there are none.
    """

    kind: TermsKind
    language: str
    version: int
    title: str | None = None
    text: str | None = None
    actor: str
    written_at: datetime


@value
class PropertyTerms:
    """`items` by language, kind and version. `language` is the property's own, which stands in where a guest's has no
    terms of a kind, and English and any other one after it. `automatic`: told by e-mail when a booking is confirmed;
    never, for those the house itself took (`direct`), or always.
    """

    property_id: UUID
    language: str
    automatic: Automatic
    items: tuple[Terms, ...] = ()


@request
class ReadTerms(Request[PropertyTerms]):
    """The present version of each, in one language or in all; with `history` all that ever were."""

    property: str
    language: str | None = None
    history: bool = False


@request
class WriteTerms(Request[Terms]):
    """A new version, unless it says what the present one says. No title and no text withdraws them.

    Refuses with NoSuchProperty and NotTerms.
    """

    property: str
    language: str
    kind: TermsKind
    title: str | None = None
    text: str | None = None


@request
class SetTermsTelling(Request[PropertyTerms]):
    """The property's own language, and whether terms are told by themselves. Refuses as WriteTerms."""

    property: str
    language: str
    automatic: Automatic


@value
class ToldTerm:
    kind: TermsKind
    language: str
    version: int
    title: str


@value
class ToldTerms:
    """The proof. `copy` is the text as it was told, `sha256` of it in UTF-8; `actor` is who told it.

    `language` is the one that was wanted, as far as there are terms in it; each of the terms says its own.
    `contact_profile_id` is who gets messages about the booking now (`contact_named`: not only for being its guest),
    `booker_profile_id` who booked it, `guest_profile_id` its primary guest; None while it is not known who they are.
    """

    id: UUID
    booking_id: UUID
    number: int
    how: ToldHow
    language: str
    terms: tuple[ToldTerm, ...]
    copy: str
    sha256: str
    actor: str
    told_at: datetime
    contact_profile_id: UUID | None = None
    contact_named: bool = False
    booker_profile_id: UUID | None = None
    guest_profile_id: UUID | None = None


@request
class TellTerms(Request[ToldTerms]):
    """The present terms were, or are to be, told to the guest; an electronic copy goes to them by e-mail.

    Without `language`, in the one of who gets the booking's messages, else in the property's. What has been told before
    in the same way is the same proof again, and not sent again. Refuses with NoSuchBooking, NotInTeam, NotTerms,
    NoTerms and, once the booking has ended, with StateForbids.
    """

    booking_id: UUID
    how: ToldHow
    language: str | None = None


@value
class TermsToldOf:
    items: tuple[ToldTerms, ...]


@request
class ReadToldTerms(Request[TermsToldOf]):
    """In the order in which they were told; one of them by its `number`."""

    booking_id: UUID
    number: int | None = None


@event
class TermsTold(Event):
    """Terms were told for a booking; `number` counts within it. The copy is with bookings."""

    aggregate = "booking_id"
    booking_id: UUID
    number: int
    property_id: UUID


class NoTerms(Conflict):
    """The property has no terms to tell."""


class NotTerms(Invalid):
    """The terms are not complete or not valid."""
