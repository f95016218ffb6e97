"""Profiles, put together from its doors."""

from __future__ import annotations

from services.kit.doors import Service
from services.profiles.doors.booked import FieldsOfBookings
from services.profiles.doors.calling import Calling
from services.profiles.doors.cards import Cards
from services.profiles.doors.entry import Entering
from services.profiles.doors.fields import Fields
from services.profiles.doors.finding import Finding
from services.profiles.doors.following import Following
from services.profiles.doors.identifiers import Identifiers
from services.profiles.doors.importing import Importing
from services.profiles.doors.levels import LevelsOfTheHouse
from services.profiles.doors.matching import Matching
from services.profiles.doors.moving import Moving
from services.profiles.doors.notes import Notes
from services.profiles.doors.organisations import Organisations
from services.profiles.doors.preferences import Preferences
from services.profiles.doors.recognising import Recognising
from services.profiles.doors.relations import Relations
from services.profiles.doors.stages import Stages
from services.profiles.doors.tasks import Tasks
from services.profiles.doors.timeline import TimeLines
from services.profiles.doors.verifying import Verifying


class ProfilesService(
    Cards,
    Entering,
    Importing,
    Notes,
    Tasks,
    Preferences,
    LevelsOfTheHouse,
    Stages,
    Fields,
    FieldsOfBookings,
    Finding,
    Calling,
    Recognising,
    Matching,
    Moving,
    Following,
    TimeLines,
    Identifiers,
    Organisations,
    Verifying,
    Relations,
    Service,
):
    name = "profiles"
