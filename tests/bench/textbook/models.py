"""The tables of the textbook's bookings service."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, DateTime, ForeignKey, func
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Night(Base):
    """How many rooms of a type are sold on a night."""

    __tablename__ = "textbook_nights"
    __table_args__ = (CheckConstraint("sold <= capacity"),)

    property: Mapped[str] = mapped_column(primary_key=True)
    room_type: Mapped[str] = mapped_column(primary_key=True)
    night: Mapped[date] = mapped_column(primary_key=True)
    capacity: Mapped[int]
    sold: Mapped[int] = mapped_column(default=0)


class Booking(Base):
    __tablename__ = "textbook_bookings"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    property: Mapped[str]
    arrival: Mapped[date]
    departure: Mapped[date]
    booker: Mapped[str]
    amount: Mapped[str]
    currency: Mapped[str]
    booked_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    rooms: Mapped[list[Room]] = relationship(back_populates="booking")


class Room(Base):
    __tablename__ = "textbook_rooms"

    id: Mapped[int] = mapped_column(primary_key=True)
    booking_id: Mapped[UUID] = mapped_column(ForeignKey("textbook_bookings.id"), index=True)
    room_type: Mapped[str]
    adults: Mapped[int]
    booking: Mapped[Booking] = relationship(back_populates="rooms")
