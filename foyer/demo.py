"""``foyer demo``: two hotels and a handful of guests to look at; run twice, it changes nothing."""

from __future__ import annotations

import time
import uuid
from datetime import UTC, date, datetime, timedelta
from typing import TypeVar

import click

from services.contracts.billing import TakePayment
from services.contracts.bookings import (
    AssignArrivals,
    Booking,
    BookingNotice,
    Feature,
    FindBookings,
    NewRoom,
    NewRoomType,
    NoticePerson,
    NoticeRoom,
    ReceiveNotice,
    SetUpProperty,
    SetUpRooms,
)
from services.contracts.consent import RecordConsent
from services.contracts.profiles import AddNote
from services.contracts.values import Money, Price
from services.kit import config
from services.kit.ask import Client
from services.kit.context import Context
from services.kit.wire import Request

R = TypeVar("R")

SOURCE = "demo"
PATIENCE = 60  # seconds for the guests of the demo bookings to be identified
_ID = uuid.UUID("7a1c5d1e-55a4-5b0a-8d3a-9a0e7c1d2f40")

HOTELS = (
    SetUpProperty(
        code="LIS-CITY",
        name="Foyer City Lisboa",
        currency="EUR",
        time_zone="Europe/Lisbon",
        country="PT",
        room_types=(
            NewRoomType(code="A", name="Standard double", capacity=40, overbooking=1, occupancy=2),
            NewRoomType(code="B", name="Family room", capacity=12, occupancy=4),
            NewRoomType(code="S", name="Suite", capacity=3, occupancy=3),
        ),
    ),
    SetUpProperty(
        code="SYL-DUNE",
        name="Foyer Dünenhof Sylt",
        currency="EUR",
        time_zone="Europe/Berlin",
        country="DE",
        room_types=(
            NewRoomType(code="A", name="Doppelzimmer", capacity=18, occupancy=2),
            NewRoomType(code="P", name="Pitch", capacity=60, occupancy=6),
        ),
    ),
)

# First number, how many, floor and features of the rooms of each type; campsites number their pitches.
_FLOORS: tuple[tuple[str, str, int, int, str, tuple[Feature, ...]], ...] = (
    ("LIS-CITY", "A", 101, 20, "1", ("non-smoking", "city-view", "double-bed")),
    ("LIS-CITY", "A", 201, 20, "2", ("non-smoking", "quiet", "twin-beds")),
    ("LIS-CITY", "B", 301, 12, "3", ("non-smoking", "balcony")),
    ("LIS-CITY", "S", 401, 3, "4", ("non-smoking", "sea-view", "terrace", "bathtub")),
    ("SYL-DUNE", "A", 1, 18, "0", ("non-smoking", "ground-floor", "sea-view")),
    ("SYL-DUNE", "P", 1001, 60, "0", ("pets",)),
)
ROOMS = tuple(
    SetUpRooms(
        property=hotel.code,
        rooms=tuple(
            NewRoom(number=str(n), room_type=kind, floor=floor, features=features, position=n)
            for code, kind, first, count, floor, features in _FLOORS
            if code == hotel.code
            for n in range(first, first + count)
        ),
    )
    for hotel in HOTELS
)

ANA = NoticePerson(
    given_name="Ana",
    family_name="Silva",
    email="ana.silva@mail.example.org",
    phone="+351912345678",
    language="pt",
    country="PT",
)
ANA_BY_SITE = NoticePerson(
    given_name="Ana",
    family_name="Silva",
    email="asilva.771204@guest.booking.com",
    phone="+351912345678",
    language="pt",
    country="PT",
)
JONAS = NoticePerson(
    given_name="Jonas", family_name="Becker", email="jonas.becker@post.example.org", language="de", country="DE"
)
MEI = NoticePerson(given_name="美", family_name="陈", email="r9k2@guest.trip.com", language="en", country="CN")


