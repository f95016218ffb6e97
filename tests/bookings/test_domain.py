"""The rules of bookings, without a database."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any, get_args
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.bookings.domain import life
from services.bookings.domain.announcing import announce, facts_of
from services.bookings.domain.booking import Booking, Content, changed, identified, moved
from services.bookings.domain.ids import new_id
from services.bookings.domain.nights import NOTHING, Holding, Span, difference, fold
from services.bookings.domain.rooms import Room
from services.bookings.domain.texts import without_cards
from services.contracts import cards
from services.contracts.bookings import Person, State, StateForbids
from services.contracts.cards import REMOVED
from services.kit.wire import Event
from tests.bookings.makers import ANA, ARRIVAL, BRUNO, DEPARTURE, eur

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
DOUBLE = UUID("d0000000-0000-4000-8000-000000000001")
STATES: tuple[State, ...] = get_args(State)


def anas_booking(**more: Any) -> Booking:
    said: dict[str, Any] = {
        "id": uuid4(),
        "property_id": uuid4(),
        "property_code": "LIS-CITY",
        "country": "PT",
        "time_zone": "Europe/Lisbon",
        "source": "channel-manager",
        "arrival": ARRIVAL,
        "departure": DEPARTURE,
        "held_until": DEPARTURE,
        "rooms": (Room(room_type_id=DOUBLE, room_type="A", adults=2, children=0, price_minor=30000),),
        "rooms_given": 1,
        "price": eur("300.00"),
        "people": (Person(roles=("booker", "primary"), given_name="Ana"),),
        "booked_at": NOW,
        "changed_at": NOW,
    }
    return Booking(**{**said, **more})


def known(booking: Booking, *profiles: UUID) -> Booking:
    positions = [person.position for person in booking.people]
    return identified(booking, dict(zip(positions, profiles or (ANA,), strict=False)), (), NOW)


def told(booking: Booking) -> tuple[Booking, str | None]:
    booking, event = announce(booking)
    return booking, type(event).__name__ if event else None


# ── life ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "path",
    [
        ("tentative", "confirmed", "in_house", "departed"),
        ("tentative", "cancelled"),
        ("confirmed", "cancelled"),
        ("confirmed", "no_show"),
    ],
)
def test_a_booking_goes_its_way(path: tuple[State, ...]) -> None:
    for before, after in pairwise(path):
        assert life.step(before, after) == after


@pytest.mark.parametrize("ended", ["departed", "cancelled", "no_show"])
@pytest.mark.parametrize("wanted", STATES)
def test_what_has_ended_stays_ended(ended: State, wanted: State) -> None:
    with pytest.raises(StateForbids):
        life.step(ended, wanted)
    with pytest.raises(StateForbids):
        life.report(ended, wanted)


@pytest.mark.parametrize(
    ("present", "wanted"), [("tentative", "in_house"), ("confirmed", "departed"), ("in_house", "cancelled")]
)
def test_the_desk_takes_no_step_twice_or_too_far(present: State, wanted: State) -> None:
    with pytest.raises(StateForbids) as refused:
        life.step(present, wanted)
    assert refused.value.facts == {"state": present, "wanted": wanted}


def test_another_system_may_report_a_departure_without_a_check_in() -> None:
    assert life.report("confirmed", "departed") == "departed"
    with pytest.raises(StateForbids):
        life.report("in_house", "no_show")


@pytest.mark.parametrize("state", STATES)
def test_only_cancelled_and_no_show_hold_nothing(state: State) -> None:
    until = life.held_until(state, ARRIVAL, DEPARTURE, DEPARTURE)
    assert until == (ARRIVAL if state in ("cancelled", "no_show") else DEPARTURE)


def test_who_departs_early_gives_back_the_nights_from_today_on() -> None:
    assert life.held_until("departed", ARRIVAL, DEPARTURE, ARRIVAL + timedelta(days=1)) == ARRIVAL + timedelta(days=1)
    assert life.held_until("departed", ARRIVAL, DEPARTURE, ARRIVAL - timedelta(days=9)) == ARRIVAL


def test_today_is_the_propertys() -> None:
    new_years_eve = datetime(2026, 12, 2, 23, 30, tzinfo=UTC)
    there = moved(anas_booking(state="in_house", time_zone="Asia/Tokyo"), "departed", new_years_eve)
    assert there.held_until == date(2026, 12, 3)


# ── nights ───────────────────────────────────────────────────────────────────────────────────────────────────────────

days = st.integers(0, 30).map(lambda n: ARRIVAL + timedelta(days=n))
spans = st.builds(Span, st.sampled_from([DOUBLE, UUID(int=7)]), first=days, until=days)
holdings = st.builds(Holding, st.lists(spans, max_size=4).map(tuple))


@given(holdings, holdings)
def test_moving_by_the_difference_leads_from_one_stay_to_the_other(before: Holding, after: Holding) -> None:
    moved_to = Counter(before.nights())
    wanted = difference(before, after)
    moved_to.update(dict(wanted))
    assert +moved_to == +after.nights()
    assert wanted == sorted(wanted)
    assert all(rooms for _, rooms in wanted)


@given(st.lists(holdings, max_size=5))
def test_the_fold_counts_every_room_of_every_stay(stays: list[Holding]) -> None:
    room_nights = sum(max((span.until - span.first).days, 0) for held in stays for span in held.spans)
    assert fold(stays).total() == room_nights


def test_a_departure_in_the_year_9999_does_not_overflow() -> None:
    assert len(difference(NOTHING, Holding((Span(DOUBLE, date(9999, 12, 29), date.max),)))) == 2


# ── what is told ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_before_its_people_are_known_a_booking_is_only_received() -> None:
    booking, said = told(anas_booking())
    assert said == "BookingReceived"
    assert told(moved(booking, "cancelled", NOW))[1] is None


@pytest.mark.parametrize(
    ("state", "event"),
    [
        ("tentative", "BookingHeld"),
        ("confirmed", "BookingConfirmed"),
        ("in_house", "BookingCheckedIn"),
        ("departed", "BookingCheckedOut"),
        ("cancelled", "BookingCancelled"),
        ("no_show", "BookingMarkedNoShow"),
    ],
)
def test_once_they_are_known_the_present_state_is_told_once(state: State, event: str) -> None:
    booking, said = told(known(anas_booking(state=state)))
    assert said == event
    assert told(replace(booking, version=9))[1] is None


def test_a_change_of_price_is_told() -> None:
    booking, _ = told(known(anas_booking()))
    booking, event = announce(changed(booking, Content(total_minor=25000), NOW))
    assert type(event).__name__ == "BookingChanged"
    assert facts_of(booking).total == eur("250.00")


def test_what_is_told_counts_the_people_of_all_rooms_and_names_the_clock() -> None:
    booking = known(anas_booking())
    (room,) = booking.rooms
    facts = facts_of(replace(booking, rooms=(replace(room, adults=2, children=1), replace(room, adults=1, children=0))))
    assert (facts.rooms, facts.adults, facts.children, facts.time_zone) == (2, 3, 1, booking.time_zone)


def test_a_change_of_what_others_show_is_told_once() -> None:
    booking, _ = told(known(anas_booking()))
    booking, said = told(changed(booking, Content(requests="a cot"), NOW))
    assert said == "BookingChanged"
    assert told(changed(booking, Content(requests="a cot"), NOW))[1] is None


def test_new_people_are_asked_for_before_the_change_is_told() -> None:
    booking, _ = told(known(anas_booking()))
    booking, said = told(changed(booking, Content(people=(Person(roles=("primary",), given_name="Bruno"),)), NOW))
    assert (said, booking.identified) == ("BookingPeopleChanged", False)
    booking, event = announce(known(booking, BRUNO))
    assert type(event).__name__ == "BookingChanged"
    assert isinstance(event, Event)
    assert event.booking.profile_id == BRUNO  # type: ignore[attr-defined]


def test_who_was_taken_off_is_told_with_the_next_state_and_only_then() -> None:
    booking, _ = told(known(anas_booking()))
    instead = changed(booking, Content(people=(Person(roles=("primary",), given_name="Bruno"),)), NOW)
    booking, event = announce(known(instead, BRUNO))
    assert event
    assert event.booking.left_profile_ids == (ANA,)  # type: ignore[attr-defined]
    _, event = announce(changed(booking, Content(requests="a cot"), NOW))
    assert event
    assert event.booking.left_profile_ids == ()  # type: ignore[attr-defined]


def test_that_somebody_has_left_is_nothing_new_the_next_time() -> None:
    booking, _ = told(known(anas_booking()))
    instead = changed(booking, Content(people=(Person(roles=("primary",), given_name="Bruno"),)), NOW)
    booking, _ = told(known(instead, BRUNO))
    assert told(changed(booking, Content(), NOW))[1] is None


def test_who_was_never_told_of_has_not_left() -> None:
    booking = known(anas_booking())
    instead = changed(booking, Content(people=(Person(roles=("primary",), given_name="Bruno"),)), NOW)
    assert facts_of(known(instead, BRUNO)).left_profile_ids == ()


def test_changed_people_of_an_unidentified_booking_are_received_again() -> None:
    booking, _ = told(anas_booking())
    booking, said = told(changed(booking, Content(people=(Person(roles=("primary",), given_name="Bruno"),)), NOW))
    assert (said, booking.people_version) == ("BookingReceived", 2)


def test_people_who_stay_the_same_keep_their_profiles() -> None:
    booking = known(anas_booking())
    companion = Person(position=1, roles=("additional",), given_name="Bruno")
    after = changed(booking, Content(people=(*anas_booking().people, companion)), NOW)
    assert [p.profile_id for p in after.people] == [ANA, None]
    without = changed(known(after, ANA, BRUNO), Content(people=anas_booking().people), NOW)
    assert without.identified


def test_a_cancelled_booking_takes_the_links_and_nothing_else() -> None:
    cancelled = moved(anas_booking(), "cancelled", NOW)
    linked = identified(cancelled, {0: ANA}, [ANA], NOW)
    assert linked.flags == ()
    assert replace(linked, people=cancelled.people, identified=False, version=cancelled.version) == cancelled


def test_people_found_again_are_nothing_new() -> None:
    booking = known(anas_booking())
    assert identified(booking, {0: ANA}, (), NOW + timedelta(hours=1)) == booking


def test_the_payer_is_who_has_that_role() -> None:
    company = Person(position=1, roles=("payer",), company="Costa Lda")
    booking = known(anas_booking(people=(*anas_booking().people, company)), ANA, BRUNO)
    assert (facts_of(booking).profile_id, facts_of(booking).payer_profile_id) == (ANA, BRUNO)


# ── texts and ids ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("card 4111111111111111 exp 12/27", f"card {REMOVED} exp 12/27"),
        ("4111 1111 1111 1111 12 27", f"{REMOVED} 12 27"),
        ("4111-1111-1111-1111", REMOVED),
        ("5500.0000.0000.0004 and 3782 822463 10005", f"{REMOVED} and {REMOVED}"),
        ("４１１１１１１１１１１１１１１１", REMOVED),
        ("99 4111111111111111", f"99 {REMOVED}"),
        ("order 4111111111111112", "order 4111111111111112"),
        ("+351 912 345 678", "+351 912 345 678"),
        ("arriving 2026-12-01 at 22:30", "arriving 2026-12-01 at 22:30"),
    ],
)
def test_card_numbers_are_dropped_on_sight(said: str, kept: str) -> None:
    assert without_cards(said) == kept


def test_many_digits_are_looked_at_a_few_times_each(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at: list[int] = []
    luhn = cards._luhn
    monkeypatch.setattr(cards, "_luhn", lambda sums, *at: looked_at.append(at[0]) or luhn(sums, *at))
    without_cards("4 1 " * 1000)
    without_cards("4" * 4000)
    assert len(looked_at) <= 7 * 2000


def test_ids_grow_with_time_and_are_uuids_of_version_7() -> None:
    made = [new_id(NOW + timedelta(microseconds=n)) for n in range(0, 3000, 7)]
    assert made == sorted(made)
    assert {(i.version, i.variant) for i in made} == {(7, "specified in RFC 4122")}
