"""GuestRequests of AlpineBits: reservations of OpenTravel with rules of their own.

A portal pushes them (OTA_HotelResNotifRQ, since 2018-10), or has been asked for them and answered (OTA_ResRetrieveRS).
The reservation is known by its UniqueID alone: a HotelReservationID says which campaign brought the guest. No message
says when it was last changed, and CreateDateTime stays: so revisions follow from what was said before.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from xml.etree.ElementTree import Element

from services.bookings.inbound.opentravel.documents import read
from services.bookings.inbound.opentravel.messages import NOTIF, faults_of_count
from services.bookings.inbound.opentravel.reservations import Reservation, Sender, own_numbers, reservation_of
from services.contracts.bookings import NotANotice
from services.contracts.cards import without_cards

RETRIEVED = "OTA_ResRetrieveRS"
_LISTS = {NOTIF: "HotelReservations/HotelReservation", RETRIEVED: "ReservationsList/HotelReservation"}


@dataclass(frozen=True)
class GuestRequests:
    """`kind` is the name of the message's root."""

    kind: str
    reservations: tuple[Reservation, ...]


def guest_requests_of(body: bytes, source: str | None = None) -> GuestRequests:
    """`source` is what the portal is known as. Refuses with NotANotice; a pull that found nothing is none to refuse."""
    root = read(body)
    if root.tag not in _LISTS:
        raise NotANotice(f"Not one of {NOTIF} and {RETRIEVED}.")
    if root.find("Errors") is not None:
        raise NotANotice("The portal answered with an error: there is nothing to take in.")
    found = root.findall(_LISTS[root.tag])
    if (found or root.tag == NOTIF) and (faults := faults_of_count(len(found))):
        raise NotANotice(faults[0].detail)
    sender = Sender(without_cards(source or "alpinebits"))
    return GuestRequests(root.tag, tuple(_reservation(each, sender) for each in found))


def _reservation(element: Element, sender: Sender) -> Reservation:
    found = reservation_of(element, sender)
    if own_numbers(element):
        return found
    return replace(found, ids=(), notice=replace(found.notice, external_id=""))
