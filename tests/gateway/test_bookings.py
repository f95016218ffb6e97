"""The routes of bookings, properties and notices."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from services.contracts.bookings import (
    Availability,
    BookingsFound,
    CancelBooking,
    CheckInBooking,
    CheckOutBooking,
    Closed,
    ConfirmBooking,
    DoNotBook,
    FindBookings,
    FindNotices,
    MarkNoShow,
    MinimumStay,
    NightLeft,
    NoRoomLeft,
    NoSuchProperty,
    NotABooking,
    NotANotice,
    NotAProperty,
    NoticeReport,
    NoticesFound,
    OpenBooking,
    PostalAddress,
    Properties,
    Property,
    ReadAvailability,
    ReadBooking,
    ReadNotice,
    ReadProperties,
    ReceiveNotice,
    ReplayNotice,
    RoomPart,
    RoomType,
    SetAvailability,
    SetUpProperty,
    StateForbids,
)
from services.contracts.profiles import NoSuchProfile, ReadProfile
from services.contracts.values import Price
from services.kit.refusal import Problem
from tests.gateway.guests import ANA, BEN, LISBON, NOON, STAY, ana_silva, anas_stay, ben_ode, eur

LIS = Property(
    id=LISBON, code="LIS-CITY", name="Lisbon City", currency="EUR", time_zone="Europe/Lisbon", country="PT",
    room_types=(RoomType(id=STAY, code="A", name="Double", capacity=10),),
)  # fmt: skip


def a_booking(**changed: Any) -> dict[str, Any]:
    return {
        "property_id": "LIS-CITY",
        "arrival": "2026-12-01",
        "departure": "2026-12-04",
        "rooms": [{"room_type": "A", "adults": 2, "price": {"amount": "300.00", "currency": "EUR"}}],
        "booker": {"profile_id": str(ANA)},
        **changed,
    }


def a_notice(**changed: Any) -> dict[str, Any]:
    """The example of the API's description."""
    return {
        "source": "channel-manager", "external_id": "BDC-4711", "revision": 1, "status": "new",
        "property": "LIS-CITY", "channel": "booking.com", "booked_at": "2026-11-20T09:30:00Z",
        "arrival": "2026-12-01", "departure": "2026-12-04",
        "rooms": [{"room_type": "A", "adults": 2, "children": 0, "price": {"amount": "300.00", "currency": "EUR"}}],
        "booker": {"given_name": "Ana", "family_name": "Silva", "email": "x1y2@guest.booking.com",
                   "phone": "+351912345678", "language": "pt", "country": "PT"},
        "guests": [], "requests": "late arrival", "payments": [], **changed,
    }  # fmt: skip


def pointers(answer: Any) -> set[str]:
    assert answer.status_code == 422, answer.text
    return {fault["pointer"] for fault in answer.get_json(force=True)["errors"]}


def test_a_direct_booking_is_201_and_shows_people_by_role(api, services):
    services.will_answer(ReadProfile, ana_silva())
    services.will_answer(OpenBooking, anas_stay())
    answer = api.post("/v1/bookings", json=a_booking())
    assert answer.status_code == 201
    assert answer.headers["Location"] == f"/v1/bookings/{STAY}"
    said = answer.get_json()
    assert (said["property"], said["property_id"], said["state"]) == ("LIS-CITY", str(LISBON), "confirmed")
    assert said["price"] == {"amount": "300.00", "currency": "EUR"}
    assert [(p["role"], p["profile_id"], p["given_name"]) for p in said["people"]] == [
        ("booker", str(ANA), "Ana"),
        ("primary", str(ANA), "Ana"),
    ]
    asked = services.last(OpenBooking)
    assert asked.property == "LIS-CITY"
    assert asked.rooms[0].price == eur("300.00")
    # a booking keeps the names of its day
    assert (asked.booker.given_name, asked.booker.family_name) == ("Ana", "Silva")


def test_a_booking_by_name_asks_nobody_about_profiles(api, services):
    services.will_answer(OpenBooking, anas_stay())
    booker = {"given_name": "Ana", "family_name": "Silva", "email": "ana@example.org"}
    assert api.post("/v1/bookings", json=a_booking(booker=booker)).status_code == 201
    assert [type(request) for request in services.asked] == [OpenBooking]


