"""The hotel-booking-demand mapping: rows become notices, guests are invented once and for ever."""

from __future__ import annotations

from collections import Counter
from datetime import date
from decimal import Decimal

import phonenumbers
import pytest

from foyer.importing import demand
from foyer.importing.guests import Guests, guest

COLUMNS = (
    "hotel is_canceled lead_time arrival_date_year arrival_date_month arrival_date_day_of_month "
    "stays_in_weekend_nights stays_in_week_nights adults children babies country market_segment "
    "reserved_room_type adr reservation_status reservation_status_date"
).split()


def line(**said: object) -> dict[str, object]:
    """Two nights in August for two people from Portugal, booked a week before, who came and left."""
    usual = {
        "hotel": "City Hotel",
        "is_canceled": 0,
        "lead_time": 7,
        "arrival_date_year": 2016,
        "arrival_date_month": "August",
        "arrival_date_day_of_month": 30,
        "stays_in_weekend_nights": 0,
        "stays_in_week_nights": 2,
        "adults": 2,
        "children": "0",
        "babies": 0,
        "country": "PRT",
        "market_segment": "Online TA",
        "reserved_room_type": "A",
        "adr": "75.05",
        "reservation_status": "Check-Out",
        "reservation_status_date": "2016-09-01",
    }
    return {**usual, **said}


@pytest.mark.parametrize("name", ["bookings.csv", "bookings.csv.gz"])
def test_a_row_is_read_as_it_stands(file, name):
    (row,) = demand.read(file(line(), name=name))
    assert (row.arrival, row.departure, row.nights) == (date(2016, 8, 30), date(2016, 9, 1), 2)
    assert row.price == Decimal("150.10")
    assert row.booked_on == date(2016, 8, 23)
    assert row.faults == ()


def test_children_not_said_are_none(file):
    (row,) = demand.read(file(line(children="NA", babies=1)))
    assert row.children == 1


@pytest.mark.parametrize(
    ("said", "fault"),
    [({"adults": 0}, "guests"), ({"stays_in_week_nights": 0}, "nights"), ({"adr": "-6.38"}, "rate")],
)
def test_dirt_is_named(file, said, fault):
    (row,) = demand.read(file(line(**said)))
    assert row.faults == (fault,)


def test_each_row_is_two_notices_in_the_order_of_time(file):
    path = file(
        line(lead_time=1),
        line(lead_time=100, reservation_status="Canceled", reservation_status_date="2016-06-01"),
        line(lead_time=0, reservation_status="No-Show", reservation_status_date="2016-08-30"),
    )
    told = [(row.number, notice.status, notice.revision) for row, notice in demand.notices(demand.read(path), seed=1)]
    assert told == [
        (1, "new", 1),
        (1, "cancelled", 2),
        (0, "new", 1),
        (2, "new", 1),
        (2, "no_show", 2),
        (0, "departed", 2),
    ]


def test_a_hotel_has_the_rooms_its_departed_stays_occupied(file):
    stay = line(stays_in_week_nights=2)
    next_one = line(arrival_date_month="September", arrival_date_day_of_month=1)
    cancelled = line(reservation_status="Canceled")
    city = demand.properties(demand.read(file(stay, stay, next_one, cancelled)))[1]
    assert [(t.code, t.capacity) for t in city.room_types] == [("A", 2)]


def test_the_same_seed_invents_the_same_guests():
    def bookers(seed: int) -> list[object]:
        guests = Guests(seed, ["PRT", "GBR", "FRA"] * 50)
        return [guests.booker(row, over_site=True) for row in range(150)]

    assert bookers(7) == bookers(7)
    assert bookers(7) != bookers(8)


def test_about_a_quarter_of_the_guests_return_and_many_come_by_relay():
    guests = Guests(7, ["PRT"] * 4000)
    returned = sum(guests.number(row) != row for row in range(4000))
    assert 0.22 < returned / 4000 < 0.28
    relayed = sum("@guest.booking.com" in (guests.booker(r, over_site=True).email or "") for r in range(4000))
    assert 0.36 < relayed / 4000 < 0.44
    assert not any("@guest.booking.com" in (guests.booker(r, over_site=False).email or "") for r in range(4000))


@pytest.mark.parametrize("country", ["PRT", "GBR", "FRA", "ESP", "DEU", "ITA", "IRL", "BRA", "CHN"])
def test_invented_numbers_are_valid_and_nobody_shares_one(country):
    phones = [guest(7, number, country).phone for number in range(0, 119_390, 997)]
    assert max(Counter(phones).values()) == 1
    assert [p for p in phones if not phonenumbers.is_valid_number(phonenumbers.parse(p))] == []
