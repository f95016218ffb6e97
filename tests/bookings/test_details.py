"""What a booking keeps of what was said of its rooms, its people and its sale."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from services.contracts.bookings import (
    BookedRoom,
    Commission,
    NotABooking,
    NoticeCommission,
    NoticePerson,
    Person,
    PostalAddress,
    ReadBookingPeople,
    RoomPart,
)
from services.contracts.values import Price
from tests.bookings.makers import ANA, ARRIVAL, BRUNO, DEPARTURE, Desk, ana_silva, bruno_costa, eur, notice, room

SECOND = ARRIVAL + timedelta(days=1)
RUA = PostalAddress(lines=("Rua das Flores 1",), postcode="1200-195", city="Lisboa", country="PT")


# ── from a notice ────────────────────────────────────────────────────────────────────────────────────────────────────


def heard(desk: Desk, **more: Any) -> Any:
    return desk.booking(desk.receives(notice(**more)).booking_id)


def test_rooms_keep_their_rate_and_the_ages_of_children(desk: Desk) -> None:
    booking = heard(desk, rooms=(room(rate="FLEX", children=2, child_ages=(4, 11), room_type="B"),))
    (kept,) = booking.rooms
    assert (kept.position, kept.rate, kept.child_ages, kept.parts) == (0, "FLEX", (4, 11), ())


def test_people_keep_what_was_said_of_them_for_this_stay(desk: Desk) -> None:
    said = {"title": "Dra.", "sex": "female", "nationality": "PT", "address": RUA, "age": 41}
    (ana,) = heard(desk, booker=ana_silva(**said)).people
    assert {name: getattr(ana, name) for name in said} == said


def test_profiles_is_told_the_same_when_it_asks_for_the_people(desk: Desk) -> None:
    booking = heard(desk, booker=ana_silva(nationality="PT", address=RUA))
    (ana,) = desk.service.read_booking_people(ReadBookingPeople(booking_id=booking.id)).people
    assert (ana.nationality, ana.address) == ("PT", RUA)


def test_the_sale_keeps_its_method_needs_and_commission(desk: Desk) -> None:
    commission = NoticeCommission(amount=Price(amount="45.00", currency="EUR"), basis_points=1500)
    booking = heard(desk, method="ota", needs=("cot", "quiet"), commission=commission)
    assert (booking.method, booking.needs) == ("ota", ("cot", "quiet"))
    assert booking.commission == Commission(amount=eur("45.00"), basis_points=1500)


def test_a_notice_that_says_no_method_came_by_a_channel(desk: Desk) -> None:
    assert heard(desk).method == "channel"


def test_the_total_is_the_price_where_rooms_have_none(desk: Desk) -> None:
    assert heard(desk, rooms=(room(None),), total=Price(amount="280.00", currency="EUR")).price == eur("280.00")


def test_prices_of_rooms_win_over_the_total(desk: Desk) -> None:
    assert heard(desk, total=Price(amount="280.00", currency="EUR")).price == eur("300.00")


def test_a_total_in_another_currency_is_parked(desk: Desk) -> None:
    report = desk.receives(notice(rooms=(room(None),), total=Price(amount="280.00", currency="USD")))
    assert (report.state, (report.why or "").split(":")[0]) == ("parked", "wrong-currency")


def test_a_booking_is_not_lost_over_the_currency_of_a_commission(desk: Desk) -> None:
    commission = NoticeCommission(amount=Price(amount="45.00", currency="USD"))
    assert desk.receives(notice(commission=commission)).state == "applied"


def test_who_pays_is_told_as_the_payer(desk: Desk) -> None:
    report = desk.receives(notice(payer=NoticePerson(company="Viagens Lda")))
    desk.identifies(report.booking_id, ANA, BRUNO)
    facts = desk.announced()[-1].booking  # type: ignore[attr-defined]
    assert (facts.profile_id, facts.payer_profile_id) == (ANA, BRUNO)


def test_facts_tell_rates_ages_and_method(desk: Desk) -> None:
    rooms = (
        room("100.00", rate="NRF", children=1, child_ages=(9,), adults=1),
        room("100.00", rate="FLEX", room_type="B", children=2, child_ages=(3, 14)),
        room("100.00", rate="FLEX"),
    )
    report = desk.receives(notice(rooms=rooms, method="gds"))
    desk.identifies(report.booking_id)
    facts = desk.announced()[-1].booking  # type: ignore[attr-defined]
    assert (facts.rates, facts.child_ages, facts.method) == (("FLEX", "NRF"), (3, 9, 14), "gds")


def test_what_a_change_does_not_say_stays(desk: Desk) -> None:
    heard(desk, method="ota", needs=("cot",), commission=NoticeCommission(basis_points=1500))
    after = heard(desk, revision=2, status="modified", needs=("quiet",), departure=SECOND)
    assert (after.method, after.needs, after.commission) == ("ota", ("quiet",), Commission(basis_points=1500))


def test_a_room_with_dates_of_its_own_holds_only_its_nights(desk: Desk) -> None:
    booking = heard(desk, rooms=(room(), room(arrival=SECOND)))
    assert booking.rooms[1].parts == (RoomPart(room_type="A", arrival=SECOND, departure=DEPARTURE),)
    assert (desk.sold(ARRIVAL), desk.sold(SECOND)) == (1, 2)
    assert desk.counters_are_right()


def test_dates_of_a_room_that_are_the_bookings_are_no_dates_of_its_own(desk: Desk) -> None:
    assert heard(desk, rooms=(room(arrival=ARRIVAL, departure=DEPARTURE),)).rooms[0].parts == ()


def test_rooms_keep_their_places_when_one_of_them_goes(desk: Desk) -> None:
    heard(desk, rooms=(room("100.00"), room("50.00", room_type="B"), room("70.00")))
    after = heard(desk, revision=2, status="modified", rooms=(room("50.00", room_type="B"), room("70.00")))
    assert [(r.position, r.room_type, r.price) for r in after.rooms] == [(1, "B", eur("50.00")), (2, "A", eur("70.00"))]


def test_a_place_is_never_given_twice(desk: Desk) -> None:
    heard(desk, rooms=(room("100.00"), room("50.00", room_type="B")))
    heard(desk, revision=2, status="modified", rooms=(room("100.00"),))
    after = heard(desk, revision=3, status="modified", rooms=(room("100.00"), room("60.00")))
    assert [r.position for r in after.rooms] == [0, 2]


def test_dates_of_a_room_beyond_the_known_ones_are_parked(desk: Desk) -> None:
    heard(desk)
    far = room(arrival=DEPARTURE + timedelta(days=1))
    said = notice(revision=2, status="modified", arrival=None, departure=None, rooms=(far,))
    assert (desk.receives(said).why or "").startswith("dates-do-not-fit")


def test_rooms_of_their_own_dates_follow_the_bookings_where_they_ended_with_it(desk: Desk) -> None:
    heard(desk, rooms=(room(arrival=SECOND),))
    later = DEPARTURE + timedelta(days=2)
    after = heard(desk, revision=2, status="modified", rooms=(), departure=later)
    assert after.rooms[0].parts == (RoomPart(room_type="A", arrival=SECOND, departure=later),)
    assert desk.counters_are_right()


def test_who_was_taken_off_is_told_as_having_left(desk: Desk) -> None:
    report = desk.receives(notice(guests=(bruno_costa(),)))
    desk.identifies(report.booking_id, ANA, BRUNO)
    desk.receives(notice(revision=2, status="modified"))
    desk.identifies(report.booking_id, ANA, version=3)
    facts = desk.announced()[-1].booking  # type: ignore[attr-defined]
    assert (facts.profile_ids, facts.left_profile_ids) == ((ANA,), (BRUNO,))


# ── at the desk ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_direct_booking_keeps_the_same(desk: Desk) -> None:
    children = BookedRoom(room_type="B", children=1, child_ages=(6,), rate="FLEX", price=eur("300.00"))
    booking = desk.opens(
        rooms=(children,),
        booker=Person(profile_id=ANA, nationality="PT", address=RUA),
        needs=("cot",),
        method="phone",
    )
    assert booking == desk.booking(booking.id)
    assert (booking.rooms[0].child_ages, booking.rooms[0].rate, booking.needs) == ((6,), "FLEX", ("cot",))
    assert (booking.method, booking.people[0].address) == ("phone", RUA)


def test_contact_and_payer_may_be_on_the_booking_already(desk: Desk) -> None:
    booking = desk.opens(contact=Person(profile_id=ANA), payer=Person(profile_id=BRUNO))
    assert [(p.profile_id, p.roles) for p in booking.people] == [
        (ANA, ("booker", "primary", "contact")),
        (BRUNO, ("payer",)),
    ]


def test_rooms_may_have_dates_of_their_own_and_change_their_type(desk: Desk) -> None:
    parts = (
        RoomPart(room_type="A", arrival=ARRIVAL, departure=SECOND),
        RoomPart(room_type="B", arrival=SECOND, departure=DEPARTURE),
    )
    booking = desk.opens(rooms=(BookedRoom(room_type="A", parts=parts),))
    assert booking.rooms[0].parts == parts
    assert [desk.sold(ARRIVAL, "A"), desk.sold(SECOND, "A"), desk.sold(SECOND, "B")] == [1, 0, 1]
    assert desk.counters_are_right()


def part(kind: str, first: date, until: date) -> RoomPart:
    return RoomPart(room_type=kind, arrival=first, departure=until)


@pytest.mark.parametrize(
    ("more", "pointer"),
    [
        ({"parts": (part("B", ARRIVAL, DEPARTURE),)}, "/rooms/0/parts/0/room_type"),
        ({"parts": (part("A", ARRIVAL, SECOND), part("Z", SECOND, DEPARTURE))}, "/rooms/0/parts/1/room_type"),
        ({"parts": (part("A", ARRIVAL - timedelta(days=1), DEPARTURE),)}, "/rooms/0/parts/0/arrival"),
        ({"parts": (part("A", ARRIVAL, ARRIVAL),)}, "/rooms/0/parts/0/departure"),
        ({"parts": (part("A", ARRIVAL, DEPARTURE + timedelta(days=1)),)}, "/rooms/0/parts/0/departure"),
        (
            {"parts": (part("A", ARRIVAL, SECOND), part("B", SECOND + timedelta(days=1), DEPARTURE))},
            "/rooms/0/parts/1/arrival",
        ),
        ({"children": 1, "child_ages": (18,), "adults": 1}, "/rooms/0/child_ages/0"),
        ({"rate": "x" * 61}, "/rooms/0/rate"),
    ],
)
def test_a_fault_of_a_room_is_refused_with_its_place(desk: Desk, more: dict[str, Any], pointer: str) -> None:
    with pytest.raises(NotABooking) as refused:
        desk.opens(rooms=(BookedRoom(**{"room_type": "A", **more}),))
    assert [e.pointer for e in refused.value.errors] == [pointer]


def test_a_guest_of_a_group_is_no_additional_person_for_being_the_contact(desk: Desk) -> None:
    booking = heard(desk, guests=(bruno_costa(),), contact=bruno_costa())
    assert [p.roles for p in booking.people] == [("booker",), ("primary", "contact")]
