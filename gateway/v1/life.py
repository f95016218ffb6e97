"""The life of a booking: held, confirmed with the guest, cancelled, a no-show; and what the same day takes back."""

from __future__ import annotations

from typing import Any, get_args
from uuid import UUID

from flask import Response
from marshmallow import validate

from gateway import shapes
from gateway.access.callers import needs
from gateway.asking import command, reply
from gateway.blueprint import Blueprint
from gateway.known import with_internals
from gateway.outside import Instant, LongText, Strict, Text
from services.contracts.bookings import (
    Booking,
    CancelBooking,
    CancelReason,
    ConfirmBooking,
    ConfirmedHow,
    HoldBooking,
    MarkNoShow,
    ReinstateBooking,
    UndoCheckIn,
)
from services.kit import wire

blueprint = Blueprint("life", __name__, description="How bookings are held, confirmed and ended")


class ConfirmationIn(Strict):
    body_optional = True

    how = Text(
        load_default=None,
        validate=validate.OneOf(get_args(ConfirmedHow)),
        metadata={"description": "With the guest; who confirmed is noted."},
    )
    spoke_with = Text(load_default=None)
    at = Instant(load_default=None, metadata={"description": "Now, if not said."})


class HoldIn(Strict):
    until = Instant(
        required=True, allow_none=True, metadata={"description": "By the end of the day of arrival; null: for ever."}
    )


class CancellationIn(Strict):
    body_optional = True

    reason = Text(load_default=None, validate=validate.OneOf(get_args(CancelReason)))
    note = LongText(load_default=None, most=2000, metadata={"description": "Shown on the booking only."})


@blueprint.post("/bookings/<uuid:booking_id>/confirm")
@needs("write", by_property=True)
@blueprint.arguments(ConfirmationIn)
@blueprint.response(200, shapes.BookingShape)
def confirm_booking(body: dict[str, Any], booking_id: UUID) -> Response:
    """A tentative booking is to stand. `how` notes that the guest has confirmed it; also of one that stands already."""
    return _moved(ConfirmBooking(booking_id=booking_id, **body))


@blueprint.post("/bookings/<uuid:booking_id>/hold")
@needs("write", by_property=True)
@blueprint.arguments(HoldIn)
@blueprint.response(200, shapes.BookingShape)
def hold_booking(body: dict[str, Any], booking_id: UUID) -> Response:
    """Hold a tentative booking for longer, or shorter."""
    return _moved(HoldBooking(booking_id=booking_id, **body))


@blueprint.post("/bookings/<uuid:booking_id>/cancel")
@needs("write", by_property=True)
@blueprint.arguments(CancellationIn)
@blueprint.response(200, shapes.BookingShape)
def cancel_booking(body: dict[str, Any], booking_id: UUID) -> Response:
    """Release the rooms; a cancelled booking never changes again."""
    return _moved(CancelBooking(booking_id=booking_id, **body))


@blueprint.post("/bookings/<uuid:booking_id>/no-show")
@needs("write", by_property=True)
@blueprint.response(200, shapes.BookingShape)
def mark_no_show(booking_id: UUID) -> Response:
    """The guest did not come."""
    return _moved(MarkNoShow(booking_id=booking_id))


@blueprint.post("/bookings/<uuid:booking_id>/reinstate")
@needs("write", by_property=True)
@blueprint.response(200, shapes.BookingShape)
def reinstate_booking(booking_id: UUID) -> Response:
    """Who became a no-show today has come after all; 409 `no-room-left` where the rooms have been sold."""
    return _moved(ReinstateBooking(booking_id=booking_id))


@blueprint.post("/bookings/<uuid:booking_id>/undo-check-in")
@needs("write", by_property=True)
@blueprint.response(200, shapes.BookingShape)
def undo_check_in(booking_id: UUID) -> Response:
    """Who was checked in today is not in house."""
    return _moved(UndoCheckIn(booking_id=booking_id))


def _moved(said: wire.Request[Booking]) -> Response:
    after = command(said)
    return reply(with_internals(after), version=after.version)
