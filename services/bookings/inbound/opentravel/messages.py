"""OpenTravel messages about reservations: which they are, and the reservations in them.

OTA_HotelResNotifRQ (new, changed and cancelled ones, by ResStatus), OTA_HotelResModifyNotifRQ and OTA_CancelRQ, of any
version of the standard, bare or in a SOAP envelope.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime
from xml.etree.ElementTree import Element

from services.bookings.inbound.opentravel.documents import read, said
from services.bookings.inbound.opentravel.reservations import (
    Reservation,
    Sender,
    own_numbers,
    reservation_of,
    sender_of,
)
from services.bookings.inbound.opentravel.values import instant
from services.contracts.bookings import BookingNotice, NotANotice
from services.contracts.cards import without_cards
from services.kit.refusal import Problem

NOTIF, MODIFY, CANCEL = "OTA_HotelResNotifRQ", "OTA_HotelResModifyNotifRQ", "OTA_CancelRQ"
MOST_RESERVATIONS = 100
_NO_CANCELLATION = frozenset(("Ignore", "Quote"))
_VERSION = re.compile(r"[0-9.]{1,10}")
_LISTS = {NOTIF: "HotelReservations/HotelReservation", MODIFY: "HotelResModifies/HotelResModify"}
SOAP_11, SOAP_12 = "http://schemas.xmlsoap.org/soap/envelope/", "http://www.w3.org/2003/05/soap-envelope"


@dataclass(frozen=True)
class Message:
    """`kind` is the name of its root, `soap` the namespace of the envelope it came in.

    `echo` and `version` go back with the answer. `faults` are the message's own, which leave nothing of it to take in.
    """

    kind: str
    echo: str | None
    version: str | None
    soap: str | None
    reservations: tuple[Reservation, ...] = ()
    faults: tuple[Problem, ...] = ()


def message_of(body: bytes, source: str | None = None) -> Message:
    """`source` is what the sender is known as. Refuses with NotANotice what is unreadable or none of the messages."""
    root = read(body)
    soap = None
    if root.tag == "Envelope":
        soap = SOAP_12 if SOAP_12.encode() in body else SOAP_11
        root = next(iter(root.find("Body") or ()), root)
    if root.tag not in (*_LISTS, CANCEL):
        raise NotANotice(f"Not one of {NOTIF}, {MODIFY} and {CANCEL}.")
    message = Message(
        kind=root.tag,
        echo=without_cards(root.get("EchoToken") or "")[:128] or None,
        version=version if _VERSION.fullmatch(version := root.get("Version") or "") else None,
        soap=soap,
    )
    sender, sent_at = sender_of(root, source), instant(root.get("TimeStamp"))
    if root.tag == CANCEL and (root.get("CancelType") or "") in _NO_CANCELLATION:
        return replace(message, faults=(Problem("", "Its CancelType has nothing cancelled."),))
    if root.tag == CANCEL:
        return replace(message, reservations=(_cancelled(root, sender, sent_at),))
    found = root.findall(_LISTS[root.tag])
    if faults := tuple(faults_of_count(len(found))):
        return replace(message, faults=faults)
    status = _status(root)
    return replace(
        message,
        reservations=tuple(reservation_of(each, sender, status=status, sent_at=sent_at) for each in found),
    )


def faults_of_count(count: int) -> list[Problem]:
    if not count:
        return [Problem("", "There is no reservation in the message.")]
    if count > MOST_RESERVATIONS:
        return [Problem("", f"There are more than {MOST_RESERVATIONS} reservations in the message.")]
    return []


def _status(root: Element) -> str:
    """What the message says of its reservations; to commit modifications is to modify."""
    told = root.get("ResStatus") or ""
    return "Modify" if root.tag == MODIFY and told.casefold() in ("", "commit") else told


def _cancelled(root: Element, sender: Sender, sent_at: datetime | None) -> Reservation:
    """OTA_CancelRQ is about one reservation, by all the numbers it has; the sender's own go first."""
    numbers = own_numbers(root)
    numbers.sort(key=lambda each: (said(each, "CompanyName") or "").casefold() != sender.source.casefold())
    ids = tuple(dict.fromkeys(number for each in numbers if (number := said(each, "", "ID"))))
    notice = BookingNotice(
        source=sender.source,
        external_id=ids[0] if ids else "",
        revision=0,
        status="cancelled",
        channel=sender.channel,
    )
    return Reservation(notice=notice, ids=ids, modified_at=sent_at)
