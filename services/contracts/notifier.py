"""notifier: messages."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from services.contracts.consent import Purpose
from services.kit.refusal import Conflict, Invalid, NotFound
from services.kit.wire import Event, Request, event, request, value

MessageChannel = Literal["email", "sms"]
MessageState = Literal["waiting", "outbox", "sent", "failed", "suppressed"]


@value
class Message:
    """`state`: waiting for its sender, in the local `outbox` (no provider account), sent, failed for good, or
    suppressed (no consent, no address). `profile_id` is None where it went to a contact who has no profile, whom only
    the group (by its code) or the function names that it is about.
    """

    id: UUID
    profile_id: UUID | None = None
    booking_id: UUID | None = None
    group: str | None = None
    function_id: UUID | None = None
    channel: MessageChannel
    purpose: Purpose
    template: str
    language: str
    to: str
    subject: str | None = None
    text: str
    html: str | None = None
    state: MessageState
    why: str | None = None
    attempts: int = 0
    created_at: datetime
    sent_at: datetime | None = None


@value
class MessagesFound:
    items: tuple[Message, ...]
    next: str | None = None


@request
class FindMessages(Request[MessagesFound]):
    """Newest first."""

    profile_id: UUID | None = None
    booking_id: UUID | None = None
    group: str | None = None
    function_id: UUID | None = None
    limit: int = 50
    cursor: str | None = None


@request
class SendMessage(Request[Message]):
    """A message written by staff. Refuses with NoAddress, ContactForbidden and bookings' NoSuchBooking; `purpose`
    marketing needs consent.
    """

    profile_id: UUID
    channel: MessageChannel
    purpose: Purpose = "stay"
    subject: str | None = None
    text: str
    booking_id: UUID | None = None


@event
class MessageChanged(Event):
    """A message was written, or its state changed. `left_profile_id`: whose it was, where it moved with its booking."""

    aggregate = "message_id"
    message_id: UUID
    version: int
    profile_id: UUID
    booking_id: UUID | None = None
    state: MessageState
    left_profile_id: UUID | None = None
    property_id: UUID | None = None


class NoAddress(Conflict):
    """The guest has no address for this channel."""


class ContactForbidden(Conflict):
    """The guest has not allowed messages for this purpose on this channel."""


class NoSuchMessage(NotFound):
    """There is no such message."""


class NotAMessage(Invalid):
    """The message is not complete or not valid."""
