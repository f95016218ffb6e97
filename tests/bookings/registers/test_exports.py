"""Exports on the real database: the same bytes for the same day, a new number for a change, nobody left out unsaid."""

from __future__ import annotations

import hashlib
import threading
import uuid
from datetime import date, timedelta
from xml.etree import ElementTree

import pytest

from services.contracts.bookings import CheckInBooking, CheckOutBooking, NoSuchProperty
from services.contracts.bookings.registers import (
    AlreadyReceived,
    FindRegisters,
    KeepReceipt,
    NoSuchRegister,
    NotARegister,
    NothingToRegister,
    ReadRegister,
    RegisterHouse,
    RegisterNotSetUp,
    SetRegisterHouse,
)
from tests.bookings.registers.makers import DAY, PORTUGAL, Reception, john, leo, lucia, mario, without


def test_a_day_is_exported_with_its_file_and_what_was_in_it(spain: Reception) -> None:
    opened = spain.has_guests(lucia(role="family_head"), leo())
    export = spain.exports()
    file = spain.file(export)
    assert (export.state, export.number, export.guests, export.left_out) == ("exported", 1, 2, ())
    assert (file.name, file.media_type) == ("ses-hospedajes-HOUSE-2026-11-20-1.xml", "application/xml")
    assert export.sha256 == hashlib.sha256(file.text.encode()).hexdigest()
    assert "12345678Z" in file.text
    logged = spain.service.read_register(ReadRegister(register_id=export.id))
    assert (logged.exported_by, [(e.booking_id, e.position, e.version, e.event) for e in logged.entries]) == (
        "service:bookings",
        [(opened.id, 0, 1, "entry"), (opened.id, 1, 1, "entry")],
    )


def test_the_same_day_again_is_the_same_export_and_the_same_bytes(spain: Reception) -> None:
    spain.has_guests(lucia())
    first, second = spain.exports(), spain.exports()
    assert (second.id, second.repeated, first.repeated) == (first.id, True, False)
    assert spain.file(second) == spain.file(first)


def test_a_correction_is_a_new_export_and_the_old_file_stays_as_it_was(spain: Reception) -> None:
    opened = spain.has_guests(lucia())
    first = spain.exports()
    before = spain.file(first)
    spain.registers(opened.id, 0, lucia(phone="+34911111111"), version=1)
    second = spain.exports()
    assert (second.number, second.repeated) == (2, False)
    assert "+34911111111" in spain.file(second).text
    assert spain.file(first) == before


def test_a_changed_departure_is_a_correction_too(spain: Reception) -> None:
    spain.has_guests(lucia())
    spain.exports()
    with spain.db.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE bookings SET departure = departure + 1, held_until = held_until + 1")
    assert spain.exports().number == 2


def test_a_new_signature_changes_no_file(spain: Reception) -> None:
    opened = spain.has_guests(without(lucia(), "signature"))
    first = spain.exports()
    spain.registers(opened.id, 0, lucia(), version=1)
    assert spain.exports().id == first.id


def test_who_is_not_complete_is_left_out_and_listed(spain: Reception) -> None:
    spain.has_guests(lucia(), without(john(), "sex", "phone"))
    export = spain.exports()
    ((told),) = export.left_out
    assert (export.guests, told.position, [lack.pointer for lack in told.missing]) == (1, 1, ["/sex", "/phone"])


def test_what_a_repeat_leaves_out_is_what_is_missing_now(spain: Reception) -> None:
    spain.has_guests(lucia())
    first = spain.exports()
    spain.has_guests(without(john(), "sex"))
    second = spain.exports()
    assert (second.id, len(first.left_out), len(second.left_out)) == (first.id, 0, 1)


def test_who_has_not_checked_in_is_left_out_until_they_do(spain: Reception) -> None:
    opened = spain.has_guests(lucia(), checked_in=False)
    early = spain.exports()
    assert (early.state, [told.missing[0].detail for told in early.left_out]) == ("empty", ["Not checked in yet."])
    spain.service.check_in_booking(CheckInBooking(booking_id=opened.id))
    assert spain.exports().guests == 1


