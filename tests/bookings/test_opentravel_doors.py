"""Messages of OpenTravel at their door: what is applied, how outcomes are answered, and that repeats change nothing."""

from __future__ import annotations

import base64
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest

from services.bookings.inbound.opentravel.messages import message_of
from services.bookings.service import BookingsService
from services.contracts.bookings import (
    CheckInBooking,
    ConfirmBooking,
    FindBookings,
    FindNotices,
    NotANotice,
    ReceiveOpenTravel,
    ReplayNotice,
    StateForbids,
)
from services.contracts.values import Money
from services.kit import topology
from services.kit.refusal import CommandReused
from tests.bookings.makers import Desk, eur, lisbon_city
from tests.bookings.xml_messages import (
    accepted,
    cancel,
    modify,
    notif,
    receive_open_travel,
    remarks,
    reservation,
    room_stay,
)


def booking(desk: Desk, number: str = "BDC-4711"):
    (found,) = desk.service.find_bookings(FindBookings(external_ref=number)).items
    return found


def states(desk: Desk, number: str = "BDC-4711") -> list[str]:
    return [each.state for each in desk.service.find_notices(FindNotices(external_id=number)).items][::-1]


def content(answer) -> list[tuple[str, dict[str, str]]]:
    return [(each.tag, {k: v for k, v in each.attrib.items() if k != "TimeStamp"}) for each in answer.iter()]


# ── applied ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_new_reservation_is_booked_and_answered_with_our_number(desk: Desk):
    answer = receive_open_travel(desk, notif())
    made = booking(desk)
    assert (made.state, made.arrival, made.price, made.channel) == (
        "confirmed",
        date(2026, 12, 1),
        eur("300.00"),
        "booking.com",
    )
    assert (answer.tag, answer.get("EchoToken"), answer.get("Version")) == ("OTA_HotelResNotifRS", "e-1", "1.003")
    assert answer.find("Success") is not None
    assert accepted(answer) == ["BDC-4711"]
    numbers = {each.get("ResID_Source"): each.get("ResID_Value") for each in answer.iter("HotelReservationID")}
    assert numbers == {"booking.com": "BDC-4711", "Foyer": str(made.id)}
    assert remarks(answer) == []


def test_a_modification_changes_it_and_a_cancellation_ends_it(desk: Desk):
    receive_open_travel(desk, notif())
    later = reservation(stays=room_stay(span='<TimeSpan Start="2026-12-02" End="2026-12-06"/>'), name="HotelResModify")
    answer = receive_open_travel(desk, modify(later))
    assert (answer.tag, accepted(answer)) == ("OTA_HotelResModifyNotifRS", ["BDC-4711"])
    assert (booking(desk).arrival, booking(desk).departure) == (date(2026, 12, 2), date(2026, 12, 6))
    answer = receive_open_travel(desk, cancel())
    assert (answer.tag, answer.get("Status"), booking(desk).state) == ("OTA_CancelRS", "Cancelled", "cancelled")
    ours = answer.find("CancelInfoRS/UniqueID")
    assert ours is not None
    assert (ours.get("ID"), ours.get("ID_Context")) == (str(booking(desk).id), "Foyer")
    assert desk.sold() == 0
    assert desk.counters_are_right()


def test_a_cancellation_finds_the_reservation_by_any_of_its_numbers(desk: Desk):
    receive_open_travel(desk, notif())
    assert receive_open_travel(desk, cancel("PNR-1", "BDC-4711")).get("Status") == "Cancelled"
    assert booking(desk).state == "cancelled"


def test_amounts_without_a_currency_are_in_the_property_s(desk: Desk):
    receive_open_travel(desk, notif(reservation(stays=room_stay(price='<Total AmountAfterTax="99.5"/>'))))
    assert booking(desk).price == Money(amount_minor=9950, currency="EUR")


