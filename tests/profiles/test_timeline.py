"""The time line: what is heard stands in it once, where it happened, for everybody it is about."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.contracts.billing import ChargePosted, PaymentReceived, RefundPaid
from services.contracts.bookings import BookingCancelled, BookingChanged, BookingConfirmed, BookingFacts
from services.contracts.consent import ConsentChanged
from services.contracts.loyalty import LoyaltyPointsChanged
from services.contracts.notifier import MessageChanged
from services.contracts.profiles import NoSuchProfile, ReadTimeline, Timeline
from services.kit import context
from services.kit.context import Context
from services.kit.refusal import Invalid
from services.profiles.store import timeline
from tests.billing.makers import LISBON, PORTO, eur, stay
from tests.profiles.people import ana_as_entered

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def ana(register) -> UUID:
    return UUID(str(register.service.create_profile(ana_as_entered()).id))


@pytest.fixture
def bruno(register) -> UUID:
    other = ana_as_entered(given_name="Bruno", family_name="Costa", emails=(), phones=())
    return UUID(str(register.service.create_profile(other).id))


def read(register, profile_id: UUID, *, houses: tuple[UUID, ...] | None = None, **wanted: Any) -> Timeline:
    limit = None if houses is None else tuple(map(str, houses))
    token = context.current.set(Context(actor="key:1", properties=limit))
    try:
        return register.service.read_timeline(ReadTimeline(profile_id=profile_id, **wanted))
    finally:
        context.current.reset(token)


def told(register, profile_id: UUID, **wanted: Any) -> list[str]:
    """What happened, newest first, without what the register itself says."""
    return [item.what for item in read(register, profile_id, **wanted).items if item.kind != "change"]


def confirm(register, facts: BookingFacts, at: datetime = NOON) -> BookingFacts:
    facts = replace(facts, changed_at=at)
    register.service.note_confirmation(
        BookingConfirmed(booking_id=facts.booking_id, version=facts.version, booking=facts)
    )
    return facts


def change(register, before: BookingFacts, **now: Any) -> BookingFacts:
    facts = replace(before, version=before.version + 1, changed_at=before.changed_at + timedelta(hours=1), **now)
    register.service.note_change(BookingChanged(booking_id=facts.booking_id, version=facts.version, booking=facts))
    return facts


def test_everybody_on_a_booking_gets_its_line(register, ana, bruno):
    confirm(register, stay(ana, eur(30000), payer=bruno))
    assert told(register, ana) == told(register, bruno) == ["booking.confirmed"]
    (item,) = read(register, bruno, kinds=("stay",)).items
    assert (item.property_id, item.at, item.facts["roles"]) == (LISBON, NOON, ["payer"])
    assert item.facts["total"] == {"amount_minor": 30000, "currency": "EUR"}


def test_a_line_stands_where_it_happened_however_late_it_comes(register, ana):
    booked = confirm(register, stay(ana, eur(30000)))
    cancelled = replace(booked, version=3, state="cancelled", changed_at=NOON + timedelta(days=1))
    register.service.note_cancellation(BookingCancelled(booking_id=booked.booking_id, version=3, booking=cancelled))
    change(register, booked, total=eur(40000))
    assert told(register, ana) == ["booking.cancelled", "booking.changed", "booking.confirmed"]


@pytest.mark.parametrize(
    ("said", "word"),
    [
        ({"nights": 4, "departure": stay(LISBON, eur(1)).departure + timedelta(days=1)}, "dates"),
        ({"rooms": 2}, "rooms"),
        ({"total": eur(45000)}, "price"),
        ({"adults": 2}, "people"),
        ({"flags": ("checkout-overdue",)}, "details"),
    ],
)
def test_a_change_says_what_changed(register, ana, said, word):
    change(register, confirm(register, stay(ana, eur(30000))), **said)
    assert read(register, ana, kinds=("stay",)).items[0].changed == (word,)


def test_what_changed_is_told_rightly_when_changes_came_in_the_wrong_order(register, ana):
    booked = confirm(register, stay(ana, eur(30000)))
    dearer = replace(booked, version=2, total=eur(40000), changed_at=NOON + timedelta(hours=1))
    change(register, dearer, rooms=2)
    register.service.note_change(BookingChanged(booking_id=booked.booking_id, version=2, booking=dearer))
    assert [item.changed for item in read(register, ana, kinds=("stay",)).items] == [("rooms",), ("price",), ()]


def test_who_leaves_a_booking_keeps_its_old_lines(register, ana, bruno):
    booked = confirm(register, stay(ana, eur(30000), payer=bruno))
    gone = change(register, booked, payer_profile_id=ana, profile_ids=(ana,), left_profile_ids=(bruno,))
    change(register, gone, left_profile_ids=(), total=eur(1))
    assert told(register, bruno) == ["booking.left", "booking.confirmed"]
    assert told(register, ana) == ["booking.changed", "booking.changed", "booking.confirmed"]


def test_payer_and_beneficiary_see_a_payment_and_its_refund(register, ana, bruno):
    paid = PaymentReceived(
        payment_id=uuid4(), payer_profile_id=bruno, beneficiary_profile_id=ana, amount=eur(5000), booking_id=uuid4()
    )
    register.service.note_payment(paid)
    refund = RefundPaid(
        refund_id=uuid4(),
        payment_id=paid.payment_id,
        payer_profile_id=bruno,
        beneficiary_profile_id=ana,
        amount=eur(1000),
    )
    register.service.note_refund(refund)
    assert told(register, ana) == told(register, bruno) == ["refund.paid", "payment.received"]
    assert [item.facts["roles"] for item in read(register, ana, kinds=("payment",)).items] == [["beneficiary"]] * 2


def test_who_pays_for_themselves_sees_it_once(register, ana):
    register.service.note_payment(
        PaymentReceived(payment_id=uuid4(), payer_profile_id=ana, beneficiary_profile_id=ana, amount=eur(5000))
    )
    assert told(register, ana) == ["payment.received"]


def test_a_message_that_waits_is_no_line_yet(register, ana):
    for version, state in enumerate(("waiting", "sent"), 1):
        register.service.note_message(
            MessageChanged(message_id=uuid4(), version=version, profile_id=ana, state=state)  # type: ignore[arg-type]
        )
    assert told(register, ana) == ["message.sent"]


def test_a_consent_says_whether_it_was_given_or_withdrawn(register, ana):
    for version, granted in enumerate((True, False), 1):
        register.service.note_consent(
            ConsentChanged(profile_id=ana, version=version, purpose="marketing", channel="email", granted=granted)
        )
    assert told(register, ana) == ["consent.withdrawn", "consent.granted"]


def test_an_event_heard_again_is_one_line(register, ana):
    event, message = LoyaltyPointsChanged(profile_id=ana, version=2, points=300, delta=300), uuid4()
    register.service.note_points(event, message)
    register.service.note_points(event, message)
    assert told(register, ana) == ["loyalty.points_changed"]


def test_lines_are_found_by_kind(register, ana):
    confirm(register, stay(ana, eur(30000)))
    register.service.note_points(LoyaltyPointsChanged(profile_id=ana, version=2, points=300, delta=300))
    assert told(register, ana, kinds=("points",)) == ["loyalty.points_changed"]
    assert told(register, ana, kinds=("points", "stay")) == ["loyalty.points_changed", "booking.confirmed"]


def test_what_an_event_does_not_say_of_the_house_the_booking_does(register, ana):
    booked = confirm(register, stay(ana, eur(30000)))
    points = LoyaltyPointsChanged(profile_id=ana, version=2, points=300, delta=300, booking_id=booked.booking_id)
    register.service.note_points(points)
    assert [i.property_id for i in read(register, ana).items if i.kind != "change"] == [LISBON, LISBON]
    assert told(register, ana, property_id=LISBON) == ["loyalty.points_changed", "booking.confirmed"]
    assert told(register, ana, property_id=PORTO) == []


def test_whoever_is_limited_to_a_house_sees_its_lines_and_those_of_none(register, ana):
    for house in (LISBON, PORTO):
        booked = confirm(register, stay(ana, eur(30000), property_id=house))
        register.service.note_points(
            LoyaltyPointsChanged(profile_id=ana, version=2, points=3, delta=3, booking_id=booked.booking_id)
        )
    register.service.note_points(LoyaltyPointsChanged(profile_id=ana, version=2, points=1, delta=1))
    seen = [item for item in read(register, ana, houses=(PORTO,)).items if item.kind != "change"]
    assert [item.property_id for item in seen] == [None, PORTO, PORTO]
    assert len(told(register, ana)) == 5


def test_a_line_of_a_booking_whose_house_is_not_known_is_not_told_to_whoever_is_limited(register, ana):
    charged = ChargePosted(
        charge_id=uuid4(), folio_id=uuid4(), booking_id=uuid4(), profile_id=ana, kind="spa", amount=eur(500)
    )
    register.service.note_charge(charged)
    assert told(register, ana) == ["charge.posted"]
    assert told(register, ana, houses=(LISBON,)) == []


def test_who_is_limited_to_no_house_at_all_sees_what_is_of_none(register, ana):
    confirm(register, stay(ana, eur(30000)))
    assert told(register, ana, houses=()) == []


def test_a_page_goes_on_where_it_was_cut_while_new_lines_come(register, ana):
    def points(n: int) -> None:
        register.service.note_points(LoyaltyPointsChanged(profile_id=ana, version=n, points=n, delta=1))

    for n in range(5):
        points(n)
    first = read(register, ana, kinds=("points",), limit=2)
    points(5)
    second = read(register, ana, kinds=("points",), limit=2, cursor=first.next)
    points(6)
    third = read(register, ana, kinds=("points",), limit=2, cursor=second.next)
    assert [i.facts["points"] for page in (first, second, third) for i in page.items] == [4, 3, 2, 1, 0]
    assert third.next is None


def test_lines_of_one_moment_are_told_once_over_several_pages(register, ana):
    facts = [stay(ana, eur(30000)) for _ in range(7)]
    for each in facts:
        confirm(register, each)
    seen, cursor = [], None
    while True:
        page = read(register, ana, kinds=("stay",), limit=3, cursor=cursor)
        seen += [item.booking_id for item in page.items]
        if (cursor := page.next) is None:
            break
    assert sorted(map(str, seen)) == sorted(str(each.booking_id) for each in facts)


@pytest.mark.parametrize("cursor", ["", "x", "1", "1_", "_1", "1_1_1", "٣_٣", f"-{10**17 - 1}_1", "1_x"])
def test_what_is_no_cursor_is_refused(register, ana, cursor):
    with pytest.raises(Invalid) as refused:
        read(register, ana, cursor=cursor)
    assert refused.value.errors[0].pointer == "/cursor"


@pytest.mark.parametrize("limit", [0, -1, 201])
def test_a_limit_has_bounds(register, ana, limit):
    with pytest.raises(Invalid):
        read(register, ana, limit=limit)


def test_a_profile_there_is_not_has_no_line(register):
    with pytest.raises(NoSuchProfile):
        read(register, uuid4())


def move(register, booking_id: UUID, from_id: UUID, to_id: UUID) -> None:
    register.db.writing(Context(), lambda tx: timeline.move(tx, booking_id, from_id, to_id))


def test_the_lines_of_a_moved_booking_go_with_it(register, ana, bruno):
    booked, other = confirm(register, stay(ana, eur(30000))), confirm(register, stay(ana, eur(10000)))
    move(register, booked.booking_id, ana, bruno)
    assert [i.booking_id for i in read(register, bruno, kinds=("stay",)).items] == [booked.booking_id]
    assert [i.booking_id for i in read(register, ana, kinds=("stay",)).items] == [other.booking_id]


def test_who_was_on_the_moved_booking_too_has_its_lines_once(register, ana, bruno):
    booked = confirm(register, stay(ana, eur(30000), payer=bruno))
    move(register, booked.booking_id, ana, bruno)
    assert told(register, bruno) == ["booking.confirmed"]
    assert told(register, ana) == []


def test_the_line_about_the_move_stays_where_it_is(register, ana, bruno):
    booked = confirm(register, stay(ana, eur(30000)))
    line = timeline.Entry(ana, NOON, "move", "booking.moved", booking_id=booked.booking_id)
    register.db.writing(Context(), lambda tx: timeline.record(tx, line))
    move(register, booked.booking_id, ana, bruno)
    assert told(register, ana) == ["booking.moved"]


def test_what_comes_late_of_a_moved_booking_goes_where_it_went(register, ana, bruno):
    booked = confirm(register, stay(ana, eur(30000)))
    facts = {"from": str(ana), "to": str(bruno)}
    lines = [
        timeline.Entry(
            who, NOON + timedelta(hours=2), "move", "booking.moved", booking_id=booked.booking_id, facts=facts
        )
        for who in (ana, bruno)
    ]
    register.db.writing(Context(), lambda tx: timeline.record(tx, *lines))
    change(register, booked, total=eur(1), left_profile_ids=(ana,), profile_ids=(bruno,))
    change(register, booked, total=eur(2))
    assert told(register, ana) == ["booking.moved", "booking.left", "booking.confirmed"]
    assert told(register, bruno) == ["booking.moved", "booking.changed", "booking.changed"]


def test_who_comes_on_a_booking_again_after_it_was_moved_away_has_its_lines(register, ana, bruno):
    booked = confirm(register, stay(ana, eur(30000)))
    line = timeline.Entry(ana, NOON, "move", "booking.moved", booking_id=booked.booking_id)
    moved = replace(line, facts={"from": str(ana), "to": str(bruno)})
    register.db.writing(Context(), lambda tx: timeline.record(tx, moved))
    change(register, replace(booked, changed_at=NOON + timedelta(days=1)))
    assert told(register, ana) == ["booking.changed", "booking.moved", "booking.confirmed"]


def test_a_profile_that_went_up_in_another_shows_what_happened_to_either(register, ana, bruno):
    confirm(register, stay(ana, eur(30000)))
    confirm(register, stay(bruno, eur(30000)))
    with register.db.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE profiles SET merged_into = %s WHERE id = %s", (ana, bruno))
    assert len(read(register, ana, kinds=("stay",)).items) == 2
    assert len(read(register, bruno, kinds=("stay",)).items) == 2


def test_no_name_stands_in_the_table(register, ana):
    confirm(register, stay(ana, eur(30000)))
    with register.db.engine.connect() as connection:
        text = str(connection.exec_driver_sql("SELECT json_agg(t) FROM timeline t").scalar())
    assert "Silva" not in text
    assert "ana.silva" not in text