def test_who_is_not_registered_is_left_out(spain: Reception) -> None:
    opened = spain.has_guests(lucia())
    spain.deletes(opened.id, 0, 1)
    (told,) = spain.exports().left_out
    assert told.missing[0].detail == "Not registered yet."


def test_an_empty_register_has_no_file(spain: Reception) -> None:
    export = spain.exports()
    assert (export.state, export.sha256, export.file_name) == ("empty", None, None)
    with pytest.raises(NothingToRegister):
        spain.file(export)


def test_another_day_and_another_house_are_other_registers(spain: Reception) -> None:
    spain.has_house("ES", code="OTHER")
    spain.has_guests(lucia())
    assert spain.exports(DAY + timedelta(days=1)).guests == 0
    assert spain.exports().guests == 1


def test_a_house_without_the_authoritys_codes_exports_nothing(reception: Reception) -> None:
    reception.has_house("ES", house=RegisterHouse())
    reception.has_guests(lucia())
    with pytest.raises(RegisterNotSetUp) as refused:
        reception.exports()
    assert [problem.pointer for problem in refused.value.errors] == ["/establishment", "/payment"]
    assert reception.rows("SELECT 1 FROM register_exports") == []


def test_exits_are_told_on_their_own_day_in_portugal(reception: Reception) -> None:
    reception.has_house("PT")
    arrived = reception.has_guests(john())
    with reception.db.engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE bookings SET arrival = '2020-01-01', departure = '2020-01-02', held_until = '2020-01-02'"
        )
    assert reception.exports(date(2020, 1, 2)).guests == 0
    reception.service.check_out_booking(CheckOutBooking(booking_id=arrived.id))
    export = reception.exports(date(2020, 1, 2))
    assert export.guests == 1
    assert "<Data_Saida>2020-01-02T00:00:00</Data_Saida>" in reception.file(export).text
    assert reception.rows("SELECT event FROM register_entries") == [("exit",)]


def test_the_number_in_the_file_is_the_exports(reception: Reception) -> None:
    reception.has_house("PT")
    opened = reception.has_guests(john())
    reception.exports()
    reception.registers(opened.id, 0, john(surname="Dough"), version=1)
    root = ElementTree.fromstring(reception.file(reception.exports()).text)
    assert root.findtext(".//{http://sef.pt/BAws}Numero_Ficheiro") == "2"


def test_an_italian_file_has_its_lines_as_they_are(reception: Reception) -> None:
    reception.has_house("IT")
    reception.has_guests(mario(role="single"), john())
    text = reception.file(reception.exports()).text
    assert [len(line) for line in text.split("\r\n")] == [168, 168]


def test_another_country_s_law_can_be_asked_for(spain: Reception) -> None:
    spain.has_guests(lucia())
    export = spain.exports(country="NO")
    assert (export.country, export.form, export.number) == ("NO", "card", 1)
    with pytest.raises(NotARegister):
        spain.exports(country="xx")


