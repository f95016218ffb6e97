"""Channex' revisions become notices, and nothing else of them is kept."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest

from services.bookings.inbound.channex import notice_of, read
from services.contracts.bookings import BookingNotice, NotANotice, NoticePayment, NoticePerson, PostalAddress
from services.contracts.values import Price
from tests.bookings.channex import CARD, PROPERTY, RATE, ROOM_TYPE, maps, receives, revision, room
from tests.bookings.makers import Desk


def notice(said: Any) -> BookingNotice:
    return notice_of(read(json.dumps(said)))


def pointers(said: Any) -> list[str]:
    with pytest.raises(NotANotice) as refused:
        notice(said)
    return [e.pointer for e in refused.value.errors]


# ── what becomes of the format ───────────────────────────────────────────────────────────────────────────────────────


def test_a_revision_says_whose_which_and_where() -> None:
    said = notice(revision())
    assert (said.source, said.external_id, said.status, said.property) == ("channex", "BDC-9996013801", "new", PROPERTY)
    assert (said.channel, said.method, said.requests) == ("booking.com", "ota", "A quiet room, please\nArrival: 22:00")
    assert (said.arrival, said.departure) == (date(2026, 12, 1), date(2026, 12, 4))
    assert said.booked_at == datetime(2026, 11, 20, 9, 30, 0, 983241, tzinfo=UTC)
    assert said.commission
    assert said.commission.amount == Price(amount="45.00", currency="EUR")


def test_rooms_have_their_codes_prices_and_people_with_the_infants_among_the_children() -> None:
    (said,) = notice(revision()).rooms
    assert (said.room_type, said.rate, said.price) == (ROOM_TYPE, RATE, Price(amount="300.00", currency="EUR"))
    assert (said.adults, said.children, said.child_ages) == (2, 2, (7, 0))
    assert (said.arrival, said.departure) == (None, None)


def test_a_rooms_own_dates_are_kept() -> None:
    said = notice(revision(rooms=[room(), room(checkin_date="2026-12-02")]))
    assert [(r.arrival, r.departure) for r in said.rooms] == [(None, None), (date(2026, 12, 2), None)]


def test_the_customer_books_and_the_guests_are_each_named_once() -> None:
    said = notice(revision(rooms=[room(), room()]))
    assert said.booker
    assert said.booker.address == PostalAddress(
        lines=("Rua Augusta 1",), postcode="1100-048", city="Lisboa", country="PT"
    )
    assert (said.booker.given_name, said.booker.email, said.booker.language) == ("Ana", "x1y2@guest.booking.com", "pt")
    assert said.guests == (
        NoticePerson(given_name="Ana", family_name="Silva"),
        NoticePerson(given_name="Bruno", family_name="Costa"),
    )


@pytest.mark.parametrize(
    ("attributes", "rooms", "total"),
    [
        ({}, ["300.00"], None),
        ({"amount": None}, ["300.00"], None),
        ({"amount": "320.00"}, [None], "320.00"),
        ({"rooms": [room(), room(amount=None, days=None)], "amount": "600"}, [None, None], "600"),
        ({"rooms": [room(amount=None)]}, ["300.00"], None),
        ({"rooms": [room(amount=300)], "amount": 300.0}, ["300"], None),
        ({"rooms": [room(amount=None, days={"2026-12-01": 99.9, "2026-12-02": "200.10"})]}, ["300.00"], None),
    ],
)
def test_the_whole_price_is_the_amount_and_the_rooms_have_theirs_where_they_add_up_to_it(
    attributes: dict[str, Any], rooms: list[str | None], total: str | None
) -> None:
    said = notice(revision(**attributes))
    assert [r.price.amount if r.price else None for r in said.rooms] == rooms
    assert (said.total.amount if said.total else None) == total


def test_what_the_booking_site_has_collected_is_paid() -> None:
    said = notice(revision(payment_collect="ota"))
    assert said.payments == (NoticePayment(amount="300.00", currency="EUR", method="ota"),)


def test_what_is_sold_beside_the_rooms_stands_among_the_requests() -> None:
    said = notice(revision(services=[{"name": "Breakfast", "total_price": "20.00"}, {"type": "Parking"}]))
    assert said.requests
    assert said.requests.splitlines()[2:] == ["Breakfast: 20.00 EUR", "Parking"]


def test_a_room_that_was_cancelled_is_none_and_one_without_a_type_waits_for_a_mapping() -> None:
    said = notice(revision(rooms=[room(is_cancelled=True), room(room_type_id=None)]))
    assert [r.room_type for r in said.rooms] == ["none"]


def test_a_guests_keyboard_is_no_reason_to_lose_a_booking() -> None:
    customer = {"name": "Ana\u200f \n Maria", "surname": "Silva", "country": "UK"}
    said = notice(revision(customer=customer, notes="late\u202e\r\nyes" + "x" * 5000))
    assert said.booker
    assert (said.booker.given_name, said.booker.country) == ("Ana Maria", "GB")
    assert said.requests
    assert said.requests.startswith("late\r\nyes")
    assert len(said.requests) == 4000


@pytest.mark.parametrize(
    "wrap", [lambda r: r, lambda r: {"data": r}, lambda r: {**r, "of_tomorrow": [1]}], ids=["bare", "data", "newer"]
)
def test_a_revision_may_stand_under_data_and_say_more_than_is_known(wrap: Any) -> None:
    assert notice(wrap(revision())) == notice(revision())


# ── which of two is the later one ────────────────────────────────────────────────────────────────────────────────────


def test_a_repeated_revision_has_the_same_number_and_a_later_one_a_higher() -> None:
    first = notice(revision()).revision
    again = notice(revision(inserted_at="2026-11-20T10:30:00.983241+01:00")).revision
    later = notice(revision(status="modified", inserted_at="2026-11-20T09:30:00.984241")).revision
    assert first == again < later < 2**53


def test_of_the_same_instant_a_change_is_later_than_the_booking_and_a_cancellation_than_both() -> None:
    numbers = [notice(revision(status=status)).revision for status in ("new", "modified", "cancelled")]
    assert numbers == sorted(set(numbers))


def test_without_an_instant_a_numbered_revision_counts() -> None:
    assert notice(revision(inserted_at=None, revision_id=12)).revision == 12
    assert notice(revision(inserted_at=None, system_id="13")).revision == 13
    assert notice(revision(inserted_at=None, id=14)).revision == 14


def test_without_either_nobody_can_tell_which_is_later() -> None:
    assert pointers(revision(inserted_at="soon")) == ["/attributes/inserted_at"]


# ── what is refused, and where ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("said", "pointer"),
    [
        ([], ""),
        ({}, "/attributes"),
        ({**revision(), "type": "booking"}, "/type"),
        (revision(status="done"), "/attributes/status"),
        (revision(property_id=None), "/attributes/property_id"),
        (revision(arrival_date="2026-02-30"), "/attributes/arrival_date"),
        (revision(rooms={}), "/attributes/rooms"),
        (revision(rooms=[room(occupancy={"adults": "two"})]), "/attributes/rooms/0/occupancy/adults"),
        (revision(rooms=[room(days={"4111111111111111": {}})]), "/attributes/rooms/0/days"),
        (revision(rooms=[room(amount=None, days={"x": "much"})]), "/attributes/rooms/0/days"),
        (revision(rooms=[room()] * 101), "/attributes/rooms"),
    ],
)
def test_what_is_no_revision_is_refused_with_its_place(said: Any, pointer: str) -> None:
    assert pointer in pointers(said)


@pytest.mark.parametrize(
    ("attributes", "pointer"),
    [
        ({"departure_date": "2026-12-01"}, "/attributes/departure_date"),
        ({"rooms": []}, "/attributes/rooms"),
        ({"rooms": [room(is_cancelled=True), room(amount="-1")], "amount": None}, "/attributes/rooms/1/amount"),
        ({"rooms": [room(occupancy={"adults": 0})]}, "/attributes/rooms/0/occupancy/adults"),
        ({"currency": "ZZZ", "ota_commission": None}, "/attributes/currency"),
        ({"amount": "1e3", "rooms": [room(amount=None, days=None)]}, "/attributes/amount"),
        ({"ota_commission": "much"}, "/attributes/ota_commission"),
        ({"customer": None, "rooms": [room(guests=None)]}, "/attributes/customer"),
        ({"unique_id": None, "booking_id": None}, "/attributes/unique_id"),
        ({"customer": {"name": "x" * 201}}, "/attributes/customer/name"),
        ({"inserted_at": "1950-01-01T00:00:00"}, "/attributes/inserted_at"),
    ],
)
def test_what_is_no_notice_is_refused_with_its_place_in_the_revision(
    desk: Desk, attributes: dict[str, Any], pointer: str
) -> None:
    with pytest.raises(NotANotice) as refused:
        receives(desk, revision(**attributes))
    assert pointer in {e.pointer for e in refused.value.errors}


@pytest.mark.parametrize("body", [b"not json", b"{" * 100_000, b'{"id": ' + b"9" * 5000 + b"}", b"\xff"])
def test_what_is_no_json_is_refused(body: bytes) -> None:
    with pytest.raises(NotANotice):
        read(body)


# ── through the door ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_revision_becomes_a_booking_changes_it_and_cancels_it(desk: Desk) -> None:
    maps(desk)
    opened = receives(desk, revision())
    assert (opened.state, opened.source, opened.external_id) == ("applied", "channex", "BDC-9996013801")
    booking = desk.booking(opened.booking_id)
    assert (booking.property, booking.rooms[0].room_type, booking.rooms[0].rate) == ("LIS-CITY", "A", "BAR")
    changed = revision(status="modified", inserted_at="2026-11-21T09:30:00", departure_date="2026-12-05")
    changed["attributes"]["rooms"] = [room(checkout_date="2026-12-05", amount="400.00")]
    changed["attributes"]["amount"] = "400.00"
    assert receives(desk, changed).booking_id == opened.booking_id
    assert desk.booking(opened.booking_id).price.amount_minor == 40000
    receives(desk, revision(status="cancelled", inserted_at="2026-11-22T09:30:00"))
    assert desk.booking(opened.booking_id).state == "cancelled"
    assert desk.sold() == 0
    assert desk.counters_are_right()


def test_a_repeated_revision_is_applied_once_and_an_older_one_ignored(desk: Desk) -> None:
    maps(desk)
    first = receives(desk, revision())
    assert receives(desk, revision()) == first
    old = receives(desk, revision(inserted_at="2026-11-19T09:30:00"))
    assert (old.state, old.why) == ("ignored", "stale revision")
    assert desk.sold() == 1


def test_a_revision_on_the_bus_comes_through_the_same_door(desk: Desk) -> None:
    maps(desk)
    desk.service.hear_revision(read(json.dumps(revision())))
    assert desk.sold() == 1


def test_nothing_of_the_card_is_kept(desk: Desk) -> None:
    receives(desk, revision(notes=f"my card is {CARD['card_number']}, cvv 123"))
    kept = str(desk.rows("SELECT to_jsonb(n) FROM notices n")) + str(desk.rows("SELECT to_jsonb(o) FROM outbox o"))
    assert "4111" not in kept
    assert "123," not in kept
    assert "expiration_date" not in kept