@click.command()
def demo() -> None:
    """Set up two hotels with guests, bookings, a payment and consents; run twice, it changes nothing."""
    client = Client(config.amqp_url(), deadline=10)
    try:
        _fill(_Demo(client))
    finally:
        client.close()


class _Demo:
    """Asks services under command ids made from names, so that a second run repeats the same commands."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._context = Context(actor="system:demo", roles=("admin",))

    def ask(self, request: Request[R], name: str) -> R:
        command_id = uuid.uuid5(_ID, f"{type(request).__name__} {name}")
        return self._client.ask(request, context=self._context, command_id=command_id)

    def identified(self, external_id: str) -> Booking:
        """The booking, once everybody on it has a profile."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            found = self.ask(FindBookings(external_ref=external_id), external_id).items
            if found and all(person.profile_id for person in found[0].people):
                return found[0]
            time.sleep(0.1)
        raise click.ClickException(f"The guests of booking {external_id} were not identified within {PATIENCE} s.")


def _fill(house: _Demo) -> None:
    for hotel in HOTELS:
        house.ask(hotel, hotel.code)
    for rooms in ROOMS:
        house.ask(rooms, rooms.property)
    # the first run decides the days: a later one finds the notices already applied
    today = datetime.now(UTC).date()
    stays = (
        _notice("DEMO-1", ANA, "LIS-CITY", "A", today + timedelta(days=9), 3, "300.00", "website"),
        _notice("DEMO-2", ANA_BY_SITE, "SYL-DUNE", "A", today + timedelta(days=40), 2, "258.00", "booking.com"),
        _notice("DEMO-3", JONAS, "LIS-CITY", "S", today - timedelta(days=2), 5, "1150.00", "phone"),
        _notice("DEMO-4", MEI, "LIS-CITY", "B", today + timedelta(days=1), 4, "512.00", "trip.com"),
    )
    for notice in stays:
        if not house.ask(FindBookings(external_ref=notice.external_id), "").items:
            house.ask(ReceiveNotice(notice=notice), notice.external_id)
    first = house.identified("DEMO-1")
    house.ask(AssignArrivals(property=first.property, day=first.arrival), "DEMO-1")
    ana = _primary(first)
    jonas = _primary(house.identified("DEMO-3"))
    hundred = Money(amount_minor=10000, currency="EUR")
    house.ask(TakePayment(payer_profile_id=ana, amount=hundred, method="card", reference="demo"), "ana")
    house.ask(AddNote(profile_id=jonas, text="Allergic to feathers: synthetic pillows.", pinned=True), "jonas")
    for channel in ("email", "sms"):
        house.ask(
            RecordConsent(
                profile_id=ana,
                purpose="marketing",
                channel=channel,
                granted=channel == "email",
                wording_version="2026-01",
                language="pt",
                source="front-desk",
            ),
            f"ana {channel}",
        )
    numbered = sum(len(rooms.rooms) for rooms in ROOMS)
    click.echo(
        f"Demo data: {len(HOTELS)} hotels with {numbered} rooms, {len(stays)} bookings; Ana Silva is profile {ana}."
    )


def _notice(
    external_id: str,
    who: NoticePerson,
    hotel: str,
    room_type: str,
    arrival: date,
    nights: int,
    price: str,
    channel: str,
) -> BookingNotice:
    return BookingNotice(
        source=SOURCE,
        external_id=external_id,
        revision=1,
        status="new",
        property=hotel,
        channel=channel,
        arrival=arrival,
        departure=arrival + timedelta(days=nights),
        rooms=(NoticeRoom(room_type=room_type, adults=2, price=Price(amount=price, currency="EUR")),),
        booker=who,
    )


def _primary(booking: Booking) -> uuid.UUID:
    (profile_id,) = {p.profile_id for p in booking.people if "primary" in p.roles} or {booking.people[0].profile_id}
    assert profile_id is not None
    return profile_id
