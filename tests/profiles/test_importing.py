from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from uuid import uuid4

import pytest

from services.contracts.profiles import (
    EndImport,
    ImportHasEnded,
    ImportRowsKept,
    KeepRows,
    NoSuchImport,
    NotImportable,
    ReadImport,
    ReadImportReport,
)
from tests.profiles.conftest import Register
from tests.profiles.files import ANA, BRUNO, HEADER, begin, brings, lines, parsed, report, send
from tests.profiles.people import ana_as_entered


def counts(done) -> dict[str, int]:
    return {name: count for name, count in asdict(done.counts).items() if count}


def test_whoever_is_new_is_written_with_what_the_row_says(register: Register):
    done = brings(register, lines(ANA))
    assert (done.state, counts(done)) == ("done", {"rows": 1, "created": 1})
    (found,) = register.finds(q="ana silva")
    ana = register.reads(found)
    assert (ana.emails[0].address, ana.phones[0].number, str(ana.birth_date)) == (ANA[2], ANA[3], ANA[4])
    assert ana.emails[0].source == "import"
    assert ana.stage == "lead"


def test_names_are_brought_to_their_proper_case(register: Register):
    brings(register, lines(("ANNA MARIA", "VAN DER BERG", "a@example.nl", "", "", "NL")))
    (found,) = register.finds(q="berg")
    assert (register.reads(found).given_name, register.reads(found).family_name) == ("Anna Maria", "van der Berg")


def test_a_guest_who_is_known_for_certain_is_completed(register: Register):
    ana = register.service.create_profile(ana_as_entered())
    done = brings(register, lines(ANA))
    assert counts(done) == {"rows": 1, "completed": 1}
    assert str(register.reads(ana.id).birth_date) == ANA[4]
    assert register.count("profiles") == 1


def test_nothing_that_is_on_a_card_is_overwritten(register: Register):
    ana = register.service.create_profile(ana_as_entered())
    brings(register, lines(("Ana", "Silva", "ANA.SILVA@sapo.pt", "912345678", "", "PT")), country="PT")
    assert register.reads(ana.id).phones == ana.phones


def test_a_file_that_says_nothing_new_changes_nothing(register: Register):
    brings(register, lines(ANA, BRUNO))
    before = [register.reads(each) for each in register.finds(q="")]
    done = brings(register, lines(ANA, BRUNO))
    assert counts(done) == {"rows": 2, "known": 2}
    assert [register.reads(each) for each in register.finds(q="")] == before


def test_who_may_be_somebody_known_is_a_new_card_for_review(register: Register):
    register.service.create_profile(ana_as_entered())
    done = brings(register, lines(("", "Silva", "ana.silva@sapo.pt", "", "", "")))
    assert counts(done) == {"rows": 1, "review": 1}
    assert register.count("profiles") == 2


def test_somebody_who_stands_twice_in_the_file_is_one_profile(register: Register):
    done = brings(register, lines(ANA, BRUNO, ("Ana", "Silva", "ana.silva@sapo.pt", "", "", "")))
    assert counts(done) == {"rows": 3, "created": 2, "known": 1, "repeated": 1}


def test_somebody_who_stands_in_two_batches_is_one_profile(register: Register):
    done = brings(register, lines(ANA, BRUNO, ANA), batch_rows=1)
    assert counts(done) == {"rows": 3, "created": 2, "known": 1, "repeated": 1}


@pytest.mark.parametrize("batch_rows", [1, 2, 3])
def test_a_dry_run_writes_nobody_and_says_what_would_become_of_the_rows(register: Register, batch_rows: int):
    register.service.create_profile(ana_as_entered())
    done = brings(register, lines(ANA, BRUNO, BRUNO), dry_run=True, batch_rows=batch_rows)
    assert counts(done) == {"rows": 3, "created": 1, "completed": 1, "known": 1, "repeated": 1}
    assert register.count("profiles") == 1


