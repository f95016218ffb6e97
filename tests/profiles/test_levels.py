"""Levels as the house's data: renamed, retired, and Do Not Book for everybody who has one; on the real PostgreSQL."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest

from services.contracts.profiles import (
    AddLevel,
    ChangeProfile,
    Level,
    LevelExists,
    LevelHasChanged,
    LevelRuleChanged,
    NoSuchLevel,
    NotALevel,
    NotAProfile,
    ReadLevel,
    ReadLevels,
    SetLevel,
)
from services.profiles.store import levels as store
from tests.profiles.conftest import Register
from tests.profiles.people import ana_as_entered


def add(register: Register, code: str = "press", name: str = "Press", **other) -> Level:
    return register.service.add_level(AddLevel(code=code, name=name, **other))


def change(register: Register, level: Level, **said) -> Level:
    whole = {**vars(level), **said}
    return register.service.set_level(SetLevel(**whole))


def enter(register: Register, given: str, level: str) -> UUID:
    return register.service.create_profile(ana_as_entered(given_name=given, emails=(), phones=(), level=level)).id


def told(register: Register) -> None:
    """Everybody has been told of, batch after batch, as the bus would deliver them."""
    done = 0
    while (asked := register.announced("level.rule_changed.v1"))[done:]:
        for said in asked[done:]:
            after = UUID(said["after"]) if said["after"] else None
            register.service.tell_who_has_it(LevelRuleChanged(code=said["code"], version=said["version"], after=after))
        done = len(asked)


def test_the_house_begins_with_three_levels_in_its_order(register: Register):
    levels = register.service.read_levels(ReadLevels()).items
    assert [(level.code, level.name, level.do_not_book) for level in levels] == [
        ("vip", "VIP", False),
        ("gold", "Gold", False),
        ("do-not-book", "Do Not Book", True),
    ]


def test_a_level_of_the_house_is_given_by_its_name(register: Register):
    level = add(register, colour="#AABBCC", conduct="Call the manager.", position=5)
    assert level.colour == "#aabbcc"
    ana = register.reads(enter(register, "Ana", "press"))
    assert (ana.level, ana.level_mark.code, ana.level_mark.conduct) == ("Press", "press", "Call the manager.")
    assert register.service.read_levels(ReadLevels()).items[0] == level


def test_whoever_has_a_level_keeps_it_under_its_new_name(register: Register):
    ana = enter(register, "Ana", "VIP")
    vip = register.service.read_level(ReadLevel(code="vip"))
    change(register, vip, name="Our best")
    assert register.reads(ana).level == "Our best"
    told(register)
    assert register.reads(ana).version == 2
    assert register.announced("level.changed.v1")[-1] == {
        "profile_id": str(ana), "version": 2, "level": "Our best", "do_not_book": False,
    }  # fmt: skip


def test_a_card_is_changed_while_its_level_is_renamed(register: Register):
    ana = register.reads(enter(register, "Ana", "VIP"))
    change(register, register.service.read_level(ReadLevel(code="vip")), name="Our best")
    register.service.change_profile(ChangeProfile(profile_id=ana.id, version=1, given_name="Anna"))
    assert register.reads(ana.id).level == "Our best"


def test_do_not_book_of_a_level_is_told_of_everybody_who_has_it(register: Register, monkeypatch):
    monkeypatch.setattr(store, "AT_ONCE", 2)
    guests = {str(enter(register, f"Ana {n}", "Gold")) for n in range(5)}
    enter(register, "Bruno", "VIP")
    gold = register.service.read_level(ReadLevel(code="gold"))
    gold = change(register, gold, do_not_book=True)
    told(register)
    unwelcome = [e["profile_id"] for e in register.announced("level.changed.v1") if e["do_not_book"]]
    assert sorted(unwelcome) == sorted(guests)
    change(register, gold, do_not_book=False)
    told(register)
    assert sorted(e["profile_id"] for e in register.announced("level.changed.v1")[-5:]) == sorted(guests)
    assert not register.announced("level.changed.v1")[-1]["do_not_book"]


def test_an_older_telling_gives_way_to_a_newer_one(register: Register):
    enter(register, "Ana", "Gold")
    gold = register.service.read_level(ReadLevel(code="gold"))
    change(register, change(register, gold, do_not_book=True), do_not_book=False)
    told(register)
    assert [e["do_not_book"] for e in register.announced("level.changed.v1")[1:]] == [False]


def test_who_gets_a_level_while_it_changes_is_told_of_rightly(register: Register):
    """Given before the change, told by the change; given after it, told as it is then."""
    ana = [register.reads(enter(register, f"Ana {n}", "VIP")) for n in range(4)]
    gold = register.service.read_level(ReadLevel(code="gold"))
    with ThreadPoolExecutor(5) as pool:
        pool.submit(change, register, gold, do_not_book=True)
        for each in ana:
            said = ChangeProfile(profile_id=each.id, version=1, level="gold")
            pool.submit(register.service.change_profile, said)
    told(register)
    last = {e["profile_id"]: e for e in register.announced("level.changed.v1")}
    assert {str(each.id) for each in ana} == {who for who, e in last.items() if e["level"] == "Gold"}
    assert all(e["do_not_book"] for e in last.values())


def test_another_order_alone_is_told_nobody(register: Register):
    enter(register, "Ana", "Gold")
    change(register, register.service.read_level(ReadLevel(code="gold")), position=1)
    assert register.announced("level.rule_changed.v1") == []


def test_a_retired_level_is_given_to_nobody_and_kept_by_who_has_it(register: Register):
    ana = register.reads(enter(register, "Ana", "Gold"))
    change(register, register.service.read_level(ReadLevel(code="gold")), retired=True)
    assert "gold" not in [level.code for level in register.service.read_levels(ReadLevels()).items]
    assert "gold" in [level.code for level in register.service.read_levels(ReadLevels(retired=True)).items]
    after = register.service.change_profile(
        ChangeProfile(profile_id=ana.id, version=1, given_name="Anna", level="Gold")
    )
    assert after.level == "Gold"
    with pytest.raises(NotAProfile):
        enter(register, "Bruno", "Gold")


def test_codes_and_names_are_taken_once(register: Register):
    add(register)
    for code, name in (("press", "Other"), ("other", "PRESS")):
        with pytest.raises(LevelExists):
            add(register, code, name)
    with pytest.raises(LevelExists):
        change(register, register.service.read_level(ReadLevel(code="vip")), name="press")


def test_those_who_add_the_same_level_at_once_make_one(register: Register):
    def attempt(_: int) -> bool:
        try:
            add(register)
        except LevelExists:
            return False
        return True

    with ThreadPoolExecutor(5) as pool:
        assert sum(pool.map(attempt, range(5))) == 1


def test_who_read_an_older_version_is_refused(register: Register):
    vip = register.service.read_level(ReadLevel(code="vip"))
    assert change(register, vip) == vip
    change(register, vip, conduct="Flowers.")
    with pytest.raises(LevelHasChanged):
        change(register, vip, conduct="Wine.")


@pytest.mark.parametrize(
    ("said", "pointers"),
    [
        ({"code": "VIP Guests"}, ["/code"]),
        ({"code": "x" * 41, "name": ""}, ["/code", "/name"]),
        ({"name": "\u202evip"}, ["/name"]),
        ({"name": "x" * 61}, ["/name"]),
        ({"colour": "red"}, ["/colour"]),
        ({"conduct": "x" * 2001}, ["/conduct"]),
        ({"position": -1}, ["/position"]),
    ],
)
def test_what_is_no_level_is_refused_with_its_places(register: Register, said, pointers):
    with pytest.raises(NotALevel) as refused:
        add(register, **said)
    assert [fault.pointer for fault in refused.value.errors] == pointers


def test_there_is_no_level_that_nobody_made(register: Register):
    with pytest.raises(NoSuchLevel):
        register.service.read_level(ReadLevel(code="platinum"))
