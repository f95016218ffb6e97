"""Preferences: structured and free, said, observed and derived, sensitive ones; on the real PostgreSQL."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from services.contracts.profiles import (
    AddPreference,
    ChangePreference,
    EndPreference,
    InLanguage,
    LookAtPreferences,
    NoSuchPreference,
    NoSuchProfile,
    NotAPreference,
    NotAPreferenceKind,
    Preference,
    PreferenceHasChanged,
    PreferenceHasEnded,
    PreferenceKind,
    PreferenceKindHasChanged,
    PreferenceOption,
    ReadPreference,
    ReadPreferenceKind,
    ReadPreferenceKinds,
    ReadPreferences,
    SetPreferenceKind,
)
from services.kit.scope import NotYourProperty
from tests.profiles.callers import speaking_as
from tests.profiles.conftest import Register
from tests.profiles.people import ana_as_entered

LISBON, PORTO = uuid4(), uuid4()


@pytest.fixture
def ana(register: Register) -> UUID:
    return register.service.create_profile(ana_as_entered()).id


def add(register: Register, ana: UUID, kind: str | None = "floor", option: str | None = "high", **other) -> Preference:
    return register.service.add_preference(AddPreference(profile_id=ana, kind=kind, option=option, **other))


def listed(register: Register, ana: UUID, **wanted) -> dict[UUID, Preference]:
    found = register.service.read_preferences(ReadPreferences(profile_id=ana, **wanted)).items
    return {each.id: each for each in found}


def facts(register: Register) -> list[tuple]:
    with register.db.engine.connect() as connection:
        query = "SELECT what, actor, facts FROM timeline WHERE kind = 'preference' ORDER BY seq"
        return [tuple(row) for row in connection.exec_driver_sql(query)]


def test_what_was_said_is_read_again_and_stands_on_the_card(register: Register, ana):
    with speaking_as("staff:ines"):
        high = add(register, ana, text="Above the fifth", since=date(2025, 1, 1), property_id=LISBON)
    assert (high.recorded_by, high.since, high.source, high.in_effect) == ("staff:ines", date(2025, 1, 1), "said", True)
    assert listed(register, ana) == {high.id: high}
    card = register.reads(ana)
    assert [(each.id, each.option) for each in card.preferences] == [(high.id, "high")]
    assert card.version == 2
    assert register.announced("profile.changed.v1")[-1]["version"] == 2


def test_a_free_one_is_a_text(register: Register, ana):
    free = add(register, ana, None, None, text="The chair by the window")
    assert (free.kind, free.text) == (None, "The chair by the window")
    assert listed(register, ana)[free.id].in_effect


def test_what_was_said_is_in_effect_before_what_was_derived_in_either_order(register: Register, ana):
    derived = add(register, ana, option="low", source="derived")
    assert derived.in_effect
    said = add(register, ana, option="high")
    again = add(register, ana, option="ground", source="derived")
    found = listed(register, ana)
    assert found[said.id].in_effect
    assert (found[again.id].in_effect, found[again.id].outdone_by) == (False, said.id)
    assert derived.id not in found  # the newer derived one took its place
    assert [each.id for each in register.reads(ana).preferences] == [said.id]


def test_what_was_derived_is_in_effect_again_when_what_was_said_ends(register: Register, ana):
    derived, said = add(register, ana, option="low", source="derived"), add(register, ana, option="high")
    register.service.end_preference(EndPreference(preference_id=said.id))
    assert listed(register, ana)[derived.id].in_effect
    assert set(listed(register, ana, ended=True)) == {derived.id, said.id}


def test_of_what_there_can_be_one_of_the_newer_said_one_takes_the_place(register: Register, ana):
    low, high = add(register, ana, option="low"), add(register, ana, option="high")
    assert set(listed(register, ana)) == {high.id}
    assert listed(register, ana, ended=True)[low.id].ended_at is not None


def test_of_what_there_can_be_several_all_stay(register: Register, ana):
    golf, spa = add(register, ana, "activities", "golf"), add(register, ana, "activities", "spa", source="observed")
    assert all(each.in_effect for each in listed(register, ana).values())
    assert set(listed(register, ana)) == {golf.id, spa.id}


def test_what_one_house_was_told_does_not_outdo_what_holds_everywhere(register: Register, ana):
    derived = add(register, ana, option="low", source="derived")
    add(register, ana, option="high", property_id=LISBON)
    assert listed(register, ana)[derived.id].in_effect


def test_the_same_again_is_the_same(register: Register, ana):
    first = add(register, ana)
    assert add(register, ana) == first
    assert register.count("preferences") == 1
    assert register.reads(ana).version == 2


def test_those_who_say_different_things_at_once_leave_one(register: Register, ana):
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda option: add(register, ana, option=option), ("ground", "low", "high", "top")))
    assert len(listed(register, ana)) == 1
    assert len(listed(register, ana, ended=True)) == 4


def test_an_occasion_has_its_day(register: Register, ana):
    birthday = add(register, ana, "occasions", "birthday", on_date=date(1985, 6, 15))
    assert listed(register, ana)[birthday.id].on_date == date(1985, 6, 15)
    with pytest.raises(NotAPreference) as refused:
        add(register, ana, on_date=date(1985, 6, 15))
    assert [fault.pointer for fault in refused.value.errors] == ["/on_date"]


def test_sensitive_ones_are_shown_to_nobody_without_a_reason(register: Register, ana):
    nuts = add(register, ana, "allergies", "nuts", text="Carries an auto-injector")
    found = register.service.read_preferences(ReadPreferences(profile_id=ana))
    assert (found.items, found.hidden) == ((), 1)
    assert register.reads(ana).preferences == ()
    told = register.service.read_preference(ReadPreference(preference_id=nuts.id))
    assert (told.option, told.text) == (None, None)


def test_who_looks_at_sensitive_ones_and_why_is_on_the_time_line(register: Register, ana):
    nuts = add(register, ana, "allergies", "nuts")
    with speaking_as("staff:cook"):
        found = register.service.look_at_preferences(LookAtPreferences(profile_id=ana, reason="meal"))
    assert [(each.id, each.option) for each in found.items] == [(nuts.id, "nuts")]
    assert facts(register)[-1] == ("preference.looked_at", "staff:cook", {"reason": "meal"})


def test_the_time_line_says_nothing_of_what_is_sensitive(register: Register, ana):
    add(register, ana, "allergies", "nuts", text="Canary")
    add(register, ana, text="Canary")
    assert [(what, said) for what, _, said in facts(register)] == [
        ("preference.added", {"sensitive": True}),
        ("preference.added", {"kind": "floor", "source": "said"}),
    ]


def test_changing_and_ending_do_not_tell_what_is_sensitive(register: Register, ana):
    nuts = add(register, ana, "allergies", "nuts")
    said = ChangePreference(preference_id=nuts.id, version=1, option="milk")
    assert register.service.change_preference(said).option is None
    assert register.service.end_preference(EndPreference(preference_id=nuts.id)).option is None
    found = register.service.look_at_preferences(LookAtPreferences(profile_id=ana, reason="meal", ended=True))
    assert [each.option for each in found.items] == ["milk"]


def test_a_change_is_kept_with_who_made_it(register: Register, ana):
    high = add(register, ana, text="Above the fifth")
    with speaking_as("staff:rui"):
        after = register.service.change_preference(
            ChangePreference(preference_id=high.id, version=1, option="top", clear=("text",))
        )
    assert (after.option, after.text, after.version, after.changed_by) == ("top", None, 2, "staff:rui")
    with pytest.raises(PreferenceHasChanged):
        register.service.change_preference(ChangePreference(preference_id=high.id, version=1, option="low"))


def test_who_changes_what_was_derived_says_how_they_know(register: Register, ana):
    low = add(register, ana, option="low", source="derived")
    with pytest.raises(NotAPreference) as refused:
        register.service.change_preference(ChangePreference(preference_id=low.id, version=1, option="high"))
    assert [fault.pointer for fault in refused.value.errors] == ["/source"]
    said = ChangePreference(preference_id=low.id, version=1, option="high", source="said")
    assert register.service.change_preference(said).source == "said"
    with pytest.raises(NotAPreference):
        register.service.change_preference(ChangePreference(preference_id=low.id, version=2, source="derived"))


def test_what_has_ended_stays_as_it_was(register: Register, ana):
    high = add(register, ana)
    ended = register.service.end_preference(EndPreference(preference_id=high.id))
    assert register.service.end_preference(EndPreference(preference_id=high.id)) == ended
    with pytest.raises(PreferenceHasEnded):
        register.service.change_preference(ChangePreference(preference_id=high.id, version=2, option="low"))


def test_who_is_limited_to_houses_sees_and_changes_only_theirs(register: Register, ana):
    here, there = add(register, ana, property_id=LISBON), add(register, ana, property_id=PORTO)
    everywhere = add(register, ana, "bed", "twin")
    with speaking_as("key:porto", houses=(PORTO,)):
        assert set(listed(register, ana)) == {there.id, everywhere.id}
        assert {each.id for each in register.reads(ana).preferences} == {there.id, everywhere.id}
        with pytest.raises(NoSuchPreference):
            register.service.end_preference(EndPreference(preference_id=here.id))
        with pytest.raises(NotYourProperty):
            register.service.end_preference(EndPreference(preference_id=everywhere.id))
        with pytest.raises(NotYourProperty):
            add(register, ana, "bed", "king")


@pytest.mark.parametrize(
    ("said", "pointers"),
    [
        ({"kind": "floor", "option": "cellar"}, ["/option"]),
        ({"kind": "floor", "option": None}, ["/option"]),
        ({"kind": "colour", "option": "red"}, ["/kind"]),
        ({"kind": None, "option": "high"}, ["/option", "/text"]),
        ({"kind": None, "option": None}, ["/text"]),
        ({"kind": "newspaper", "option": None, "text": " "}, ["/text"]),
        ({"text": "x" * 1001}, ["/text"]),
        ({"text": "a\u202eb"}, ["/text"]),
        ({"since": datetime.now(UTC).date() + timedelta(days=2)}, ["/since"]),
        ({"kind": "occasions", "option": "birthday", "on_date": date(1, 1, 1)}, ["/on_date"]),
    ],
)
def test_what_is_no_preference_is_refused_with_its_places(register: Register, ana, said, pointers):
    with pytest.raises(NotAPreference) as refused:
        add(register, ana, **said)
    assert [fault.pointer for fault in refused.value.errors] == pointers
    assert register.count("preferences") == 0


def test_nobody_has_preferences_who_is_not_there(register: Register):
    for ask in (
        lambda: add(register, uuid4()),
        lambda: register.service.read_preferences(ReadPreferences(profile_id=uuid4())),
        lambda: register.service.look_at_preferences(LookAtPreferences(profile_id=uuid4(), reason="meal")),
    ):
        with pytest.raises(NoSuchProfile):
            ask()


# ── kinds ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def kind(register: Register, code: str = "floor") -> PreferenceKind:
    return register.service.read_preference_kind(ReadPreferenceKind(code=code))


def set_kind(register: Register, said: PreferenceKind, **other) -> PreferenceKind:
    return register.service.set_preference_kind(SetPreferenceKind(**{**vars(said), **other}))


def test_the_house_begins_with_kinds_in_six_languages(register: Register):
    kinds = {each.code: each for each in register.service.read_preference_kinds(ReadPreferenceKinds()).items}
    assert {"room-location", "floor", "bed", "pillow", "diet", "allergies", "occasions", "activities"} <= set(kinds)
    assert {"newspaper", "service-language"} <= set(kinds)
    assert [each.code for each in kinds.values() if each.sensitive] == ["allergies"]
    assert {each.language for each in kinds["pillow"].options[0].labels} == {"en", "pt", "es", "fr", "de", "it"}


def test_a_kind_of_the_house_is_used_at_once(register: Register, ana):
    tea = SetPreferenceKind(
        code="tea",
        version=0,
        labels=(InLanguage(language="en", text="Tea"),),
        options=(PreferenceOption(code="green", labels=(InLanguage(language="en", text="Green"),)),),
    )
    assert register.service.set_preference_kind(tea).version == 1
    assert add(register, ana, "tea", "green").in_effect


def test_an_option_that_is_left_out_is_retired_and_kept_where_it_was_chosen(register: Register, ana):
    high = add(register, ana)
    floor = kind(register)
    kept = tuple(option for option in floor.options if option.code != "high")
    after = set_kind(register, floor, options=kept)
    assert next(option for option in after.options if option.code == "high").retired
    assert listed(register, ana)[high.id].option == "high"
    with pytest.raises(NotAPreference):
        add(register, ana, property_id=LISBON)


def test_of_those_who_set_a_kind_at_once_one_wins(register: Register):
    floor = kind(register)

    def attempt(position: int) -> bool:
        try:
            set_kind(register, floor, position=position)
        except PreferenceKindHasChanged:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(attempt, range(1, 5))) == 1


def test_of_those_who_make_a_kind_at_once_one_wins(register: Register):
    new = PreferenceKind(code="tea", version=0, labels=(InLanguage(language="en", text="Tea"),))

    def attempt(position: int) -> bool:
        try:
            set_kind(register, new, position=position)
        except PreferenceKindHasChanged:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(attempt, range(1, 5))) == 1


def test_a_retired_kind_is_said_no_more_and_kept(register: Register, ana):
    high = add(register, ana)
    set_kind(register, kind(register), retired=True)
    assert listed(register, ana)[high.id].in_effect
    with pytest.raises(NotAPreference):
        add(register, ana, option="low")


def test_what_is_no_kind_is_refused_with_its_places(register: Register):
    label = InLanguage(language="en", text="Tea")
    option = PreferenceOption(code="green", labels=(label,))
    for said, pointers in (
        ({"code": "Tea!"}, ["/code"]),
        ({"labels": ()}, ["/labels"]),
        ({"labels": (InLanguage(language="klingon!", text="x"),)}, ["/labels/0/language"]),
        ({"labels": (label, label)}, ["/labels/1/language"]),
        ({"labels": (InLanguage(language="en", text=" "),)}, ["/labels/0/text"]),
        ({"options": (option, option)}, ["/options/1/code"]),
        ({"options": (PreferenceOption(code="green", labels=()),)}, ["/options/0/labels"]),
        ({"position": -1}, ["/position"]),
    ):
        with pytest.raises(NotAPreferenceKind) as refused:
            set_kind(register, PreferenceKind(code="tea", version=0, labels=(label,)), **said)
        assert [fault.pointer for fault in refused.value.errors] == pointers
