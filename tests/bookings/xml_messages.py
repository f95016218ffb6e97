"""Reservations of memorable people as messages of OpenTravel and AlpineBits."""

from __future__ import annotations

import base64
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from services.bookings.inbound import native
from services.bookings.inbound.opentravel.messages import message_of
from services.bookings.inbound.opentravel.reservations import Reservation
from services.contracts.bookings import BookingNotice, ReceiveGuestRequests, ReceiveOpenTravel
from tests.bookings.makers import Desk

NAMESPACE = "http://www.opentravel.org/OTA/2003/05"
CARD = "4111 1111 1111 1111"

POS = """<POS><Source><RequestorID Type="22" ID="CHM" ID_Context="channel-manager"/>
<BookingChannel Type="7"><CompanyName Code="BDC">booking.com</CompanyName></BookingChannel></Source></POS>"""
ANA = """<Customer Gender="Female" BirthDate="1988-02-03" Language="pt">
<PersonName><NamePrefix>Dona</NamePrefix><GivenName>Ana</GivenName><MiddleName>Maria</MiddleName>
<SurnamePrefix>da</SurnamePrefix><Surname>Silva</Surname></PersonName>
<Telephone PhoneTechType="3" PhoneNumber="999"/>
<Telephone PhoneTechType="1" CountryAccessCode="351" AreaCityCode="21" PhoneNumber="1234567"/>
<Email>ana@mail.example.org</Email>
<Address><AddressLine>Rua Augusta 1</AddressLine><AddressLine>2.º Esq.</AddressLine><CityName>Lisboa</CityName>
<PostalCode>1100-048</PostalCode><StateProv>Lisboa</StateProv><CountryName Code="PT">Portugal</CountryName></Address>
<CitizenCountryName Code="PT"/></Customer>"""
BRUNO = "<Customer><PersonName><GivenName>Bruno</GivenName><Surname>Costa</Surname></PersonName></Customer>"
HOTEL = '<BasicPropertyInfo HotelCode="LIS-CITY"/>'
NIGHTS = '<TimeSpan Start="2026-12-01" End="2026-12-04"/>'


def guest(customer: str = ANA, **attributes: str) -> str:
    said = " ".join(f'{name}="{value}"' for name, value in attributes.items())
    profile = f'<Profile ProfileType="1">{customer}</Profile>'
    return f"<ResGuest {said}><Profiles><ProfileInfo>{profile}</ProfileInfo></Profiles></ResGuest>"


def room_stay(
    more: str = "",
    *,
    room_type: str = 'RoomTypeCode="A"',
    rate: str = '<RatePlan RatePlanCode="BAR"/>',
    guests: str = '<GuestCounts><GuestCount AgeQualifyingCode="10" Count="2"/></GuestCounts>',
    span: str = NIGHTS,
    price: str = '<Total AmountAfterTax="300.00" CurrencyCode="EUR"/>',
    hotel: str = HOTEL,
) -> str:
    kinds = f"<RoomTypes><RoomType {room_type}/></RoomTypes><RatePlans>{rate}</RatePlans>"
    return f"<RoomStay>{kinds}{guests}{span}{price}{hotel}{more}</RoomStay>"


def reservation(
    number: str = "BDC-4711",
    *,
    status: str = "",
    stays: str | None = None,
    guests: str | None = None,
    overall: str = "",
    attributes: str = "",
    more: str = "",
    name: str = "HotelReservation",
    id_type: str = "14",
) -> str:
    """Ana's three nights in December for 300.00 EUR."""
    said = f'ResStatus="{status}"' if status else ""
    unique = f'<UniqueID Type="{id_type}" ID="{number}"/>' if number else ""
    rooms = f"<RoomStays>{room_stay() if stays is None else stays}</RoomStays>"
    people = f"<ResGuests>{guest() if guests is None else guests}</ResGuests>"
    info = f"<ResGlobalInfo>{overall}</ResGlobalInfo>"
    return f"<{name} {said} {attributes}>{unique}{rooms}{people}{info}{more}</{name}>"


def notif(
    *reservations: str,
    attributes: str = 'TimeStamp="2026-11-20T09:30:00Z" EchoToken="e-1"',
    pos: str = POS,
    status: str = "Commit",
) -> bytes:
    """An OTA_HotelResNotifRQ."""
    listed = "".join(reservations or (reservation(),))
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><OTA_HotelResNotifRQ xmlns="{NAMESPACE}" Version="1.003"'
        f' ResStatus="{status}" {attributes}>{pos}<HotelReservations>{listed}</HotelReservations></OTA_HotelResNotifRQ>'
    ).encode()


def modify(
    *reservations: str, attributes: str = 'TimeStamp="2026-11-21T10:00:00Z"', pos: str = POS, status: str = ""
) -> bytes:
    """An OTA_HotelResModifyNotifRQ."""
    said = f'ResStatus="{status}"' if status else ""
    return (
        f'<OTA_HotelResModifyNotifRQ xmlns="{NAMESPACE}" Version="1.003" {said} {attributes}>{pos}'
        f"<HotelResModifies>{''.join(reservations)}</HotelResModifies></OTA_HotelResModifyNotifRQ>"
    ).encode()


