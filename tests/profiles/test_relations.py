"""Relations between profiles, seen from both sides; on the real PostgreSQL."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import get_args
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from services.contracts.profiles import (
    AddRelation,
    CreateProfile,
    Email,
    NoSuchProfile,
    NoSuchRelation,
    NotARelation,
    ReadContactPerson,
    ReadRelations,
    Relation,
    RelationWord,
    RemoveRelation,
)
from services.kit.context import Context
from services.profiles.domain import relations as domain
from services.profiles.domain.relations import INVERSE, tie
from services.profiles.store import relations as store
from tests.profiles.conftest import Register


def person(register: Register, given: str, family: str = "Silva") -> UUID:
    address = Email(address=f"{given.lower()}.{family.lower()}@example.org")
    return register.service.create_profile(CreateProfile(given_name=given, family_name=family, emails=(address,))).id


def company(register: Register, name: str = "ACME, Lda.") -> UUID:
    return register.service.create_profile(CreateProfile(kind="company", name=name)).id


def add(register: Register, who: UUID, other: UUID, relation: RelationWord, **more) -> Relation:
    said = AddRelation(profile_id=who, other=other, relation=relation, **more)
    return register.service.add_relation(said).relation


def seen(register: Register, who: UUID) -> list[tuple[str, UUID]]:
    return [(r.relation, r.profile_id) for r in register.service.read_relations(ReadRelations(profile_id=who)).items]


def contact(register: Register, who: UUID) -> UUID | None:
    found = register.service.read_contact_person(ReadContactPerson(profile_id=who)).profile
    return found.id if found else None


def lines(register: Register, who: UUID) -> list[tuple[str, str, dict]]:
    with register.db.engine.connect() as connection:
        rows = connection.execute(
            sa.text("SELECT kind, what, facts FROM timeline WHERE profile_id = :who ORDER BY seq"), {"who": who}
        )
        return [(row.kind, row.what, row.facts) for row in rows]


# ── both ways ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("relation", [w for w in get_args(RelationWord) if w not in ("employee", "employer", "other")])
def test_what_one_is_to_the_other_the_other_is_the_inverse_of(register: Register, relation: RelationWord):
    kinds = {"agency": (person, company), "client": (company, person)}.get(relation, (person, person))
    ana, other = kinds[0](register, "Ana"), kinds[1](register, "Bruno")
    made = add(register, ana, other, relation)
    assert (made.relation, made.profile_id) == (relation, other)
    assert seen(register, ana) == [(relation, other)]
    assert seen(register, other) == [(INVERSE[relation], ana)]


@pytest.mark.parametrize("said_by", ["employee", "employer"])
def test_an_employee_has_a_function_at_the_company_whoever_says_it(register: Register, said_by):
    ana, acme = person(register, "Ana"), company(register)
    if said_by == "employee":
        add(register, ana, acme, "employer", function="Travel manager")
    else:
        add(register, acme, ana, "employee", function="Travel manager")
    (hers,) = register.service.read_relations(ReadRelations(profile_id=ana)).items
    (its,) = register.service.read_relations(ReadRelations(profile_id=acme)).items
    assert (hers.relation, hers.function, hers.name, hers.kind) == (
        "employer",
        "Travel manager",
        "ACME, Lda.",
        "company",
    )
    assert (its.relation, its.function, its.given_name, its.kind) == ("employee", "Travel manager", "Ana", "person")
    assert hers.id == its.id


def test_a_free_relation_has_a_word_for_each_side(register: Register):
    ana, zoe = person(register, "Ana"), person(register, "Zoe")
    add(register, ana, zoe, "other", label="godmother", inverse_label="godchild")
    (hers,) = register.service.read_relations(ReadRelations(profile_id=ana)).items
    (zoes,) = register.service.read_relations(ReadRelations(profile_id=zoe)).items
    assert (hers.label, zoes.label) == ("godmother", "godchild")


def test_a_free_relation_said_from_the_other_side_is_the_same(register: Register):
    ana, zoe = person(register, "Ana"), person(register, "Zoe")
    first = add(register, ana, zoe, "other", label="godmother", inverse_label="godchild")
    again = add(register, zoe, ana, "other", label="godchild", inverse_label="godmother")
    assert first.id == again.id
    assert len(seen(register, ana)) == 1


@pytest.mark.parametrize(
    ("relation", "inverse"), [("spouse", "spouse"), ("child", "parent"), ("assistant", "principal")]
)
def test_the_same_relation_said_again_from_either_side_is_kept_once(register: Register, relation, inverse):
    ana, bruno = person(register, "Ana"), person(register, "Bruno")
    first = add(register, ana, bruno, relation)
    assert add(register, ana, bruno, relation).id == first.id
    assert add(register, bruno, ana, inverse).id == first.id
    assert len(lines(register, ana)) == len(lines(register, bruno)) == 1


def test_two_may_be_related_in_several_ways(register: Register):
    ana, bruno = person(register, "Ana"), person(register, "Bruno")
    add(register, ana, bruno, "spouse")
    add(register, ana, bruno, "companion")
    assert {relation for relation, _ in seen(register, ana)} == {"spouse", "companion"}


def test_a_relation_is_removed_from_both_sides_and_once(register: Register):
    ana, bruno = person(register, "Ana"), person(register, "Bruno")
    made = add(register, ana, bruno, "spouse")
    register.service.remove_relation(RemoveRelation(profile_id=bruno, relation_id=made.id))
    assert seen(register, ana) == seen(register, bruno) == []
    with pytest.raises(NoSuchRelation):
        register.service.remove_relation(RemoveRelation(profile_id=bruno, relation_id=made.id))


def test_nobody_removes_a_relation_of_others(register: Register):
    ana, bruno, carla = (person(register, name) for name in ("Ana", "Bruno", "Carla"))
    made = add(register, ana, bruno, "spouse")
    with pytest.raises(NoSuchRelation):
        register.service.remove_relation(RemoveRelation(profile_id=carla, relation_id=made.id))
    assert len(seen(register, ana)) == 1


def test_it_stands_on_both_time_lines_without_names(register: Register):
    ana, bruno = person(register, "Ana"), person(register, "Bruno")
    made = add(register, ana, bruno, "child")
    register.service.remove_relation(RemoveRelation(profile_id=ana, relation_id=made.id))
    assert lines(register, ana) == [
        ("change", "relation.added", {"relation": "child", "profile_id": str(bruno)}),
        ("change", "relation.removed", {"relation": "child", "profile_id": str(bruno)}),
    ]
    assert lines(register, bruno)[0][2] == {"relation": "parent", "profile_id": str(ana)}


def test_saying_it_at_once_from_both_sides_keeps_it_once(register: Register):
    ana, bruno = person(register, "Ana"), person(register, "Bruno")
    pairs = [(ana, bruno), (bruno, ana)] * 4
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda pair: add(register, *pair, "spouse").id, pairs))
    assert len(set(made)) == 1
    assert len(seen(register, ana)) == 1


# ── what is refused ──────────────────────────────────────────────────────────────────────────────────────────────────


def refused(register: Register, who: UUID, other: UUID, relation: RelationWord, **more) -> list[str]:
    with pytest.raises(NotARelation) as fault:
        add(register, who, other, relation, **more)
    return [each.pointer for each in fault.value.errors]


def test_nobody_is_related_to_themselves(register: Register):
    ana = person(register, "Ana")
    assert refused(register, ana, ana, "sibling") == ["/profile_id"]


def test_who_is_not_there_is_refused_on_either_side(register: Register):
    ana = person(register, "Ana")
    assert refused(register, ana, uuid4(), "sibling") == ["/profile_id"]
    with pytest.raises(NoSuchProfile):
        add(register, uuid4(), ana, "sibling")
    with pytest.raises(NoSuchProfile):
        register.service.read_relations(ReadRelations(profile_id=uuid4()))


def test_nobody_is_related_to_a_retired_profile_and_its_own_are_its_survivors(register: Register):
    ana, old, bruno = (person(register, name) for name in ("Ana", "Anna", "Bruno"))
    with register.db.engine.begin() as connection:
        connection.execute(sa.text("UPDATE profiles SET merged_into = :a WHERE id = :o"), {"a": ana, "o": old})
    assert refused(register, bruno, old, "spouse") == ["/profile_id"]
    add(register, old, bruno, "spouse")
    assert seen(register, old) == seen(register, ana) == [("spouse", bruno)]


@pytest.mark.parametrize("relation", ["parent", "child", "spouse", "sibling", "companion", "assistant", "client"])
def test_a_company_has_no_family_and_no_clients_of_its_kind(register: Register, relation: RelationWord):
    ana, acme = person(register, "Ana"), company(register)
    assert refused(register, ana, acme, relation) == ["/relation"]


def test_a_company_is_not_employed_and_a_person_employs_nobody(register: Register):
    ana, bruno, acme = person(register, "Ana"), person(register, "Bruno"), company(register)
    assert refused(register, ana, bruno, "employer") == ["/relation"]
    assert refused(register, ana, acme, "employee") == ["/relation"]


@pytest.mark.parametrize("relation", ["parent", "assistant"])
def test_nobody_is_their_childs_child(register: Register, relation: RelationWord):
    ana, bruno = person(register, "Ana"), person(register, "Bruno")
    add(register, ana, bruno, relation)
    assert refused(register, bruno, ana, relation) == ["/relation"]


@pytest.mark.parametrize(
    ("relation", "more", "pointers"),
    [
        ("other", {}, ["/label"]),
        ("other", {"label": "  "}, ["/label"]),
        ("other", {"label": "a" * 61}, ["/label"]),
        ("other", {"label": "god\u202emother"}, ["/label"]),
        ("spouse", {"label": "wife"}, ["/label"]),
        ("spouse", {"function": "Wife"}, ["/function"]),
        ("spouse", {"contact": True}, ["/contact"]),
        ("employer", {"function": "x" * 10_000}, ["/function"]),
        ("employer", {"function": "\x00"}, ["/function"]),
    ],
)
def test_words_have_their_place_and_their_bounds(relation, more, pointers):
    with pytest.raises(NotARelation) as fault:
        tie(AddRelation(profile_id=uuid4(), other=uuid4(), relation=relation, **more))
    assert [each.pointer for each in fault.value.errors] == pointers


def test_nobody_has_relations_without_end(register: Register, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("services.profiles.doors.relations.MOST", 2)
    ana, bruno, carla, dora = (person(register, name) for name in ("Ana", "Bruno", "Carla", "Dora"))
    add(register, ana, bruno, "sibling")
    add(register, ana, carla, "sibling")
    assert refused(register, dora, ana, "sibling") == [""]
    assert domain.MOST == 500


# ── whom a company wants written to ──────────────────────────────────────────────────────────────────────────────────


def test_a_company_without_a_contact_names_nobody(register: Register):
    ana, acme = person(register, "Ana"), company(register)
    add(register, acme, ana, "employee")
    assert contact(register, acme) is None


def test_a_new_contact_takes_the_place_of_the_old_one(register: Register):
    ana, bruno, acme = person(register, "Ana"), person(register, "Bruno"), company(register)
    add(register, acme, ana, "employee", contact=True)
    assert contact(register, acme) == ana
    add(register, acme, bruno, "employee")
    assert contact(register, acme) == ana
    add(register, bruno, acme, "employer", contact=True)
    assert contact(register, acme) == bruno


def test_the_contact_stays_where_only_the_function_is_said(register: Register):
    ana, acme = person(register, "Ana"), company(register)
    add(register, acme, ana, "employee", contact=True)
    after = add(register, acme, ana, "employee", function="Secretary")
    assert (after.contact, after.function) == (True, "Secretary")
    assert add(register, acme, ana, "employee", function="").function is None
    assert add(register, acme, ana, "employee", contact=False).contact is False
    assert contact(register, acme) is None


def test_of_many_who_become_the_contact_at_once_one_is(register: Register):
    acme = company(register)
    people = [person(register, name) for name in ("Ana", "Bruno", "Carla", "Dora", "Eva", "Fritz")]
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda who: add(register, acme, who, "employee", contact=True), people))
    found = register.service.read_relations(ReadRelations(profile_id=acme)).items
    assert [each.contact for each in found].count(True) == 1


# ── a profile that is merged into another ────────────────────────────────────────────────────────────────────────────


def test_relations_go_with_a_profile_that_turns_out_to_be_another(register: Register):
    ana, old, bruno, acme = (*(person(register, name) for name in ("Ana", "Anna", "Bruno")), company(register))
    add(register, ana, bruno, "spouse")
    add(register, old, bruno, "spouse")
    add(register, old, ana, "sibling")
    add(register, acme, old, "employee", contact=True)
    register.db.writing(Context(), lambda tx: store.hand_over(tx, old, ana))
    assert seen(register, old) == []
    assert set(seen(register, ana)) == {("spouse", bruno), ("employer", acme)}
    assert contact(register, acme) == ana


def test_who_worked_there_under_both_names_stays_the_contact(register: Register):
    ana, old, acme = person(register, "Ana"), person(register, "Anna"), company(register)
    add(register, acme, old, "employee", contact=True)
    add(register, acme, ana, "employee", function="Travel manager")
    register.db.writing(Context(), lambda tx: store.hand_over(tx, old, ana))
    assert contact(register, acme) == ana
    assert len(seen(register, acme)) == 1


def test_two_companies_that_are_one_have_one_contact(register: Register):
    ana, bruno = person(register, "Ana"), person(register, "Bruno")
    acme, twin = company(register), company(register, "Globex")
    add(register, acme, ana, "employee", contact=True)
    add(register, twin, bruno, "employee", contact=True)
    register.db.writing(Context(), lambda tx: store.hand_over(tx, twin, acme))
    assert contact(register, acme) == ana
    assert len(seen(register, acme)) == 2