@pytest.mark.parametrize(
    ("row", "field"),
    [
        (("A" * 2001, "Silva", "a@b.pt", "", "", ""), "given_name"),
        (("Ana\x00", "Silva", "", "", "", ""), "given_name"),
        (("Ana\u202e", "Silva", "", "", "", ""), "given_name"),
        (("=HYPERLINK(1)", "Silva", "", "", "", ""), "given_name"),
        (("@SUM(A1)", "Silva", "", "", "", ""), "given_name"),
        (("Ana", "Silva", "ana at sapo", "", "", ""), "email"),
        (("Ana", "Silva", "", "912345678", "", ""), "phone"),
        (("Ana", "Silva", "", "+99912345678901", "", ""), "phone"),
        (("Ana", "Silva", "", "", "2999-01-01", ""), "birth_date"),
        (("Ana", "Silva", "", "", "31.02.1980", ""), "birth_date"),
        (("Ana", "Silva", "", "", "1.2.80", ""), "birth_date"),
        (("Ana", "Silva", "", "", "", "Atlantis"), "country"),
        (("Ana\ufffd", "Silva", "", "", "", ""), "given_name"),
        (("Ana", "Silva", "", "", "", "PT", "more"), None),
        (("Ana",), None),
        ((), None),
        (("", "", "", "", "", "PT"), None),
    ],
)
def test_a_hostile_row_is_refused_and_the_others_come_in(register: Register, row, field):
    done = brings(register, lines(row, BRUNO))
    assert counts(done) == {"rows": 2, "created": 1, "refused": 1}
    assert report(register, done)[0] == (2, "refused", field)


def test_a_report_never_repeats_a_value(register: Register):
    done = brings(register, lines(("Zanzibar", "Quetzal", "zanzibar at quetzal", "zanzibar", "quetzal", "zanzibar")))
    said = register.service.read_import_report(ReadImportReport(import_id=done.id))
    assert not {"zanzibar", "quetzal"} & {word for line in said.items for word in (line.what or "").lower().split()}
    assert {line.field for line in said.items} == {"email", "phone", "birth_date", "country"}


def test_a_report_has_a_line_for_each_row_and_its_profile(register: Register):
    done = brings(register, lines(ANA, BRUNO), batch_rows=1)
    said = register.service.read_import_report(ReadImportReport(import_id=done.id)).items
    assert [line.row for line in said] == [2, 3]
    assert register.reads(said[1].profile_id).given_name == "Bruno"


def test_a_batch_that_is_sent_again_is_imported_once(register: Register):
    found = lines(ANA)
    begun = begin(register, found)
    first, again = send(register, begun, found[1:]), send(register, begun, found[1:])
    assert (first.again, again.again, again.counts) == (False, True, first.counts)
    assert register.count("profiles") == 1


def test_an_import_that_was_stopped_goes_on_where_it_was(register: Register):
    found = lines(ANA, BRUNO, ("Carla", "Dias", "c@sapo.pt", "", "", ""))
    begun = begin(register, found, batch_rows=1)
    for number in (0, 2):
        send(register, begun, found[number + 1 : number + 2], number)
    resumed = begin(register, found, batch_rows=1)
    assert (resumed.id, resumed.done) == (begun.id, ((0, 0), (2, 2)))


def test_a_file_read_in_another_way_is_another_import(register: Register):
    found = lines(ANA)
    assert begin(register, found).id != begin(register, found, columns={"Land": None}).id


def test_the_same_batch_sent_by_several_at_once_is_imported_once(register: Register):
    found = lines(ANA, BRUNO)
    begun = begin(register, found)
    with ThreadPoolExecutor(4) as pool:
        sent = list(pool.map(lambda _: send(register, begun, found[1:]), range(4)))
    assert sorted(each.again for each in sent) == [False, True, True, True]
    assert register.count("profiles") == 2


def test_the_same_guests_in_batches_at_once_are_one_profile_each(register: Register):
    found = lines(*(ANA, BRUNO) * 8)
    begun = begin(register, found, batch_rows=2)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda n: send(register, begun, found[2 * n + 1 : 2 * n + 3], n), range(8)))
    assert register.count("profiles") == 2


