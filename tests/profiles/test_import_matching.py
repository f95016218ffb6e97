"""Whoever stands in a file and is written a little differently in the register, or in another row."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa

from services.contracts.profiles import Address, CreateProfile, FindMatches
from services.kit.context import Context
from services.kit.db import Tx
from services.profiles.store import importing, matching
from services.profiles.store.rows import as_array
from tests.kit.processes import until
from tests.profiles.conftest import Register
from tests.profiles.files import begin, brings, lines, send

HEADER = ("Vorname", "Nachname", "E-Mail", "Geburtsdatum", "Adresse", "PLZ", "Land")
KATARINA = ("Katarina", "Sousa", "k@sapo.pt", "1985-06-15", "Rua Augusta 1", "1100-048", "PT")
CATARINA = ("Catarina", "Souza", "c@gmail.com", "1985-06-15", "", "", "PT")
WAITING = sa.text(
    "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)
BOTH = [1, 2]  # rows in a batch: in two of them, or in one


def said(*row: str) -> tuple[str, ...]:
    return (*row, *[""] * (len(HEADER) - len(row)))


def known(register: Register, *row: str) -> str:
    """A card as the front desk enters it."""
    given, family, _, born, line, postcode, country = said(*row)
    address = Address(lines=(line,), postcode=postcode, country=country)
    entered = CreateProfile(
        given_name=given,
        family_name=family,
        birth_date=date.fromisoformat(born) if born else None,
        addresses=(address,) if line else (),
    )
    return str(register.service.create_profile(entered).id)


def pairs(register: Register) -> list[tuple[set[str], str]]:
    """On the work list: who, and what weighs most."""
    items = register.service.find_matches(FindMatches()).items
    return [({str(each) for each in match.profile_ids}, match.reasons[0].code) for match in items]


def outcomes(register: Register, *rows: Any, **more: Any) -> dict[str, int]:
    done = brings(register, lines(*rows, header=HEADER), **more)
    counts = ((name, getattr(done.counts, name)) for name in ("created", "review", "completed", "known"))
    return {name: count for name, count in counts if count}


def test_somebody_who_sounds_like_a_known_guest_is_put_on_the_work_list(register: Register):
    katarina = known(register, *KATARINA)
    assert outcomes(register, CATARINA) == {"review": 1}
    catarina = register.finds(q="catarina")[0]
    assert pairs(register) == [({katarina, catarina}, "similar-name-and-birth-date")]


@pytest.mark.parametrize("batch_rows", BOTH)
def test_two_rows_of_a_file_that_sound_alike_are_put_on_the_work_list(register: Register, batch_rows: int):
    assert outcomes(register, KATARINA, CATARINA, batch_rows=batch_rows) == {"created": 1, "review": 1}
    assert [why for _, why in pairs(register)] == ["similar-name-and-birth-date"]


def test_somebody_who_sounds_like_a_known_guest_of_the_same_house_and_age_is_that_guest(register: Register):
    known(register, *KATARINA)
    assert outcomes(register, (*CATARINA[:4], *KATARINA[4:])) == {"completed": 1}
    assert (register.count("profiles"), pairs(register)) == (1, [])


def test_a_dry_run_says_who_is_like_somebody_of_the_register(register: Register):
    known(register, *KATARINA)
    assert outcomes(register, CATARINA, dry_run=True) == {"review": 1}
    assert pairs(register) == []


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (("Katarina", "Sousa", "", "1985-06-16"), "same-name-and-near-birth-date"),
        (("Catarina", "Sousa", "", "", "Rua Augusta 1", "1100-048", "PT"), "same-name-and-address"),
        (("Sousa", "Katarina", "", "1985-06-18"), "same-name-and-near-birth-date"),
    ],
)
def test_a_slip_of_the_day_and_the_same_house_are_looked_into(register: Register, row: tuple[str, ...], why: str):
    known(register, *KATARINA)
    assert outcomes(register, said(*row)) == {"review": 1}
    assert [reason for _, reason in pairs(register)] == [why]


@pytest.mark.parametrize(
    "row",
    [
        ("Karolina", "Sousa", "", "1985-06-15", "Rua Augusta 1", "1100-048", "PT"),  # her twin
        ("Katarina", "Sousa", "", "1962-01-02"),
        ("Katarina", "Sousa", "", "", "Rua do Ouro 9", "4000-001", "PT"),
        ("Katarina", "Sousa"),
    ],
)
def test_a_name_alone_and_a_twin_are_somebody_new(register: Register, row: tuple[str, ...]):
    known(register, *KATARINA)
    assert outcomes(register, said(*row)) == {"created": 1}
    assert pairs(register) == []


@pytest.mark.parametrize(
    "row",
    [
        CATARINA,
        ("Katarina", "Sousa", "", "1985-06-16"),
        ("Sousa", "Katarina", "", "1985-06-18"),
        ("Catarina", "Sousa", "", "", "Rua Augusta 1", "1100-048", "PT"),
    ],
)
def test_two_who_are_alike_in_batches_at_once_are_put_on_the_work_list(register: Register, row: tuple[str, ...]):
    """Both have looked into the register before either is written."""
    found = lines(KATARINA, said(*row), header=HEADER)
    begun = begin(register, found, batch_rows=1)

    def start(tx: Tx) -> list[Future[Any]]:
        importing.wait_for_turn(tx, 0)
        sent = [pool.submit(send, register, begun, [found[number]], number) for number in (1, 2)]
        until(lambda: register.db.writing(Context(), lambda tx: tx.execute(WAITING).scalar()) == 2)
        return sent

    with ThreadPoolExecutor(2) as pool:
        sent = register.db.writing(Context(), start)
        counts = [each.result().counts for each in sent]
    assert sorted((each.created, each.review) for each in counts) == [(0, 1), (1, 0)]
    assert len(pairs(register)) == 1


def test_how_rare_a_name_is_puts_somebody_on_the_work_list_and_links_nobody(register: Register):
    known(register, "Ulrike", "Zwicklhuber", "", "1985-06-15")
    known(register, "Bertl", "Hinterstoisser", "", "", "Hauptstrasse 1", "4820", "AT")
    outcomes(register, *(said("Maria", f"Silva{n}", f"maria{n}@sapo.pt") for n in range(100)))
    register.db.writing(Context(), matching.count_names)
    of_the_same_day = said("Ulrike", "Zwiklhuber", "", "1985-06-15")
    of_the_same_place = said("Bertl", "Hinterstoisser", "", "", "Bahnhofstrasse 9", "4820", "AT")
    assert outcomes(register, of_the_same_day, of_the_same_place) == {"review": 2}


def test_an_array_is_written_as_postgresql_reads_it(register: Register):
    values = ["", "a,b", '"', "\\", "{}", "NULL", None, "ü\n'", "\\\"'"]
    with register.db.engine.connect() as connection:
        read = connection.exec_driver_sql("SELECT CAST(%s AS text[])", (as_array(values),)).scalar()
    assert read == values