def test_what_the_house_thinks_of_the_booker_goes_with_the_booking(api, services):
    services.will_answer(ReadProfile, ana_silva(do_not_book=True))
    services.will_answer(OpenBooking, DoNotBook())
    answer = api.post("/v1/bookings", json=a_booking())
    assert (answer.status_code, answer.get_json(force=True)["type"]) == (409, "/problems/do-not-book")
    assert services.last(OpenBooking).do_not_book is True


def test_a_guest_the_house_does_not_want_does_not_stop_another_booker(api, services):
    services.will_answer(ReadProfile, lambda r: ana_silva() if r.profile_id == ANA else ben_ode(do_not_book=True))
    services.will_answer(OpenBooking, anas_stay())
    assert api.post("/v1/bookings", json=a_booking(guests=[{"profile_id": str(BEN)}])).status_code == 201
    assert services.last(OpenBooking).do_not_book is False
    assert services.last(OpenBooking).guests[0].given_name == "Ben"


@pytest.mark.parametrize("why", [NoRoomLeft, Closed, MinimumStay])
def test_what_is_not_to_be_had_is_409_with_the_nights(api, services, why):
    services.will_answer(ReadProfile, ana_silva())
    services.will_answer(OpenBooking, why(facts={"nights": "A 2026-12-02"}))
    answer = api.post("/v1/bookings", json=a_booking())
    said = answer.get_json(force=True)
    assert (answer.status_code, said["type"]) == (409, f"/problems/{why.code()}")
    assert said["facts"] == {"nights": "A 2026-12-02"}


def test_rooms_and_people_go_in_whole(api, services):
    services.will_answer(OpenBooking, anas_stay())
    part = {"room_type": "A", "arrival": "2026-12-01", "departure": "2026-12-02"}
    room = {"room_type": "A", "children": 1, "child_ages": [4], "rate": "FLEX", "parts": [part]}
    address = {"lines": ["Rua 1"], "city": "Lisboa", "country": "PT"}
    people = {
        "booker": {"given_name": "Ana", "nationality": "PT", "sex": "female", "age": 40, "address": address},
        "contact": {"given_name": "Ben"},
        "payer": {"company": "Viagens Lda"},
    }
    answer = api.post("/v1/bookings", json=a_booking(rooms=[room], needs=["cot"], walk_in=True, **people))
    assert answer.status_code == 201
    asked = services.last(OpenBooking)
    assert (asked.rooms[0].child_ages, asked.rooms[0].rate) == ((4,), "FLEX")
    assert asked.rooms[0].parts == (RoomPart(room_type="A", arrival=date(2026, 12, 1), departure=date(2026, 12, 2)),)
    assert asked.booker.address == PostalAddress(lines=("Rua 1",), city="Lisboa", country="PT")
    assert (asked.contact.given_name, asked.payer.company) == ("Ben", "Viagens Lda")
    assert (asked.needs, asked.walk_in, asked.method) == (("cot",), True, None)


def test_a_payer_nobody_knows_is_refused_where_it_stands(api, services):
    services.will_answer(ReadProfile, lambda r: ana_silva() if r.profile_id == ANA else NoSuchProfile())
    assert pointers(api.post("/v1/bookings", json=a_booking(payer={"profile_id": str(BEN)}))) == {"/payer/profile_id"}


def test_people_nobody_knows_are_refused_where_they_stand(api, services):
    services.will_answer(ReadProfile, lambda r: ana_silva() if r.profile_id == ANA else NoSuchProfile())
    answer = api.post("/v1/bookings", json=a_booking(guests=[{"given_name": "Eva"}, {"profile_id": str(BEN)}]))
    assert pointers(answer) == {"/guests/1/profile_id"}
    assert OpenBooking not in {type(request) for request in services.asked}


