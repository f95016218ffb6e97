"""The routes of a property's taxes."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from services.contracts.billing import CityTax, NoTaxes, PropertyTaxes, ReadTaxes, SetTaxes, VatRate
from services.contracts.bookings import Properties, Property, ReadProperties

LISBON = UUID("11111111-1111-4111-8111-111111111111")
TAXES = "/v1/properties/LIS/taxes"
HOUSE = Property(id=LISBON, code="LIS", name="Casa da Baixa", currency="EUR", time_zone="Europe/Lisbon", country="PT")
SAID: dict[str, Any] = {
    "vat": [{"tax_class": "accommodation", "rate": "6.00", "valid_from": "2024-01-01"}],
    "city_tax": [
        {
            "valid_from": "2024-09-01",
            "amount": {"amount": "4.00", "currency": "EUR"},
            "exempt_under": 13,
            "most_nights": 7,
        }
    ],
    "prices_include_vat": True,
    "owed_from": "confirmation",
}
KEPT = PropertyTaxes(
    property_id=LISBON,
    country="PT",
    time_zone="Europe/Lisbon",
    currency="EUR",
    vat=(VatRate(tax_class="accommodation", basis_points=600, valid_from=date(2024, 1, 1)),),
    city_tax=(CityTax(valid_from=date(2024, 9, 1), amount_minor=400, exempt_under=13, most_nights=7),),
)


@pytest.fixture
def house(services):
    services.will_answer(ReadProperties, Properties(items=(HOUSE,)))
    return services


def test_taxes_are_set_with_what_bookings_knows_of_the_property(api, house):
    house.will_answer(SetTaxes, KEPT)
    said = api.put(TAXES, json=SAID)
    assert said.status_code == 200
    assert vars(house.last(SetTaxes)) == vars(KEPT)


def test_taxes_are_shown_as_they_are_set(api, house):
    house.will_answer(ReadTaxes, KEPT)
    shown = api.get(TAXES).json
    assert shown["vat"] == [{**SAID["vat"][0], "valid_until": None}]
    assert shown["city_tax"] == [{**SAID["city_tax"][0], "valid_until": None, "rate": None, "included": False}]
    assert (shown["country"], shown["owed_from"], shown["prices_include_vat"]) == ("PT", "confirmation", True)
    house.will_answer(SetTaxes, KEPT)
    again = {name: shown[name] for name in SAID}
    assert api.put(TAXES, json=again).status_code == 200


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"vat": [{**SAID["vat"][0], "rate": "100.01"}]}, "/vat/0/rate"),
        ({"vat": [{**SAID["vat"][0], "rate": "6.001"}]}, "/vat/0/rate"),
        ({"vat": [{**SAID["vat"][0], "rate": "-6"}]}, "/vat/0/rate"),
        ({"vat": [{**SAID["vat"][0], "rate": 6}]}, "/vat/0/rate"),
        ({"vat": [{**SAID["vat"][0], "tax_class": "Rooms"}]}, "/vat/0/tax_class"),
        ({"city_tax": [{"valid_from": "2024-01-01"}]}, "/city_tax/0/amount"),
        ({"city_tax": [{**SAID["city_tax"][0], "rate": "5"}]}, "/city_tax/0/amount"),
        (
            {"city_tax": [{**SAID["city_tax"][0], "amount": {"amount": "4.00", "currency": "USD"}}]},
            "/city_tax/0/amount/currency",
        ),
        (
            {"city_tax": [{**SAID["city_tax"][0], "amount": {"amount": "4.001", "currency": "EUR"}}]},
            "/city_tax/0/amount/amount",
        ),
        ({"owed_from": "sometime"}, "/owed_from"),
        ({"prices_include_vat": "yes"}, "/prices_include_vat"),
    ],
)
def test_what_is_wrong_is_pointed_at(api, house, wrong, pointer):
    answer = api.put(TAXES, json={**SAID, **wrong})
    assert answer.status_code == 422
    assert [fault["pointer"] for fault in answer.json["errors"]] == [pointer]


def test_a_property_nobody_knows_has_no_taxes(api, services):
    services.will_answer(ReadProperties, Properties(items=()))
    assert api.put(TAXES, json=SAID).status_code == 404
    assert api.get(TAXES).status_code == 404


def test_a_property_without_taxes_says_so(api, house):
    house.will_answer(ReadTaxes, NoTaxes())
    answer = api.get(TAXES)
    assert (answer.status_code, answer.json["type"].endswith("no-taxes")) == (404, True)


def test_only_an_admin_sets_taxes(api, house, as_key):
    assert api.put(TAXES, json=SAID, headers=as_key("read.write")).status_code == 403
