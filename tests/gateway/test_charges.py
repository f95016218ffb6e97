"""The routes of charges, their kinds and folios."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import pytest

from services.contracts.billing import (
    Charge,
    ChargeKind,
    ChargeKinds,
    ChargeReport,
    ChargeVoided,
    CloseFolio,
    FindFolios,
    Folio,
    FolioClosed,
    FoliosFound,
    FolioTotal,
    NotACharge,
    NotAKind,
    PostCharge,
    ReadChargeKinds,
    ReceiveCharge,
    ReopenFolio,
    SetUpChargeKind,
    VoidCharge,
)
from services.contracts.bookings import RoomVacant, UnknownRoom
from services.kit.refusal import Invalid, Problem
from tests.gateway.guests import ANA, NOON, STAY, eur, know_ana

KEY = {"Idempotency-Key": "charge-1"}
CHARGE = Charge(
    id=STAY, folio_id=STAY, profile_id=ANA, booking_id=STAY, kind="spa", description="Massage", amount=eur("60.00"),
    net=eur("48.78"), vat=eur("11.22"), vat_basis_points=2300, business_date=date(2026, 11, 20), journal_id=STAY,
    posted_at=NOON,
)  # fmt: skip
FOLIO = Folio(
    id=STAY, booking_id=STAY, profile_id=ANA, state="open", stay=eur("300.00"), charges=(CHARGE,), opened_at=NOON,
    totals=(FolioTotal(total=eur("360.00"), paid=eur("100.00"), due=eur("260.00")),),
)  # fmt: skip
NOTICE = {
    "source": "till", "external_id": "1", "booking_ref": "BDC-1", "kind": "spa",
    "amount": {"amount": "60.00", "currency": "EUR"}, "at": "2026-11-20T23:30:00-05:00",
}  # fmt: skip


def test_a_charge_may_say_its_day_and_its_number_elsewhere(api, services):
    know_ana(services)
    services.will_answer(PostCharge, CHARGE)
    body = {"booking_id": str(STAY), "kind": "spa", "amount": {"amount": "60.00", "currency": "EUR"},
            "business_date": "2026-11-20", "source": "shop", "external_id": "7", "property": "LIS"}  # fmt: skip
    answer = api.post("/v1/charges", json=body, headers=KEY)
    assert answer.status_code == 201
    assert answer.get_json()["vat"] == {"amount": "11.22", "currency": "EUR"}
    asked = services.last(PostCharge)
    assert (asked.business_date, asked.source, asked.external_id) == (date(2026, 11, 20), "shop", "7")


def test_a_charge_may_name_a_room_of_the_property(api, services):
    services.will_answer(PostCharge, CHARGE)
    body = {"room": "101", "property": "LIS", "kind": "spa", "amount": {"amount": "60.00", "currency": "EUR"}}
    assert api.post("/v1/charges", json=body, headers=KEY).status_code == 201
    assert (services.last(PostCharge).room, services.last(PostCharge).property) == ("101", "LIS")
    for refusal, status, code in ((UnknownRoom(), 404, "unknown-room"), (RoomVacant(), 409, "room-vacant")):
        services.will_answer(PostCharge, refusal)
        answer = api.post("/v1/charges", json=body, headers={"Idempotency-Key": code})
        assert (answer.status_code, answer.get_json(force=True)["type"]) == (status, f"/problems/{code}")


@pytest.mark.parametrize(
    ("said", "pointer"),
    [({"room": "101"}, "/property"), ({"room": "101", "property": "LIS", "booking_id": str(STAY)}, "/booking_id")],
)
def test_a_room_is_named_with_its_property_and_alone(api, services, said, pointer):
    body = {"kind": "spa", "amount": {"amount": "60.00", "currency": "EUR"}, **said}
    answer = api.post("/v1/charges", json=body, headers=KEY)
    assert (answer.status_code, answer.get_json(force=True)["errors"][0]["pointer"]) == (422, pointer)
    assert not services.asked


@pytest.mark.parametrize("amount", ["1.234", "1e2", "", "12,50", 1])
def test_an_amount_with_too_many_decimals_is_refused_where_it_stands(api, services, amount):
    body = {"booking_id": str(STAY), "kind": "spa", "amount": {"amount": amount, "currency": "EUR"}}
    answer = api.post("/v1/charges", json=body, headers=KEY)
    assert answer.status_code == 422
    assert answer.get_json(force=True)["errors"][0]["pointer"] == "/amount/amount"
    assert not services.asked


def test_a_kind_nobody_knows_is_refused_where_it_stands(api, services):
    services.will_answer(PostCharge, Invalid(errors=[Problem("/kind", "No such kind.")]))
    body = {"booking_id": str(STAY), "kind": "helicopter", "amount": {"amount": "1", "currency": "EUR"}}
    answer = api.post("/v1/charges", json=body, headers=KEY)
    assert (answer.status_code, answer.get_json(force=True)["errors"][0]["pointer"]) == (422, "/kind")


def test_a_charge_is_voided_with_a_reason_and_once(api, services):
    services.will_answer(VoidCharge, CHARGE)
    assert api.post(f"/v1/charges/{STAY}/void", json={"reason": "Mistyped"}, headers=KEY).status_code == 200
    assert services.last(VoidCharge) == VoidCharge(charge_id=STAY, reason="Mistyped")
    services.will_answer(VoidCharge, ChargeVoided())
    assert api.post(f"/v1/charges/{STAY}/void", json={"reason": "Mistyped"}, headers=KEY).status_code == 409
    assert api.post(f"/v1/charges/{STAY}/void", json={}, headers=KEY).status_code == 422


def test_a_till_gets_a_report_and_needs_its_own_scope(api, services, as_key):
    services.will_answer(ReceiveCharge, ChargeReport(source="till", external_id="1", state="posted", charge=CHARGE))
    answer = api.post("/v1/inbound/charges", json=NOTICE)
    assert (answer.status_code, answer.get_json()["charge"]["id"]) == (202, str(STAY))
    at = services.last(ReceiveCharge).notice.at
    assert (at.date(), at.utcoffset().total_seconds()) == (date(2026, 11, 20), -5 * 3600)
    assert api.post("/v1/inbound/charges", json=NOTICE, headers=as_key("write")).status_code == 403
    services.will_answer(ReceiveCharge, NotACharge(errors=[Problem("/amount/amount", "Above zero.")]))
    refused = api.post("/v1/inbound/charges", json=NOTICE)
    assert refused.get_json(force=True)["errors"][0]["pointer"] == "/amount/amount"


def test_folios_are_found_by_booking_or_by_who_pays(api, services):
    services.will_answer(FindFolios, FoliosFound(items=(FOLIO,)))
    found = api.get(f"/v1/folios?booking={STAY}").get_json()
    assert found["items"][0]["totals"][0]["due"] == {"amount": "260.00", "currency": "EUR"}
    assert api.get(f"/v1/folios?profile={ANA}").status_code == 200
    assert services.last(FindFolios) == FindFolios(profile_id=ANA)
    assert api.get("/v1/folios").status_code == 422
    assert api.get("/v1/folios?booking=1").status_code == 422


def test_a_folio_is_closed_and_opened_again(api, services):
    for path, request in (("close", CloseFolio), ("reopen", ReopenFolio)):
        services.will_answer(request, FOLIO)
        assert api.post(f"/v1/folios/{STAY}/{path}").status_code == 200
        assert services.last(request).folio_id == STAY
    services.will_answer(PostCharge, FolioClosed())
    body = {"booking_id": str(STAY), "kind": "spa", "amount": {"amount": "1", "currency": "EUR"}}
    assert api.post("/v1/charges", json=body, headers=KEY).status_code == 409


def test_kinds_are_for_all_to_read_and_for_administrators_to_set(api, services, as_key):
    spa = ChargeKind(code="spa", name="SPA", account="revenue:spa", tax_class="standard")
    services.will_answer(ReadChargeKinds, ChargeKinds(items=(spa,)))
    services.will_answer(SetUpChargeKind, lambda request: request.kind)
    assert api.get("/v1/charge-kinds").get_json()["items"][0]["code"] == "spa"
    body = {"name": "SPA", "account": "revenue:spa", "tax_class": "standard"}
    assert api.put("/v1/charge-kinds/spa", json=body).get_json()["active"] is True
    assert api.put("/v1/charge-kinds/spa", json=body, headers=as_key("read.write")).status_code == 403
    services.will_answer(SetUpChargeKind, NotAKind(errors=[Problem("/account", "Not an account.")]))
    refused = api.put("/v1/charge-kinds/spa", json=body)
    assert (refused.status_code, refused.get_json(force=True)["errors"][0]["pointer"]) == (422, "/account")


def test_an_id_is_an_id(api):
    assert api.get(f"/v1/charges/{UUID(int=1)}x").status_code == 404
