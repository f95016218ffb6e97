"""What others hold for an e-mail address or a telephone number: the example numbers of every country, and the test
lists of the libraries that we read them with.

The lists are not kept here. Where FOYER_ORACLES names a folder with the unpacked sources of email-validator and
phonenumbers (`pip download --no-binary :all: --no-deps email-validator phonenumbers`), they are held against ours.
"""

from __future__ import annotations

import importlib.util
import os
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import phonenumbers
import pytest
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from services.profiles.domain import contacts
from services.profiles.domain.names import Unfit

_FOLDER = os.environ.get("FOYER_ORACLES")
with_lists = pytest.mark.skipif(not _FOLDER, reason="FOYER_ORACLES names no folder with the lists of the libraries")


# ── telephone numbers: every country and every type of number there is ───────────────────────────────────────────────

_TYPES = [kind for kind in PhoneNumberType.values() if kind != PhoneNumberType.UNKNOWN]


def _examples() -> Iterator[tuple[str | None, Any]]:
    for region in sorted(phonenumbers.SUPPORTED_REGIONS):
        for kind in _TYPES:
            if (found := phonenumbers.example_number_for_type(region, kind)) is not None:
                yield region, found
    for code in sorted(phonenumbers.COUNTRY_CODES_FOR_NON_GEO_REGIONS):
        if (found := phonenumbers.example_number_for_non_geo_entity(code)) is not None:
            yield None, found


def test_the_example_number_of_every_country_and_type_is_known_in_its_international_form():
    wrong, seen = [], 0
    for region, number in _examples():
        seen += 1
        e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
        for said in (e164, phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)):
            if _read(said, None) != e164:
                wrong.append((region, said))
    assert seen > 1_000
    assert wrong == []


def test_the_example_number_of_every_country_and_type_is_known_as_it_is_dialled_there():
    wrong = []
    for region, number in _examples():
        e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
        national = phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)
        if region and _read(national, region) != e164:
            wrong.append((region, national))
    assert wrong == []


def _read(said: str, region: str | None) -> str | None:
    try:
        return contacts.phone(said, region).value
    except Unfit:
        return None


@with_lists
def test_numbers_in_the_tests_of_phonenumbers_are_read_as_the_library_reads_them():
    source = _file("phonenumbers-*/tests/phonenumberutiltest.py").read_text()
    pairs = set(re.findall(r'parse\("([^"]*)", "([A-Z]{2})"', source))
    other = [pair for pair in sorted(pairs) if _read(*pair) not in (_library(*pair), None)]
    refused = [pair for pair in sorted(pairs) if _read(*pair) is None and _library(*pair) is not None]
    assert len(pairs) > 100
    assert other == []
    assert all(len(said) > 40 or _is_typed_through(said, region) for said, region in refused)


def _library(said: str, region: str) -> str | None:
    try:
        number = phonenumbers.parse(said, region)
    except phonenumbers.NumberParseException:
        return None
    possible = phonenumbers.is_possible_number(number)
    return phonenumbers.format_number(number, PhoneNumberFormat.E164) if possible else None


def _is_typed_through(said: str, region: str) -> bool:
    national = str(phonenumbers.parse(said, region).national_number)
    return len(set(national)) == 1 or national in "01234567890"


# ── e-mail addresses ─────────────────────────────────────────────────────────────────────────────────────────────────


@with_lists
def test_addresses_that_email_validator_takes_are_taken_and_written_as_it_writes_them():
    """But for two things that it takes only when told to, and we never do: a quoted part before the @, and a name with
    the address behind it in angle brackets.
    """
    cases = [*_cases("test_email_valid"), *_cases("test_email_valid_intl_local_part")]
    other = [said for said, output in cases if _email(said) != output.normalized]
    assert len(cases) > 20
    assert [said for said in other if '"' not in said and "<" not in said] == []


@with_lists
@pytest.mark.parametrize(
    "name",
    [
        "test_email_invalid_syntax",
        "test_email_invalid_syntax_display_name",
        "test_email_invalid_reserved_domain",
        "test_email_valid_only_if_quoted_local_part",
    ],
)
def test_addresses_that_email_validator_refuses_are_refused(name):
    cases = [case[0] if isinstance(case, tuple) else case for case in _cases(name)]
    assert cases
    assert [said for said in cases if _email(said) is not None and said == said.strip()] == []


@with_lists
def test_addresses_of_the_isemail_list_are_judged_as_the_list_does():
    """But for blanks and line breaks around an address, which are taken off, and a part before the @ longer than the 64
    characters of RFC 5321, which some systems give to people.
    """
    cases = _cases("test_pyisemail_tests")
    assert len(cases) > 100
    other = [(said, status) for said, status in cases if (_email(said) is not None) != (status == "ISEMAIL_VALID")]
    assert [status for said, status in other if said == said.strip()] == ["ISEMAIL_RFC5322_LOCAL_TOOLONG"]


def _email(said: str) -> str | None:
    try:
        return contacts.email(said).value
    except Unfit:
        return None


def _cases(name: str) -> list[Any]:
    found = getattr(_email_tests(), name)
    (marked,) = [mark for mark in found.pytestmark if mark.name == "parametrize"]
    return list(marked.args[1])


def _email_tests() -> ModuleType:
    spec = importlib.util.spec_from_file_location("email_oracle", _file("email_validator-*/tests/test_syntax.py"))
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _file(pattern: str) -> Path:
    found = sorted(Path(_FOLDER or "").glob(pattern))
    if not found:
        pytest.skip(f"There is no {pattern} in the folder that FOYER_ORACLES names")
    return found[-1]
