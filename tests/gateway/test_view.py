"""The complete guest view on the real database, with owners that answer what a test says."""

from __future__ import annotations

import json
import threading
import time
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa

from gateway.asking import Asking
from gateway.view import store
from gateway.view.reading import BUDGET, Views
from gateway.view.sections import SECTIONS
from services.contracts.billing import BalanceChanged, ReadAccount
from services.contracts.bookings import BookingConfirmed, BookingFacts, BookingsFound, FindBookings
from services.contracts.consent import ConsentChanged
from services.contracts.loyalty import ReadLoyalty
from services.contracts.notifier import FindMessages, MessageChanged
from services.contracts.profiles import NoSuchProfile, ProfileChanged, ReadProfile
from services.kit.context import Context
from services.kit.refusal import DeadlinePassed, Unavailable
from tests.gateway.conftest import NoDatabase
from tests.gateway.guests import ANA, BEN, LISBON, STAY, ana_silva, anas_stay, eur, know_ana

pytestmark = pytest.mark.servers

CONTEXT = Context(actor="key:1")


def look(views, who=ANA):
    return json.loads(views.of(who, CONTEXT))


def stale(view):
    return {name for name, mark in view["sections"].items() if mark["stale"]}


def rows(database):
    with database.reading(CONTEXT) as tx:
        return tx.execute(sa.text("SELECT count(*) FROM sections")).scalar()


def test_the_first_look_asks_every_owner_once_and_within_the_budget(views, owners):
    view = look(views)
    assert view["profile"]["given_name"] == "Ana"
    assert view["bookings"][0]["price"] == {"amount": "300.00", "currency": "EUR"}
    assert view["bookings"][0]["people"][0]["role"] == "booker"
    assert view["balance"]["balances"][0]["balance"] == {"amount": "200.00", "currency": "EUR"}
    assert view["consents"]["states"][0]["purpose"] == "stay"
    assert view["loyalty"]["points"] == 3000
    assert view["messages"][0]["template"] == "booking_confirmation"
    assert "html" not in view["messages"][0]
    assert [task["title"] for task in view["tasks"]] == ["Call her about the cot"]
    assert set(view["sections"]) == {*SECTIONS}
    assert stale(view) == set()
    assert len(owners.asked) == len(SECTIONS)
    assert set(owners.deadlines) == {BUDGET}


def test_the_second_look_asks_nobody(views, owners):
    first = look(views)
    owners.asked.clear()
    second = look(views)
    assert owners.asked == []
    for name in SECTIONS:
        assert second[name] == first[name]
        assert second["sections"][name] == first["sections"][name]


def test_as_of_is_when_the_owner_was_asked(views):
    before = datetime.now(UTC)
    as_of = datetime.fromisoformat(look(views)["sections"]["profile"]["as_of"])
    assert before <= as_of <= datetime.now(UTC)


def a_booking_event(*guests, left=()):
    facts = BookingFacts(
        booking_id=STAY, version=3, state="confirmed", property_id=LISBON, profile_id=guests[0],
        payer_profile_id=guests[0], profile_ids=guests, arrival=anas_stay().arrival,
        departure=anas_stay().departure, nights=3, rooms=1, total=eur("300.00"), left_profile_ids=left,
    )  # fmt: skip
    return BookingConfirmed(booking_id=STAY, version=3, booking=facts)


@pytest.mark.parametrize(
    ("door", "event", "asked_again"),
    [
        ("mark_profile", ProfileChanged(profile_id=ANA, version=4), ReadProfile),
        ("mark_confirmed", a_booking_event(BEN, ANA), FindBookings),
        ("mark_confirmed", a_booking_event(BEN, left=(ANA,)), FindBookings),
        ("mark_balance", BalanceChanged(profile_id=ANA), ReadAccount),
        (
            "mark_messages",
            MessageChanged(message_id=STAY, version=2, profile_id=ANA, state="sent"),
            FindMessages,
        ),
    ],
)
def test_an_event_makes_the_next_look_ask_the_owner_of_its_section_again(
    views, owners, hears, door, event, asked_again
):
    look(views)
    owners.asked.clear()
    getattr(hears, door)(event)
    assert stale(look(views)) == set()
    assert [type(request) for request in owners.asked] == [asked_again]
    look(views)
    assert len(owners.asked) == 1