def test_many_who_export_at_once_make_one_export(spain: Reception) -> None:
    spain.has_guests(lucia())
    made: list[uuid.UUID] = []
    threads = [threading.Thread(target=lambda: made.append(spain.exports().id)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(made), len(set(made))) == (8, 1)
    assert spain.rows("SELECT count(*) FROM register_exports") == [(1,)]


def test_the_file_lies_sealed_and_the_log_names_nobody(spain: Reception) -> None:
    spain.has_guests(lucia(), without(john(), "sex"))
    spain.exports()
    kept = spain.rows(
        "SELECT to_jsonb(x)::text FROM register_exports x"
        " UNION ALL SELECT encode(content, 'escape') FROM register_files"
        " UNION ALL SELECT reply FROM commands WHERE name = 'export_register'"
    )
    assert len(kept) == 3
    for (text,) in kept:
        assert not any(word in text for word in ("Luc", "Garc", "12345678Z", "Doe", "AB1234567"))


def test_the_log_can_only_be_added_to(spain: Reception) -> None:
    spain.has_guests(lucia())
    spain.exports()
    for table in ("register_exports", "register_entries", "register_receipts", "register_looks"):
        with pytest.raises(Exception, match="permission denied"), spain.db.engine.begin() as connection:
            connection.exec_driver_sql(f"DELETE FROM {table}")


def test_exports_are_found_newest_first_page_by_page(spain: Reception) -> None:
    made = [spain.exports(DAY + timedelta(days=n)).id for n in range(3)]
    first = spain.service.find_registers(FindRegisters(property="HOUSE", limit=2))
    rest = spain.service.find_registers(FindRegisters(property="HOUSE", limit=2, cursor=first.next))
    assert [export.id for export in (*first.items, *rest.items)] == made[::-1]
    assert rest.next is None


def test_exports_are_found_by_day(spain: Reception) -> None:
    spain.exports()
    other = spain.exports(DAY + timedelta(days=1))
    (found,) = spain.service.find_registers(FindRegisters(day=DAY + timedelta(days=1))).items
    assert found == other
    assert spain.service.read_register(ReadRegister(register_id=other.id)) == other


def test_what_is_not_there_is_refused(spain: Reception) -> None:
    with pytest.raises(NoSuchRegister):
        spain.service.read_register(ReadRegister(register_id=uuid.uuid4()))
    with pytest.raises(NoSuchProperty):
        spain.service.set_register_house(SetRegisterHouse(property="NOWHERE", house=RegisterHouse()))


def test_a_receipt_is_kept_once(spain: Reception) -> None:
    spain.has_guests(lucia(), arrival=date(2026, 1, 5), departure=date(2026, 1, 8))
    export = spain.exports(date(2026, 1, 5))
    said = KeepReceipt(register_id=export.id, reference="LOTE-1", received_on=date(2026, 1, 6))
    kept = spain.receives(said)
    assert (kept.state, kept.receipt, kept.received_on) == ("sent", "LOTE-1", date(2026, 1, 6))
    assert spain.receives(said) == kept
    with pytest.raises(AlreadyReceived):
        spain.receives(KeepReceipt(register_id=export.id, reference="LOTE-2", received_on=date(2026, 1, 6)))


@pytest.mark.parametrize("day", [date(2026, 1, 4), date(2999, 1, 1)])
def test_a_receipt_is_neither_older_than_its_register_nor_to_come(spain: Reception, day: date) -> None:
    spain.has_guests(lucia(), arrival=date(2026, 1, 5), departure=date(2026, 1, 8))
    export = spain.exports(date(2026, 1, 5))
    with pytest.raises(NotARegister):
        spain.receives(KeepReceipt(register_id=export.id, reference="LOTE-1", received_on=day))


def test_an_empty_register_has_no_receipt(spain: Reception) -> None:
    with pytest.raises(NothingToRegister):
        spain.receives(KeepReceipt(register_id=spain.exports().id, reference="LOTE-1"))


def test_how_the_authority_knows_a_house_is_kept(spain: Reception) -> None:
    said = SetRegisterHouse(property="HOUSE", house=PORTUGAL)
    assert spain.service.set_register_house(said) == PORTUGAL


@pytest.mark.parametrize(
    ("said", "pointer"),
    [(RegisterHouse(check_in="25:00"), "/check_in"), (RegisterHouse(name="a" * 201), "/name")],
)
def test_what_the_authority_cannot_know_a_house_by_is_refused(
    spain: Reception, said: RegisterHouse, pointer: str
) -> None:
    with pytest.raises(NotARegister) as refused:
        spain.service.set_register_house(SetRegisterHouse(property="HOUSE", house=said))
    assert [problem.pointer for problem in refused.value.errors] == [pointer]
