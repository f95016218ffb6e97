"""Messages about a booking follow it to the profile that its guest turned out to be."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from services.contracts.bookings import BookingMoved
from services.contracts.notifier import FindMessages
from services.contracts.profiles import ProfileRetired
from services.kit.context import Context
from services.kit.db import Database
from services.notifier import store
from services.notifier.domain import Draft
from tests.notifier.makers import Notifier

ANA, BRUNO, CARLA, STAY = uuid4(), uuid4(), uuid4(), uuid4()


@pytest.fixture
def notifier(notifier_db: Database) -> Notifier:
    return Notifier(notifier_db)


def moved(was: UUID = ANA, now_is: UUID = BRUNO, version: int = 2) -> BookingMoved:
    return BookingMoved(
        booking_id=STAY,
        version=version,
        from_profile_id=was,
        to_profile_id=now_is,
        by_hand=False,
        at=datetime.now(UTC),
    )


def written(notifier: Notifier, who: UUID = ANA, booking_id: UUID | None = STAY, template: str = "stay") -> None:
    draft = Draft(
        profile_id=who,
        channel="email",
        purpose="stay",
        template=template,
        language="pt",
        to="x1y2@guest.booking.com",
        text="Até já!",
        booking_id=booking_id,
        revision=1,
        state="outbox",
    )
    notifier.db.writing(Context(), lambda tx: store.add(tx, draft, None))


def messages(notifier: Notifier, who: UUID) -> int:
    return len(notifier.service.find_messages(FindMessages(profile_id=who)).items)


def test_what_was_written_follows_and_what_is_of_no_booking_stays(notifier: Notifier):
    written(notifier)
    written(notifier, booking_id=None)
    notifier.service.follow_moved_booking(moved())
    assert (messages(notifier, ANA), messages(notifier, BRUNO)) == (1, 1)
    with notifier.db.engine.connect() as connection:
        said = [json.loads(row.body) for row in connection.execute(sa.text("SELECT body FROM outbox"))]
    assert [(e["profile_id"], e["left_profile_id"]) for e in said] == [(str(BRUNO), str(ANA))]


def test_what_is_written_late_goes_to_whom_the_guest_turned_out_to_be(notifier: Notifier):
    notifier.service.follow_moved_booking(moved())
    written(notifier)
    assert (messages(notifier, ANA), messages(notifier, BRUNO)) == (0, 1)


def test_all_that_was_written_to_a_profile_goes_with_it_where_that_is_retired(notifier: Notifier):
    written(notifier)
    written(notifier, booking_id=None)
    retired = ProfileRetired(profile_id=ANA, version=3, into=BRUNO)
    for _ in range(2):
        notifier.service.follow_retired_profile(retired)
    notifier.service.follow_moved_booking(moved())
    assert (messages(notifier, ANA), messages(notifier, BRUNO)) == (0, 2)
    with notifier.db.engine.connect() as connection:
        said = [json.loads(row.body) for row in connection.execute(sa.text("SELECT body FROM outbox"))]
    assert [(e["profile_id"], e["left_profile_id"]) for e in said] == [(str(BRUNO), str(ANA))] * 2


def test_a_booking_that_moves_on_and_back_takes_its_messages_along(notifier: Notifier):
    written(notifier)
    notifier.service.follow_moved_booking(moved())
    notifier.service.follow_moved_booking(moved(BRUNO, CARLA, 3))
    written(notifier, template="later")
    assert messages(notifier, CARLA) == 2
    notifier.service.follow_moved_booking(moved(CARLA, ANA, 4))
    written(notifier, template="last")
    assert messages(notifier, ANA) == 3