def test_each_reservation_of_a_message_is_answered_for_itself(desk: Desk):
    good, bad = reservation("ONE"), reservation("TWO", stays=room_stay(room_type='RoomTypeCode="ZZ"'))
    worse = reservation("THREE", stays=room_stay(span='<TimeSpan Start="2026-12-04" End="2026-12-01"/>'))
    answer = receive_open_travel(desk, notif(good, bad, worse))
    assert answer.find("Success") is not None
    assert accepted(answer) == ["ONE"]
    assert remarks(answer) == [("402", "TWO", "unknown-room-type"), ("404", "THREE", "departure")]
    assert (states(desk, "ONE"), states(desk, "TWO"), states(desk, "THREE")) == (["applied"], ["parked"], [])


def test_what_a_message_says_twice_of_one_reservation_is_not_taken_in(desk: Desk):
    other = reservation(stays=room_stay(span='<TimeSpan Start="2026-12-01" End="2026-12-02"/>'))
    answer = receive_open_travel(desk, notif(reservation(), other, reservation("ELSE")))
    assert accepted(answer) == ["ELSE"]
    assert [(code, record) for code, record, _ in remarks(answer)] == [("96", "BDC-4711")] * 2
    assert states(desk) == []


def test_a_booking_and_its_cancellation_may_come_in_one_message(desk: Desk):
    answer = receive_open_travel(desk, notif(reservation(), reservation(status="Cancelled")))
    assert accepted(answer) == ["BDC-4711", "BDC-4711"]
    assert booking(desk).state == "cancelled"


@pytest.mark.parametrize("kind", ["Quote", "Ignore"])
def test_what_only_asks_about_a_cancellation_cancels_nothing(desk: Desk, kind: str):
    receive_open_travel(desk, notif())
    answer = receive_open_travel(desk, cancel(attributes=f'CancelType="{kind}"'))
    assert (answer.tag, answer.get("Status"), answer.find("Errors") is not None) == (
        "OTA_CancelRS",
        "Unsuccessful",
        True,
    )
    assert booking(desk).state == "confirmed"


# ── repeated, overtaken ──────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "document",
    [
        notif(),
        notif(attributes=""),
        notif(reservation(status="Requested")),
        notif(reservation("ONE"), reservation("TWO", stays=room_stay(room_type='RoomTypeCode="ZZ"'))),
        notif(reservation(), reservation(status="Cancelled")),
        modify(reservation(name="HotelResModify")),
        cancel(),
        notif(reservation(stays=room_stay(span=""))),
    ],
)
def test_the_same_message_again_changes_nothing_and_is_answered_alike(desk: Desk, document: bytes):
    first = receive_open_travel(desk, document)
    said, kept = desk.said(), desk.rows("SELECT count(*) FROM notices")
    for _ in range(2):
        assert content(receive_open_travel(desk, document)) == content(first)
    assert desk.said() == said
    assert desk.rows("SELECT count(*) FROM notices") == kept


def test_the_same_reservation_in_a_new_message_is_a_repetition(desk: Desk):
    receive_open_travel(desk, notif())
    answer = receive_open_travel(desk, notif(attributes='TimeStamp="2026-11-20T09:45:00Z"'))
    assert accepted(answer) == ["BDC-4711"]
    assert states(desk) == ["applied"]


def test_what_was_overtaken_is_ignored_and_the_sender_told(desk: Desk):
    receive_open_travel(desk, notif())
    receive_open_travel(desk, modify(reservation(name="HotelResModify", stays=room_stay(guests=""))))
    late = notif(reservation(stays=room_stay(price="")), attributes='TimeStamp="2026-11-20T12:00:00Z"')
    answer = receive_open_travel(desk, late)
    assert accepted(answer) == ["BDC-4711"]
    assert remarks(answer) == [("127", "BDC-4711", "stale revision")]
    assert booking(desk).price == eur("300.00")


