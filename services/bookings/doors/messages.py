"""Messages about reservations in the formats of others: OpenTravel and AlpineBits, over HTTP and on the bus."""

from __future__ import annotations

import base64
import binascii

from services.bookings.inbound.alpinebits import answers as alpinebits
from services.bookings.inbound.alpinebits.handshake import greeting
from services.bookings.inbound.alpinebits.requests import GuestRequests, guest_requests_of
from services.bookings.inbound.opentravel import answers as opentravel
from services.bookings.inbound.opentravel.documents import redacted
from services.bookings.inbound.opentravel.messages import Message, message_of
from services.bookings.reservations import refuse_partly, take_in
from services.contracts.bookings import (
    GreetAlpineBits,
    MessageAnswer,
    NotANotice,
    ReceiveGuestRequests,
    ReceiveOpenTravel,
)
from services.kit.db import Database, Tx
from services.kit.doors import command, inbound, query

_XML = "application/xml"


class Messages:
    db: Database

    @command(apart=True)
    def receive_open_travel(self, tx: Tx, request: ReceiveOpenTravel) -> MessageAnswer:
        try:
            message = message_of(_bytes(request.document), request.source)
        except NotANotice as refused:
            return MessageAnswer(document=opentravel.refusal(refused.detail, tx.now))
        outcomes = take_in(self.db, tx.context, message.reservations)
        return MessageAnswer(document=opentravel.answer(message, outcomes, tx.now))

    @command(apart=True)
    def receive_guest_requests(self, tx: Tx, request: ReceiveGuestRequests) -> MessageAnswer:
        requests = guest_requests_of(_bytes(request.document), request.source)
        outcomes = take_in(self.db, tx.context, requests.reservations)
        return MessageAnswer(document=alpinebits.answer(requests, outcomes, tx.now))

    @query
    def greet_alpine_bits(self, tx: Tx, request: GreetAlpineBits) -> MessageAnswer:
        document = _bytes(request.document)
        return MessageAnswer(document=greeting(request.action, request.version, document, tx.now))

    @inbound("opentravel.notice", read=message_of, redact=redacted, media_type=_XML, drinks="opentravel")
    def hear_open_travel(self, tx: Tx, message: Message) -> None:
        if message.faults:
            raise NotANotice(errors=message.faults)
        refuse_partly(take_in(self.db, tx.context, message.reservations))

    @inbound("alpinebits.notice", read=guest_requests_of, redact=redacted, media_type=_XML, drinks="alpinebits")
    def hear_guest_requests(self, tx: Tx, requests: GuestRequests) -> None:
        refuse_partly(take_in(self.db, tx.context, requests.reservations))


def _bytes(document: str) -> bytes:
    try:
        return base64.b64decode(document, validate=True)
    except (binascii.Error, ValueError):
        raise NotANotice("The document is not in base64.") from None
