"""Bookings counted by where they come from: exact, also against an independent count of each booking."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from random import Random
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from services.bookings.domain.channels import Sums, lines
from services.contracts.bookings import (
    BookedRoom,
    Booking,
    CancelBooking,
    ChannelLine,
    ChannelReport,
    CheckInBooking,
    CheckOutBooking,
    MarkNoShow,
    NoSuchProperty,
    ProveCounters,
    ReadChannelReport,
)
from services.contracts.values import Money
from services.kit.refusal import Invalid
from tests.bookings.makers import ARRIVAL, DEPARTURE, Desk, eur, lisbon_city, notice, report_of_state, room

FIRST, LAST = date(2026, 1, 1), date(2027, 12, 31)
TOKYO = {"code": "TYO", "currency": "JPY", "time_zone": "Asia/Tokyo", "country": "JP"}


def report(desk: Desk, **more: Any) -> ChannelReport:
    return desk.service.read_channel_report(ReadChannelReport(**{"first": FIRST, "last": LAST, **more}))


def line(found: ChannelReport, key: str | None) -> ChannelLine:
    return next(each for each in found.lines if each.key == key)


def sold(desk: Desk, ref: str, **more: Any) -> UUID:
    """A booking that another system sold."""
    booking_id = desk.receives(notice(external_id=ref, **more)).booking_id
    assert booking_id
    return booking_id


# ── what is counted ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_bookings_are_counted_by_channel_with_the_largest_first(desk: Desk) -> None:
    desk.sets_up(capacity=20)
    for n in range(3):
        sold(desk, f"B{n}")
    desk.opens(channel="web", rooms=(BookedRoom(room_type="A", price=eur("100.50")), BookedRoom(room_type="B")))
    found = report(desk)
    assert [(each.key, each.bookings, each.room_nights) for each in found.lines] == [
        ("booking.com", 3, 9),
        ("web", 1, 6),
    ]
    assert [each.value for each in found.lines] == [(eur("900.00"),), (eur("100.50"),)]
    assert (found.total.key, found.total.bookings, found.total.room_nights) == (None, 4, 15)


def test_bookings_are_counted_by_method_and_by_property(desk: Desk) -> None:
    desk.sets_up(capacity=20)
    desk.opens(method="phone")
    sold(desk, "B1")
    assert {each.key: each.bookings for each in report(desk, by="method").lines} == {"phone": 1, "channel": 1}
    assert {each.key: each.bookings for each in report(desk, by="property").lines} == {"LIS-CITY": 2}


def test_what_was_cancelled_or_did_not_come_is_counted_and_worth_nothing(desk: Desk) -> None:
    desk.sets_up(capacity=20)
    for n in range(6):
        sold(desk, f"B{n}")
    desk.receives(report_of_state("cancelled", 2, external_id="B0"))
    desk.receives(report_of_state("no_show", 2, external_id="B1"))
    desk.receives(report_of_state("no_show", 2, external_id="B2"))
    found = line(report(desk), "booking.com")
    assert (found.bookings, found.cancelled, found.no_shows) == (6, 1, 2)
    assert (found.cancelled_share, found.no_show_share) == (0.1667, 0.3333)
    assert (found.room_nights, found.value) == (9, (eur("900.00"),))


def test_a_channel_that_is_not_said_is_the_system_that_sold_it(desk: Desk) -> None:
    sold(desk, "B1", channel=None)
    assert [each.key for each in report(desk).lines] == ["channel-manager"]


def test_what_is_held_tentatively_is_not_made_yet(desk: Desk) -> None:
    desk.opens(tentative=True)
    assert report(desk).lines == ()


def test_lead_days_are_those_of_the_propertys_calendar(desk: Desk) -> None:
    desk.service.set_up_property(lisbon_city(capacity=9, **TOKYO))
    late = datetime(2026, 11, 29, 20, tzinfo=UTC)  # it is the 30th in Tokyo already
    sold(desk, "T1", property="TYO", booked_at=late, rooms=(room("100", currency="JPY"),))
    sold(desk, "T2", property="TYO", booked_at=datetime(2026, 11, 28, 20, tzinfo=UTC), rooms=(room(None),))
    sold(desk, "T3", property="TYO", booked_at=datetime(2026, 12, 24, tzinfo=UTC), rooms=(room(None),))
    assert line(report(desk, by="property"), "TYO").lead_days == 1.0
    on = {"basis": "booking", "by": "property"}
    assert report(desk, first=date(2026, 11, 30), last=date(2026, 11, 30), **on).total.bookings == 1
    assert report(desk, first=date(2026, 11, 29), last=date(2026, 11, 29), **on).total.bookings == 1


def test_each_currency_is_summed_for_itself(desk: Desk) -> None:
    desk.service.set_up_property(lisbon_city(**TOKYO))
    sold(desk, "T1", property="TYO", rooms=(room("30000", currency="JPY"),))
    sold(desk, "L1")
    total = report(desk).total
    assert total.value == (eur("300.00"), Money(amount_minor=30000, currency="JPY"))
    assert line(report(desk, property="TYO"), "booking.com").bookings == 1


def test_the_days_are_both_included(desk: Desk) -> None:
    sold(desk, "B1")
    for first, last, expected in (
        (ARRIVAL, ARRIVAL, 1),
        (ARRIVAL - timedelta(days=9), ARRIVAL - timedelta(days=1), 0),
        (ARRIVAL + timedelta(days=1), DEPARTURE, 0),
    ):
        assert report(desk, first=first, last=last).total.bookings == expected


def test_nothing_is_nothing(desk: Desk) -> None:
    found = report(desk)
    assert found.lines == ()
    assert (found.total.bookings, found.total.lead_days, found.total.cancelled_share) == (0, 0.0, 0.0)


@pytest.mark.parametrize(
    ("days", "pointer"),
    [
        ({"first": LAST, "last": FIRST}, "/last"),
        ({"first": date(2016, 1, 1), "last": LAST}, "/last"),
        ({"first": date.min, "last": date.min}, "/first"),
        ({"first": date.max, "last": date.max}, "/first"),
    ],
)
def test_days_that_make_no_sense_are_pointed_at(desk: Desk, days: dict[str, date], pointer: str) -> None:
    with pytest.raises(Invalid) as refused:
        report(desk, **days)
    assert [fault.pointer for fault in refused.value.errors] == [pointer]


def test_a_property_that_nobody_knows_has_no_report(desk: Desk) -> None:
    with pytest.raises(NoSuchProperty):
        report(desk, property="POR")


def test_shares_and_averages_are_rounded_half_up_from_the_whole() -> None:
    made = [("x", Sums(bookings=8, lead_days=1, cancelled=1)), ("x", Sums(bookings=192, lead_days=1)), (None, Sums(1))]
    found, total = lines(made)
    assert [each.key for each in found] == ["x", None]
    assert (found[0].lead_days, found[0].cancelled_share) == (0.01, 0.005)
    assert lines([("x", Sums(bookings=80_000, cancelled=4))])[0][0].cancelled_share == 0.0001
    assert (total.bookings, total.lead_days) == (201, 0.01)


# ── against an independent count ─────────────────────────────────────────────────────────────────────────────────────


def share(part: int, whole: int, step: str) -> float:
    return float((Decimal(part) / whole).quantize(Decimal(step), ROUND_HALF_UP))


def counted_one_by_one(
    bookings: list[Booking], left: dict[UUID, date], zones: dict[str, str], by: str
) -> dict[str | None, Any]:
    """The lines as somebody with a pencil would come to them; `left` says when those who left did."""
    piles: dict[str | None, list[Booking]] = defaultdict(list)
    for booking in bookings:
        if booking.state != "tentative":
            piles[getattr(booking, by)].append(booking)
    found = {}
    for key, pile in piles.items():
        kept = [booking for booking in pile if booking.state not in ("cancelled", "no_show")]
        nights, worth, lead = 0, defaultdict(int), 0
        for booking in kept:
            until = left[booking.id] if booking.state == "departed" else booking.departure
            nights += len(booking.rooms) * (until - booking.arrival).days
            worth[booking.price.currency] += booking.price.amount_minor
        for booking in pile:
            booked_on = booking.booked_at.astimezone(ZoneInfo(zones[booking.property])).date()
            lead += max((booking.arrival - booked_on).days, 0)
        states = [booking.state for booking in pile]
        found[key] = (
            len(pile),
            nights,
            sorted(worth.items()),
            share(lead, len(pile), "0.01"),
            states.count("cancelled"),
            share(states.count("cancelled"), len(pile), "0.0001"),
            states.count("no_show"),
            share(states.count("no_show"), len(pile), "0.0001"),
        )
    return found


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_report_is_what_counting_booking_by_booking_gives(desk: Desk, seed: int) -> None:
    chance = Random(seed)
    desk.sets_up(capacity=90)
    desk.service.set_up_property(lisbon_city(capacity=90, **TOKYO))
    zones = {"LIS-CITY": "Europe/Lisbon", "TYO": "Asia/Tokyo"}
    ids = []
    for n in range(60):
        arrival = date(2026, 11, 1) + timedelta(days=chance.randrange(60))
        more: dict[str, Any] = {"arrival": arrival, "departure": arrival + timedelta(days=chance.randint(1, 9))}
        if chance.random() < 0.5:
            more |= {
                "property": chance.choice([*zones]),
                "channel": chance.choice(["booking.com", "expedia", None]),
                "booked_at": datetime(2026, 10, 20, tzinfo=UTC) + timedelta(minutes=chance.randrange(90_000)),
            }
            currency = "JPY" if more["property"] == "TYO" else "EUR"
            rooms = (room(str(chance.randrange(10**6)), currency=currency),) * chance.randint(1, 3)
            ids.append(sold(desk, f"R{n}", rooms=rooms, **more))
        else:
            more |= {"method": chance.choice(["web", "phone", "walk-in"]), "tentative": chance.random() < 0.2}
            ids.append(desk.opens(price=eur(f"{chance.randrange(9999)}.{chance.randrange(10)}1"), **more).id)
    for booking_id in ids:
        state, what = desk.booking(booking_id).state, chance.random()
        if what < 0.2:
            desk.service.cancel_booking(CancelBooking(booking_id=booking_id))
        elif what < 0.3:
            desk.service.mark_no_show(MarkNoShow(booking_id=booking_id))
        elif what < 0.5 and state == "confirmed":
            desk.service.check_in_booking(CheckInBooking(booking_id=booking_id))
            if what < 0.4:
                desk.service.check_out_booking(CheckOutBooking(booking_id=booking_id))
    bookings = [desk.booking(booking_id) for booking_id in ids]
    left = {row.id: row.held_until for row in desk.rows("SELECT id, held_until FROM bookings")}
    for by in ("channel", "method", "property"):
        found = report(desk, by=by)
        shown = {
            each.key: (
                each.bookings,
                each.room_nights,
                sorted((money.currency, money.amount_minor) for money in each.value),
                each.lead_days,
                each.cancelled,
                each.cancelled_share,
                each.no_shows,
                each.no_show_share,
            )
            for each in found.lines
        }
        assert shown == counted_one_by_one(bookings, left, zones, by)
    held = sum(len(b.rooms) * (b.departure - b.arrival).days for b in bookings if b.state == "tentative")
    assert report(desk).total.room_nights + held == desk.service.prove_counters(ProveCounters()).room_nights
