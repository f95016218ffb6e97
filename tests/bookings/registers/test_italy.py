"""Italy: lines of exactly 168 characters for Alloggiati Web, heads before their members."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.bookings.domain.registers.drawing import draw, lacks_of
from services.bookings.domain.registers.italy import LENGTH, Italy
from services.bookings.domain.registers.law import Sheet
from services.bookings.domain.registers.party import Party
from services.contracts.bookings.registers import RegisterHouse
from services.contracts.bookings.registration import Birthplace, IdentityDocument, Particulars
from tests.bookings.registers.makers import DAY, booking, john, leo, mario, party, without

LAW = Italy()


def anna(**more: object) -> Particulars:
    """Mario's wife, born in Vienna; she needs no document, as he heads the family."""
    said = leo(
        given_name="Anna",
        surname="Grüber",
        second_surname=None,
        sex="female",
        birth_date=date(1979, 12, 31),
        birth_place=Birthplace(municipality="Wien", country="AT"),
        nationality="AT",
        kin=None,
    )
    return replace(said, **more)  # type: ignore[arg-type]


def lines(*parties: Party) -> list[str]:
    return written(*parties).split("\r\n")


def written(*parties: Party) -> str:
    drawn = draw(LAW, parties, DAY)
    assert not drawn.left_out
    return LAW.write(
        Sheet(
            house=RegisterHouse(),
            property_name="House",
            time_zone="Europe/Rome",
            day=DAY,
            number=1,
            made_at=datetime(2026, 11, 21, tzinfo=UTC),
            moves=drawn.moves,
        )
    )


def lacking(*people: Particulars) -> list[list[str]]:
    return [[lack.pointer for lack in told.missing] for told in lacks_of(LAW, party(*people))]


def test_a_family_is_written_head_first_each_in_168_characters() -> None:
    head = (
        "17" "20/11/2026" "03"
        "D'ANGELO                                          "
        "MARIO                         "
        "1" "02/01/1975" "412058091" "RM" "100000100" "100000100"
        "IDENT" "AX1234567           " "403015146"
    )  # fmt: skip
    wife = (
        "19" "20/11/2026" "03"
        "GRUBER                                            "
        "ANNA                          "
        "2" "31/12/1979" "         " "  " "100000203" "100000203"
        "     " "                    " "         "
    )  # fmt: skip
    assert written(party(mario(), anna())) == f"{head}\r\n{wife}"
    assert (len(head), len(wife)) == (LENGTH, LENGTH)


def test_a_single_foreigner_has_a_document_issued_by_their_country() -> None:
    assert lines(party(john())) == [
        "16" "20/11/2026" "03"
        "DOE                                               "
        "JOHN                          "
        "1" "17/05/1980" "         " "  " "100000219" "100000219"
        "PASOR" "AB1234567           " "100000219"
    ]  # fmt: skip


def test_every_line_but_the_last_ends_with_cr_lf() -> None:
    text = written(party(john(), john(given_name="Jim")))
    assert text.count("\r\n") == 1
    assert not text.endswith("\n")


def test_members_follow_their_head_wherever_they_stand_on_the_booking() -> None:
    people = (anna(head=2), john(), mario(), anna(given_name="Zoe", head=2))
    assert [line[64:94].strip() for line in lines(party(*people))] == ["JOHN", "MARIO", "ANNA", "ZOE"]


def test_members_of_a_group_follow_their_leader() -> None:
    leader, member = mario(role="group_head"), anna(role="group_member", head=0)
    assert [line[:2] for line in lines(party(leader, member))] == ["18", "20"]


def test_a_head_whom_nobody_follows_stays_alone() -> None:
    assert lines(party(mario()))[0].startswith("16")


def test_a_stay_of_months_is_written_as_thirty_days() -> None:
    long = party(john(), departure=date(2027, 3, 1), held_until=date(2027, 3, 1))
    assert lines(long)[0][12:14] == "30"


def test_a_name_that_is_too_long_is_cut_to_its_width() -> None:
    (line,) = lines(party(john(surname="A" * 80, given_name="B" * 40)))
    assert (len(line), line[14:64], line[64:94]) == (LENGTH, "A" * 50, "B" * 30)


@given(surname=st.text(min_size=1, max_size=60), given_name=st.text(min_size=1, max_size=60))
def test_whatever_is_written_has_168_characters_of_the_allowed_ones(surname: str, given_name: str) -> None:
    drawn = draw(LAW, [party(john(surname=surname, given_name=given_name))], DAY)
    for move in drawn.moves:
        sheet = Sheet(
            house=RegisterHouse(), property_name="", time_zone="Europe/Rome", day=DAY, number=1,
            made_at=datetime(2026, 11, 21, tzinfo=UTC), moves=(move,),
        )  # fmt: skip
        line = LAW.write(sheet)
        assert len(line) == LENGTH
        assert not set(line[14:94]) - set("ABCDEFGHIJKLMNOPQRSTUVWXYZ' ")


@pytest.mark.parametrize(
    ("missing", "pointer"),
    [
        ("surname", "/surname"),
        ("given_name", "/given_name"),
        ("sex", "/sex"),
        ("birth_date", "/birth_date"),
        ("birth_place.country", "/birth_place/country"),
        ("birth_place.municipality_code", "/birth_place/municipality_code"),
        ("birth_place.province", "/birth_place/province"),
        ("nationality", "/nationality"),
        ("document.kind", "/document/kind"),
        ("document.number", "/document/number"),
        ("document.issuing_country", "/document/issuing_country"),
        ("document.issuing_code", "/document/issuing_code"),
    ],
)
def test_what_is_missing_of_a_head_is_named(missing: str, pointer: str) -> None:
    assert lacking(without(mario(), missing)) == [[pointer]]


def test_a_member_needs_no_document_but_a_head_of_the_same_kind() -> None:
    assert lacking(mario(), anna()) == [[], []]
    assert lacking(mario(), anna(head=None)) == [[], ["/head"]]
    assert lacking(mario(role="group_head"), anna()) == [[], ["/head"]]


def test_a_member_is_not_sent_without_their_head() -> None:
    drawn = draw(LAW, [party(without(mario(), "sex"), anna())], DAY)
    assert (drawn.moves, [told.position for told in drawn.left_out]) == ((), [0, 1])


def test_a_name_in_another_script_is_asked_for_in_latin_letters() -> None:
    assert lacking(john(surname="王", given_name="小明")) == [["/surname", "/given_name"]]


def test_a_document_of_another_kind_needs_the_portal_s_own_code() -> None:
    document = IdentityDocument(kind="other", number="1", issuing_country="GB")
    assert lacking(john(document=document)) == [["/document/kind"]]
    assert lacking(john(document=replace(document, code="PASDI"))) == [[]]


def test_nobody_signs() -> None:
    assert not any(told.signature_due for told in lacks_of(LAW, party(mario(), anna())))


def test_parties_stand_in_the_order_of_their_bookings() -> None:
    later = Party(replace(booking(1), id=UUID(int=booking().id.int + 1)), party(john()).guests)
    assert [line[64:94].strip() for line in lines(later, party(mario(), anna()))] == ["MARIO", "ANNA", "JOHN"]
