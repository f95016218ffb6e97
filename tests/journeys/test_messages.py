"""OpenTravel and AlpineBits from the wire to the booking, by HTTP and by the bus, and their cards found nowhere."""

from __future__ import annotations

import urllib.request
import uuid
from datetime import date, timedelta
from typing import Any
from xml.etree.ElementTree import Element

import pytest

from services.kit import parked
from tests.bookings.xml_messages import (
    accepted,
    alpine,
    bare,
    cancel,
    guest,
    notif,
    pushed,
    remarks,
    reservation,
    room_stay,
)
from tests.journeys.canaries import CVV, HOLDER, Cards, everything_kept
from tests.journeys.notices import set_up_hotel
from tests.journeys.test_one_booking import booking_of

pytestmark = pytest.mark.servers

FIRST = date.today() + timedelta(days=30)  # noqa: DTZ011
XML = {"content_type": "application/xml"}


def sent(system: Any, path: str, document: bytes) -> Element:
    request = urllib.request.Request(
        f"{system.url}/v1/inbound/{path}",
        document,
        {"Authorization": f"Bearer {system.api_key}", "Content-Type": "application/xml"},
    )
    with urllib.request.urlopen(request, timeout=15) as answer:
        assert answer.headers["Content-Type"].startswith("application/xml")
        return bare(answer.read())


def stay(hotel: str, more: str = "", **said: Any) -> str:
    span = f'<TimeSpan Start="{FIRST}" Duration="P3N"/>'
    return room_stay(more, **{"span": span, "hotel": f'<BasicPropertyInfo HotelCode="{hotel}"/>', **said})


def person(tag: str, given: str = "Ana", more: str = "") -> str:
    name = f"<PersonName><GivenName>{given}</GivenName><Surname>Silva {tag}</Surname></PersonName>"
    return f"<Customer>{name}<Email>ana.{tag}@mail.example.org</Email>{more}</Customer>"


def test_a_message_over_http_becomes_a_booking_with_its_guest(system: Any) -> None:
    hotel, tag = set_up_hotel(system), uuid.uuid4().hex[:10]
    document = notif(reservation(f"OTA-{tag}", stays=stay(hotel), guests=guest(person(tag))))
    answer = sent(system, "opentravel", document)
    assert (accepted(answer), remarks(answer)) == ([f"OTA-{tag}"], [])
    booking = booking_of(system, f"OTA-{tag}")
    assert (booking["property"], booking["price"]) == (hotel, {"amount": "300.00", "currency": "EUR"})
    assert booking["people"][0]["given_name"] == "Ana"
    assert accepted(sent(system, "opentravel", document)) == [f"OTA-{tag}"]
    assert sent(system, "opentravel", cancel(f"OTA-{tag}")).get("Status") == "Cancelled"
    assert system.call("GET", f"/v1/bookings/{booking['id']}")[1]["state"] == "cancelled"


def test_messages_on_the_bus_become_bookings(system: Any) -> None:
    hotel, tag = set_up_hotel(system), uuid.uuid4().hex[:10]
    said = {"guests": guest(person(tag)), "stays": stay(hotel)}
    system.publish(notif(reservation(f"OTA-{tag}", **said)), key="opentravel.notice", **XML)
    system.publish(pushed(alpine(f"AB-{tag}", overall="", **said)), key="alpinebits.notice", **XML)
    assert booking_of(system, f"OTA-{tag}")["source"] == "booking.com"
    assert booking_of(system, f"AB-{tag}")["source"] == "alpinebits"


