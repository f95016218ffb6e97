"""The house's own fields: defined, filled, required, changed and retired; on the real PostgreSQL."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, get_args
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.contracts.profiles import (
    ChangeProfile,
    CreateProfile,
    FieldDefinition,
    FieldExists,
    FieldHasChanged,
    FieldRule,
    FieldType,
    NoSuchField,
    NotAField,
    NotAProfile,
    PreviewField,
    ReadField,
    ReadFields,
    ReadFieldValues,
    SetField,
)
from services.kit.refusal import Invalid
from services.profiles.domain.field_values import Kept, shown
from services.profiles.domain.field_values import told as told_of
from tests.profiles.callers import speaking_as
from tests.profiles.conftest import Register
from tests.profiles.files import brings, lines, report
from tests.profiles.own_fields import (
    LISBON,
    PASSPORT,
    PORTO,
    define,
    fill,
    label,
    options,
    redefine,
    refused,
    rows,
    told,
    values,
)
from tests.profiles.people import ana_as_entered

pytestmark = pytest.mark.usefixtures("sealing_keys")


@pytest.fixture
def ana(register: Register) -> UUID:
    return register.service.create_profile(ana_as_entered()).id


def test_a_value_is_written_read_and_told_with_its_source(register: Register, ana):
    define(register, "newspaper")
    with speaking_as("staff:ines"):
        changed = fill(register, ana, "check-in", newspaper="Público")
    assert changed.fields == values(register, ana) == {"newspaper": "Público"}
    one = told(register, ana)["newspaper"]
    assert (one.said_by, one.source, one.said_at.date()) == ("staff:ines", "desk", datetime.now(UTC).date())
    assert register.announced("profile.changed.v1")[-1]["version"] == changed.version == 2


@pytest.mark.parametrize(
    ("type", "said", "kept"),
    [
        ("text", " Diário  de Notícias ", "Diário de Notícias"),
        ("long-text", "one\r\ntwo", "one\ntwo"),
        ("number", 43, 43),
        ("date", "2020-02-29", "2020-02-29"),
        ("boolean", False, False),
        ("country", "prt", "PT"),
        ("email", "ANA@Example.org", "ANA@example.org"),
        ("phone", "+351 912 345 678", "+351912345678"),
    ],
)
def test_each_type_has_its_one_written_form(register: Register, ana, type, said, kept):
    define(register, "field", type)
    assert fill(register, ana, field=said).fields == {"field": kept}
    assert values(register, ana) == {"field": kept}


@pytest.mark.parametrize(
    ("type", "said"),
    [
        ("text", 5), ("text", "x" * 201), ("text", "x" * 1_000_000), ("text", "a\u202eb"), ("text", "a\x00b"),
        ("text", ["a"]), ("text", {"a": 1}), ("number", "5"), ("number", True), ("number", 1.5), ("number", 1e300),
        ("number", float("inf")), ("number", 10**40), ("date", "2021-02-29"), ("date", "2021-W01-1"), ("date", 2021),
        ("boolean", "true"), ("boolean", 1), ("country", "ZZ"), ("country", "x" * 5000), ("email", "ana@"),
        ("phone", "12"), ("phone", "+351 999 999 999 999 999"), ("choice", "c"), ("choice", ["a"]), ("choices", "a"),
        ("choices", ["a", "a"]), ("choices", [1]), ("choices", ["a"] * 5000),
    ],
)  # fmt: skip
def test_what_is_no_value_of_the_type_is_refused_with_its_pointer(register: Register, ana, type, said):
    define(register, "field", type, options=options("a", "b") if type.startswith("choice") else ())
    assert refused(register, ana, field=said) == {"/fields/field"}
    assert values(register, ana) == {}
    assert register.reads(ana).version == 1


def test_an_unknown_field_is_refused_and_its_name_escaped(register: Register, ana):
    with pytest.raises(NotAProfile) as caught:
        register.service.change_profile(ChangeProfile(profile_id=ana, version=1, fields={"a/b~\u202e" + "x" * 100: 1}))
    assert [fault.pointer for fault in caught.value.errors] == ["/fields/a~1b~0?" + "x" * 55]


def test_bounds_hold(register: Register, ana):
    define(register, "shoes", "number", least="15", most="60", decimals=1)
    define(register, "plate", pattern=r"[A-Z]{2}-\d{2}-[A-Z]{2}")
    define(register, "since", "date", least="2000-01-01")
    fill(register, ana, shoes=43.5, plate="AA-12-BB", since="2020-05-01")
    said = {"shoes": 61, "plate": "aa-12-bb", "since": "1999-12-31"}
    assert refused(register, ana, **said) == {"/fields/shoes", "/fields/plate", "/fields/since"}
    assert refused(register, ana, shoes=43.25) == {"/fields/shoes"}


def test_null_empties_and_an_empty_text_does_too(register: Register, ana):
    define(register, "newspaper")
    fill(register, ana, newspaper="Público")
    assert fill(register, ana, newspaper=None).fields == {}
    fill(register, ana, newspaper="Público")
    assert fill(register, ana, newspaper="  ").fields == {}


def test_the_same_again_changes_nothing(register: Register, ana):
    define(register, "newspaper")
    define(register, "card", masked=True)
    version = fill(register, ana, newspaper="Público", card=PASSPORT).version
    assert fill(register, ana, newspaper=" Público ", card="•••6543").version == version
    assert told(register, ana)["card"].value == "•••6543"


def test_the_time_line_says_which_fields_and_never_what(register: Register, ana):
    define(register, "newspaper")
    fill(register, ana, newspaper="Canary")
    assert rows(register, "SELECT facts FROM timeline WHERE what = 'profile.changed'")[-1].facts == {
        "fields": ["fields.newspaper"]
    }
    lines = rows(register, "SELECT CAST(t AS text) FROM timeline t")
    assert "Canary" not in "".join(row[0] for row in lines) + str(register.everything_announced())


def test_a_default_is_given_to_new_cards_it_is_for(register: Register):
    define(register, "newspaper", default="Público")
    define(register, "seats", "number", default="2", kinds=("company",))
    made = register.service.create_profile(ana_as_entered())
    assert made.fields == {"newspaper": "Público"}
    company = register.service.create_profile(CreateProfile(kind="company", name="ACME", fields={"newspaper": None}))
    assert company.fields == {"seats": 2}


def test_what_everybody_needs_is_asked_for_by_every_write(register: Register):
    define(register, "newspaper", required=(FieldRule(kind="person"),))
    with pytest.raises(NotAProfile) as caught:
        register.service.create_profile(ana_as_entered())
    assert [fault.pointer for fault in caught.value.errors] == ["/fields/newspaper"]
    register.service.create_profile(replace(ana_as_entered(), fields={"newspaper": "Público"}))
    register.service.create_profile(CreateProfile(kind="company", name="ACME"))


def test_what_a_card_lacked_before_does_not_keep_anybody_from_changing_it(register: Register, ana):
    define(register, "newspaper", required=(FieldRule(),))
    define(register, "other")
    fill(register, ana, other="x")
    fill(register, ana, newspaper="Público")
    assert refused(register, ana, newspaper=None) == {"/fields/newspaper"}


def test_a_screen_asks_for_what_it_needs_by_country_and_property(register: Register, ana):
    define(register, "visa", shown_on=("check-in",), required=(FieldRule(screen="check-in", country="BR"),))
    define(register, "plate", shown_on=("check-in",), required=(FieldRule(screen="check-in", property_id=LISBON),))
    fill(register, ana, "check-in")
    fill(register, ana, "entry")
    with pytest.raises(NotAProfile) as caught:
        register.service.change_profile(
            ChangeProfile(profile_id=ana, version=1, screen="check-in", country="BR", property_id=LISBON)
        )
    assert {fault.pointer for fault in caught.value.errors} == {"/fields/visa", "/fields/plate"}
    asked = ReadFieldValues(profile_id=ana, screen="check-in", country="BR", property_id=PORTO)
    assert register.service.read_field_values(asked).missing == ("visa",)


def test_fields_are_listed_for_who_asks(register: Register):
    define(register, "a", property_id=LISBON, shown_on=("check-in",), required=(FieldRule(screen="check-in"),))
    define(register, "b", countries=("PT",), position=-0)
    define(register, "c", kinds=("company",), position=1)

    def codes(**wanted: Any) -> list[str]:
        return [each.code for each in register.service.read_fields(ReadFields(**wanted)).items]

    assert codes() == ["a", "b", "c"]
    assert codes(kind="person") == ["a", "b"]
    assert codes(country="ES") == ["a", "c"]
    assert codes(property_id=PORTO) == ["b", "c"]
    assert codes(place="check-in") == ["a"]
    here = register.service.read_fields(ReadFields(kind="person", place="check-in", property_id=LISBON))
    assert here.required == ("a",)
    with speaking_as("key:porto", houses=(PORTO,)):
        assert codes() == ["b", "c"]


def test_a_field_of_one_house_is_nothing_to_another(register: Register, ana):
    define(register, "locker", property_id=LISBON)
    with speaking_as("key:lisbon", houses=(LISBON,)):
        fill(register, ana, locker="12")
    with speaking_as("key:porto", houses=(PORTO,)):
        assert values(register, ana) == {}
        assert told(register, ana) == {}
        assert refused(register, ana, locker="13") == {"/fields/locker"}
        with pytest.raises(NoSuchField):
            register.service.read_field(ReadField(code="locker"))
    with speaking_as("key:lisbon", houses=(LISBON,)):
        assert values(register, ana) == {"locker": "12"}


def test_a_retired_field_keeps_its_values_and_takes_no_more(register: Register, ana):
    define(register, "newspaper")
    fill(register, ana, newspaper="Público")
    redefine(register, "newspaper", retired=True)
    assert values(register, ana) == {"newspaper": "Público"}
    assert told(register, ana)["newspaper"].retired
    assert refused(register, ana, newspaper="Expresso") == {"/fields/newspaper"}
    assert register.service.read_fields(ReadFields()).items == ()
    assert fill(register, ana, newspaper=None).fields == {}


def test_an_option_that_is_left_out_is_retired_and_who_has_it_keeps_it(register: Register, ana):
    define(register, "sports", "choices", options=options("golf", "tennis"))
    fill(register, ana, sports=["golf", "tennis"])
    redefine(register, "sports", options=options("tennis", "surf"))
    assert values(register, ana) == {"sports": ["golf", "tennis"]}
    assert told(register, ana)["sports"].retired_options == ("golf",)
    assert fill(register, ana, sports=["golf", "surf"]).fields == {"sports": ["surf", "golf"]}
    fill(register, ana, sports=["surf"])
    assert refused(register, ana, sports=["golf"]) == {"/fields/sports"}


def test_another_type_converts_what_it_can_and_loses_nothing(register: Register, ana):
    define(register, "floor")
    define(register, "sport", "choice", options=options("golf", "tennis"))
    ben = register.service.create_profile(CreateProfile(kind="company", name="ACME", fields={"floor": "the third"})).id
    fill(register, ana, floor="3", sport="golf")
    redefine(register, "floor", type="number")
    redefine(register, "sport", type="choices")
    assert values(register, ana) == {"floor": 3, "sport": ["golf"]}
    assert (told(register, ben)["floor"].value, told(register, ben)["floor"].as_stored) == ("the third", True)
    register.service.keep_fields_anew()
    assert values(register, ben) == {"floor": "the third"}
    redefine(register, "floor", type="text")
    assert values(register, ana)["floor"] == "3"
    assert not told(register, ben)["floor"].as_stored


@given(
    st.sampled_from(get_args(FieldType)),
    st.sampled_from(get_args(FieldType)),
    st.one_of(
        st.text(max_size=300), st.integers(), st.floats(allow_nan=False), st.booleans(), st.lists(st.text(max_size=5)),
        st.from_regex(r"-?[0-9]{1,20}(e-?[0-9]{1,9})?", fullmatch=True), st.dates().map(str),
    ),
)  # fmt: skip
def test_whatever_is_stored_is_shown_as_any_type(was, now_is, value):
    made = FieldDefinition(code="x", type=now_is, labels=label("X"), options=options("a", "b"))
    kept = Kept(made, was, value, "desk", "staff:ines", datetime.now(UTC))
    seen, as_stored = shown(kept)
    assert not as_stored or seen is value
    assert told_of(kept).value == seen


def test_a_preview_says_what_would_become_of_the_values(register: Register):
    define(register, "floor")
    for n, floor in enumerate(("1", "2", "99", "attic")):
        company = CreateProfile(kind="company", name=f"{'abcd'[n] * 5} Hotels", fields={"floor": floor})
        register.service.create_profile(company)
    present = register.service.read_field(ReadField(code="floor"))
    seen = register.service.preview_field(PreviewField(field=replace(present, type="number", most="10")))
    assert (seen.values, seen.looked_at, seen.fit, seen.out_of_bounds, seen.as_stored) == (4, 4, 2, 1, 1)
    assert register.service.read_field(ReadField(code="floor")) == present


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"labels": ()}, "/labels"),
        ({"code": "A B"}, "/code"),
        ({"type": "choice"}, "/options"),
        ({"options": options("a")}, "/options"),
        ({"pattern": "(a+)+"}, "/pattern"),
        ({"type": "number", "least": "5", "most": "4"}, "/least"),
        ({"type": "number", "least": "nan"}, "/least"),
        ({"type": "number", "least": "1e999999999"}, "/least"),
        ({"least": "5"}, "/least"),
        ({"type": "date", "least": "soon"}, "/least"),
        ({"shortest": 300}, "/shortest"),
        ({"decimals": 2}, "/decimals"),
        ({"retention_months": 0}, "/retention_months"),
        ({"countries": ("XX",)}, "/countries/0"),
        ({"type": "number", "default": "many"}, "/default"),
        ({"type": "long-text", "searchable": True}, "/searchable"),
        ({"required": (FieldRule(screen="check-in"),)}, "/required/0/screen"),
        ({"required": (FieldRule(),), "shown_on": ("card",)}, "/required"),
    ],
)
def test_what_is_no_definition_is_refused(register: Register, changes, pointer):
    said = FieldDefinition(**{"code": "field", "type": "text", "labels": label("Field"), **changes})
    with pytest.raises(NotAField) as caught:
        register.service.set_field(SetField(field=said))
    assert pointer in {fault.pointer for fault in caught.value.errors}


def test_a_definition_that_changes_is_announced_and_one_that_stays_is_not(register: Register):
    define(register, "newspaper")
    redefine(register, "newspaper", masked=True)
    redefine(register, "newspaper")
    announced = register.announced("field.changed.v1")
    assert announced == [{"code": "newspaper", "version": 1}, {"code": "newspaper", "version": 2}]


def test_a_field_stays_with_its_property(register: Register):
    define(register, "locker", property_id=LISBON)
    with pytest.raises(NotAField):
        redefine(register, "locker", property_id=None)


def test_of_two_who_change_a_field_at_once_one_is_told(register: Register):
    present = define(register, "newspaper")

    def change(position: int) -> str:
        try:
            register.service.set_field(SetField(field=replace(present, position=position)))
        except FieldHasChanged:
            return "told"
        return "changed"

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(change, (1, 2, 3, 4))) == ["changed", "told", "told", "told"]


def test_of_two_who_make_a_field_at_once_one_is_told(register: Register):
    def make(_: int) -> str:
        try:
            define(register, "newspaper")
        except FieldExists:
            return "told"
        return "made"

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(make, range(4))) == ["made", "told", "told", "told"]


def test_a_file_fills_fields_that_are_empty_and_refuses_rows_with_what_they_cannot_hold(register: Register):
    define(register, "sport", "choice", options=options("golf", "tennis"))
    define(register, "passport", encrypted=True)
    header = ("Vorname", "Nachname", "E-Mail", "field.sport", "field.passport")
    done = brings(
        register,
        lines(
            ("Ana", "Silva", "ana@sapo.pt", "Golf", PASSPORT),
            ("Bruno", "Costa", "bruno@sapo.pt", "chess", ""),
            header=header,
        ),
    )
    assert (done.counts.created, done.counts.refused) == (1, 1)
    assert report(register, done)[-1] == (3, "refused", "field.sport")
    (who,) = register.finds(q="ana")
    assert values(register, UUID(who)) == {"sport": "golf", "passport": "•••6543"}
    assert {each.source for each in told(register, UUID(who)).values()} == {"import"}
    fill(register, UUID(who), passport=None)
    again = lines(("Ana", "Silva", "ana@sapo.pt", "tennis", "AB1234567"), header=header)
    assert brings(register, again).counts.completed == 1
    assert values(register, UUID(who)) == {"sport": "golf", "passport": "•••4567"}
    assert register.announced("profile.changed.v1")[-1]["version"] == register.reads(who).version


def test_a_column_of_a_field_that_there_is_not_refuses_its_rows(register: Register):
    header = ("Vorname", "Nachname", "field.sport")
    assert brings(register, lines(("Ana", "Silva", "golf"), header=header)).counts.refused == 1


def test_a_value_of_no_field_breaks_nothing_on_the_wire(register: Register):
    with pytest.raises(Invalid):
        register.service.create_profile(CreateProfile(kind="company", name="ACME", fields={"x": {"y": [None]}}))