def test_a_message_of_before_sent_again_changes_nothing_back(desk: Desk):
    receive_open_travel(desk, notif())
    receive_open_travel(desk, modify(reservation(name="HotelResModify", stays=room_stay(guests=""))))
    receive_open_travel(desk, notif())
    assert booking(desk).rooms[0].adults == 1


def test_without_any_time_messages_count_in_the_order_they_come(desk: Desk):
    receive_open_travel(desk, notif(attributes=""))
    for nights in (4, 5):
        stays = room_stay(span=f'<TimeSpan Start="2026-12-01" Duration="P{nights}N"/>')
        receive_open_travel(desk, modify(reservation(name="HotelResModify", stays=stays), attributes=""))
    assert booking(desk).departure == date(2026, 12, 6)
    receive_open_travel(desk, notif(attributes=""))
    assert booking(desk).departure == date(2026, 12, 6)
    assert receive_open_travel(desk, cancel(attributes="")).get("Status") == "Cancelled"


def test_two_states_of_one_second_count_in_the_order_they_come(desk: Desk):
    receive_open_travel(desk, notif())
    same = 'TimeStamp="2026-11-20T09:30:00.5Z"'
    receive_open_travel(desk, modify(reservation(name="HotelResModify", stays=room_stay(guests="")), attributes=same))
    assert booking(desk).rooms[0].adults == 1


def test_a_clock_far_ahead_makes_nothing_stale_that_comes_after(desk: Desk):
    receive_open_travel(desk, notif(attributes='TimeStamp="2089-01-01T00:00:00Z"'))
    receive_open_travel(desk, modify(reservation(name="HotelResModify", stays=room_stay(guests=""))))
    assert booking(desk).rooms[0].adults == 1


def test_a_change_back_to_what_it_was_is_a_change(desk: Desk):
    wide = room_stay(span='<TimeSpan Start="2026-12-01" End="2026-12-09"/>')
    for stamp, stays in (("20T09", room_stay()), ("21T09", wide), ("22T09", room_stay())):
        receive_open_travel(desk, notif(reservation(stays=stays), attributes=f'TimeStamp="2026-11-{stamp}:00:00Z"'))
    assert booking(desk).departure == date(2026, 12, 4)


def test_a_cancellation_before_its_booking_waits_for_it(desk: Desk):
    answer = receive_open_travel(desk, cancel())
    assert (answer.get("Status"), remarks(answer)) == ("Pending", [("97", "BDC-4711", "cancel of unknown booking")])
    receive_open_travel(desk, notif())
    assert booking(desk).state == "cancelled"


# ── refused ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"hotel": '<BasicPropertyInfo HotelCode="NOWHERE"/>'}, "392"),
        ({"hotel": ""}, "321"),
        ({"room_type": 'RoomTypeCode="ZZ"'}, "402"),
        ({"room_type": "", "rate": ""}, "321"),
        ({"price": '<Total AmountAfterTax="1" CurrencyCode="USD"/>'}, "61"),
        ({"price": '<Total AmountAfterTax="1" CurrencyCode="ZZZ"/>'}, "61"),
        ({"price": '<Total AmountAfterTax="-1" CurrencyCode="EUR"/>'}, "320"),
        ({"span": '<TimeSpan Start="2026-12-04" End="2026-12-01"/>'}, "404"),
        ({"span": '<TimeSpan Start="2026-12-01" End="2026-12-01"/>'}, "404"),
        ({"span": ""}, "321"),
        ({"guests": '<GuestCounts><GuestCount Count="0"/></GuestCounts>'}, "397"),
        ({"hotel": '<BasicPropertyInfo HotelCode="NOWHERE"/>', "price": '<Total AmountAfterTax="1"/>'}, "392"),
    ],
)
def test_what_cannot_be_applied_is_answered_with_the_code_for_it(desk: Desk, more: dict[str, str], code: str):
    answer = receive_open_travel(desk, notif(reservation(stays=room_stay(**more))))
    assert answer.find("Success") is None
    assert answer.find("HotelReservations") is None
    assert code in [each for each, _, _ in remarks(answer)]
    assert {record for _, record, _ in remarks(answer)} == {"BDC-4711"}
    assert desk.said() == []