def cancel(
    *numbers: str, attributes: str = 'TimeStamp="2026-11-22T08:00:00Z" EchoToken="e-3"', pos: str = POS
) -> bytes:
    """An OTA_CancelRQ."""
    unique = "".join(f'<UniqueID Type="14" ID="{number}"/>' for number in numbers or ("BDC-4711",))
    return f'<OTA_CancelRQ xmlns="{NAMESPACE}" Version="1.001" {attributes}>{pos}{unique}</OTA_CancelRQ>'.encode()


def pushed(*reservations: str) -> bytes:
    """What a portal of AlpineBits pushes."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><OTA_HotelResNotifRQ xmlns="{NAMESPACE}" Version="1.000">'
        f"<HotelReservations>{''.join(reservations)}</HotelReservations></OTA_HotelResNotifRQ>"
    ).encode()


def retrieved(*reservations: str) -> bytes:
    """What a portal of AlpineBits answers when it is asked."""
    return (
        f'<OTA_ResRetrieveRS xmlns="{NAMESPACE}" Version="7.000"><Success/>'
        f"<ReservationsList>{''.join(reservations)}</ReservationsList></OTA_ResRetrieveRS>"
    ).encode()


def alpine(number: str = "6b34fe24ac2ff810", status: str = "Reserved", **more: Any) -> str:
    """Otto's eleven nights, asked for or booked."""
    given: dict[str, Any] = {
        "status": status,
        "id_type": "15" if status == "Cancelled" else "14",
        "attributes": 'CreateDateTime="2026-03-21T15:00:00+01:00"',
        "stays": room_stay(
            guests='<GuestCounts><GuestCount Count="2"/><GuestCount Count="1" Age="9"/>'
            '<GuestCount Count="1" Age="3"/></GuestCounts>',
            rate='<RatePlan RatePlanCode="BAR"><Commission Percent="15"/>'
            '<MealsIncluded MealPlanIndicator="true" MealPlanCodes="12"/></RatePlan>',
            hotel="",
        ),
        "guests": guest(OTTO),
        "overall": f"{WISHES}{CAMPAIGN}{HOTEL}",
    }
    return reservation(number, **{**given, **more})


OTTO = """<Customer Gender="Male" Language="de"><PersonName><NamePrefix>Herr</NamePrefix><GivenName>Otto</GivenName>
<Surname>Muster</Surname><NameTitle>Dr</NameTitle></PersonName>
<Telephone PhoneTechType="1" PhoneNumber="+4934567891"/><Telephone PhoneTechType="5" PhoneNumber="+4934567893"/>
<Email Remark="newsletter:yes">otto@mail.example.org</Email>
<Address Remark="catalog:no"><AddressLine>Hauptstraße 1</AddressLine><CityName>Musterstadt</CityName>
<PostalCode>12345</PostalCode><CountryName Code="DE"/></Address></Customer>"""
WISHES = """<Comments><Comment Name="included services"><ListItem ListItem="1" Language="de">Parkplatz</ListItem>
<ListItem ListItem="2" Language="de">Skipass</ListItem></Comment>
<Comment Name="customer comment"><Text>
  Sind Hunde erlaubt?

  Otto
</Text></Comment></Comments>
<SpecialRequests><SpecialRequest Name="PETS"><Text TextFormat="PlainText">ein Dackel</Text></SpecialRequest>
</SpecialRequests>"""
CAMPAIGN = """<HotelReservationIDs>
<HotelReservationID ResID_Type="13" ResID_Value="spring" ResID_Source="portal.example"/>
</HotelReservationIDs>"""


def receive_open_travel(desk: Desk, document: bytes, source: str | None = None) -> Element:
    """The root of the answer, without namespaces."""
    sent = base64.b64encode(document).decode()
    return bare(desk.service.receive_open_travel(ReceiveOpenTravel(document=sent, source=source)).document)


def receive_guest_requests(desk: Desk, document: bytes, source: str | None = None) -> Element:
    sent = base64.b64encode(document).decode()
    return bare(desk.service.receive_guest_requests(ReceiveGuestRequests(document=sent, source=source)).document)


def bare(document: str | bytes) -> Element:
    root = ElementTree.fromstring(document)
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    return root


def remarks(answer: Element) -> list[tuple[str, str | None, str | None]]:
    """Code, record and beginning of the text of each error or warning."""
    found = [*answer.iterfind(".//Error"), *answer.iterfind(".//Warning")]
    return [(each.get("Code") or "", each.get("RecordID"), (each.text or "").partition(":")[0]) for each in found]


def accepted(answer: Element) -> list[str | None]:
    """The numbers that the answer says are taken in."""
    paths = (
        "HotelReservations/HotelReservation",
        "HotelResModifies/HotelResModify",
        ".//HotelNotifReport//HotelReservation",
    )
    found = [each.find("UniqueID") for path in paths for each in answer.iterfind(path)]
    return [unique.get("ID") for unique in found if unique is not None]


def read(document: bytes, source: str | None = None) -> Reservation:
    """The one reservation of a message of OpenTravel."""
    (found,) = message_of(document, source).reservations
    return found


def read_notice(document: bytes, source: str | None = None) -> BookingNotice:
    """As it is received: nothing of it may be malformed."""
    found = read(document, source)
    assert found.faults == ()
    return native.well_formed(found.notice)


def pointers(document: bytes) -> list[str]:
    """Where the faults are that reading finds."""
    return [fault.pointer for fault in read(document).faults]
