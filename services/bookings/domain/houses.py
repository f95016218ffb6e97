"""Properties and their room types: what a valid one is. What is not is refused with a pointer for each fault."""

from __future__ import annotations

import re
from collections.abc import Iterator
from zoneinfo import available_timezones

from services.bookings.domain.nights import MOST_NIGHTS
from services.bookings.domain.texts import faults
from services.contracts.bookings import NotAProperty, SetAvailability, SetUpProperty
from services.contracts.values import decimals
from services.kit.refusal import Invalid, Problem

_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
_COUNTRY = re.compile(r"[A-Z]{2}")
_HOUR = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_MOST_HOURS = 24 * 366


MOST_ROOMS = 100_000


def check_property(request: SetUpProperty) -> None:
    """Refuses with NotAProperty."""
    problems = list(_faults_of_property(request))
    if problems:
        raise NotAProperty(errors=problems[:50])


def check_availability(request: SetAvailability) -> None:
    """Refuses with NotAProperty."""
    problems = list(_faults_of_availability(request))
    if problems:
        raise NotAProperty(errors=problems)


def _faults_of_availability(request: SetAvailability) -> Iterator[Problem]:
    if not 1 <= (request.until - request.first).days <= MOST_NIGHTS:
        yield Problem("/until", f"From 1 to {MOST_NIGHTS} days after the first.")
    bounds = {"overbooking": (0, MOST_ROOMS), "min_stay": (1, MOST_NIGHTS)}
    for name, (least, most) in bounds.items():
        said = getattr(request, name)
        if said is not None and not least <= said <= most:
            yield Problem(f"/{name}", f"Must be from {least} to {most}.")
        if said is not None and name in request.clear:
            yield Problem(f"/{name}", "Either said or cleared.")
    said = (request.overbooking, request.closed, request.closed_to_arrival, request.closed_to_departure)
    if not request.clear and all(each is None for each in (*said, request.min_stay)):
        yield Problem("", "Say something of these days.")


def _faults_of_property(request: SetUpProperty) -> Iterator[Problem]:
    if not _CODE.fullmatch(request.code):
        yield Problem("/code", "Up to 40 letters, digits, dots, dashes and underscores.")
    yield from faults("/name", request.name, 200, needed=True)
    try:
        decimals(request.currency)
    except Invalid as refused:
        yield from refused.errors
    if request.time_zone not in available_timezones():
        yield Problem("/time_zone", "Not a time zone of the IANA database.")
    if not _COUNTRY.fullmatch(request.country):
        yield Problem("/country", "Not an ISO 3166-1 alpha-2 country code.")
    for name in ("check_in_from", "check_out_until", "no_show_at"):
        said = getattr(request, name)
        if said is not None and not _HOUR.fullmatch(said):
            yield Problem(f"/{name}", "Must be a time of the day from 00:00 to 23:59.")
    if request.hold_hours is not None and not 1 <= request.hold_hours <= _MOST_HOURS:
        yield Problem("/hold_hours", f"Must be from 1 to {_MOST_HOURS}.")
    for name in request.clear:
        if getattr(request, name) is not None:
            yield Problem(f"/{name}", "Either said or cleared.")
    codes = [kind.code for kind in request.room_types]
    for n, kind in enumerate(request.room_types):
        if not _CODE.fullmatch(kind.code) or kind.code in codes[:n]:
            yield Problem(f"/room_types/{n}/code", "Not a code, or there twice.")
        yield from faults(f"/room_types/{n}/name", kind.name, 200, needed=True)
        bounds = {"capacity": (0, MOST_ROOMS), "overbooking": (0, MOST_ROOMS), "occupancy": (1, 100)}
        for name, (least, most) in bounds.items():
            if not least <= getattr(kind, name) <= most:
                yield Problem(f"/room_types/{n}/{name}", f"Must be from {least} to {most}.")
