"""How long registrations are kept, by country, and that nothing personal is left of them afterwards."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from services.bookings.store.registers import ending
from services.contracts.bookings import CancelBooking, CheckOutBooking
from services.contracts.bookings.registers import (
    Destruction,
    FindDestructions,
    KeepReceipt,
    ReadRegister,
    RegisterFileDestroyed,
)
from services.contracts.bookings.registration import Particulars, RegistrationDestroyed
from tests.bookings.registers.makers import Reception, john, leo, lucia, mario

CAME, WENT = date(2026, 1, 5), date(2026, 1, 8)


def stays(reception: Reception, country: str, *people: Particulars) -> object:
    """Guests of January who have been exported."""
    reception.has_house(country)
    opened = reception.has_guests(*people, arrival=CAME, departure=WENT)
    reception.exports(CAME)
    return opened


def run_on(reception: Reception, day: date) -> list[Destruction]:
    """What the job destroys at noon of a day."""
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    destroyed: list[Destruction] = reception.in_one_transaction(lambda tx: ending.destroy_due(tx, noon, 1000))
    return destroyed


def last_day(reception: Reception) -> date | None:
    (state,) = reception.rows("SELECT booking_id FROM registrations LIMIT 1")
    return reception.registrations(state.booking_id)[0].keep_until


@pytest.mark.parametrize(
    ("country", "until"),
    [
        ("DE", date(2027, 1, 5)),  # a year from the arrival, § 30 (4) BMG
        ("ES", date(2029, 1, 8)),  # three years from the end, RD 933/2021
        ("PT", date(2027, 1, 8)),  # a year from the exit, Law 23/2007, art. 15
        ("IT", date(2027, 1, 8)),  # where no receipt was ever noted
        ("NO", date(2027, 1, 8)),
    ],
)
def test_each_country_has_its_time(reception: Reception, country: str, until: date) -> None:
    stays(reception, country, john())
    assert last_day(reception) == until
    assert run_on(reception, until) == []
    (told,) = run_on(reception, until + timedelta(days=1))
    assert (told.country, told.registrations, told.files) == (country, 1, 1)
    assert run_on(reception, until + timedelta(days=2)) == []


def test_nothing_personal_is_left_and_the_log_stays(reception: Reception) -> None:
    opened = stays(reception, "ES", lucia(role="family_head"), leo())
    run_on(reception, date(2030, 1, 1))
    assert (
        reception.rows("SELECT state, person, sealed, key_id FROM registrations")
        == [("destroyed", None, None, None)] * 2
    )
    assert reception.rows("SELECT 1 FROM register_files") == []
    assert reception.rows("SELECT guests FROM register_exports") == [(2,)]
    assert [found.state for found in reception.registrations(opened.id)] == ["destroyed"] * 2  # type: ignore[attr-defined]


def test_the_days_are_the_propertys(reception: Reception) -> None:
    stays(reception, "DE", john())
    in_berlin_tomorrow = datetime(2027, 1, 5, 23, 30, tzinfo=UTC)
    (told,) = reception.in_one_transaction(lambda tx: ending.destroy_due(tx, in_berlin_tomorrow, 10))
    assert told.registrations == 1


def test_in_italy_the_receipt_is_the_end(reception: Reception) -> None:
    stays(reception, "IT", mario(role="single"))
    export = reception.exports(CAME)
    reception.receives(KeepReceipt(register_id=export.id, reference="2026/1", received_on=date(2026, 1, 6)))
    assert run_on(reception, date(2026, 1, 6)) == []
    (told,) = run_on(reception, date(2026, 1, 7))
    assert (told.registrations, told.files) == (1, 1)
    kept = reception.service.read_register(ReadRegister(register_id=export.id))
    assert (kept.state, kept.receipt, kept.guests) == ("destroyed", "2026/1", 1)


def test_a_correction_that_was_not_sent_is_no_end(reception: Reception) -> None:
    opened = stays(reception, "IT", mario(role="single"))
    export = reception.exports(CAME)
    reception.receives(KeepReceipt(register_id=export.id, reference="2026/1", received_on=date(2026, 1, 6)))
    reception.registers(opened.id, 0, mario(role="single", given_name="Marco"), version=1)  # type: ignore[attr-defined]
    assert run_on(reception, date(2026, 1, 7)) == []


def test_after_the_end_a_day_is_the_export_it_was(reception: Reception) -> None:
    stays(reception, "IT", mario(role="single"))
    export = reception.exports(CAME)
    reception.receives(KeepReceipt(register_id=export.id, reference="2026/1", received_on=date(2026, 1, 6)))
    run_on(reception, date(2026, 1, 7))
    again = reception.exports(CAME)
    assert (again.id, again.state, again.repeated) == (export.id, "destroyed", True)
    with pytest.raises(RegisterFileDestroyed):
        reception.file(again)


def test_who_comes_late_is_exported_alone(reception: Reception) -> None:
    stays(reception, "IT", mario(role="single"))
    export = reception.exports(CAME)
    reception.receives(KeepReceipt(register_id=export.id, reference="2026/1", received_on=date(2026, 1, 6)))
    run_on(reception, date(2026, 1, 7))
    reception.has_guests(john(), arrival=CAME, departure=WENT)
    late = reception.exports(CAME)
    assert (late.number, late.guests) == (2, 1)
    assert "DOE" in reception.file(late).text
    assert "ANGELO" not in reception.file(late).text


def test_in_portugal_the_year_runs_from_the_day_the_exit_was_told(reception: Reception) -> None:
    opened = stays(reception, "PT", john())
    reception.service.check_out_booking(CheckOutBooking(booking_id=opened.id))  # type: ignore[attr-defined]
    reception.exports(WENT)
    today = datetime.now(UTC).date()
    until = last_day(reception)
    assert until is not None
    assert timedelta(days=364) <= until - today <= timedelta(days=367)


def test_of_a_booking_nobody_came_on_nothing_is_kept(reception: Reception) -> None:
    reception.has_house("ES")
    opened = reception.has_guests(lucia(), checked_in=False)
    reception.service.cancel_booking(CancelBooking(booking_id=opened.id))
    given_up = datetime.now(UTC).date()
    assert run_on(reception, given_up - timedelta(days=1)) == []
    (told,) = run_on(reception, given_up + timedelta(days=2))
    assert told.registrations == 1


def test_a_destroyed_one_is_not_made_again(reception: Reception) -> None:
    opened = stays(reception, "ES", lucia())
    run_on(reception, date(2030, 1, 1))
    with pytest.raises(RegistrationDestroyed):
        reception.registers(opened.id, 0, lucia(), version=1)  # type: ignore[attr-defined]


def test_a_run_is_bounded_and_the_next_one_goes_on(reception: Reception) -> None:
    stays(reception, "ES", john(), john(), john())
    later = datetime(2030, 1, 1, tzinfo=UTC)
    counts = [
        sum(each.registrations for each in reception.in_one_transaction(lambda tx: ending.destroy_due(tx, later, 2)))
        for _ in range(3)
    ]
    assert counts == [2, 1, 0]


def test_what_was_destroyed_is_reported_newest_first(reception: Reception) -> None:
    stays(reception, "DE", john())
    run_on(reception, date(2028, 1, 1))
    reception.has_guests(john(), arrival=CAME, departure=WENT)
    run_on(reception, date(2028, 1, 2))
    found = reception.service.find_destructions(FindDestructions(limit=1))
    assert [(each.country, each.registrations, each.files) for each in found.items] == [("DE", 1, 0)]
    rest = reception.service.find_destructions(FindDestructions(cursor=found.next))
    assert [each.files for each in rest.items] == [1]


def test_the_job_destroys_what_is_due_now(reception: Reception) -> None:
    reception.has_house("DE")
    reception.has_guests(john(), arrival=date(2020, 1, 5), departure=date(2020, 1, 8))
    reception.service.destroy_registrations()
    assert reception.rows("SELECT state FROM registrations") == [("destroyed",)]