def test_events_of_other_guests_and_sections_change_nothing(views, owners, hears, gateway_db):
    look(views)
    owners.asked.clear()
    hears.mark_balance(BalanceChanged(profile_id=BEN))
    look(views)
    assert owners.asked == []
    assert rows(gateway_db) == len(SECTIONS)  # nothing is kept of a guest nobody looked at


def test_a_change_while_the_owner_is_asked_leaves_the_section_old(views, owners, hears):
    """The race: the owner answered before the change, the event arrives before the answer is kept."""

    def answer_and_then_change(_request):
        hears.mark_profile(ProfileChanged(profile_id=ANA, version=4))
        return ana_silva(family_name="Silva")

    owners.will_answer(ReadProfile, answer_and_then_change)
    look(views)
    owners.will_answer(ReadProfile, ana_silva(family_name="Sousa"))
    assert look(views)["profile"]["family_name"] == "Sousa"


def test_the_same_race_on_a_section_that_was_looked_at_before(views, owners, hears):
    look(views)
    hears.mark_profile(ProfileChanged(profile_id=ANA, version=4))

    def answer_and_then_change(_request):
        hears.mark_profile(ProfileChanged(profile_id=ANA, version=5))
        return ana_silva(family_name="Between")

    owners.will_answer(ReadProfile, answer_and_then_change)
    assert look(views)["profile"]["family_name"] == "Between"
    owners.will_answer(ReadProfile, ana_silva(family_name="Last"))
    assert look(views)["profile"]["family_name"] == "Last"


def test_an_older_answer_never_replaces_a_younger_one(views, owners, hears):
    """Two readers: the slower asked before the change and comes back after the faster has kept the new state."""
    look(views)
    hears.mark_profile(ProfileChanged(profile_id=ANA, version=4))
    slow_has_asked, fast_is_done = threading.Event(), threading.Event()
    slow = threading.Thread(target=look, args=(views,))

    def answer(_request):
        if threading.current_thread() is slow:
            slow_has_asked.set()
            assert fast_is_done.wait(5)
            return ana_silva(family_name="Older")
        return ana_silva(family_name="Younger")

    owners.will_answer(ReadProfile, answer)
    slow.start()
    assert slow_has_asked.wait(5)
    hears.mark_profile(ProfileChanged(profile_id=ANA, version=5))
    look(views)
    fast_is_done.set()
    slow.join(5)
    owners.asked.clear()
    assert look(views)["profile"]["family_name"] == "Younger"
    assert owners.asked == []


def test_a_forgotten_and_reopened_section_does_not_take_an_answer_from_before(gateway_db):
    """Generations are never given twice, so an answer to a deleted row cannot pass for one to its successor."""
    write = lambda work: gateway_db.writing(CONTEXT, work)  # noqa: E731
    write(lambda tx: store.open_sections(tx, ANA, ["profile"]))
    with gateway_db.reading(CONTEXT) as tx:
        before = store.read(tx, ANA)["profile"].generation
    write(lambda tx: store.forget(tx, ANA))
    write(lambda tx: store.open_sections(tx, ANA, ["profile"]))
    late = store.Answer('{"late":true}', datetime.now(UTC), before)
    write(lambda tx: store.keep(tx, ANA, {"profile": late}))
    with gateway_db.reading(CONTEXT) as tx:
        assert store.read(tx, ANA)["profile"].fresh is False


def test_a_silent_owner_is_represented_by_what_it_last_said(views, owners, hears):
    first = look(views)
    hears.mark_balance(BalanceChanged(profile_id=ANA))
    hears.mark_profile(ProfileChanged(profile_id=ANA, version=4))
    owners.will_answer(ReadAccount, DeadlinePassed())
    owners.will_answer(ReadProfile, ana_silva(version=4, family_name="Sousa"))
    view = look(views)
    assert stale(view) == {"balance"}
    assert view["balance"] == first["balance"]
    assert view["sections"]["balance"]["as_of"] == first["sections"]["balance"]["as_of"]
    assert view["profile"]["family_name"] == "Sousa"


def test_a_returned_owner_is_asked_by_the_next_look(views, owners):
    owners.will_answer(ReadLoyalty, Unavailable())
    view = look(views)
    assert view["loyalty"] is None
    assert view["sections"]["loyalty"] == {"as_of": None, "stale": True}
    know_ana(owners)
    assert stale(look(views)) == set()


