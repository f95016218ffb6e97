"""The textbook's bookings service: ``python -m tests.bench.textbook.service AMQP_URL DATABASE_URL``."""

import tests.bench.stock  # noqa: F401, I001

import sys
from datetime import date
from typing import Any
from weakref import WeakKeyDictionary

from nameko.containers import ServiceContainer
from nameko.events import EventDispatcher
from nameko.extensions import DependencyProvider
from nameko.rpc import rpc
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session, sessionmaker

from tests.bench.party import serve
from tests.bench.rpc import WORKERS
from tests.bench.textbook.models import Booking, Night, Room
from tests.bench.textbook.schemas import BookingSchema


class NoRoomLeftError(Exception):
    pass


class DatabaseSession(DependencyProvider):
    """A session per worker, closed with it."""

    def setup(self) -> None:
        url = self.container.config["DATABASE"].replace("postgresql://", "postgresql+psycopg://", 1)
        self.engine = create_engine(url, pool_size=WORKERS)
        self.make = sessionmaker(self.engine)
        self.sessions: WeakKeyDictionary[Any, Session] = WeakKeyDictionary()

    def get_dependency(self, worker_ctx: Any) -> Session:
        self.sessions[worker_ctx] = session = self.make()
        return session

    def worker_teardown(self, worker_ctx: Any) -> None:
        self.sessions.pop(worker_ctx).close()


class BookingsService:
    name = "textbook_bookings"

    db = DatabaseSession()
    dispatch = EventDispatcher()

    @rpc
    def open_booking(self, asked: dict[str, Any]) -> dict[str, Any]:
        arrival, departure = date.fromisoformat(asked["arrival"]), date.fromisoformat(asked["departure"])
        for room in asked["rooms"]:
            nights = self.db.scalars(
                select(Night)
                .where(
                    Night.property == asked["property_id"],
                    Night.room_type == room["room_type"],
                    Night.night >= arrival,
                    Night.night < departure,
                )
                .order_by(Night.night)
                .with_for_update()
            ).all()
            if len(nights) < (departure - arrival).days or any(n.sold >= n.capacity for n in nights):
                self.db.rollback()
                raise NoRoomLeftError(room["room_type"])
            for night in nights:
                night.sold += 1
        booking = Booking(
            property=asked["property_id"],
            arrival=arrival,
            departure=departure,
            booker=f"{asked['booker']['given_name']} {asked['booker']['family_name']}",
            amount=asked["price"]["amount"],
            currency=asked["price"]["currency"],
            rooms=[Room(room_type=room["room_type"], adults=room["adults"]) for room in asked["rooms"]],
        )
        self.db.add(booking)
        self.db.commit()
        said = BookingSchema().dump(booking)
        self.dispatch("booking_confirmed", {"booking": said})
        return said


if __name__ == "__main__":
    config = {"AMQP_URI": sys.argv[1], "DATABASE": sys.argv[2], "max_workers": WORKERS}
    ServiceContainer(BookingsService, config=config).start()
    serve()
