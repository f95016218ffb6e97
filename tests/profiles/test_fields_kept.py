"""Values of the house's own fields: masked, sealed, found and wiped; on the real PostgreSQL."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import pytest

from services.contracts.profiles import (
    CreateProfile,
    FindByFields,
    LookAtFields,
    NotASearch,
    NotToBeSeen,
    ReadField,
)
from services.kit.sealing import NoSealingKey
from tests.profiles.callers import speaking_as
from tests.profiles.conftest import Register
from tests.profiles.own_fields import (
    NEW_KEY,
    PASSPORT,
    define,
    everything_kept,
    fill,
    found,
    long_ago,
    months_ago,
    options,
    redefine,
    rows,
    stay,
    told,
    values,
)
from tests.profiles.people import KEY, ana_as_entered

pytestmark = pytest.mark.usefixtures("sealing_keys")


@pytest.fixture
def ana(register: Register) -> UUID:
    return register.service.create_profile(ana_as_entered()).id


def test_what_is_masked_is_shown_by_its_last_characters(register: Register, ana):
    define(register, "passport", masked=True)
    define(register, "pin", masked=True)
    fill(register, ana, passport=PASSPORT, pin="1234")
    assert values(register, ana) == {"passport": "•••6543", "pin": "•••"}
    assert told(register, ana)["passport"].masked


def test_who_may_reads_in_the_clear_and_the_time_line_says_so(register: Register, ana):
    define(register, "passport", encrypted=True)
    fill(register, ana, passport=PASSPORT)
    look = LookAtFields(profile_id=ana, codes=("passport",), reason="registration")
    with speaking_as("key:desk", "read", "write"), pytest.raises(NotToBeSeen):
        register.service.look_at_fields(look)
    with speaking_as("key:boss", "read", "admin"):
        assert register.service.look_at_fields(look).items[0].value == PASSPORT
    looked = rows(register, "SELECT actor, facts FROM timeline WHERE what = 'fields.looked_at'")
    assert [tuple(row) for row in looked] == [
        ("key:boss", {"fields": ["fields.passport"], "reason": "registration"}),
    ]


def test_what_is_encrypted_is_nowhere_in_the_database(register: Register, ana):
    define(register, "passport", encrypted=True, searchable=True)
    assert fill(register, ana, passport=PASSPORT).fields == {"passport": "•••6543"}
    with speaking_as("key:boss", "admin"):
        register.service.look_at_fields(LookAtFields(profile_id=ana, codes=("passport",), reason="correction"))
    kept = everything_kept(register)
    assert "6543" in kept  # of the mask in the stored reply
    assert not [text for text in (PASSPORT, PASSPORT.lower(), PASSPORT.encode().hex()) if text in kept]


def test_a_card_is_read_where_the_key_is_away_and_the_value_is_not_lost(register: Register, ana, monkeypatch):
    define(register, "passport", encrypted=True)
    fill(register, ana, passport=PASSPORT)
    monkeypatch.setenv("FOYER_SEALING_KEYS", NEW_KEY)
    assert values(register, ana) == {"passport": "•••"}
    redefine(register, "passport", position=5)
    register.service.keep_fields_anew()
    monkeypatch.setenv("FOYER_SEALING_KEYS", KEY)
    assert values(register, ana) == {"passport": "•••6543"}


def test_without_keys_nothing_is_encrypted(register: Register, monkeypatch):
    monkeypatch.setenv("FOYER_SEALING_KEYS", "")
    with pytest.raises(NoSealingKey):
        define(register, "passport", encrypted=True)


def test_a_new_key_seals_what_an_old_one_sealed_and_it_is_found_all_the_while(register: Register, ana, monkeypatch):
    define(register, "passport", encrypted=True, searchable=True)
    fill(register, ana, passport=PASSPORT)
    monkeypatch.setenv("FOYER_SEALING_KEYS", f"{NEW_KEY},{KEY}")
    assert found(register, passport="px9876543") == [ana]
    register.service.keep_fields_anew()
    assert [row.key_id for row in rows(register, "SELECT key_id FROM profile_fields")] == ["2"]
    monkeypatch.setenv("FOYER_SEALING_KEYS", NEW_KEY)
    assert found(register, passport=PASSPORT) == [ana]
    assert values(register, ana) == {"passport": "•••6543"}


def test_a_field_that_becomes_encrypted_is_sealed_by_the_clock(register: Register, ana):
    define(register, "passport", searchable=True)
    fill(register, ana, passport=PASSPORT)
    redefine(register, "passport", encrypted=True)
    assert values(register, ana) == {"passport": "•••6543"}
    register.service.keep_fields_anew()
    kept = rows(register, "SELECT CAST(t AS text) FROM profile_fields t")
    kept += rows(register, "SELECT CAST(t AS text) FROM field_keys t")
    assert PASSPORT.lower() not in "".join(row[0] for row in kept).lower()
    assert found(register, passport=PASSPORT) == [ana]
    assert register.announced("profile.changed.v1")[-1]["version"] == register.reads(ana).version == 3
    register.service.keep_fields_anew()
    assert register.reads(ana).version == 3


def test_profiles_are_found_by_the_values_of_searchable_fields(register: Register, ana):
    define(register, "newspaper", searchable=True)
    define(register, "sports", "choices", options=options("golf", "tennis", "surf"), searchable=True)
    define(register, "secret")
    fill(register, ana, newspaper="Diário de Notícias", sports=["tennis", "golf"], secret="x")
    assert found(register, newspaper="diario de noticias") == [ana]
    assert found(register, sports="golf") == found(register, sports="Tennis") == [ana]
    assert found(register, sports="golf", newspaper="Diário de Notícias") == [ana]
    assert found(register, sports="surf") == found(register, newspaper="Público") == []
    assert found(register, sports="golf", newspaper="Público") == []
    fill(register, ana, sports=None)
    assert found(register, sports="golf") == []
    for code in ("secret", "unknown"):
        with pytest.raises(NotASearch):
            found(register, **{code: "x"})


def test_those_found_come_page_by_page(register: Register):
    define(register, "vip", "boolean", searchable=True)
    made = [
        register.service.create_profile(CreateProfile(kind="company", name=f"ACME {n}", fields={"vip": True})).id
        for n in ("one", "two", "three")
    ]
    seen: list[UUID] = []
    cursor = None
    for _ in range(3):
        page = register.service.find_by_fields(FindByFields(fields={"vip": "true"}, limit=1, cursor=cursor))
        seen += [each.id for each in page.items]
        cursor = page.next
    assert (seen, cursor) == (sorted(made), None)


def test_values_that_are_written_while_their_field_changes_end_as_it_says(register: Register):
    define(register, "passport", searchable=True)
    made = [
        register.service.create_profile(CreateProfile(kind="company", name=f"{'abcdefgh'[n] * 5} Hotels")).id
        for n in range(8)
    ]

    def seal(_: Any) -> None:
        redefine(register, "passport", encrypted=True)

    def write(who: UUID) -> None:
        fill(register, who, passport=PASSPORT)

    with ThreadPoolExecutor(5) as pool:
        jobs = [pool.submit(write, who) for who in made[:4]] + [pool.submit(seal, None)]
        jobs += [pool.submit(write, who) for who in made[4:]]
        for job in jobs:
            job.result()
    register.service.keep_fields_anew()
    assert all(values(register, who) == {"passport": "•••6543"} for who in made)
    assert rows(register, "SELECT 1 FROM profile_fields WHERE value IS NOT NULL OR kept_by <> 2") == []
    assert len(found(register, passport=PASSPORT)) == 8


def test_a_value_is_wiped_so_many_months_after_the_last_stay_once(register: Register, ana):
    define(register, "passport", encrypted=True, searchable=True, retention_months=12)
    define(register, "newspaper")
    fill(register, ana, passport=PASSPORT, newspaper="Público")
    register.service.wipe_fields()
    assert set(values(register, ana)) == {"passport", "newspaper"}
    stay(register, ana, months_ago(14))
    long_ago(register)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: register.service.wipe_fields(), range(4)))
    assert values(register, ana) == {"newspaper": "Público"}
    assert register.service.read_field(ReadField(code="passport")).wiped == 1
    wiped = rows(register, "SELECT facts FROM timeline WHERE what = 'fields.wiped'")
    assert [row.facts for row in wiped] == [{"fields": ["fields.passport"]}]
    assert rows(register, "SELECT * FROM field_keys") == []
    assert register.announced("profile.changed.v1")[-1]["version"] == register.reads(ana).version


def test_what_became_due_while_nobody_looked_is_wiped_go_by_go(register: Register, monkeypatch):
    monkeypatch.setattr("services.profiles.doors.fields._WIPED_AT_ONCE", 2)
    define(register, "passport", retention_months=12)
    for n in range(5):
        company = CreateProfile(kind="company", name=f"{'abcde'[n] * 5} Hotels", fields={"passport": PASSPORT})
        register.service.create_profile(company)
    long_ago(register)
    for left in (3, 1, 0, 0):
        register.service.wipe_fields()
        assert register.count("profile_fields") == left
    assert register.service.read_field(ReadField(code="passport")).wiped == 5


@pytest.mark.parametrize(("months", "state"), [(3, "departed"), (40, "in_house"), (-2, "confirmed")])
def test_whoever_stayed_since_is_here_or_is_coming_keeps_the_value(register: Register, ana, months, state):
    define(register, "passport", retention_months=12)
    fill(register, ana, passport=PASSPORT)
    stay(register, ana, months_ago(months), state)
    long_ago(register)
    register.service.wipe_fields()
    assert values(register, ana) == {"passport": PASSPORT}
    assert rows(register, "SELECT 1 FROM profile_fields WHERE review_on <= now()") == []


def test_a_cancelled_booking_is_no_stay(register: Register, ana):
    define(register, "passport", retention_months=12)
    fill(register, ana, passport=PASSPORT)
    stay(register, ana, months_ago(1), "cancelled")
    long_ago(register)
    register.service.wipe_fields()
    assert values(register, ana) == {}


def test_another_time_of_keeping_holds_for_values_that_are_there(register: Register, ana):
    define(register, "passport", retention_months=120)
    fill(register, ana, passport=PASSPORT)
    stay(register, ana, months_ago(14))
    long_ago(register)
    register.service.wipe_fields()
    assert values(register, ana) == {"passport": PASSPORT}
    redefine(register, "passport", retention_months=12)
    register.service.keep_fields_anew()
    register.service.wipe_fields()
    assert values(register, ana) == {}
