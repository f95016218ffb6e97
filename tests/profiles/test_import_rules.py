"""What the house needs on a card is needed of rows of files, too: as if each were entered by hand."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from services.contracts.profiles import (
    AddLevel,
    EntryRule,
    FieldDefinition,
    FieldRule,
    InLanguage,
    SetEntryRule,
    SetField,
)
from tests.profiles.conftest import Register
from tests.profiles.files import ANA, BRUNO, HEADER, brings, lines, report
from tests.profiles.people import ana_as_entered

WITH_VISA = (*HEADER, "field.visa")
EVERYWHERE = (FieldRule(),)


def define(register: Register, code: str, **more: Any) -> None:
    labels = (InLanguage(language="en", text=code.title()),)
    register.service.set_field(SetField(field=FieldDefinition(code=code, type="text", labels=labels, **more)))


def need(register: Register, *required: Any, **where: Any) -> None:
    rule = EntryRule(kind="person", required=required, **where)
    register.service.set_entry_rule(SetEntryRule(**vars(rule)))


def fields(register: Register, name: str) -> dict[str, Any]:
    (who,) = register.finds(q=name)
    return register.reads(UUID(who)).fields


def test_a_row_without_a_required_field_of_the_house_is_refused_and_the_others_come_in(register: Register):
    define(register, "visa", required=EVERYWHERE)
    done = brings(register, lines((*ANA, ""), (*BRUNO, "A1"), header=WITH_VISA))
    assert (done.counts.created, done.counts.refused) == (1, 1)
    assert report(register, done)[0] == (2, "refused", "field.visa")
    assert fields(register, "bruno") == {"visa": "A1"}


def test_a_file_without_the_column_of_a_required_field_brings_nobody_new(register: Register):
    define(register, "visa", required=EVERYWHERE)
    done = brings(register, lines(ANA))
    assert (done.counts.refused, register.count("profiles")) == (1, 0)


def test_what_is_required_elsewhere_is_not_asked_of_a_file(register: Register):
    define(register, "visa", required=(FieldRule(screen="check-in"),), shown_on=("check-in",))
    define(register, "tax-id", required=(FieldRule(kind="company"),))
    assert brings(register, lines(ANA)).counts.created == 1


def test_whoever_is_known_is_completed_and_not_asked_for_what_they_lack(register: Register):
    ana = register.service.create_profile(ana_as_entered())
    define(register, "visa", required=EVERYWHERE)
    need(register, "postcode")
    assert brings(register, lines(ANA)).counts.completed == 1
    assert str(register.reads(ana.id).birth_date) == ANA[4]


def test_a_new_card_has_the_defaults_of_the_house_where_the_row_says_nothing(register: Register):
    define(register, "visa", default="none", required=EVERYWHERE)
    brings(register, lines((*ANA, ""), (*BRUNO, "A1"), header=WITH_VISA))
    assert (fields(register, "ana"), fields(register, "bruno")) == ({"visa": "none"}, {"visa": "A1"})


def test_a_default_is_not_written_onto_a_card_that_is_there(register: Register):
    ana = register.service.create_profile(ana_as_entered())
    define(register, "visa", default="none")
    brings(register, lines((*ANA, ""), header=WITH_VISA))
    assert register.reads(ana.id).fields == {}


def test_a_second_row_says_what_the_first_left_to_the_default(register: Register):
    define(register, "visa", default="none")
    brings(register, lines((*ANA, ""), (*ANA, "A1"), header=WITH_VISA))
    assert fields(register, "ana") == {"visa": "A1"}


def test_a_row_without_what_the_rules_of_entry_need_is_refused_with_its_column(register: Register):
    need(register, "birth_date", "postcode")
    need(register, "phone", country="PT")
    done = brings(register, lines(("Ana", "Silva", "ana@sapo.pt", "", "", "PT")))
    assert done.counts.refused == 1
    assert report(register, done) == [(2, "refused", each) for each in ("birth_date", "postcode", "phone")]


def test_rules_of_the_country_of_the_import_hold(register: Register):
    need(register, "birth_date", country="PT")
    row = lines(("Ana", "Silva", "ana@sapo.pt", "", "", ""))
    assert brings(register, row, country="PT").counts.refused == 1
    assert brings(register, row, country="ES").counts.created == 1


@pytest.mark.parametrize("batch_rows", [1, 4])
def test_a_dry_run_refuses_what_the_import_refuses(register: Register, batch_rows: int):
    need(register, "birth_date")
    lacking = ("Ana", "Silva", "ana.silva@sapo.pt", "", "", "")
    found = lines(lacking, ANA, lacking, BRUNO)
    dry, done = (brings(register, found, dry_run=dry_run, batch_rows=batch_rows) for dry_run in (True, False))
    assert dry.counts == done.counts
    assert (done.counts.refused, done.counts.created, done.counts.known) == (1, 2, 1)
    assert report(register, dry) == report(register, done)


def test_an_imported_level_is_told_to_whoever_asks_before_booking(register: Register):
    register.service.add_level(AddLevel(code="no", name="Unwelcome", do_not_book=True))
    known = register.service.create_profile(ana_as_entered())
    brings(register, lines((*ANA, "Unwelcome"), (*BRUNO, "unwelcome"), header=(*HEADER, "Level")))
    told = {each["profile_id"]: each["do_not_book"] for each in register.announced("level.changed.v1")}
    assert told == {str(known.id): True, register.finds(q="bruno")[0]: True}
