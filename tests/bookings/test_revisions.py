"""Messages that number no revisions are placed by their instants, by what they say, and by the order they come in."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.bookings.domain.revisions import revision_of
from services.contracts.bookings import BookingNotice
from tests.bookings.makers import notice

NOW = datetime(2026, 11, 25, tzinfo=UTC)
AT = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
LATER = AT + timedelta(minutes=5)


class Booking:
    """What has been said of one booking, the highest revision first."""

    def __init__(self) -> None:
        self.earlier: list[BookingNotice] = []

    def hears(self, status: str = "new", at: datetime | None = None, **more: Any) -> int:
        said = notice(revision=0, status=status, **more)
        revision = revision_of(said, at, self.earlier, NOW)
        if all(known.revision != revision for known in self.earlier):
            self.earlier.append(replace(said, revision=revision))
            self.earlier.sort(key=lambda known: -known.revision)
        return revision


@pytest.fixture
def booking() -> Booking:
    return Booking()


@pytest.mark.parametrize("at", [None, AT])
def test_a_repetition_is_the_revision_it_was(booking: Booking, at: datetime | None):
    first = booking.hears(at=at)
    second = booking.hears("modified", LATER if at else None, requests="quiet")
    assert booking.hears(at=at) == first
    assert booking.hears("modified", LATER if at else None, requests="quiet") == second > first


def test_the_newest_state_sent_again_at_another_time_is_a_repetition(booking: Booking):
    assert booking.hears(at=AT) == booking.hears(at=LATER)


def test_what_became_so_earlier_is_lower_whenever_it_comes(booking: Booking):
    later = booking.hears("modified", LATER, requests="quiet")
    assert booking.hears(at=AT) < later


def test_a_change_back_is_a_revision_of_its_own_where_instants_tell_it(booking: Booking):
    said = [
        booking.hears("modified", AT + timedelta(minutes=n), requests=requests)
        for n, requests in enumerate(["quiet", "loud", "quiet"])
    ]
    assert said == sorted(set(said))


def test_without_instants_each_new_content_is_the_next(booking: Booking):
    said = [booking.hears("modified", requests=requests) for requests in ("quiet", "loud", "mild")]
    assert said == [said[0], said[0] + 1, said[0] + 2]


def test_the_instant_of_the_booking_is_where_counting_begins(booking: Booking):
    created = booking.hears(booked_at=AT)
    assert created == int(AT.timestamp()) * 4000
    assert booking.hears("modified", booked_at=AT) == created + 1


def test_of_one_instant_a_cancellation_is_the_last_whatever_comes_first(booking: Booking):
    cancelled = booking.hears("cancelled", AT)
    assert booking.hears("new", AT) < cancelled
    assert booking.hears("modified", AT) < cancelled


@pytest.mark.parametrize("booked_at", [None, AT])
def test_without_instants_a_booking_told_of_after_its_cancellation_goes_before_it(booking: Booking, booked_at: Any):
    cancelled = booking.hears("cancelled", booked_at=booked_at)
    assert booking.hears("new", booked_at=AT) < cancelled


def test_two_states_of_one_instant_follow_each_other(booking: Booking):
    first = booking.hears("modified", AT, requests="quiet")
    assert booking.hears("modified", AT, requests="loud") == first + 1
    assert booking.hears("modified", AT, requests="loud") == first + 1


def test_an_instant_that_is_yet_to_come_is_not_believed(booking: Booking):
    far = booking.hears(at=NOW + timedelta(days=2))
    assert booking.hears("modified", at=NOW) > far
