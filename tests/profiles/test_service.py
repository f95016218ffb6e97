"""Keeping cards: entering, reading, changing, finding, notes; on the real PostgreSQL."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from uuid import UUID, uuid4

import pytest

from services.contracts.profiles import (
    AddNote,
    Address,
    ChangeProfile,
    CreateProfile,
    Email,
    FindProfiles,
    NoSuchProfile,
    NotAProfile,
    Phone,
    Profile,
    ProfileHasChanged,
    ReadProfile,
)
from services.kit import context as contexts
from services.kit.refusal import Invalid
from tests.profiles.conftest import Register
from tests.profiles.people import ANAS_MAIL, ANAS_PHONE, ana_as_entered


def enter(register: Register, given: str, family: str, **other) -> str:
    return str(register.service.create_profile(CreateProfile(given_name=given, family_name=family, **other)).id)


def change(register: Register, profile: Profile, **said) -> Profile:
    return register.service.change_profile(ChangeProfile(profile_id=profile.id, version=profile.version, **said))


# ── entering, reading, changing ──────────────────────────────────────────────────────────────────────────────────────


def test_what_was_entered_is_read_again(register: Register):
    entered = register.service.create_profile(
        ana_as_entered(
            second_family_name="Santos",
            sex="F",
            birth_date=date(1985, 6, 15),
            nationality="PRT",
            language="pt_PT",
            emails=(Email(address=ANAS_MAIL), Email(address="x1@guest.booking.com", primary=True)),
            addresses=(Address(lines=("Rua Augusta 1",), city="Lisboa", country="pt"),),
            level="vip",
        )
    )
    assert register.reads(entered.id) == entered
    assert (entered.version, entered.level, entered.nationality, entered.language) == (1, "VIP", "PT", "pt-PT")
    assert [(e.address, e.primary, e.verified, e.relay) for e in entered.emails] == [
        (ANAS_MAIL, True, False, False),
        ("x1@guest.booking.com", False, False, True),
    ]
    assert entered.phones[0].number == ANAS_PHONE


def test_a_new_profile_is_announced_and_a_level_too(register: Register):
    ana = register.service.create_profile(ana_as_entered(level="Do Not Book"))
    assert register.announced("profile.created.v1") == [{"profile_id": str(ana.id), "version": 1, "kind": "person"}]
    assert register.announced("level.changed.v1") == [
        {"profile_id": str(ana.id), "version": 1, "level": "Do Not Book", "do_not_book": True}
    ]


def test_a_command_sent_twice_makes_one_profile(register: Register):
    command_id = uuid4()
    first = register.service.create_profile(ana_as_entered(), command_id=command_id)
    assert register.service.create_profile(ana_as_entered(), command_id=command_id) == first
    assert register.count("profiles") == 1


def test_an_unknown_level_is_refused_with_its_place(register: Register):
    with pytest.raises(NotAProfile) as refused:
        register.service.create_profile(ana_as_entered(level="Platinum"))
    assert [problem.pointer for problem in refused.value.errors] == ["/level"]
    assert register.count("profiles") == 0


def test_who_is_not_there_is_refused(register: Register):
    nobody = uuid4()
    for ask in (
        lambda: register.service.read_profile(ReadProfile(profile_id=nobody)),
        lambda: register.service.change_profile(ChangeProfile(profile_id=nobody, version=1, given_name="Ana")),
        lambda: register.service.add_note(AddNote(profile_id=nobody, text="?")),
    ):
        with pytest.raises(NoSuchProfile):
            ask()
    assert register.everything_announced() == []


def test_a_change_is_kept_announced_and_counted(register: Register):
    before = register.service.create_profile(ana_as_entered())
    after = change(register, before, family_name="Costa", phones=(Phone(number="+351961111112"),))
    assert register.reads(before.id) == after
    assert (after.version, after.family_name, after.phones[0].number) == (2, "Costa", "+351961111112")
    assert after.emails == before.emails
    assert register.announced("profile.changed.v1") == [{"profile_id": str(before.id), "version": 2}]
    assert register.finds(q="costa") == [str(before.id)]
    assert register.finds(q="silva") == []


def test_who_read_an_older_version_is_refused(register: Register):
    before = register.service.create_profile(ana_as_entered())
    change(register, before, given_name="Anabela")
    with pytest.raises(ProfileHasChanged):
        change(register, before, given_name="Anita")
    assert register.reads(before.id).given_name == "Anabela"


def test_of_those_who_change_a_card_at_once_one_wins(register: Register):
    before = register.service.create_profile(ana_as_entered())

    def attempt(number: int) -> bool:
        try:
            change(register, before, given_name=f"Ana {number}")
        except ProfileHasChanged:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(attempt, range(8))) == 1
    assert register.reads(before.id).version == 2


def test_a_change_that_changes_nothing_is_none(register: Register):
    before = register.service.create_profile(ana_as_entered())
    after = change(register, before, given_name=" Ana ", emails=before.emails)
    assert after == before
    assert register.announced("profile.changed.v1") == []


def test_do_not_book_is_announced_when_it_comes_and_when_it_goes(register: Register):
    ana = register.service.create_profile(ana_as_entered())
    ana = change(register, ana, level="Do Not Book")
    assert ana.do_not_book
    ana = change(register, ana, clear=("level",))
    assert not register.reads(ana.id).do_not_book
    said = [(e["version"], e["level"], e["do_not_book"]) for e in register.announced("level.changed.v1")]
    assert said == [(2, "Do Not Book", True), (3, None, False)]


# ── notes ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_notes_are_read_with_the_profile_pinned_ones_first(register: Register, context):
    ana = register.service.create_profile(ana_as_entered())
    token = contexts.current.set(context)
    try:
        kept = register.service.add_note(AddNote(profile_id=ana.id, text="Allergic to nuts.", pinned=True))
    finally:
        contexts.current.reset(token)
    register.service.add_note(AddNote(profile_id=ana.id, text="Came by train."))
    read = register.reads(ana.id)
    assert read.notes[0] == kept
    assert [(n.text, n.pinned) for n in read.notes] == [("Allergic to nuts.", True), ("Came by train.", False)]
    assert kept.author == "staff:ines"
    assert [e["version"] for e in register.announced("profile.changed.v1")] == [2, 3] == [2, read.version]


# ── finding ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_part_of_a_name_finds_whatever_its_accents_and_case(register: Register):
    jose = enter(register, "José", "Gonçalves")
    enter(register, "Ana", "Silva")
    for q in ("jose", "JOSÉ", "gonc", "nçal", "goncalves jose", "  josé   g "):
        assert register.finds(q=q) == [jose], q


def test_every_word_must_be_found(register: Register):
    enter(register, "Ana", "Silva")
    assert register.finds(q="ana costa") == []
    assert register.finds(q="?!") == []


def test_whole_names_come_before_parts(register: Register):
    mariana = enter(register, "Mariana", "Lopes")
    anabela = enter(register, "Anabela", "Lopes")
    ana_maria = enter(register, "Ana Maria", "Zink")
    ana = enter(register, "Ana", "")
    assert register.finds(q="ana") == [ana, ana_maria, anabela, mariana]


def test_signs_that_mean_something_to_sql_are_only_signs(register: Register):
    enter(register, "Ana", "Silva")
    for q in ("%", "_na", "a%z", "\\", "'"):
        assert register.finds(q=q) == [], q


def test_an_address_finds_exactly(register: Register):
    ana = str(register.service.create_profile(ana_as_entered()).id)
    assert register.finds(email="ANA.silva@sapo.PT") == [ana]
    assert register.finds(phone="912345678", country="PT") == [ana]
    assert register.finds(phone=ANAS_PHONE, email=ANAS_MAIL, q="silv") == [ana]
    assert register.finds(email="ana@sapo.pt") == register.finds(email="n/a") == []
    assert register.finds(phone=ANAS_PHONE, email="other@sapo.pt") == []


def test_an_impossible_question_is_refused_with_its_place(register: Register):
    for wanted, pointer in (
        ({"phone": "912345678"}, "/phone"),
        ({"phone": ANAS_PHONE, "country": "??"}, "/country"),
        ({"limit": 0}, "/limit"),
        ({"limit": 201}, "/limit"),
        ({"cursor": "abc"}, "/cursor"),
        ({"q": "a" * 1000}, "/q"),
        ({"ids": tuple(UUID(int=n) for n in range(201))}, "/ids"),
    ):
        with pytest.raises(Invalid) as refused:
            register.service.find_profiles(FindProfiles(**wanted))
        assert [problem.pointer for problem in refused.value.errors] == [pointer]


def test_pages_follow_one_another_without_gap_or_repetition(register: Register):
    everybody = [enter(register, given, "Silva") for given in ("Ana", "Bea", "Cleo", "Dina", "Eva", "Ana", "Ana")]
    for wanted in ({"q": "silva"}, {"q": "an"}, {}):
        whole = register.finds(**wanted)
        assert set(whole) <= set(everybody)
        paged, cursor = [], None
        while True:
            page = register.service.find_profiles(FindProfiles(**wanted, limit=2, cursor=cursor))
            paged += [str(profile.id) for profile in page.items]
            if not (cursor := page.next):
                break
        assert paged == whole


def test_a_list_without_a_question_is_in_the_order_of_names(register: Register):
    zoe, ana = enter(register, "Zoé", "Lima"), enter(register, "Ana", "Lima")
    assert register.finds() == [ana, zoe]


def test_several_are_read_at_once_in_the_order_asked_for(register: Register):
    zoe, ana = enter(register, "Zoé", "Lima"), enter(register, "Ana", "Lima")
    assert register.finds(ids=(UUID(zoe), uuid4(), UUID(ana), UUID(zoe))) == [zoe, ana]
