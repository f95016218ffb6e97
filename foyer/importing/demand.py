"""The mapping ``hotel-booking-demand``: rows of the public "Hotel booking demand" file as booking notices.

The file (Antonio, de Almeida, Nunes 2019) has two hotels, no names, and each booking's final state. A row becomes a
notice ``new`` on the day it was booked and one of ``cancelled``, ``departed`` or ``no_show`` on the day of its last
state. The rate is per night; the price of the stay is rate × nights, exactly.
"""

from __future__ import annotations

import csv
import gzip
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import islice
from pathlib import Path

from foyer.importing.guests import Guests
from services.contracts.bookings import BookingNotice, NewRoomType, NoticeRoom, SetUpProperty
from services.contracts.values import Price

SOURCE = "hotel-booking-demand"
CURRENCY = "EUR"
_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_OUTCOMES = {"Check-Out": "departed", "Canceled": "cancelled", "No-Show": "no_show"}
_PROPERTIES = {"Resort Hotel": ("HBD-RESORT", "Resort Hotel"), "City Hotel": ("HBD-CITY", "City Hotel")}


@dataclass(frozen=True)
class Row:
    """One booking of the file. `price` is the whole stay's, in euros; the file is real, and so is its dirt."""

    number: int
    hotel: str
    arrival: date
    nights: int
    adults: int
    children: int
    room_type: str
    rate: Decimal
    country: str
    channel: str
    lead_days: int
    outcome: str
    outcome_on: date

    @property
    def departure(self) -> date:
        return self.arrival + timedelta(days=self.nights)

    @property
    def price(self) -> Decimal:
        return self.rate * self.nights

    @property
    def booked_on(self) -> date:
        return self.arrival - timedelta(days=self.lead_days)

    @property
    def faults(self) -> tuple[str, ...]:
        """Why no hotel system should take this row; empty for nearly all."""
        found = {"guests": self.adults + self.children <= 0, "nights": self.nights <= 0, "rate": self.rate < 0}
        return tuple(name for name, wrong in found.items() if wrong)


def property_code(row: Row) -> str:
    """The code under which the row's hotel is set up."""
    return _PROPERTIES[row.hotel][0]


def read(path: Path, limit: int | None = None) -> list[Row]:
    """The file's rows in its own order; ``.gz`` is unpacked on the way."""
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8", newline="") as text:
        return [_row(number, line) for number, line in enumerate(islice(csv.DictReader(text), limit))]


def properties(rows: list[Row]) -> list[SetUpProperty]:
    """Both hotels, with as many rooms of each type as its departed stays occupied on their fullest night."""
    occupied: dict[tuple[str, str], dict[date, int]] = defaultdict(lambda: defaultdict(int))
    for row in rows:
        kept = row.outcome == "departed" and not row.faults
        for night in range(row.nights if kept else 0):
            occupied[row.hotel, row.room_type][row.arrival + timedelta(days=night)] += 1
    types = {(row.hotel, row.room_type) for row in rows}
    return [
        SetUpProperty(
            code=code,
            name=name,
            currency=CURRENCY,
            time_zone="Europe/Lisbon",
            country="PT",
            room_types=tuple(
                NewRoomType(
                    code=room_type,
                    name=f"Room {room_type}",
                    capacity=max(occupied[hotel, room_type].values(), default=1),
                    occupancy=4,
                )
                for hotel, room_type in sorted(types)
                if hotel == in_file
            ),
        )
        for in_file, (code, name) in _PROPERTIES.items()
    ]


def notices(rows: list[Row], seed: int) -> Iterator[tuple[Row, BookingNotice]]:
    """Two notices per row, in the order in which the hotels' systems would have published them."""
    guests = Guests(seed, [row.country for row in rows])
    due = [(row.booked_on, 0, row.number) for row in rows]
    due += [(max(row.outcome_on, row.booked_on), 1, row.number) for row in rows]
    for _, second, at in sorted(due):
        row = rows[at]
        yield row, _notice(row, guests, "new" if not second else row.outcome, 1 + second)


def _notice(row: Row, guests: Guests, status: str, revision: int) -> BookingNotice:
    return BookingNotice(
        source=SOURCE,
        external_id=f"HBD-{row.number}",
        revision=revision,
        status=status,  # type: ignore[arg-type]
        property=property_code(row),
        channel=row.channel,
        booked_at=datetime.combine(row.booked_on, time(12), UTC),
        arrival=row.arrival,
        departure=row.departure,
        rooms=(
            NoticeRoom(
                room_type=row.room_type,
                adults=row.adults,
                children=row.children,
                price=Price(amount=f"{row.price:.2f}", currency=CURRENCY),
            ),
        ),
        booker=guests.booker(row.number, over_site=row.channel == "online-ta"),
    )


def _row(number: int, line: dict[str, str]) -> Row:
    return Row(
        number=number,
        hotel=line["hotel"],
        arrival=date(
            int(line["arrival_date_year"]),
            _MONTHS.index(line["arrival_date_month"]) + 1,
            int(line["arrival_date_day_of_month"]),
        ),
        nights=int(line["stays_in_weekend_nights"]) + int(line["stays_in_week_nights"]),
        adults=int(line["adults"]),
        # four rows of the file do not say how many children there were
        children=(0 if line["children"] == "NA" else int(line["children"])) + int(line["babies"]),
        room_type=line["reserved_room_type"],
        rate=Decimal(line["adr"]),
        country=line["country"],
        channel=line["market_segment"].lower().replace(" ", "-").replace("/", "-"),
        lead_days=int(line["lead_time"]),
        outcome=_OUTCOMES[line["reservation_status"]],
        outcome_on=date.fromisoformat(line["reservation_status_date"]),
    )