def test_kept_rows_are_imported_once_and_forgotten(register: Register):
    found = lines(ANA)
    begun = begin(register, found)
    kept = KeepRows(import_id=begun.id, number=0, rows=(("2", *ANA),))
    register.service.keep_rows(kept)
    register.service.keep_rows(kept)
    (event,) = register.announced("import_rows.kept.v1") or register.announced("import.rows_kept.v1")
    for _ in range(2):
        register.service.import_kept_rows(ImportRowsKept(import_id=begun.id, number=event["number"]))
    register.service.end_import(EndImport(import_id=begun.id, rows=1))
    done = register.service.read_import(ReadImport(import_id=begun.id))
    assert (done.state, counts(done)) == ("done", {"rows": 1, "created": 1})
    with register.db.engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT rows FROM import_batches").scalars().all() == [None]


def test_an_import_that_failed_takes_no_more_rows(register: Register):
    found = lines(ANA)
    begun = begin(register, found)
    failed = register.service.end_import(EndImport(import_id=begun.id, rows=0, why="The workbook is damaged."))
    assert failed.state == "failed"
    with pytest.raises(ImportHasEnded):
        send(register, begun, found[1:])


def test_rows_of_an_import_there_is_not_are_refused(register: Register):
    with pytest.raises(NoSuchImport):
        register.service.keep_rows(KeepRows(import_id=uuid4(), number=0, rows=(("2", "Ana"),)))


def test_two_rows_with_one_number_are_refused(register: Register):
    begun = begin(register, lines(ANA))
    with pytest.raises(NotImportable):
        register.service.keep_rows(KeepRows(import_id=begun.id, number=0, rows=(("2", *ANA), ("02", *BRUNO))))


def test_a_file_that_says_of_nobody_who_they_are_is_refused(register: Register):
    with pytest.raises(NotImportable):
        begin(register, lines(("a", "b"), header=("Foo", "Bar")))


def test_a_consent_comes_in_only_with_its_proof(register: Register):
    header = (*HEADER, "Newsletter", "Consent at", "Wording version", "Consent source")
    proof = ("yes", "2024-05-01", "2024-01", "web form")
    done = brings(register, lines((*ANA, *proof), (*BRUNO, "yes", "", "2024-01", ""), header=header))
    assert (done.counts.consents, done.counts.consents_left_out) == (1, 1)
    (said,) = register.announced("consents.imported.v1")
    (consent,) = said["consents"]
    assert (consent["granted"], consent["wording_version"], consent["source"]) == (True, "2024-01", "web form")


def test_who_says_no_need_prove_nothing(register: Register):
    done = brings(register, lines((*ANA, "nein"), header=(*HEADER, "Newsletter")))
    assert done.counts.consents == 1


def test_nothing_announced_of_an_import_says_who_anybody_is(register: Register):
    brings(register, lines(ANA, BRUNO))
    said = str(register.everything_announced())
    assert not [part for part in (*ANA[:4], *BRUNO[:4]) if part in said]


def test_a_row_with_an_id_is_about_that_profile(register: Register):
    ana = register.service.create_profile(ana_as_entered())
    done = brings(register, lines((str(ana.id), "Anna", "female"), header=("id", "Vorname", "sex")))
    assert (counts(done), register.reads(ana.id).sex) == ({"rows": 1, "completed": 1}, "female")


def test_a_csv_of_windows_with_semicolons_comes_in_as_it_is(register: Register):
    text = "Vorname;Name;Straße;PLZ;Ort;Land\r\nJürgen;Müller;Hauptstraße 1;80331;München;Deutschland\r\n"
    brings(register, parsed(text.encode("cp1252")))
    (found,) = register.finds(q="muller")
    (address,) = register.reads(found).addresses
    assert (address.lines, address.city, address.country) == (("Hauptstraße 1",), "München", "DE")


def test_a_comma_divides_the_name_of_a_person_and_not_of_a_company(register: Register):
    header = ("kind", "name", "email")
    brings(register, lines(("person", "SILVA, Ana", ""), ("company", "ACME, Lda.", ""), header=header))
    with register.db.engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT name, family_name, given_name FROM profiles ORDER BY kind").all()
    assert [tuple(row) for row in rows] == [("ACME, Lda.", None, None), (None, "Silva", "Ana")]
