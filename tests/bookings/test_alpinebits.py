"""GuestRequests of AlpineBits, pushed or pulled: what they become, and how they are acknowledged."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest

from services.bookings.inbound import native
from services.bookings.inbound.alpinebits.handshake import greeting
from services.bookings.inbound.alpinebits.requests import guest_requests_of
from services.contracts.bookings import BookingNotice, FindBookings, FindNotices, NotAnAction, NotANotice
from services.contracts.values import Price
from tests.bookings.makers import Desk, eur
from tests.bookings.xml_messages import (
    HOTEL,
    NAMESPACE,
    accepted,
    alpine,
    bare,
    pushed,
    receive_guest_requests,
    remarks,
    retrieved,
    room_stay,
)

NOW = datetime(2026, 11, 25, tzinfo=UTC)


def notice(document: bytes, source: str | None = None) -> BookingNotice:
    (found,) = guest_requests_of(document, source).reservations
    assert found.faults == ()
    return native.well_formed(found.notice)


def booking(desk: Desk, number: str = "6b34fe24ac2ff810") -> Any:
    (found,) = desk.service.find_bookings(FindBookings(external_ref=number)).items
    return found


# ── what they say ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("document", [pushed(alpine()), retrieved(alpine())])
def test_a_reservation_pushed_or_pulled_is_the_same(document: bytes):
    said = notice(document, "portal")
    assert (said.source, said.external_id, said.status, said.tentative) == ("portal", "6b34fe24ac2ff810", "new", False)
    assert (said.property, said.channel) == ("LIS-CITY", "portal.example")
    assert (said.arrival, said.departure) == (date(2026, 12, 1), date(2026, 12, 4))
    assert said.booked_at == datetime(2026, 3, 21, 14, tzinfo=UTC)
    (room,) = said.rooms
    assert (room.room_type, room.rate, room.adults, room.children, room.child_ages) == ("A", "BAR", 2, 2, (9, 3))
    assert room.price == Price(amount="300.00", currency="EUR")
    assert said.commission
    assert said.commission.basis_points == 1500
    assert said.needs == ("pet",)


def test_the_guest_is_read_with_title_and_mobile_phone():
    booker = notice(pushed(alpine())).booker
    assert booker
    assert (booker.title, booker.given_name, booker.family_name) == ("Herr Dr", "Otto", "Muster")
    assert (booker.phone, booker.language, booker.sex, booker.country) == ("+4934567893", "de", "male", "DE")


def test_remarks_on_mail_and_address_are_consents_with_their_wording():
    booker = notice(pushed(alpine())).booker
    assert booker
    assert [(c.channel, c.granted, c.purpose, c.wording) for c in booker.consents] == [
        ("email", True, "marketing", "newsletter:yes"),
        ("post", False, "marketing", "catalog:no"),
    ]


def test_comments_services_meals_and_terms_are_for_people_to_read():
    terms = (
        "<CancelPenalties><CancelPenalty><PenaltyDescription><Text>50% within 3 days</Text></PenaltyDescription>"
        "</CancelPenalty></CancelPenalties>"
    )
    said = notice(pushed(alpine(overall=f"{terms}{HOTEL}")))
    assert said.requests == "Meals: half board\nCancellation: 50% within 3 days"
    assert notice(pushed(alpine())).requests == (
        "ein Dackel\nIncluded services: Parkplatz, Skipass\nSind Hunde erlaubt?\nOtto\nMeals: half board"
    )


@pytest.mark.parametrize(("status", "said"), [("Reserved", "new"), ("Modify", "modified"), ("Cancelled", "cancelled")])
def test_the_status_is_the_notice_s(status: str, said: str):
    assert notice(pushed(alpine(status=status))).status == said


def test_a_cancellation_needs_nothing_but_its_number():
    said = notice(
        retrieved('<HotelReservation ResStatus="Cancelled"><UniqueID Type="15" ID="c24e"/></HotelReservation>')
    )
    assert (said.status, said.external_id, said.property, said.rooms) == ("cancelled", "c24e", "", ())


def test_a_campaign_is_no_number_of_a_reservation():
    (found,) = guest_requests_of(pushed(alpine(""))).reservations
    assert (found.ids, found.notice.external_id) == ((), "")


QUOTE = room_stay(
    room_type='RoomTypeCode="A" RoomClassificationCode="5" RoomType="8"',
    rate="",
    guests='<GuestCounts><GuestCount Count="1"/></GuestCounts>',
    span='<TimeSpan Duration="P4N"><StartDateWindow EarliestDate="2026-12-03" LatestDate="2026-12-08"/></TimeSpan>',
    price="",
    hotel="",
)


def test_a_request_for_a_quote_is_held_without_a_room_and_says_what_is_wanted():
    said = notice(pushed(alpine(status="Requested", stays=QUOTE, overall=HOTEL)))
    assert (said.status, said.tentative, said.rooms) == ("new", True, ())
    assert (said.arrival, said.departure) == (date(2026, 12, 3), date(2026, 12, 7))
    assert said.requests == "Asked for: A, 1 adult\nTime: 2026-12-03 to 2026-12-08, P4N"


def test_other_times_that_would_do_are_told_as_well():
    other = '<RoomStay><TimeSpan Start="2026-12-20" End="2026-12-24"/></RoomStay>'
    said = notice(pushed(alpine(status="Requested", stays=room_stay(hotel="") + other, overall=HOTEL)))
    assert (said.arrival, said.departure) == (date(2026, 12, 1), date(2026, 12, 4))
    assert said.requests == (
        "Asked for: A / BAR, 2 adults, 300.00 EUR\nTime: 2026-12-01, 2026-12-04\nTime: 2026-12-20, 2026-12-24"
    )


# ── pushed ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_pushed_reservation_is_booked_and_acknowledged_by_its_number(desk: Desk):
    answer = receive_guest_requests(desk, pushed(alpine()), "portal")
    assert answer.tag == "OTA_HotelResNotifRS"
    assert answer.find("Success") is not None
    assert accepted(answer) == ["6b34fe24ac2ff810"]
    assert remarks(answer) == []
    assert (booking(desk).source, booking(desk).state, booking(desk).price) == ("portal", "confirmed", eur("300.00"))


def test_a_cancellation_is_acknowledged_by_its_own_type(desk: Desk):
    receive_guest_requests(desk, pushed(alpine()))
    answer = receive_guest_requests(desk, pushed(alpine(status="Cancelled")))
    unique = answer.find("HotelReservations/HotelReservation/UniqueID")
    assert unique is not None
    assert (unique.get("Type"), unique.get("ID")) == ("15", "6b34fe24ac2ff810")
    assert booking(desk).state == "cancelled"


def test_what_is_refused_is_an_error_where_it_is_all_there_is(desk: Desk):
    wrong = alpine(stays=room_stay(room_type='RoomTypeCode="ZZ"', hotel=""))
    answer = receive_guest_requests(desk, pushed(wrong))
    assert answer.find("Success") is None
    assert remarks(answer) == [("402", "6b34fe24ac2ff810", "unknown-room-type")]
    (error,) = answer.iter("Error")
    assert error.get("Type") == "13"


def test_what_is_refused_among_others_is_a_warning(desk: Desk):
    wrong = alpine("wrong", stays=room_stay(room_type='RoomTypeCode="ZZ"', hotel=""))
    answer = receive_guest_requests(desk, pushed(alpine(), wrong))
    assert accepted(answer) == ["6b34fe24ac2ff810"]
    assert remarks(answer) == [("402", "wrong", "unknown-room-type")]


# ── pulled ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_was_pulled_is_acknowledged_and_refused_by_number(desk: Desk):
    wrong = alpine("wrong", stays=room_stay(room_type='RoomTypeCode="ZZ"', hotel=""))
    answer = receive_guest_requests(desk, retrieved(alpine(), wrong, alpine("c24e", "Cancelled", stays="")))
    assert answer.tag == "OTA_NotifReportRQ"
    assert answer.find("Success") is not None
    assert accepted(answer) == ["6b34fe24ac2ff810", "c24e"]
    assert remarks(answer) == [("402", "wrong", "unknown-room-type")]


def test_a_pull_that_found_nothing_is_nothing_to_refuse(desk: Desk):
    answer = receive_guest_requests(desk, retrieved())
    assert answer.find("Success") is not None
    assert answer.find("NotifDetails") is None


def test_a_reservation_and_its_cancellation_pulled_together_end_cancelled(desk: Desk):
    receive_guest_requests(desk, retrieved(alpine(), alpine(status="Modify"), alpine(status="Cancelled")))
    assert booking(desk).state == "cancelled"


def test_pulled_in_the_wrong_order_they_end_cancelled_too(desk: Desk):
    receive_guest_requests(desk, retrieved(alpine(status="Cancelled")))
    receive_guest_requests(desk, retrieved(alpine()))
    assert booking(desk).state == "cancelled"


def test_pulled_again_they_are_acknowledged_again_and_change_nothing(desk: Desk):
    wide = room_stay(span='<TimeSpan Start="2026-12-01" End="2026-12-09"/>', hotel="")
    document = retrieved(alpine(), alpine(status="Modify", stays=wide), alpine("c24e", "Cancelled"))
    first = receive_guest_requests(desk, document)
    said = desk.said()
    assert accepted(receive_guest_requests(desk, document)) == accepted(first)
    assert accepted(receive_guest_requests(desk, retrieved(alpine()))) == ["6b34fe24ac2ff810"]
    assert (booking(desk).departure, desk.said()) == (date(2026, 12, 9), said)
    assert len(desk.service.find_notices(FindNotices()).items) == 3


def test_a_quote_and_its_booking_may_be_pulled_together(desk: Desk):
    answer = receive_guest_requests(desk, retrieved(alpine(status="Requested", stays=QUOTE), alpine()))
    assert accepted(answer) == ["6b34fe24ac2ff810"] * 2
    assert booking(desk).state == "confirmed"


def test_a_quote_that_is_booked_becomes_a_booking(desk: Desk):
    receive_guest_requests(desk, retrieved(alpine(status="Requested", stays=QUOTE)))
    assert (booking(desk).state, booking(desk).rooms, desk.sold()) == ("tentative", (), 0)
    receive_guest_requests(desk, retrieved(alpine()))
    assert (booking(desk).state, len(booking(desk).rooms), desk.sold()) == ("confirmed", 1, 1)
    assert desk.counters_are_right()


@pytest.mark.parametrize(
    "document",
    [
        b"<OTA_ReadRQ/>",
        b"no xml",
        pushed(),
        b'<OTA_ResRetrieveRS><Errors><Error Type="13" Code="392"/></Errors></OTA_ResRetrieveRS>',
        retrieved(*["<HotelReservation/>"] * 101),
    ],
)
def test_other_documents_are_refused(document: bytes):
    with pytest.raises(NotANotice):
        guest_requests_of(document)


# ── the handshake ────────────────────────────────────────────────────────────────────────────────────────────────────


def ping(said: Any) -> bytes:
    echo = said if isinstance(said, str) else json.dumps(said)
    escaped = echo.replace("&", "&amp;").replace("<", "&lt;")
    return f'<OTA_PingRQ xmlns="{NAMESPACE}" Version="8.000"><EchoData>{escaped}</EchoData></OTA_PingRQ>'.encode()


def shaken(said: Any) -> Any:
    answer = bare(greeting("OTA_Ping:Handshaking", "2022-10", ping(said), NOW))
    (warning,) = answer.iterfind("Warnings/Warning")
    assert (warning.get("Type"), warning.get("Status")) == ("11", "ALPINEBITS_HANDSHAKE")
    assert answer.findtext("EchoData") == (said if isinstance(said, str) else json.dumps(said))
    return json.loads(warning.text or "")


def test_a_handshake_is_what_both_sides_can_do():
    push = "action_OTA_HotelResNotif_GuestRequests"
    actions = [
        {"action": "action_OTA_Ping"},
        {"action": push, "supports": [f"{push.removeprefix('action_')}_accept_RoomRates", "other"]},
        {"action": "action_OTA_HotelInvCountNotif", "supports": ["OTA_HotelInvCountNotif_accept_rooms"]},
    ]
    assert shaken({"versions": [{"version": "2022-10", "actions": actions}, {"version": "2031-10"}]}) == {
        "versions": [
            {
                "version": "2022-10",
                "actions": [{"action": "action_OTA_Ping"}, {**actions[1], "supports": actions[1]["supports"][:1]}],
            }
        ]
    }


def test_what_the_client_said_comes_back_as_it_was():
    assert shaken('\n {"versions":  [ ]}\n ') == {"versions": []}


@pytest.mark.parametrize(
    "said", ["", "no json", "[]", '{"versions": 1}', '{"versions": [1]}', '{"versions": [{}]}', "[" * 9000]
)
def test_a_handshake_that_says_nothing_is_refused(said: str):
    with pytest.raises(NotANotice):
        greeting("OTA_Ping:Handshaking", None, ping(said), NOW)


@pytest.mark.parametrize(
    ("action", "version", "answer"),
    [
        ("getVersion", "2017-10", "OK:2017-10"),
        ("getVersion", None, "OK:2024-10"),
        ("getVersion", "tomorrow", "OK:2024-10"),
        ("getCapabilities", None, "OK:action_getVersion,action_getCapabilities,action_OTA_HotelResNotif_GuestRequests"),
    ],
)
def test_the_questions_of_before_the_handshake_are_answered(action: str, version: str | None, answer: str):
    assert greeting(action, version, b"", NOW) == answer


@pytest.mark.parametrize("action", ["", "OTA_Read:GuestRequests", "OTA_HotelInvCountNotif:FreeRooms"])
def test_other_actions_are_not_known(action: str):
    with pytest.raises(NotAnAction):
        greeting(action, None, b"", NOW)