def test_a_fresh_view_needs_no_owner_at_all(views, owners):
    look(views)
    owners.answers.clear()
    assert stale(look(views)) == set()


def test_a_guest_nobody_knows_is_refused_and_leaves_nothing_behind(views, owners, gateway_db):
    owners.will_answer(ReadProfile, NoSuchProfile())
    with pytest.raises(NoSuchProfile):
        look(views, uuid4())
    assert rows(gateway_db) == 0


def test_with_nothing_known_and_nobody_answering_there_is_no_view(views, owners):
    owners.answers.clear()
    with pytest.raises(Unavailable):
        look(views, uuid4())


def test_a_view_is_answered_while_its_store_is_down(owners):
    view = look(Views(NoDatabase(), Asking(owners)))
    assert view["profile"]["given_name"] == "Ana"
    assert stale(view) == set()


def test_many_first_looks_at_once_agree(gateway_db, views, owners):
    found, threads = [], []
    for _ in range(8):
        threads.append(threading.Thread(target=lambda: found.append(look(views)["profile"]["id"])))
        threads[-1].start()
    for thread in threads:
        thread.join(10)
    assert found == [str(ANA)] * 8
    assert rows(gateway_db) == len(SECTIONS)
    owners.asked.clear()
    look(views)
    assert owners.asked == []


def test_marks_and_looks_at_once_never_end_with_an_old_state_taken_for_new(views, owners, hears):
    """Eight readers and a guest whose name changes: once all is quiet, a look shows the last name."""
    now = {"version": 3}
    owners.will_answer(ReadProfile, lambda _: ana_silva(version=now["version"]))
    stop = threading.Event()

    def read():
        while not stop.is_set():
            look(views)

    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    for version in range(4, 24):
        now["version"] = version
        hears.mark_profile(ProfileChanged(profile_id=ANA, version=version))
    assert look(views)["profile"]["version"] == 23
    stop.set()
    for reader in readers:
        reader.join(10)
    assert look(views)["profile"]["version"] == 23


def test_views_nobody_refetched_for_long_are_forgotten(views, hears, gateway_db):
    look(views)
    hears.forget_unused()
    assert rows(gateway_db) == len(SECTIONS)
    long_ago = datetime.now(UTC) - timedelta(days=31)
    gateway_db.writing(
        CONTEXT,
        lambda tx: tx.execute(sa.text("UPDATE sections SET opened_at = :then, as_of = :then"), {"then": long_ago}),
    )
    hears.forget_unused()
    assert rows(gateway_db) == 0


def test_a_guest_without_bookings_has_an_empty_list(views, owners):
    owners.will_answer(FindBookings, BookingsFound(items=()))
    assert look(views)["bookings"] == []


def test_a_consent_event_marks_consents(views, owners, hears):
    look(views)
    owners.asked.clear()
    hears.mark_consents(ConsentChanged(profile_id=ANA, version=2, purpose="marketing", channel="email", granted=True))
    look(views)
    assert len(owners.asked) == 1


def test_a_section_is_asked_for_again_after_an_hour_in_any_case(views, owners, gateway_db):
    first = look(views)
    gateway_db.writing(
        CONTEXT, lambda tx: tx.execute(sa.text("UPDATE sections SET as_of = as_of - interval '61 minutes'"))
    )
    owners.asked.clear()
    assert look(views)["sections"]["profile"]["as_of"] > first["sections"]["profile"]["as_of"]
    assert len(owners.asked) == len(SECTIONS)
    owners.asked.clear()
    look(views)
    assert owners.asked == []


def test_a_look_does_not_wait_for_a_mark_that_is_being_made(views, owners, hears, databases):
    look(views)
    hears.mark_profile(ProfileChanged(profile_id=ANA, version=4))
    with databases.admin("gateway").transaction():
        databases.admin("gateway").execute("UPDATE sections SET generation = nextval('generations')")
        owners.will_answer(ReadProfile, ana_silva(family_name="Before"))
        started = time.monotonic()
        assert look(views)["profile"]["family_name"] == "Before"
        assert time.monotonic() - started < 5
    owners.will_answer(ReadProfile, ana_silva(family_name="After"))
    assert look(views)["profile"]["family_name"] == "After"
