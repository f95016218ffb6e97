"""Looking for who may be the same, and looking again when something became known, on the real PostgreSQL."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from services.contracts.bookings import BookingMoved
from services.contracts.profiles import ContactsChanged, CreateProfile, Email, GuestsIdentified, ReadDuplicates
from services.kit.context import Context
from services.profiles.domain.card import Card
from services.profiles.domain.contacts import email
from services.profiles.doors.matching import nearest
from services.profiles.store import matching, moves
from tests.profiles.conftest import Register
from tests.profiles.people import ANAS_MAIL, ana_as_entered, ana_silva, bruno_costa

RELAY = "{}@guest.booking.com"


def near(register: Register, card: Card, **more: Any) -> Any:
    with register.db.reading(Context()) as tx:
        return nearest(tx, card, **more)


def counted(register: Register) -> None:
    """The clock has come round."""
    register.db.writing(Context(), matching.count_names)


def of_agency(register: Register, number: int) -> str:
    (guest,) = register.recognises(ana_silva(email=RELAY.format(number), phone=None))
    return str(guest["profile_id"])


def told(register: Register, profile_id: str, address: str = ANAS_MAIL) -> ContactsChanged:
    """The guest's own address is on the card now, as the desk writes it."""
    point = email(address)
    with register.db.engine.begin() as connection:
        connection.execute(_POINT, {"id": profile_id, "key": point.key, "value": point.value})
    return ContactsChanged(profile_id=UUID(profile_id), version=2)


_POINT = sa.text(
    "INSERT INTO contact_points (profile_id, key, kind, value, type, is_primary, verified, relay)"
    " VALUES (:id, :key, 'email', :value, 'personal', false, false, false)"
)


def test_a_slip_in_either_name_and_names_the_other_way_round_are_found(register: Register):
    known = register.service.create_profile(CreateProfile(given_name="Ulrike", family_name="Zwicklhuber"))
    counted(register)
    said = [("Ulrike", "Zwiklhuber"), ("Ulirke", "Zwicklhuber"), ("Zwicklhuber", "Ulrike"), ("Ulrique", "Zwiklhuber")]
    for given, family in said:
        found = near(register, Card(given_name=given, family_name=family))
        assert [each.profile_id for each in found] == [known.id], (given, family)
        assert found[0].verdict == "new"


def test_a_day_of_birth_finds_who_is_written_quite_differently(register: Register):
    born = date(1985, 6, 15)
    known = register.service.create_profile(CreateProfile(given_name="Ana", family_name="Silva", birth_date=born))
    (found,) = near(register, Card(given_name="Anna", family_name="Silva", birth_date=born))
    assert (found.profile_id, found.verdict, found.reasons[0]) == (known.id, "review", "similar-name-and-birth-date")


def test_whoever_is_excluded_is_not_found(register: Register):
    known = register.service.create_profile(ana_as_entered())
    card = Card(given_name="Ana", family_name="Silva", points=(email(ANAS_MAIL),))
    assert [each.profile_id for each in near(register, card)] == [known.id]
    assert near(register, card, apart_from={known.id}) == ()


def test_names_are_counted_once_however_often_the_clock_comes_round(register: Register):
    register.service.create_profile(ana_as_entered())
    for _ in range(3):
        counted(register)
    with register.db.engine.connect() as connection:
        rows = connection.execute(sa.text("SELECT token, people FROM name_tokens ORDER BY 1")).all()
        people = connection.execute(sa.text("SELECT people FROM name_counts")).scalar_one()
    assert ([tuple(row) for row in rows], people) == ([("ana", 1), ("silva", 1)], 1)


def test_a_booking_of_somebody_nearly_known_makes_a_new_card_and_a_pair_to_look_into(register: Register):
    born = date(1985, 6, 15)
    known = register.service.create_profile(ana_as_entered(birth_date=born))
    event = register.bookings.receive(ana_silva(given_name="Anna", email=None, phone=None, birth_date=born))
    register.service.recognise_guests(event)
    (guest,) = register.identified(event.booking_id)
    assert guest["created"]
    register.service.look_around(_identified(event.booking_id, guest))
    (found,) = register.service.read_duplicates(ReadDuplicates(profile_id=known.id)).items
    assert str(found.profile_id) == guest["profile_id"]
    assert found.match_id


def test_who_comes_without_an_address_is_known_by_whom_they_stayed_with(register: Register):
    ana, bruno = register.recognises(ana_silva(), bruno_costa())
    _stayed(register, ana["profile_id"], bruno["profile_id"])
    again = register.recognises(ana_silva(), bruno_costa())
    assert [(p["profile_id"], p["created"]) for p in again] == [
        (ana["profile_id"], False),
        (bruno["profile_id"], False),
    ]
    assert again[1]["reasons"] == ["same-name-and-companion"]


