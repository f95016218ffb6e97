"""Profiles, put together from its doors."""

from __future__ import annotations

from services.kit.doors import Service
from services.profiles.doors.cards import Cards
from services.profiles.doors.finding import Finding
from services.profiles.doors.following import Following
from services.profiles.doors.notes import Notes
from services.profiles.doors.recognising import Recognising


class ProfilesService(
    Cards,
    Notes,
    Finding,
    Recognising,
    Following,
    Service,
):
    name = "profiles"
