"""An invoice issued to a card that turned out to be another guest's: theirs in every list, and as it was issued."""

from __future__ import annotations

import pytest

from tests.databases import Databases
from tests.gateway.lisbon import House
from tests.gateway.test_moves import REAL, gives, guest_of, notice

pytestmark = pytest.mark.servers

_SELLER = {"name": "Lisbon City Hotel, Lda.", "address": ["Rua Augusta 1"], "country": "PT"}
_SPA = {"kind": "spa", "amount": {"amount": "40.00", "currency": "EUR"}}


@pytest.fixture
def house(databases: Databases) -> House:
    return House(databases)


def test_the_invoice_is_the_survivors_in_lists_statement_and_time_line(house):
    house.does("PUT", "/v1/properties/LIS-CITY/invoicing", {"prefix": "LIS", "seller": _SELLER})
    ana = house.knows("Ana", emails=[{"address": REAL}])
    booking = notice(house, "BDC-1")
    old = guest_of(booking)
    house.does("POST", "/v1/charges", {"booking_id": booking["id"], **_SPA}, Idempotency_Key="spa")
    (folio,) = house.does("GET", f"/v1/folios?booking={booking['id']}")["items"]
    invoice = house.does("POST", "/v1/invoices", {"folio_id": folio["id"]}, Idempotency_Key="invoice")
    gives(house, old)
    assert house.does("GET", f"/v1/profiles/{old}")["merged_into"] == ana
    for who in (ana, old):
        found = house.does("GET", f"/v1/invoices?profile={who}")["items"]
        assert [each["id"] for each in found] == [invoice["id"]]
        lines = house.does("GET", f"/v1/profiles/{who}/timeline?limit=200")["items"]
        assert invoice["id"] in [line["ref"] for line in lines if line["what"] == "invoice.issued"]
        period = "from=2020-01-01&until=2099-12-31&currency=EUR"
        statement = house.does("GET", f"/v1/profiles/{who}/statement?{period}")
        assert (statement["closing"]["amount"], [line["kind"] for line in statement["lines"]]) == (
            "340.00",
            ["stay", "spa"],
        )
    assert house.does("GET", f"/v1/invoices/{invoice['id']}") == invoice