def test_a_message_nobody_can_read_is_parked_with_its_reason_and_the_next_is_applied(system: Any) -> None:
    hotel, tag = set_up_hotel(system), uuid.uuid4().hex[:10]
    parked.drop(system.amqp_url, "bookings", everything=True)
    half = reservation(f"BAD-{tag}", stays=stay(hotel, span='<TimeSpan Start="never"/>'))
    good = reservation(f"OTA-{tag}", stays=stay(hotel), guests=guest(person(tag)))
    bad = [b"no xml", notif(half), b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', b"<a>" * 300_000]
    system.publish_all([*bad, notif(good, half)], key="opentravel.notice", **XML)
    booking_of(system, f"OTA-{tag}")
    system.wait_quiet()
    found = parked.list(system.amqp_url, ["bookings"])
    assert {each.queue for each in found} == {"bookings.opentravel"}
    assert sorted("/reservations/1/arrival" in each.reason for each in found) == [False, False, False, False, True]
    parked.drop(system.amqp_url, "bookings", everything=True)


def spoiled(cards: Cards, hotel: str, way: str, **more: Any) -> str:
    """A reservation with a card in every place that may hold one; `way` is how it comes."""
    tag = uuid.uuid4().hex[:10]

    def put(name: str, form: str = "{}{}{}{}") -> str:
        return cards.put(f"{name}, XML, {way}", form)

    spaced, dashed = "{} {} {} {}", "{}-{}-{}-{}"
    holder = f"<CardHolderName>{HOLDER}</CardHolderName><SeriesCode>{CVV}</SeriesCode>"
    card = f"{holder}<CardNumber>{put('number')}</CardNumber>"
    accepted_by = (
        f'<PaymentCard CardNumber="{put("attribute")}" SeriesCode="{CVV}" ExpireDate="1039">{card}</PaymentCard>'
    )
    guarantee = f"<Guarantee><GuaranteesAccepted>{accepted_by}</GuaranteesAccepted></Guarantee>"
    comment = f"<Comments><Comment><Text>Charge {put('comment', spaced)}, CVV {CVV}</Text></Comment></Comments>"
    address = f"<Address><AddressLine>{put('address', spaced)}</AddressLine></Address>"
    phone = f'<Telephone PhoneNumber="{put("phone", dashed)}"/>{address}'
    said: dict[str, Any] = {
        "stays": stay(
            hotel,
            guarantee + comment,
            rate=f'<RatePlan RatePlanCode="{put("rate")}"/>',
            room_type=f'RoomTypeCode="A" InvBlockCode="{put("block")}"',
        ),
        "guests": guest(person(tag, f"Ana {put('name', dashed)}", phone)),
        "overall": f'<Any a="{put("unknown")}">{put("unknown text")}</Any><Deposits>{accepted_by}</Deposits>',
        "more": f"<!-- {put('remark')} --><?x {put('instruction')}?><Verification>{accepted_by}</Verification>",
    }
    return reservation(f"CARD-{tag}", **{**said, **more})


def test_cards_in_xml_are_found_nowhere_afterwards(system: Any) -> None:
    hotel, cards = set_up_hotel(system), Cards()
    never = {"attributes": 'LastModifyDateTime="never"', "status": "Perhaps"}

    def documents(way: str) -> list[bytes]:
        pos = f'<POS><Source><RequestorID ID="{cards.put(f"requestor, {way}")}"/></Source></POS>'
        echo = f'EchoToken="{cards.put(f"echo, {way}")}" Version="{cards.put(f"version, {way}")}"'
        return [
            notif(spoiled(cards, hotel, way), attributes=echo).replace(b' Version="1.003"', b""),
            notif(spoiled(cards, hotel, f"{way}, of another"), pos=pos),
            notif(spoiled(cards, cards.put(f"hotel, {way}"), f"{way}, parked")),
            notif(spoiled(cards, hotel, f"{way}, malformed", **never)),
            notif(spoiled(cards, hotel, f"{way}, good"), spoiled(cards, hotel, f"{way}, half", **never)),
            notif(spoiled(cards, hotel, f"{way}, cut off"))[:-30],
            notif(spoiled(cards, hotel, f"{way}, wide")).decode().encode("utf-16")[:-40],
            b"<!DOCTYPE a>" + notif(spoiled(cards, hotel, f"{way}, with a type")),
        ]

    for document in documents("HTTP"):
        sent(system, "opentravel", document)
    for document in (pushed(spoiled(cards, hotel, "pushed")), pushed(spoiled(cards, hotel, "pushed, half", **never))):
        sent(system, "alpinebits", document)
    system.publish_all(documents("bus"), key="opentravel.notice", **XML)
    system.publish_all(
        [pushed(spoiled(cards, hotel, "portal")), pushed(spoiled(cards, hotel, "portal, half", **never))],
        key="alpinebits.notice",
        **XML,
    )
    system.wait_quiet()
    assert len(parked.list(system.amqp_url, ["bookings"])) >= 6
    assert system.rows("bookings", "SELECT 1 FROM notices WHERE body::text LIKE %s", "%[card number removed]%")
    found = {(where, place) for where, text in everything_kept(system) for place in cards.found_in(text)}
    parked.drop(system.amqp_url, "bookings", everything=True)
    assert sorted(found) == []
    assert len(cards.places) > 200
