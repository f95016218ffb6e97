"""Card data is dropped on sight, and nothing else is."""

from __future__ import annotations

import json
from typing import Any

import pytest

from services.contracts.cards import CODE_REMOVED, REMOVED, redacted, without_cards

VISA, AMEX = "4111111111111111", "378282246310005"


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("4111\u20131111\u20131111\u20131111", REMOVED),
        ("4111\u200b1111\u200b1111\u200b1111", REMOVED),
        ("room 12 2026-12-01 4111-1111-1111-1111", f"room 12 2026-12-01 {REMOVED}"),
        (f"{VISA} {AMEX}", f"{REMOVED} {REMOVED}"),
        ("cvv: 123", f"cvv: {CODE_REMOVED}"),
        ("CVC2 1234, thanks", f"CVC2 {CODE_REMOVED}, thanks"),
        ("the security code is, 999", "the security code is, 999"),
        ('<PaymentCard SeriesCode="123">', f'<PaymentCard SeriesCode="{CODE_REMOVED}">'),
    ],
)
def test_card_numbers_and_check_codes_are_dropped_however_they_are_written(said: str, kept: str) -> None:
    assert without_cards(said) == kept


@pytest.mark.parametrize("said", ["2026-12-01/2026-12-04", "1999-01-31 2000-02-28", "stay 2026-12-01 - 2026-12-09"])
def test_days_are_no_card_numbers(said: str) -> None:
    assert without_cards(said) == said


def test_a_text_full_of_card_numbers_loses_all_of_them() -> None:
    assert without_cards(" ".join([VISA] * 20_000)) == " ".join([REMOVED] * 20_000)


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ({"name": f"Ana {VISA}"}, {"name": f"Ana {REMOVED}"}),
        ({"x": [{"deep": int(VISA)}, 5]}, {"x": [{"deep": REMOVED}, 5]}),
        ({"x": float(VISA)}, {"x": REMOVED}),
        ({VISA: 1}, {REMOVED: 1}),
        ({"creditCard": {"a": 1}, "CVV": 123, "cvc": ""}, {"creditCard": REMOVED, "CVV": REMOVED, "cvc": ""}),
        ({"guarantee": {"expiration_date": "10/2030"}}, {"guarantee": REMOVED}),
    ],
)
def test_in_json_card_data_is_dropped_wherever_it_stands(said: Any, kept: Any) -> None:
    assert json.loads(redacted(json.dumps(said).encode())) == kept


@pytest.mark.parametrize(
    "body",
    [
        b'{"revision": 1, "name": "Ana",  "at": "2026-11-20T09:30:00Z"}',
        b"[" * 100_000,
        b"\xff\xfe not JSON",
        b'{"phone": "+351 912 345 678"',
        b"",
    ],
)
def test_a_message_without_card_data_stays_the_same_bytes(body: bytes) -> None:
    assert redacted(body) == body


@pytest.mark.parametrize(
    "body",
    [
        f'{{"note": "{VISA}"'.encode(),
        f'{{"note": "{VISA}"'.encode("utf-16"),
        f'{{"note": "{VISA}"}}'.encode("utf-16"),
        b'{"note": "4111\\u0031111\\n1111 1111"',
        f"\ufffd{VISA}".encode().replace(b"\xef\xbf\xbd", b"\xff"),
        f"<Card Number='{VISA}'/>".encode(),
        ("[" * 5000 + VISA).encode(),
    ],
)
def test_of_a_message_that_is_not_json_the_numbers_are_dropped_all_the_same(body: bytes) -> None:
    kept = redacted(body).replace(b"\0", b"")
    assert b"1111" not in kept
    assert REMOVED.encode() in kept


def test_of_json_that_is_cut_off_what_stands_under_names_of_cards_is_dropped() -> None:
    cut_off = b'{"cardholder_name": "Ana \\"A\\" Silva", "cvv": 739, "note": "x", "card_token": "abc'
    kept = f'{{"cardholder_name": "{REMOVED}", "cvv": "{REMOVED}", "note": "x", "card_token": "{REMOVED}"'
    assert redacted(cut_off).decode() == kept


def test_of_a_name_said_twice_the_hidden_value_is_dropped_as_well() -> None:
    assert redacted(f'{{"note": "{VISA}", "note": "none"}}'.encode()) == b'{"note": "none"}'


def test_redacting_twice_changes_nothing_more() -> None:
    once = redacted(json.dumps({"card": VISA, "note": f"cvv 123 {VISA}"}).encode())
    assert redacted(once) == once
