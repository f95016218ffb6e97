"""Registrations on the real database: begun with what the booking knows, and snapshots of the stay."""

from __future__ import annotations

import json
import threading
import uuid
from contextlib import suppress
from datetime import UTC, date, datetime

import pytest

from services.contracts.bookings import (
    CancelBooking,
    NoSuchBooking,
    Person,
    PostalAddress,
    StateForbids,
)
from services.contracts.bookings.people import AddPerson
from services.contracts.bookings.registers import LookAtCards, NoteLook, NothingToRegister
from services.contracts.bookings.registration import (
    IdentityDocument,
    KeepRegistration,
    NoSuchRegistration,
    NotARegistration,
    Particulars,
    ReadRegistration,
    RegistrationHasChanged,
    Residence,
)
from services.kit.sealing import NoSealingKey
from tests.bookings.makers import ARRIVAL, DEPARTURE, stay
from tests.bookings.registers.makers import Reception, john, leo, lucia, without


def mei(**more: object) -> Person:
    said: dict[str, object] = {
        "given_name": "美",
        "family_name": "王",
        "birth_date": date(1990, 2, 3),
        "sex": "female",
        "nationality": "CN",
        "phone": "+8613800138000",
        "email": "mei@example.org",
        "address": PostalAddress(lines=("人民路 1", "3 楼"), postcode="100000", city="北京", country="CN"),
    }
    return Person(**{**said, **more})  # type: ignore[arg-type]


def books(reception: Reception, booker: Person, *guests: Person) -> uuid.UUID:
    opened = reception.service.open_booking(stay(property="HOUSE", booker=booker, guests=guests))
    found: uuid.UUID = opened.id
    return found


def test_what_the_booking_knows_is_there_before_anybody_types(spain: Reception) -> None:
    (found,) = spain.registrations(books(spain, mei()))
    assert (found.state, found.version) == ("open", 0)
    assert found.person == Particulars(
        given_name="美",
        surname="王",
        sex="female",
        birth_date=date(1990, 2, 3),
        nationality="CN",
        residence=Residence(street="人民路 1, 3 楼", postcode="100000", city="北京", country="CN"),
        phone="+8613800138000",
        email="mei@example.org",
    )


def test_only_those_who_stay_are_registered(spain: Reception) -> None:
    booker = Person(given_name="Bo", family_name="Oker", roles=("booker",))
    booking_id = books(spain, booker, mei(roles=("primary",)))
    assert [found.position for found in spain.registrations(booking_id)] == [1]


def test_what_is_said_completes_what_the_booking_knows(spain: Reception) -> None:
    booking_id = books(spain, mei())
    passport = IdentityDocument(kind="passport", number="E12345678", issuing_country="CN")
    assert spain.registers(booking_id, 0, Particulars(document=passport, role="single")) == 1
    (found,) = spain.registrations(booking_id)
    assert (found.state, found.person.surname, found.person.role) == ("registered", "王", "single")


def test_what_is_emptied_is_empty(spain: Reception) -> None:
    booking_id = books(spain, mei())
    spain.registers(booking_id, 0, Particulars(), clear=("email",))
    assert spain.registrations(booking_id)[0].person.email is None


def test_an_unknown_field_cannot_be_emptied(spain: Reception) -> None:
    with pytest.raises(NotARegistration) as refused:
        spain.registers(books(spain, mei()), 0, Particulars(), clear=("shoe_size",))
    assert refused.value.errors[0].pointer == "/shoe_size"


def test_somebody_whom_only_the_desk_met_is_registered_too(spain: Reception) -> None:
    booking_id = books(spain, mei())
    spain.registers(booking_id, 7, john(), version=None)
    assert [found.position for found in spain.registrations(booking_id)] == [0, 7]


def test_nobody_who_is_added_later_stands_in_a_registered_place(spain: Reception) -> None:
    booking_id = books(spain, mei())
    spain.registers(booking_id, 1, john(), version=None)
    added = spain.service.add_person(AddPerson(booking_id=booking_id, person=Person(given_name="Ana")))
    assert [person.position for person in added.people] == [0, 2]


