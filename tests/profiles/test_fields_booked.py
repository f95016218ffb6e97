"""The house's own fields as bookings say them: kept of who is new, completed of who is known, left out and noted."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from services.contracts.profiles import (
    CheckFields,
    CreateProfile,
    FieldRule,
    FieldsOfPerson,
    NotAProfile,
    ProfileHasChanged,
)
from services.kit.context import Context
from services.profiles.doors.moving import join
from tests.profiles.conftest import Register
from tests.profiles.own_fields import (
    LISBON,
    PASSPORT,
    PORTO,
    define,
    everything_kept,
    fill,
    found,
    options,
    redefine,
    rows,
    told,
    values,
)
from tests.profiles.people import ANAS_MAIL, ANAS_RELAY, ana_as_entered, ana_silva, bruno_costa

pytestmark = pytest.mark.usefixtures("sealing_keys")


def booked(register: Register, *people: Any, **other: Any) -> list[UUID]:
    return [UUID(person["profile_id"]) for person in register.recognises(*people, **other)]


def noted(register: Register) -> list[Any]:
    return [row.facts for row in rows(register, "SELECT facts FROM timeline WHERE what = 'fields.left_out'")]


def refused(*people: FieldsOfPerson, register: Register, screen: Any = None) -> dict[str, str]:
    with pytest.raises(NotAProfile) as caught:
        register.service.check_fields(CheckFields(property_id=LISBON, people=people, screen=screen))
    return {fault.pointer: fault.detail for fault in caught.value.errors}


def test_a_new_guest_has_what_the_booking_says(register: Register):
    define(register, "newspaper", searchable=True)
    (ana,) = booked(register, ana_silva(fields={"newspaper": "Público"}))
    assert values(register, ana) == {"newspaper": "Público"}
    assert (told(register, ana)["newspaper"].source, found(register, newspaper="publico")) == ("booking", [ana])
    assert (register.reads(ana).version, register.announced("profile.changed.v1")) == (1, [])


def test_of_a_known_guest_what_is_empty_is_filled_and_nothing_overwritten(register: Register):
    define(register, "newspaper")
    define(register, "plate")
    ana = register.service.create_profile(ana_as_entered()).id
    fill(register, ana, newspaper="Público")
    assert booked(register, ana_silva(fields={"newspaper": "Expresso", "plate": "AA-12-BB"})) == [ana]
    assert values(register, ana) == {"newspaper": "Público", "plate": "AA-12-BB"}
    assert register.announced("profile.changed.v1")[-1]["version"] == register.reads(ana).version
    assert noted(register) == []


def test_who_is_new_has_the_defaults_of_what_is_not_said(register: Register):
    define(register, "newspaper", default="Público")
    define(register, "room", default="quiet")
    define(register, "seats", "number", default="2", kinds=("company",))
    (ana,) = booked(register, ana_silva(fields={"newspaper": "Expresso"}))
    assert values(register, ana) == {"newspaper": "Expresso", "room": "quiet"}
    fill(register, ana, room=None)
    booked(register, ana_silva())
    assert values(register, ana) == {"newspaper": "Expresso"}
    (bruno,) = booked(register, bruno_costa())
    assert values(register, bruno) == {"newspaper": "Público", "room": "quiet"}


def test_a_card_that_has_them_from_bookings_alone_hands_them_on_when_it_turns_out_to_be_another(register: Register):
    define(register, "newspaper", default="Bola")
    define(register, "passport", encrypted=True, searchable=True)
    define(register, "plate", default="none")
    ana = register.service.create_profile(ana_as_entered(fields={"newspaper": "Público", "plate": None})).id
    relay = ana_silva(email=ANAS_RELAY, phone=None, fields={"newspaper": "Expresso", "passport": PASSPORT})
    event = register.bookings.receive(relay)
    register.service.recognise_guests(event)
    (other,) = (UUID(each["profile_id"]) for each in register.identified(event.booking_id))
    assert other != ana
    with register.db.engine.begin() as connection:
        connection.execute(
            sa.text("UPDATE profiles SET created_at = created_at + interval '1 day' WHERE id = :id"), {"id": other}
        )
    register.db.writing(Context(), lambda tx: join(tx, ana, other, proven=False, why="test"))
    assert register.reads(other).merged_into == ana
    assert values(register, ana) == {"newspaper": "Público", "passport": "•••6543"}
    assert found(register, passport=PASSPORT) == [ana]
    assert rows(register, f"SELECT 1 FROM profile_fields WHERE profile_id = '{other}'") == []  # noqa: S608


def test_each_guest_has_their_own(register: Register):
    define(register, "newspaper")
    ana, bruno = booked(
        register, ana_silva(fields={"newspaper": "Público"}), bruno_costa(fields={"newspaper": "Expresso"})
    )
    assert (values(register, ana), values(register, bruno)) == ({"newspaper": "Público"}, {"newspaper": "Expresso"})


def test_two_guests_who_are_one_person_have_what_was_said_of_the_first(register: Register):
    define(register, "newspaper")
    define(register, "plate")
    first = ana_silva(fields={"newspaper": "Público"})
    second = ana_silva(position=1, roles=("additional",), fields={"newspaper": "Expresso", "plate": "AA-12-BB"})
    ana, again = booked(register, first, second)
    assert (ana, values(register, ana)) == (again, {"newspaper": "Público", "plate": "AA-12-BB"})


def test_what_cannot_be_kept_is_left_out_and_noted_without_a_word_of_it(register: Register):
    define(register, "newspaper")
    define(register, "floor", "number", most="9")
    define(register, "old")
    redefine(register, "old", retired=True)
    define(register, "seats", kinds=("company",))
    said = {"newspaper": "Público", "floor": 12, "old": "x", "seats": "y", "canary-code": "canary"}
    (ana,) = booked(register, ana_silva(fields=said))
    assert values(register, ana) == {"newspaper": "Público"}
    assert noted(register) == [{"fields": ["fields.floor", "fields.old", "fields.seats"], "unknown": 1}]
    assert "canary" not in everything_kept(register)


def test_other_systems_may_write_texts(register: Register):
    define(register, "floor", "number")
    define(register, "dog", "boolean")
    define(register, "sports", "choices", options=options("golf", "tennis"))
    (ana,) = booked(register, ana_silva(fields={"floor": "3", "dog": "yes", "sports": "Golf, tennis"}))
    assert values(register, ana) == {"floor": 3, "dog": True, "sports": ["golf", "tennis"]}


def test_a_booking_never_lacks_a_field(register: Register):
    define(register, "plate", shown_on=("booking",), required=(FieldRule(),))
    (ana,) = booked(register, ana_silva())
    assert values(register, ana) == {}


def test_what_is_sealed_is_sealed_from_the_first(register: Register):
    define(register, "passport", encrypted=True, searchable=True)
    (ana,) = booked(register, ana_silva(fields={"passport": PASSPORT}))
    assert values(register, ana) == {"passport": "•••6543"}
    assert found(register, passport=PASSPORT) == [ana]
    assert PASSPORT not in everything_kept(register)


def test_a_field_of_another_house_is_not_filled_by_a_booking_here(register: Register):
    define(register, "locker", property_id=PORTO)
    define(register, "plate", property_id=LISBON)
    event = register.bookings.receive(ana_silva(fields={"locker": "12", "plate": "AA-12-BB"}), property_id=LISBON)
    register.service.recognise_guests(event)
    (ana,) = register.identified(event.booking_id)
    assert values(register, UUID(ana["profile_id"])) == {"plate": "AA-12-BB"}
    assert noted(register) == [{"fields": ["fields.locker"]}]


def test_the_same_booking_heard_again_fills_nothing_that_was_emptied_since(register: Register):
    define(register, "newspaper")
    event = register.bookings.receive(ana_silva(fields={"newspaper": "Público"}))
    register.service.recognise_guests(event)
    ana = UUID(register.identified(event.booking_id)[0]["profile_id"])
    fill(register, ana, newspaper=None)
    register.service.recognise_guests(event)
    assert values(register, ana) == {}


def test_many_bookings_of_the_same_guests_changes_and_the_clock_wait_for_one_another_in_no_circle(register: Register):
    define(register, "newspaper")
    define(register, "passport", searchable=True, retention_months=1)
    bruno = bruno_costa(email="bruno@sapo.pt")
    ana, eva = booked(register, ana_silva(), bruno)

    def book(n: int) -> None:
        said = {"newspaper": f"Paper {n}", "passport": PASSPORT}
        guests = [ana_silva(fields=said), replace(bruno, fields=said)]
        first, second = guests if n % 2 else guests[::-1]
        booked(register, replace(first, position=0), replace(second, position=1))

    def change(n: int) -> None:
        with suppress(ProfileHasChanged):
            fill(register, (ana, eva)[n % 2], passport=None if n % 3 else PASSPORT)

    def tick(n: int) -> None:
        if n == 1:
            redefine(register, "passport", position=n)
        register.service.keep_fields_anew()
        register.service.wipe_fields()

    with ThreadPoolExecutor(6) as pool:
        for job in [pool.submit(work, n) for n in range(6) for work in (book, change, tick)]:
            job.result()
    papers = [values(register, who)["newspaper"] for who in (ana, eva)]
    assert all(paper.startswith("Paper ") for paper in papers)
    assert {each.source for who in (ana, eva) for each in told(register, who).values()} <= {"booking", "api", "desk"}


def test_a_check_says_at_each_person_what_is_wrong(register: Register):
    define(register, "floor", "number", most="9")
    define(register, "locker", property_id=PORTO)
    booker = FieldsOfPerson(at="/booker", kind="person", fields={"floor": 3})
    guest = FieldsOfPerson(at="/guests/0", kind="person", fields={"floor": 12, "locker": "x", "other": 1})
    assert set(refused(booker, guest, register=register)) == {
        "/guests/0/fields/floor",
        "/guests/0/fields/locker",
        "/guests/0/fields/other",
    }


def test_a_check_asks_for_what_the_screen_needs_of_who_has_it_not(register: Register):
    rule = FieldRule(screen="booking", kind="person")
    define(register, "plate", shown_on=("booking",), required=(rule,))
    ana = register.service.create_profile(ana_as_entered()).id
    fill(register, ana, plate="AA-12-BB")
    people = (
        FieldsOfPerson(at="/booker", kind="person", profile_id=ana),
        FieldsOfPerson(at="/guests/0", kind="person"),
        FieldsOfPerson(at="/guests/1", kind="person", profile_id=uuid4()),
        FieldsOfPerson(at="/guests/2", kind="company"),
        FieldsOfPerson(at="/payer", kind="person", asked=False),
    )
    wanted = {"/guests/0/fields/plate": "Needed here.", "/guests/1/fields/plate": "Needed here."}
    assert refused(*people, register=register, screen="booking") == wanted
    register.service.check_fields(CheckFields(property_id=LISBON, people=people))


def test_a_field_may_be_needed_on_the_screen_that_books(register: Register):
    define(register, "plate", shown_on=("booking",), required=(FieldRule(screen="booking", property_id=LISBON),))
    said = CreateProfile(given_name="Ana", screen="booking", property_id=LISBON)
    with pytest.raises(NotAProfile) as caught:
        register.service.create_profile(said)
    assert [fault.pointer for fault in caught.value.errors] == ["/fields/plate"]


def test_who_shares_an_address_gets_it_once(register: Register):
    define(register, "newspaper")
    ana, anna = booked(
        register,
        ana_silva(fields={"newspaper": "Público"}),
        ana_silva(position=1, roles=("additional",), given_name="Anna", email=ANAS_MAIL, fields={"newspaper": "Bola"}),
    )
    assert (ana, values(register, ana)) == (anna, {"newspaper": "Público"})