def test_a_card_of_bookings_alone_is_retired_into_the_older_one(register: Register):
    ana = register.service.create_profile(ana_as_entered())
    old = of_agency(register, 1)
    register.service.match_again(told(register, old))
    found = register.reads(old)
    assert (found.id, found.merged_into) == (ana.id, ana.id)
    assert {e.address for e in found.emails} == {ANAS_MAIL, RELAY.format(1)}
    assert register.finds(q="silva") == [str(ana.id)]
    (to_move,) = register.announced("bookings.to_move.v1")
    assert (to_move["profile_id"], to_move["into"]) == (old, str(ana.id))


def test_the_same_news_again_changes_nothing(register: Register):
    register.service.create_profile(ana_as_entered())
    old = of_agency(register, 1)
    event = told(register, old)
    for _ in range(3):
        register.service.match_again(event)
    assert len(register.announced("profile.retired.v1")) == 1
    assert len(register.announced("bookings.to_move.v1")) == 1


def test_two_cards_that_turn_out_to_be_one_at_the_same_moment_leave_one(register: Register):
    cards = [of_agency(register, number) for number in range(4)]
    events = [told(register, each) for each in cards]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(register.service.match_again, events))
    for event in events:  # whoever was retired meanwhile announced that the other one changed
        register.service.match_again(event)
    survivors = {register.reads(each).id for each in cards}
    assert len(survivors) == 1
    assert len(register.finds(q="silva")) == 1


def test_a_card_written_by_hand_gives_nothing_away_by_an_address_nobody_has_verified(register: Register):
    register.service.create_profile(ana_as_entered(phones=()))
    other = register.service.create_profile(
        CreateProfile(given_name="Ana", family_name="Silva", emails=(Email(address="a@x.example.org"),))
    )
    register.service.match_again(told(register, str(other.id)))
    assert register.announced("bookings.to_move.v1") == []
    (found,) = register.service.read_duplicates(ReadDuplicates(profile_id=other.id)).items
    assert found.score > 0.9


def test_a_booking_named_after_a_retired_card_is_the_other_ones(register: Register):
    ana = register.service.create_profile(ana_as_entered())
    old = of_agency(register, 1)
    register.service.match_again(told(register, old))
    (guest,) = register.recognises(ana_silva(profile_id=UUID(old), email=None, phone=None))
    assert (guest["profile_id"], guest["created"]) == (str(ana.id), False)


def test_a_notice_after_a_move_finds_whom_the_booking_moved_to(register: Register):
    event = register.bookings.receive(ana_silva(email=RELAY.format(1), phone=None))
    register.service.recognise_guests(event)
    (before,) = register.identified(event.booking_id)
    other = register.service.create_profile(CreateProfile(given_name="Ana", family_name="Silva"))
    moved = BookingMoved(
        booking_id=event.booking_id,
        version=2,
        from_profile_id=UUID(before["profile_id"]),
        to_profile_id=other.id,
        by_hand=True,
        at=other.created_at + timedelta(seconds=1),
    )
    register.service.note_move(moved)
    changed = register.bookings.change(event.booking_id, ana_silva(email=RELAY.format(2), phone=None))
    register.service.recognise_changed_guests(changed)
    (after,) = register.identified(event.booking_id)
    assert after["profile_id"] == str(other.id)


def test_a_booking_left_at_a_retired_card_is_sent_on_by_the_clock(register: Register):
    register.service.create_profile(ana_as_entered())
    old = of_agency(register, 1)
    register.service.match_again(told(register, old))
    before = len(register.announced("bookings.to_move.v1"))
    assert register.db.writing(Context(), lambda tx: moves.left_behind(tx, 10)) == []
    _stayed(register, old)
    register.service.sweep_retired()
    assert len(register.announced("bookings.to_move.v1")) == before + 1


@pytest.mark.parametrize("text", ["'; DROP TABLE profiles", "\u202eanA", "a" * 5000, "李", "%", "\\", " "])
def test_hostile_names_find_nobody_and_do_no_harm(register: Register, text: str):
    known = register.service.create_profile(ana_as_entered())
    assert near(register, Card(given_name=text, family_name=text)) == ()
    assert register.reads(known.id).id == known.id


def _stayed(register: Register, *profile_ids: str) -> None:
    booking_id = uuid4()
    with register.db.engine.begin() as connection:
        for profile_id in profile_ids:
            connection.execute(_STAY, {"booking_id": booking_id, "profile_id": profile_id, "property_id": uuid4()})


_STAY = sa.text(
    "INSERT INTO known_stays (booking_id, profile_id, version, state, arrival, departure, property_id)"
    " VALUES (:booking_id, :profile_id, 1, 'departed', '2026-01-01', '2026-01-03', :property_id)"
)


def _identified(booking_id: UUID, *people: dict[str, Any]) -> GuestsIdentified:
    from services.contracts.profiles import IdentifiedPerson

    said = tuple(
        IdentifiedPerson(
            position=p["position"],
            profile_id=UUID(p["profile_id"]),
            created=p["created"],
            score=p["score"],
            reasons=tuple(p["reasons"]),
        )
        for p in people
    )
    return GuestsIdentified(booking_id=booking_id, booking_version=1, people=said)