def test_a_thousand_rooms_are_refused(desk: Desk):
    answer = receive_open_travel(desk, notif(reservation(stays=room_stay(room_type='NumberOfUnits="1000"'))))
    assert ("106", "BDC-4711", "rooms") in remarks(answer)


def test_a_parked_reservation_is_replayed_when_what_it_lacked_is_there(desk: Desk):
    receive_open_travel(desk, notif(reservation(stays=room_stay(hotel='<BasicPropertyInfo HotelCode="OPO"/>'))))
    desk.sets_up(lisbon_city(code="OPO"))
    (parked,) = desk.service.find_notices(FindNotices(state="parked")).items
    assert desk.service.replay_notice(ReplayNotice(notice_id=parked.notice_id)).state == "applied"


def test_a_change_of_what_is_cancelled_is_refused_and_its_cancellation_repeated(desk: Desk):
    receive_open_travel(desk, notif())
    receive_open_travel(desk, cancel())
    changed = modify(reservation(name="HotelResModify"), attributes='TimeStamp="2026-11-23T08:00:00Z"')
    assert remarks(receive_open_travel(desk, changed)) == [("95", "BDC-4711", "booking is cancelled")]
    again = receive_open_travel(
        desk, notif(reservation(status="Cancelled"), attributes='TimeStamp="2026-11-24T08:00:00Z"')
    )
    assert (accepted(again), remarks(again)) == (["BDC-4711"], [("95", "BDC-4711", "booking is cancelled")])


def test_a_guest_in_house_is_not_cancelled(desk: Desk):
    receive_open_travel(desk, notif())
    desk.service.check_in_booking(CheckInBooking(booking_id=booking(desk).id))
    answer = receive_open_travel(desk, cancel())
    assert (answer.get("Status"), remarks(answer)) == ("Unsuccessful", [("264", "BDC-4711", "booking is in_house")])


@pytest.mark.parametrize("document", [b"", b"no xml", b"<OTA_AirBookRQ/>", b"\x00\xff", b"<a>" * 200_000])
def test_what_is_no_message_is_answered_as_an_error_of_the_format(desk: Desk, document: bytes):
    answer = receive_open_travel(desk, document)
    assert answer.tag == "OTA_ErrorRS"
    assert remarks(answer)[0][:2] == ("450", None)


def test_a_message_without_reservations_is_answered_by_its_name(desk: Desk):
    answer = receive_open_travel(desk, b'<OTA_HotelResNotifRQ EchoToken="x"/>')
    assert (answer.tag, answer.get("EchoToken"), remarks(answer)[0][0]) == ("OTA_HotelResNotifRS", "x", "450")


def test_an_answer_to_an_envelope_comes_in_one(desk: Desk):
    inside = notif().partition(b"?>")[2].decode()
    soap = "http://schemas.xmlsoap.org/soap/envelope/"
    answer = receive_open_travel(desk, f'<s:Envelope xmlns:s="{soap}"><s:Body>{inside}</s:Body></s:Envelope>'.encode())
    assert answer.tag == "Envelope"
    assert answer.find("Body/OTA_HotelResNotifRS/Success") is not None


# ── asked for ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_is_asked_for_is_held_without_a_room_until_it_is_booked(desk: Desk):
    receive_open_travel(desk, notif(reservation(status="Requested")))
    held = booking(desk)
    assert (held.state, held.rooms, held.price.amount_minor, desk.sold()) == ("tentative", (), 0, 0)
    with pytest.raises(StateForbids):
        desk.service.confirm_booking(ConfirmBooking(booking_id=held.id))
    receive_open_travel(desk, notif(reservation(), attributes='TimeStamp="2026-11-21T09:30:00Z"'))
    assert (booking(desk).state, booking(desk).price, desk.sold()) == ("confirmed", eur("300.00"), 1)
    assert desk.counters_are_right()


