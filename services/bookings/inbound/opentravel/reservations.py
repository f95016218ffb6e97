"""One reservation of an OpenTravel message as a native notice, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from xml.etree.ElementTree import Element

from services.bookings.inbound.opentravel import prices
from services.bookings.inbound.opentravel.documents import every, said
from services.bookings.inbound.opentravel.faults import Faults
from services.bookings.inbound.opentravel.people import People, people_of
from services.bookings.inbound.opentravel.remarks import needs_of, requests_of, wishes_of
from services.bookings.inbound.opentravel.rooms import stay_of
from services.bookings.inbound.opentravel.values import instant
from services.contracts.bookings import BookingNotice, Method, NoticePerson, NoticeStatus
from services.contracts.cards import without_cards
from services.kit.refusal import Problem

OURS = "Foyer"  # under this name our answers give our own numbers; they are never the sender's
# Unique id types (OpenTravel code list UIT)
CORPORATION, COMPANY, AGENCY, INTERNET_BROKER, RESERVATION, CANCELLATION = "3", "4", "5", "13", "14", "15"
_OF_BOOKINGS = frozenset((RESERVATION, CANCELLATION))
_OF_REQUESTORS: dict[str, Method] = {
    INTERNET_BROKER: "ota",
    AGENCY: "agency",
    COMPANY: "company",
    CORPORATION: "company",
}
# Booking channel types (code list BCT): distribution systems, tour operators, the internet
_OF_CHANNELS: dict[str, Method] = {"1": "gds", "2": "ota", "6": "agency", "7": "web"}
# ResStatus of a message or of a reservation, in the words of all versions, without case, blanks and hyphens
_STATUSES: dict[str, NoticeStatus] = {
    **dict.fromkeys(("", "book", "booked", "commit", "committed", "confirm", "confirmed", "new", "reserved"), "new"),
    **dict.fromkeys(("modify", "modified"), "modified"),
    **dict.fromkeys(("cancel", "canceled", "cancelled"), "cancelled"),
    **dict.fromkeys(("inhouse", "checkedin"), "in_house"),
    "checkedout": "departed",
    "noshow": "no_show",
}
_ASKED_FOR = frozenset(("requested", "waitlisted", "waitlist", "pending"))  # and promised by nobody yet


@dataclass(frozen=True)
class Sender:
    """Who speaks in a message, and through which channel they sell."""

    source: str
    channel: str | None = None
    method: Method | None = None


@dataclass(frozen=True)
class Reservation:
    """`notice` has no revision yet: `modified_at` tells which state of the booking it is, where the sender does.

    `ids` may each be the sender's own number for it, the likeliest first; `notice.external_id` is that one. `faults`
    are what could not be read.
    """

    notice: BookingNotice
    ids: tuple[str, ...]
    id_type: str = RESERVATION
    modified_at: datetime | None = None
    faults: tuple[Problem, ...] = ()


def sender_of(root: Element, told: str | None) -> Sender:
    """Who a message says it is from. First comes `told`, what the caller is known as.

    Then the name of the booking channel, and only then the requestor, whose number may change between messages.
    """
    post = root.find("POS/Source")
    channel = said(post, "BookingChannel/CompanyName") or said(post, "BookingChannel/CompanyName", "Code")
    requestor = said(post, "RequestorID", "ID_Context") or said(post, "RequestorID", "ID")
    method = _OF_REQUESTORS.get(said(post, "RequestorID", "Type") or "")
    return Sender(
        source=without_cards(told or channel or requestor or "opentravel"),
        channel=channel,
        method=method or _OF_CHANNELS.get(said(post, "BookingChannel", "Type") or ""),
    )


def reservation_of(
    element: Element, sender: Sender, *, status: str = "", sent_at: datetime | None = None
) -> Reservation:
    """`status` is what the message says of all its reservations, `sent_at` when it was made."""
    faults = Faults()
    word = _word(element.get("ResStatus")) or _word(status)
    tentative = word in _ASKED_FOR
    what = "new" if tentative else _STATUSES.get(word)
    if what is None:
        faults.add("/status", "A ResStatus that is no state of a booking.")
    ids = _ids(element, sender.source)
    bare = BookingNotice(
        source=sender.source,
        external_id=ids[0] if ids else "",
        revision=0,
        status=what or "new",
        property=_property(element, faults),
        channel=sender.channel or _broker(element),
        booked_at=instant(element.get("CreateDateTime")),
    )
    return Reservation(
        notice=bare if what == "cancelled" else _with_content(bare, element, sender, tentative, faults),
        ids=ids,
        id_type=next((kind for each in own_numbers(element) if (kind := each.get("Type"))), RESERVATION),
        modified_at=instant(element.get("LastModifyDateTime")) or sent_at,
        faults=tuple(faults.found),
    )


def own_numbers(of: Element) -> list[Element]:
    """The UniqueIDs that are numbers of the reservation, and not ours."""
    return [
        each
        for each in of.iterfind("UniqueID")
        if each.get("ID_Context") != OURS and (each.get("Type") or RESERVATION) in _OF_BOOKINGS
    ]


def _with_content(
    bare: BookingNotice, element: Element, sender: Sender, tentative: bool, faults: Faults
) -> BookingNotice:
    """What is only asked for holds no room: which one is wanted stands among the requests."""
    stay, people = stay_of(element, faults), people_of(element)
    # of what is asked for, later times are others that would do as well
    arrival, departure = stay.first if tentative and stay.first else (stay.arrival, stay.departure)
    payer = (people.company or people.agency) if next(element.iter("DirectBill"), None) is not None else None
    return replace(
        bare,
        tentative=tentative,
        arrival=arrival,
        departure=departure,
        rooms=() if tentative else stay.rooms,
        total=stay.total,
        booker=_for_company(people.booker, people.company) or payer,
        guests=people.guests,
        payer=payer,
        method=_method(sender, people, payer),
        requests=requests_of(element, wishes_of(element, stay.rooms) if tentative else ()),
        needs=needs_of(element),
        payments=prices.paid(element, faults),
        commission=prices.commission(element, faults),
        group=said(element, "RoomStays/RoomStay/RoomTypes/RoomType", "InvBlockCode")
        or said(element, "RoomStays/RoomStay/RoomRates/RoomRate", "InvBlockCode"),
    )


def _ids(element: Element, source: str) -> tuple[str, ...]:
    """UniqueIDs; without any the HotelReservationID of this sender, else of an internet broker, else of any kind."""
    numbers = [number for each in own_numbers(element) if (number := said(each, "", "ID"))]
    if not numbers:
        listed = [
            (said(each, "", "ResID_Source"), each.get("ResID_Type"), number)
            for each in every(element, "ResGlobalInfo/HotelReservationIDs/HotelReservationID")
            if (number := said(each, "", "ResID_Value")) and each.get("ResID_Source") != OURS
        ]
        own = [number for name, _, number in listed if (name or "").casefold() == source.casefold()]
        kinds = [number for kind in (INTERNET_BROKER, RESERVATION) for _, its, number in listed if its == kind]
        numbers = [*own, *kinds, *(number for _, _, number in listed)][:1]
    return tuple(dict.fromkeys(numbers))


def _property(element: Element, faults: Faults) -> str:
    places = every(element, "RoomStays/RoomStay/BasicPropertyInfo", "ResGlobalInfo/BasicPropertyInfo")
    codes = dict.fromkeys(code for each in places if (code := said(each, "", "HotelCode")))
    if len(codes) > 1:
        faults.add("/property", "The rooms of one reservation are at one property.")
    return next(iter(codes), "")


def _broker(element: Element) -> str | None:
    kind = f"[@ResID_Type='{INTERNET_BROKER}']"
    return said(element, f"ResGlobalInfo/HotelReservationIDs/HotelReservationID{kind}", "ResID_Source")


def _method(sender: Sender, people: People, payer: NoticePerson | None) -> Method | None:
    if payer and payer == people.company:
        return "company"
    return "agency" if people.agency else sender.method


def _for_company(booker: NoticePerson | None, company: NoticePerson | None) -> NoticePerson | None:
    """Who travels for a company keeps their own name, and bears its name too."""
    if booker is None or company is None or booker.company:
        return booker or company
    return replace(booker, company=company.company)


def _word(status: str | None) -> str:
    return "".join(c for c in (status or "").casefold() if c.isalnum())
