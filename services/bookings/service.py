"""Bookings, put together from its doors."""

from __future__ import annotations

from services.bookings.doors.assigning import Assigning
from services.bookings.doors.board import Boards
from services.bookings.doors.calling import Calling
from services.bookings.doors.changes import Changes
from services.bookings.doors.channels import Channels
from services.bookings.doors.channex import Channex
from services.bookings.doors.choosing import Choosing
from services.bookings.doors.endings import Endings
from services.bookings.doors.functions import Functions
from services.bookings.doors.groups import Groups
from services.bookings.doors.holds import Holds
from services.bookings.doors.housekeeping import HousekeepingOfRooms
from services.bookings.doors.houses import Houses
from services.bookings.doors.mapping import Mapping
from services.bookings.doors.messages import Messages
from services.bookings.doors.moving import Moving
from services.bookings.doors.notices import Notices
from services.bookings.doors.occasions import Occasions
from services.bookings.doors.people import People
from services.bookings.doors.registers import Registers
from services.bookings.doors.registrations import Registering
from services.bookings.doors.relocations import Relocating
from services.bookings.doors.replaying import Replaying
from services.bookings.doors.rooms_setup import RoomsSetUp
from services.bookings.doors.routing import Routing
from services.bookings.doors.stays import Stays
from services.bookings.doors.terms import TermsOfStays
from services.kit.doors import Service


class BookingsService(
    Notices,
    People,
    Moving,
    Stays,
    Calling,
    Holds,
    Endings,
    Changes,
    Relocating,
    Boards,
    Groups,
    Functions,
    Occasions,
    Houses,
    RoomsSetUp,
    HousekeepingOfRooms,
    Assigning,
    Choosing,
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
