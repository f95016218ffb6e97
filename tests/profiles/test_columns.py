"""What the columns of a file hold."""

from __future__ import annotations

import pytest

from services.contracts.profiles import NotImportable
from services.profiles.domain.columns import FIELDS, understood


@pytest.mark.parametrize(
    ("header", "fields"),
    [
        (
            ("First Name", "LAST NAME", "E-mail Address", "Mobile Phone"),
            ("given_name", "family_name", "email", "phone"),
        ),
        (("Vorname", "Name", "Straße", "PLZ", "Ort"), ("given_name", "family_name", "address", "postcode", "city")),
        (("Nombre", "Apellidos", "Correo electrónico", "Móvil"), ("given_name", "family_name", "email", "phone")),
        (("Prénom", "Nom", "Date de naissance", "Pays"), ("given_name", "family_name", "birth_date", "country")),
        (("Nome", "Cognome", "Cellulare", "CAP"), ("given_name", "family_name", "phone", "postcode")),
        (("Nome", "Apelido", "Telemóvel", "Código Postal"), ("given_name", "family_name", "phone", "postcode")),
        (("Nome", "E-mail"), ("name", "email")),
        (("Name", "Email", "Memo"), ("name", "email", None)),
        (("Firma", "USt-Id", "E-Mail", "E-Mail 2"), ("company", None, "email", "email")),
        (("given_name", "second_family_name", "birth_place"), ("given_name", "second_family_name", "birth_place")),
    ],
)
def test_columns_are_understood_by_their_names(header, fields):
    assert understood(header) == fields


def test_what_was_said_goes_before_what_is_guessed():
    assert understood(("Vorname", "Name", "X"), {"Name": None, "X": "family_name"}) == (
        "given_name",
        None,
        "family_name",
    )


def test_a_column_is_named_by_its_number_where_its_name_is_not_enough():
    assert understood(("x", "x"), {"1": "given_name", "2": "email"}) == ("given_name", "email")


@pytest.mark.parametrize(
    ("header", "said", "pointer"),
    [
        (("Vorname",), {"Nachname": "family_name"}, "/columns/Nachname"),
        (("Vorname", "x"), {"x": "shoe size"}, "/columns/x"),
        (("x", "y"), {"x": "given_name", "y": "given_name"}, "/columns"),
        (("x", "x"), {"x": "given_name"}, "/columns/x"),
        (("Foo", "Bar"), {}, "/columns"),
        (("a/b~c",), {"a/b~c": "no"}, "/columns/a~1b~0c"),
        (("Vorname",) * 251, {}, "/header"),
    ],
)
def test_what_cannot_be_is_refused_with_its_pointer(header, said, pointer):
    with pytest.raises(NotImportable) as refused:
        understood(header, said)
    assert pointer in [fault.pointer for fault in refused.value.errors]


def test_every_field_is_understood_by_its_own_name():
    for field in FIELDS:
        assert understood((field, "email"))[0] in (field, None if field == "email" else field)