# ── the bus, retries, the crowd ──────────────────────────────────────────────────────────────────────────────────────


def test_on_the_bus_what_is_good_is_applied_and_the_rest_named(desk: Desk):
    bad = reservation("TWO", stays=room_stay(span='<TimeSpan Start="2026-12-04" End="2026-12-01"/>'))
    with pytest.raises(NotANotice) as refused:
        desk.service.hear_open_travel(message_of(notif(reservation("ONE"), bad)))
    assert [fault.pointer for fault in refused.value.errors] == ["/reservations/1/departure"]
    assert states(desk, "ONE") == ["applied"]
    desk.service.hear_open_travel(message_of(notif(reservation("ONE"))))
    assert states(desk, "ONE") == ["applied"]


def test_a_used_command_id_with_another_message_does_nothing_at_all(desk: Desk):
    command_id = uuid.uuid4()
    sent = [ReceiveOpenTravel(document=base64.b64encode(notif(reservation(n))).decode()) for n in ("ONE", "TWO")]
    first = desk.service.receive_open_travel(sent[0], command_id=command_id)
    assert desk.service.receive_open_travel(sent[0], command_id=command_id) == first
    with pytest.raises(CommandReused):
        desk.service.receive_open_travel(sent[1], command_id=command_id)
    assert states(desk, "TWO") == []


def test_the_same_reservations_in_any_order_at_once_are_booked_once(desk: Desk):
    desk.sets_up(capacity=50)
    numbers = [f"N{n}" for n in range(6)]
    spans = [f'<TimeSpan Start="2026-12-0{1 + n % 3}" End="2026-12-0{4 + n % 3}"/>' for n in range(6)]
    listed = [reservation(n, stays=room_stay(span=s)) for n, s in zip(numbers, spans, strict=True)]
    documents = [notif(*listed), notif(*reversed(listed)), *(notif(each) for each in listed)] * 2
    with ThreadPoolExecutor(8) as crowd:
        answers = list(crowd.map(lambda document: receive_open_travel(desk, document), documents))
    assert all(answer.find("Success") is not None and remarks(answer) == [] for answer in answers)
    assert [states(desk, number) for number in numbers] == [["applied"]] * 6
    assert desk.counters_are_right()


def test_different_changes_at_once_get_a_revision_each(desk: Desk):
    receive_open_travel(desk, notif(attributes=""))
    changes = [
        modify(
            reservation(
                name="HotelResModify", stays=room_stay(span=f'<TimeSpan Start="2026-12-01" Duration="P{n}N"/>')
            ),
            attributes="",
        )
        for n in range(4, 12)
    ]
    with ThreadPoolExecutor(8) as crowd:
        answers = list(crowd.map(lambda document: receive_open_travel(desk, document), changes))
    assert all(accepted(answer) == ["BDC-4711"] for answer in answers)
    assert states(desk) == ["applied"] * 9
    assert desk.counters_are_right()


def test_a_sender_s_name_keeps_its_bookings_apart(desk: Desk):
    desk.sets_up(capacity=5)
    for source in ("one", "two"):
        receive_open_travel(desk, notif(pos=""), source)
    found = desk.service.find_bookings(FindBookings(external_ref="BDC-4711")).items
    assert {each.source for each in found} == {"one", "two"}


def test_each_format_has_a_queue_of_its_own():
    queues = {key: queue for queue, key in topology.inbound_queues(BookingsService)}
    assert queues["opentravel.notice"] == "bookings.opentravel"
    assert queues["alpinebits.notice"] == "bookings.alpinebits"
    assert len(set(queues.values())) == len(queues)
