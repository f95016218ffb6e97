"""Bookings, put together from its doors."""

from __future__ import annotations

from services.bookings.doors.changes import Changes
from services.bookings.doors.channels import Channels
from services.bookings.doors.channex import Channex
from services.bookings.doors.houses import Houses
from services.bookings.doors.mapping import Mapping
from services.bookings.doors.messages import Messages
from services.bookings.doors.notices import Notices
from services.bookings.doors.people import People
from services.bookings.doors.registers import Registers
from services.bookings.doors.registrations import Registering
from services.bookings.doors.relocations import Relocating
from services.bookings.doors.replaying import Replaying
from services.bookings.doors.routing import Routing
from services.bookings.doors.stays import Stays
from services.bookings.doors.terms import TermsOfStays
from services.kit.doors import Service


class BookingsService(
    Notices,
    People,
    Stays,
    Changes,
    Relocating,
    Houses,
    TermsOfStays,
    Routing,
    Channels,
    Channex,
    Messages,
    Mapping,
    Replaying,
    Registering,
    Registers,
    Service,
):
    name = "bookings"