@pytest.mark.parametrize(
    ("changed", "pointer"),
    [
        ({"arrival": "2026-13-01"}, "/arrival"),
        ({"rooms": []}, "/rooms"),
        ({"rooms": [{"room_type": "A", "adults": 1.5}]}, "/rooms/0/adults"),
        ({"rooms": [{"room_type": "A", "adults": "2"}]}, "/rooms/0/adults"),
        ({"rooms": [{"room_type": "A", "adults": True}]}, "/rooms/0/adults"),
        ({"price": {"amount": 300, "currency": "EUR"}}, "/price/amount"),
        ({"price": {"amount": "3.001", "currency": "EUR"}}, "/price/amount"),
        ({"price": {"amount": "1e3", "currency": "EUR"}}, "/price/amount"),
        ({"price": {"amount": "3", "currency": "ZZZ"}}, "/price/currency"),
        ({"price": "300 EUR"}, "/price"),
        ({"method": "telegraph"}, "/method"),
        ({"needs": ["unicorn"]}, "/needs/0"),
        ({"rooms": [{"room_type": "A", "child_ages": ["4"]}]}, "/rooms/0/child_ages/0"),
        (
            {
                "rooms": [
                    {"room_type": "A", "parts": [{"room_type": 1, "arrival": "2026-12-01", "departure": "2026-12-02"}]}
                ]
            },
            "/rooms/0/parts/0/room_type",
        ),
        ({"booker": {"sex": "unknown"}}, "/booker/sex"),
        ({"booker": None}, "/booker"),
        ({"booker": {"profile_id": "Ana"}}, "/booker/profile_id"),
        ({"property": "LIS-CITY"}, "/property_id"),
        ({"property_id": None}, "/property_id"),
        ({"state": "confirmed"}, "/state"),
    ],
)
def test_a_booking_that_is_not_one_is_422_with_a_pointer(api, services, changed, pointer):
    assert pointers(api.post("/v1/bookings", json=a_booking(**changed))) == {pointer}
    assert services.asked == []


def test_the_property_may_be_called_property_and_faults_keep_the_outside_names(api, services):
    services.will_answer(ReadProfile, ana_silva())
    services.will_answer(OpenBooking, NotABooking(errors=[Problem("/property", "?"), Problem("/departure", "?")]))
    body = a_booking(property="LIS-CITY")
    del body["property_id"]
    assert pointers(api.post("/v1/bookings", json=body)) == {"/property_id", "/departure"}


def test_bookings_are_found_by_guest_reference_and_day(api, services):
    services.will_answer(FindBookings, BookingsFound(items=(anas_stay(),), next=None))
    found = api.get(f"/v1/bookings?profile={ANA}").get_json()
    assert [b["id"] for b in found["items"]] == [str(STAY)]
    assert services.last(FindBookings) == FindBookings(profile_id=ANA)
    api.get("/v1/bookings?external_ref=BDC-4711")
    assert services.last(FindBookings).external_ref == "BDC-4711"
    api.get("/v1/bookings?property=LIS-CITY&arrival=2026-12-01")
    assert services.last(FindBookings).arrival == date(2026, 12, 1)


@pytest.mark.parametrize(
    ("step", "request_type"),
    [
        ("confirm", ConfirmBooking),
        ("cancel", CancelBooking),
        ("check-in", CheckInBooking),
        ("check-out", CheckOutBooking),
        ("no-show", MarkNoShow),
    ],
)
def test_each_step_of_a_booking_is_a_call(api, services, step, request_type):
    services.will_answer(request_type, anas_stay())
    assert api.post(f"/v1/bookings/{STAY}/{step}").get_json()["id"] == str(STAY)
    assert services.last(request_type).booking_id == STAY
    services.will_answer(request_type, StateForbids())
    assert api.post(f"/v1/bookings/{STAY}/{step}", json={}).status_code == 409


def test_one_booking_is_read(api, services):
    services.will_answer(ReadBooking, anas_stay())
    assert api.get(f"/v1/bookings/{STAY}").get_json()["arrival"] == "2026-12-01"


def test_properties_and_their_room_types_are_listed(api, services):
    services.will_answer(ReadProperties, Properties(items=(LIS,)))
    (house,) = api.get("/v1/properties").get_json()["items"]
    assert {"id", "code", "name", "currency", "time_zone", "country"} <= house.keys()
    (kind,) = api.get("/v1/room-types?property=LIS-CITY").get_json()["items"]
    assert (kind["code"], kind["capacity"], kind["property_id"]) == ("A", 10, str(LISBON))
    services.will_answer(ReadProperties, Properties(items=()))
    assert api.get("/v1/room-types?property=NO").status_code == 404


def test_a_property_is_set_up_by_its_code(api, services):
    services.will_answer(SetUpProperty, LIS)
    body = {"name": "Lisbon City", "currency": "EUR", "time_zone": "Europe/Lisbon", "country": "PT",
            "room_types": [{"code": "A", "name": "Double", "capacity": 10}]}  # fmt: skip
    assert api.put("/v1/properties/LIS-CITY", json=body).status_code == 200
    assert services.last(SetUpProperty).room_types[0].occupancy == 2
    assert api.put("/v1/properties/LIS%20CITY", json=body).status_code == 422


