"""The short way to a card answers what the long way answers, or nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.profiles.domain import contacts, importing, plain
from services.profiles.domain.card import Card
from services.profiles.domain.contacts import Point
from services.profiles.domain.identifiers import seeded
from services.profiles.domain.importing import Draft, Plan, read
from services.profiles.domain.names import Unfit

NOW = datetime(2026, 11, 22, tzinfo=UTC)
COLUMNS = (
    *("given_name", "family_name", "second_family_name", "email", "email", "phone", "birth_date"),
    *("nationality", "language", "sex", "address", "address", "postcode", "city", "country"),
)
ANA = (
    *("ANA", "da SILVA", "Costa", "Ana.Silva@Sapo.PT", "x1@guest.booking.com", "912 345 678", "12.3.1985"),
    *("PT", "pt", "f", "Rua  1", "2.º Dto", "1100048", "Lisboa", "Portugal"),
)


def both(cells: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> tuple[Draft, Draft]:
    short = read(2, cells, Plan(COLUMNS, "PT"), {}, NOW)
    with monkeypatch.context() as patched:
        patched.setattr(plain, "is_plain", lambda _: False)
        return short, importing.read(2, cells, Plan(COLUMNS, "PT"), {}, NOW)


def judged(draft: Draft) -> Any:
    """What both ways decide. Ids of contact points are drawn by chance, and are not compared."""
    return draft.card, draft.profile_id, draft.consents, draft.faults


def test_a_row_that_is_plainly_right_goes_the_short_way(monkeypatch):
    short, long = both(ANA, monkeypatch)
    assert isinstance(short.card, Card)
    assert judged(short) == judged(long)


_PARTS = st.sampled_from(
    [
        *("", "-", "Ana", "ANA", "van der berg", "O'NEILL", "José  Maria", "Zoë\u0301", "李", "x" * 101, "a\u202eb"),
        *("ana@sapo.pt", "ANA@SAPO.PT", "a..b@c.de", "a@b", "ana@test", "ana@localhost", "ana@xn--mnchen-3ya.de"),
        *("ana@münchen.de", "none@none.com", "noreply@hotel.pt", ".a@b.de", "a+b_c-d@b.de", "a@b.de;c@d.de"),
        *("+351912345678", "912345678", "+1 212 555 0123", "+49 30 123456", "999999999", "+999", "+351 912 345 678 x9"),
        *("1985-03-12", "12.3.1985", "2999-01-01", "1.1.1800", "31.2.1980", "PT", "DE", "Deutschland", "Atlantis", "m"),
        *("f", "divers", "pt-BR", "german", "SW1A 1AA", "d-10115", "1100048", "=1+1", "'=1", "@x", "\ufffd", " "),
    ]
)


@settings(max_examples=300)
@given(cells=st.tuples(*[_PARTS | st.text(max_size=8)] * len(COLUMNS)))
def test_both_ways_answer_the_same(cells):
    with pytest.MonkeyPatch.context() as monkeypatch:
        short, long = both(cells, monkeypatch)
    assert judged(short) == judged(long)


@settings(max_examples=300)
@given(given=_PARTS, family=_PARTS, email=_PARTS, phone=_PARTS, born=_PARTS, postcode=_PARTS, country=_PARTS)
def test_both_ways_answer_the_same_of_rows_with_one_strange_cell(given, family, email, phone, born, postcode, country):
    changes = {0: given, 1: family, 3: email, 5: phone, 6: born, 12: postcode, 14: country}
    for place, cell in changes.items():
        cells = (*ANA[:place], cell, *ANA[place + 1 :])
        with pytest.MonkeyPatch.context() as monkeypatch:
            short, long = both(cells, monkeypatch)
        assert judged(short) == judged(long)


def test_both_ways_read_every_countrys_numbers_alike():
    """The examples of all regions and types that phonenumbers has, right ones and with digits more and less."""
    differ = []
    for region in phonenumbers.SUPPORTED_REGIONS:
        for kind in phonenumbers.PhoneNumberType.values():
            example = phonenumbers.example_number_for_type(region, kind)
            if example is None:
                continue
            right = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)
            code = len(str(example.country_code)) + 1
            prefixed = (f"{right[:code]}{digit}{right[code:]}" for digit in "018")
            for number in (right, right[:-1], right + "1", *prefixed):
                if _read(plain._phone, number, None, seeded(), "import", True) != _read(_phone, number):
                    differ.append(number)
    assert differ == []


def _read(rule: Any, *given: Any) -> Any:
    try:
        return rule(*given)
    except Unfit:
        return None


def _phone(number: str) -> Point:
    return contacts.phone(number, None, primary=True, source="import")