def test_who_is_added_while_a_newcomer_is_registered_keeps_a_place_of_their_own(spain: Reception) -> None:
    booking_id = books(spain, mei())

    def register() -> None:
        with suppress(RegistrationHasChanged):
            spain.registers(booking_id, 1, john(), version=None)

    def add() -> None:
        spain.service.add_person(AddPerson(booking_id=booking_id, person=Person(given_name="Ana")))

    threads = [threading.Thread(target=work) for work in (register, add)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    names = {found.position: found.person.given_name for found in spain.registrations(booking_id)}
    assert names in ({0: "美", 1: "Ana"}, {0: "美", 1: "John", 2: "Ana"})


def test_a_newcomer_is_not_registered_where_somebody_stands(spain: Reception) -> None:
    with pytest.raises(RegistrationHasChanged):
        spain.registers(books(spain, mei()), 0, john(), version=None)


def test_a_newcomer_who_was_deleted_can_come_again(spain: Reception) -> None:
    booking_id = books(spain, mei())
    spain.deletes(booking_id, 1, spain.registers(booking_id, 1, john(), version=None))
    assert spain.registers(booking_id, 1, john(), version=None) == 3


def test_replies_that_are_remembered_hold_nothing_personal(spain: Reception) -> None:
    spain.has_guests(lucia())
    ((reply,),) = spain.rows("SELECT reply FROM commands WHERE name = 'keep_registration'")
    assert set(json.loads(reply)) == {"booking_id", "position", "version"}


def test_a_later_change_of_the_booking_does_not_alter_it(spain: Reception) -> None:
    opened = spain.has_guests(lucia())
    with spain.db.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE bookings SET people = jsonb_set(people, '{0,family_name}', '\"Married\"')")
    assert spain.booking(opened.id).people[0].family_name == "Married"
    assert spain.registrations(opened.id)[0].person.surname == "García"


def test_who_read_an_older_version_is_told(spain: Reception) -> None:
    opened = spain.has_guests(lucia())
    spain.registers(opened.id, 0, lucia(phone="+34911111111"), version=1)
    for version in (0, 1, 7):
        with pytest.raises(RegistrationHasChanged):
            spain.registers(opened.id, 0, lucia(), version=version)


def test_a_version_of_what_is_not_there_is_refused(spain: Reception) -> None:
    with pytest.raises(RegistrationHasChanged):
        spain.registers(books(spain, mei()), 0, Particulars(), version=1)


def test_the_same_call_again_has_one_effect(spain: Reception) -> None:
    booking_id, command_id = books(spain, mei()), uuid.uuid4()
    said = KeepRegistration(booking_id=booking_id, position=0, version=0, said=Particulars(role="single"))
    kept = [spain.service.keep_registration(said, command_id) for _ in range(2)]
    assert [each.version for each in kept] == [1, 1]


def test_of_many_who_register_at_once_one_is_first(spain: Reception) -> None:
    booking_id = books(spain, mei())
    outcomes: list[str] = []

    def register() -> None:
        try:
            outcomes.append(str(spain.registers(booking_id, 0, john())))
        except RegistrationHasChanged:
            outcomes.append("changed")

    threads = [threading.Thread(target=register) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["1", *["changed"] * 7]


def test_a_deleted_one_leaves_nothing_personal_and_can_be_made_again(spain: Reception) -> None:
    opened = spain.has_guests(lucia())
    spain.deletes(opened.id, 0, 1)
    assert spain.rows("SELECT state, version, person, sealed FROM registrations") == [("deleted", 2, None, None)]
    assert spain.registrations(opened.id)[0].state == "open"
    assert spain.registers(opened.id, 0, lucia(), version=2) == 3


def test_what_is_not_registered_cannot_be_deleted(spain: Reception) -> None:
    with pytest.raises(NoSuchRegistration):
        spain.deletes(books(spain, mei()), 0, 0)


def test_nobody_is_registered_on_a_booking_that_was_cancelled(spain: Reception) -> None:
    booking_id = books(spain, mei())
    spain.service.cancel_booking(CancelBooking(booking_id=booking_id))
    with pytest.raises(StateForbids):
        spain.registers(booking_id, 0, john())


def test_unknown_bookings_and_positions_are_refused(spain: Reception) -> None:
    with pytest.raises(NoSuchBooking):
        spain.registrations(uuid.uuid4())
    with pytest.raises(NoSuchRegistration):
        spain.service.read_registration(ReadRegistration(booking_id=books(spain, mei()), position=9))


@pytest.mark.parametrize(
    ("said", "pointer"),
    [
        (Particulars(nationality="XX"), "/nationality"),
        (Particulars(nationality="ES", other_nationalities=("ES",)), "/other_nationalities/0"),
        (Particulars(surname="A" * 101), "/surname"),
        (Particulars(surname="a\u202eb"), "/surname"),
        (Particulars(birth_date=date(1890, 1, 1)), "/birth_date"),
        (Particulars(birth_date=date(2090, 1, 1)), "/birth_date"),
        (Particulars(document=IdentityDocument(number="12#34")), "/document/number"),
        (Particulars(document=IdentityDocument(issuing_country="??")), "/document/issuing_country"),
        (Particulars(residence=Residence(municipality_code="28-079")), "/residence/municipality_code"),
        (Particulars(phone="call me"), "/phone"),
        (Particulars(email="nobody"), "/email"),
        (Particulars(head=0), "/head"),
        (Particulars(head=-1), "/head"),
        (Particulars(entered_at=datetime(2020, 1, 1, tzinfo=UTC)), "/entered_at"),
        (
            Particulars(
                entered_at=datetime(2026, 12, 2, 12, tzinfo=UTC), left_at=datetime(2026, 12, 2, 11, tzinfo=UTC)
            ),
            "/left_at",
        ),
    ],
)
def test_what_no_register_could_take_is_refused_where_it_stands(
    spain: Reception, said: Particulars, pointer: str
) -> None:
    with pytest.raises(NotARegistration) as refused:
        spain.registers(books(spain, mei()), 0, said)
    assert [problem.pointer for problem in refused.value.errors] == [pointer]
    assert spain.rows("SELECT 1 FROM registrations") == []


def test_a_card_number_in_a_name_is_not_kept(spain: Reception) -> None:
    booking_id = books(spain, mei())
    spain.registers(booking_id, 0, Particulars(residence=Residence(street="4111 1111 1111 1111", country="ES")))
    street = (spain.registrations(booking_id)[0].person.residence or Residence()).street
    assert street == "[card number removed]"


def test_what_is_missing_is_listed_by_guest(spain: Reception) -> None:
    opened = spain.has_guests(lucia(signature=None), leo(kin=None, role="single", head=None), checked_in=False)
    found = spain.lacks(booking_id=opened.id)
    assert (found.country, found.form) == ("ES", "ses-hospedajes")
    assert [(told.position, told.signature_due, [lack.pointer for lack in told.missing]) for told in found.items] == [
        (0, True, []),
        (1, False, ["/residence/street", "/residence/country", "/residence/city", "/phone", "/kin"]),
    ]


def test_guests_of_whom_only_the_number_is_known_are_listed(spain: Reception) -> None:
    booking_id = books(spain, mei())  # a room for two
    told = spain.lacks(booking_id=booking_id).items[-1]
    assert (told.position, told.missing[0].pointer) == (None, "/position")


def test_without_a_key_nothing_is_registered_half(spain: Reception, monkeypatch: pytest.MonkeyPatch) -> None:
    booking_id = books(spain, mei())
    monkeypatch.setenv("FOYER_SEALING_KEYS", "")
    with pytest.raises(NoSealingKey):
        spain.registers(booking_id, 0, lucia())
    assert spain.rows("SELECT 1 FROM registrations") == []


def test_a_stay_knows_until_when_it_is_kept(spain: Reception) -> None:
    opened = spain.has_guests(lucia(), arrival=ARRIVAL, departure=DEPARTURE, checked_in=False)
    assert spain.registrations(opened.id)[0].keep_until == date(2029, 12, 4)


def test_who_need_not_be_registered_has_no_card(reception: Reception) -> None:
    reception.has_house("DE")
    opened = reception.has_guests(john(nationality="DE"))
    look = reception.service.note_look(NoteLook(kind="card", about=opened.id))
    with pytest.raises(NothingToRegister):
        reception.service.look_at_cards(LookAtCards(look_id=look.id))


def test_a_card_holds_what_is_known_with_its_numbers_and_room_for_the_rest(spain: Reception) -> None:
    opened = spain.has_guests(lucia(), without(john(), "document"))
    look = spain.service.note_look(NoteLook(kind="card", about=opened.id))
    cards = spain.service.look_at_cards(LookAtCards(look_id=look.id))
    numbers = [{field.name: field.value for field in card.fields}["document_number"] for card in cards.cards]
    assert (numbers, cards.law, cards.kept_months) == (["12345678Z", None], "Real Decreto 933/2021", 36)


def test_somebody_who_is_not_there_has_no_card(spain: Reception) -> None:
    opened = spain.has_guests(lucia())
    with pytest.raises(NoSuchRegistration):
        spain.service.note_look(NoteLook(kind="card", about=opened.id, position=5))