def test_availability_is_by_room_type_and_night(api, services):
    night = NightLeft(room_type_id=STAY, room_type="A", night=date(2026, 12, 1), capacity=10, sold=9, left=1)
    services.will_answer(ReadAvailability, Availability(property_id=LISBON, nights=(night,)))
    (said,) = api.get("/v1/availability?property=LIS-CITY&from=2026-12-01&to=2026-12-02").get_json()["nights"]
    assert (said["capacity"], said["sold"], said["left"]) == (10, 9, 1)
    assert services.last(ReadAvailability).until == date(2026, 12, 2)
    services.will_answer(ReadAvailability, NoSuchProperty())
    assert api.get("/v1/availability?property=NO&from=2026-12-01&to=2026-12-02").status_code == 404
    assert pointers(api.get("/v1/availability?property=NO")) == {"/from", "/to"}


def test_days_are_closed_by_room_type(api, services):
    services.will_answer(SetAvailability, Availability(property_id=LISBON, nights=()))
    body = {"property": "LIS-CITY", "room_type": "A", "from": "2026-12-01", "to": "2026-12-02"}
    answer = api.put("/v1/availability", json={**body, "closed": True, "min_stay": None, "overbooking": 2})
    assert answer.status_code == 200
    asked = services.last(SetAvailability)
    assert (asked.closed, asked.overbooking, asked.clear) == (True, 2, ("min_stay",))
    assert (asked.closed_to_arrival, asked.closed_to_departure) == (None, None)
    services.will_answer(SetAvailability, NotAProperty(errors=[Problem("/until", "Too many days.")]))
    assert pointers(api.put("/v1/availability", json=body)) == {"/to"}


REPORT = NoticeReport(
    notice_id=STAY, source="channel-manager", external_id="BDC-4711", revision=1, state="applied",
    booking_id=STAY, received_at=NOON,
)  # fmt: skip


def test_a_notice_is_taken_with_202(api, services):
    services.will_answer(ReceiveNotice, REPORT)
    answer = api.post("/v1/inbound/bookings", json=a_notice())
    assert answer.status_code == 202
    assert answer.get_json()["notice_id"] == answer.get_json()["booking_id"] == str(STAY)
    notice = services.last(ReceiveNotice).notice
    assert notice.rooms[0].price == Price(amount="300.00", currency="EUR")
    assert notice.booker.family_name == "Silva"
    assert notice.booked_at.utcoffset().total_seconds() == 0


@pytest.mark.parametrize(
    ("changed", "pointer"),
    [
        ({"status": "gone"}, "/status"),
        ({"revision": "1"}, "/revision"),
        ({"arrival": "tomorrow"}, "/arrival"),
        ({"booked_at": "2026-11-20T09:30:00"}, "/booked_at"),
        ({"rooms": [{"room_type": "A", "price": {"amount": 5, "currency": "EUR"}}]}, "/rooms/0/price/amount"),
        ({"rooms": {"room_type": "A"}}, "/rooms"),
        ({"booker": {"given_name": "A\x00na"}}, "/booker/given_name"),
        ({"card_number": "4111111111111111"}, "/card_number"),
    ],
)
def test_a_notice_that_is_not_one_is_422_with_a_pointer(api, services, changed, pointer):
    assert pointers(api.post("/v1/inbound/bookings", json=a_notice(**changed))) == {pointer}
    assert services.asked == []


def test_what_bookings_finds_wrong_with_a_notice_points_into_the_body(api, services):
    services.will_answer(ReceiveNotice, NotANotice(errors=[Problem("/notice/departure", "?"), Problem("/rooms", "?")]))
    assert pointers(api.post("/v1/inbound/bookings", json=a_notice())) == {"/departure", "/rooms"}


def test_what_became_of_notices_can_be_asked_and_parked_ones_replayed(api, services):
    services.will_answer(ReadNotice, REPORT)
    services.will_answer(FindNotices, NoticesFound(items=(REPORT,)))
    services.will_answer(ReplayNotice, REPORT)
    assert api.get(f"/v1/inbound/notices/{STAY}").get_json()["state"] == "applied"
    assert len(api.get("/v1/inbound/notices?state=parked&source=channel-manager").get_json()["items"]) == 1
    assert services.last(FindNotices).state == "parked"
    assert api.post(f"/v1/inbound/notices/{STAY}/replay").status_code == 200
    assert api.get("/v1/inbound/notices?state=lost").status_code == 422
