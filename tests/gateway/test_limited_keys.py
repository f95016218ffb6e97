"""What a key that is limited to one property does there: with money, teams and notices of its own house alone."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from tests.bookings import channex
from tests.bookings.xml_messages import notif, reservation, room_stay
from tests.gateway.two_houses import EVERYWHERE, LIMITED, TwoHouses

pytestmark = pytest.mark.servers

_EUR = {"amount": "10.00", "currency": "EUR"}
_STAY = {"arrival": "2027-05-01", "departure": "2027-05-02", "booker": {"family_name": "Costa"}}
_PERIOD = "from=2020-01-01&until=2099-12-31&currency=EUR"


def _sent(houses: TwoHouses, method: str, path: str, body: Any = None, key: dict[str, str] = LIMITED) -> Any:
    """Status and body of the answer."""
    answer = houses.api.open(path, method=method, json=body, headers={**key, "Idempotency-Key": str(uuid.uuid4())})
    houses.services.settle()
    return answer.status_code, answer.get_json(force=True, silent=True)


def _refused(houses: TwoHouses, method: str, path: str, body: Any = None) -> tuple[int, str]:
    status, said = _sent(houses, method, path, body)
    return status, said["type"].removeprefix("/problems/")


def _cents(money: dict[str, str]) -> int:
    return round(float(money["amount"]) * 100)


def _account(houses: TwoHouses) -> list[dict[str, Any]]:
    """Ana's lines, over all houses."""
    return houses.gets(f"/v1/profiles/{houses.ana}/account?limit=200", EVERYWHERE)["lines"]  # type: ignore[no-any-return]


def _journal(houses: TwoHouses, property_id: str) -> str:
    lines = (line for line in _account(houses) if line["source"]["property_id"] == property_id)
    return next(line["journal_id"] for line in lines if line["kind"] not in ("payment", "deposit"))  # type: ignore[no-any-return]


def _payment_for(houses: TwoHouses, booking: str) -> str:
    found = houses.gets(f"/v1/payments?profile={houses.ana}", EVERYWHERE)["items"]
    return next(each["id"] for each in found if each["booking_id"] == booking)  # type: ignore[no-any-return]


# ── money ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_ageing_is_of_what_is_owed_at_the_own_property(houses):
    (debt,) = houses.gets(f"/v1/profiles/{houses.ana}/ageing")["debts"]
    balance = houses.gets(f"/v1/bookings/{houses.booking}/balance")
    assert debt["total"] == balance["due"]
    (all_of_it,) = houses.gets(f"/v1/profiles/{houses.ana}/ageing", EVERYWHERE)["debts"]
    assert _cents(all_of_it["total"]) > _cents(debt["total"])


def test_a_statement_has_the_lines_of_the_own_property_and_says_so(houses):
    found = houses.gets(f"/v1/profiles/{houses.ana}/statement?{_PERIOD}")
    own = [line for line in _account(houses) if line["source"]["property_id"] == houses.porto]
    assert found["property_ids"] == [houses.porto]
    assert {line["booking_id"] for line in found["lines"]} == {houses.booking}
    assert _cents(found["closing"]) == sum(_cents(line["amount"]) for line in own) == 9900 - 700
    whole = houses.gets(f"/v1/profiles/{houses.ana}/statement?{_PERIOD}", EVERYWHERE)
    assert whole["property_ids"] is None
    assert len(whole["lines"]) == len(_account(houses))


def test_a_printed_statement_is_one_too(houses):
    answer = houses.api.get(f"/v1/profiles/{houses.ana}/statement.pdf?{_PERIOD}", headers=LIMITED)
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")


def test_what_was_before_the_period_is_of_the_own_property_too(houses):
    found = houses.gets(f"/v1/profiles/{houses.ana}/statement?from=2098-01-01&until=2099-12-31&currency=EUR")
    assert (_cents(found["opening"]), found["lines"]) == (9900 - 700, [])


def test_credit_terms_are_read_by_all_and_changed_for_all(houses):
    path = f"/v1/profiles/{houses.ana}/credit-terms"
    assert houses.gets(path) == houses.gets(path, EVERYWHERE)
    assert _refused(houses, "PUT", path, {"limit": _EUR, "days": 1}) == (403, "forbidden")


def test_a_journal_of_the_own_property_is_read_and_one_elsewhere_is_not_there(houses):
    own, other = _journal(houses, houses.porto), _journal(houses, houses.lisbon)
    assert houses.gets(f"/v1/journals/{own}")["id"] == own
    assert _refused(houses, "GET", f"/v1/journals/{other}") == (404, "no-such-journal")


def test_an_adjustment_is_reversed_at_the_own_property_alone(houses):
    found = {}
    for booking in (houses.booking, houses.examples.fields["booking_id"]):
        said = {"booking_id": booking, "kind": "spa", "direction": "debit", "amount": _EUR, "reason": "Late"}
        status, made = _sent(houses, "POST", "/v1/adjustments", said, EVERYWHERE)
        assert status == 201, made
        path = f"/v1/journals/{made['journal_id']}/reverse"
        found[booking] = _sent(houses, "POST", path, {"reason_code": "wrong-account"})[0]
    assert [*found.values()] == [201, 404]


def test_a_payment_is_pinned_to_a_booking_of_the_own_property(houses):
    payment = _payment_for(houses, houses.booking)
    said = {"payment_id": payment, "booking_id": houses.booking, "reason": "She said so"}
    status, found = _sent(houses, "POST", "/v1/allocations", {**said, "amount": {"amount": "5.00", "currency": "EUR"}})
    assert (status, {each["booking_id"] for each in found["allocations"]}) == (200, {houses.booking})
    status, found = _sent(houses, "POST", "/v1/allocations/release", said)
    assert (status, found["allocations"]) == (200, [])  # what it covers elsewhere is not told


def test_no_payment_is_pinned_to_a_booking_elsewhere(houses):
    other = houses.examples.fields["booking_id"]
    for payment, booking, why in (
        (_payment_for(houses, houses.booking), other, "no-such-folio"),
        (_payment_for(houses, other), houses.booking, "no-such-payment"),
        (houses.examples.fields["payment_id"], houses.booking, "no-such-payment"),  # for no booking: the organisation's
    ):
        said = {"payment_id": payment, "booking_id": booking, "reason": "x"}
        for path in ("/v1/allocations", "/v1/allocations/release"):
            assert _refused(houses, "POST", path, said) == (404, why)


# ── teams, and the rules by which bookings come to them ──────────────────────────────────────────────────────────────


def test_a_team_is_set_up_for_the_own_property(houses):
    team = {"name": "Desk", "property": "OPO-RIO"}
    assert _sent(houses, "PUT", "/v1/teams/porto", team)[0] == 200
    assert [each["code"] for each in houses.gets("/v1/teams")["items"]] == ["porto"]
    assert {each["code"] for each in houses.gets("/v1/teams", EVERYWHERE)["items"]} == {"new-1", "porto"}


def test_a_team_of_the_organisation_is_seen_and_not_changed(houses):
    assert _sent(houses, "PUT", "/v1/teams/all", {"name": "Reservations"}, EVERYWHERE)[0] == 200
    assert houses.gets("/v1/teams/all")["name"] == "Reservations"
    for team in ({"name": "Mine"}, {"name": "Mine", "property": "OPO-RIO"}):
        assert _refused(houses, "PUT", "/v1/teams/all", team) == (403, "not-your-property")


def test_a_team_elsewhere_is_not_there_and_not_replaced(houses):
    assert _refused(houses, "GET", "/v1/teams/new-1") == (404, "no-such-team")
    assert _refused(houses, "GET", "/v1/teams/new-1/queue") == (404, "no-such-team")
    for team in ({"name": "Mine", "property": "LIS-CITY"}, {"name": "Mine", "property": "OPO-RIO"}):
        assert _refused(houses, "PUT", "/v1/teams/new-1", team) == (403, "not-your-property")


def test_a_rule_is_made_and_removed_for_bookings_of_the_own_property(houses):
    _sent(houses, "PUT", "/v1/teams/porto", {"name": "Desk", "property": "OPO-RIO"})
    rule = {"team": "porto", "property": "OPO-RIO"}
    assert _sent(houses, "PUT", "/v1/routing-rules/porto", rule)[0] == 200
    assert [each["code"] for each in houses.gets("/v1/routing-rules")["items"]] == ["porto"]
    assert _sent(houses, "DELETE", "/v1/routing-rules/porto")[0] == 204


def test_no_rule_is_made_for_bookings_elsewhere_or_everywhere(houses):
    _sent(houses, "PUT", "/v1/teams/porto", {"name": "Desk", "property": "OPO-RIO"})
    for more in ({}, {"property": "LIS-CITY"}, {"property": "NOWHERE"}, {"property": "OPO-RIO", "branch": "LIS-CITY"}):
        said = _refused(houses, "PUT", "/v1/routing-rules/mine", {"team": "porto", **more})
        assert said == (403, "not-your-property")
    rule = {"team": "new-1", "property": "OPO-RIO"}  # a team of Lisbon's
    assert _refused(houses, "PUT", "/v1/routing-rules/mine", rule)[0] == 422


def test_a_rule_elsewhere_is_not_there_and_stays(houses):
    _sent(houses, "PUT", "/v1/teams/porto", {"name": "Desk", "property": "OPO-RIO"})
    path, mine = "/v1/routing-rules/new-1", {"team": "porto", "property": "OPO-RIO"}
    assert _refused(houses, "GET", path) == (404, "no-such-routing-rule")
    assert _refused(houses, "DELETE", path) == (404, "no-such-routing-rule")
    assert _refused(houses, "PUT", path, mine) == (403, "not-your-property")
    assert houses.gets(path, EVERYWHERE)["property"] == "LIS-CITY"


# ── notices of other systems ─────────────────────────────────────────────────────────────────────────────────────────


def _notice(**said: Any) -> dict[str, Any]:
    rooms = [{"room_type": "B"}]
    return {"source": "cm", "external_id": "P-1", "revision": 1, "status": "new", "property": "OPO-RIO", **_STAY} | (
        {"rooms": rooms, **said}
    )


def test_a_notice_of_the_own_property_is_taken_seen_and_replayed(houses):
    status, report = _sent(houses, "POST", "/v1/inbound/bookings", _notice(rooms=[{"room_type": "LOFT"}]))
    assert (status, report["state"]) == (202, "parked")
    path = f"/v1/inbound/notices/{report['notice_id']}"
    assert houses.gets(path)["external_id"] == "P-1"
    assert [each["external_id"] for each in houses.gets("/v1/inbound/notices")["items"]] == ["P-1"]
    assert _sent(houses, "POST", f"{path}/replay")[1]["state"] == "parked"
    assert _sent(houses, "POST", "/v1/inbound/notices/replay", {"source": "cm"})[1] == {"notices": 1, "bookings": 1}
    assert _sent(houses, "POST", "/v1/inbound/bookings", _notice(external_id="P-2"))[1]["state"] == "applied"


def test_a_notice_of_another_property_or_of_none_known_is_refused(houses):
    for named in ("LIS-CITY", "NOWHERE"):
        said = _refused(houses, "POST", "/v1/inbound/bookings", _notice(property=named))
        assert said == (403, "not-your-property")


def test_notices_elsewhere_are_not_there(houses):
    parked = houses.examples.fields["notice_id"]
    assert houses.gets("/v1/inbound/notices")["items"] == []
    assert _refused(houses, "GET", f"/v1/inbound/notices/{parked}") == (404, "no-such-notice")
    assert _refused(houses, "POST", f"/v1/inbound/notices/{parked}/replay") == (404, "no-such-notice")
    none = {"notices": 0, "bookings": 0}
    assert _sent(houses, "POST", "/v1/inbound/notices/replay", {"source": "till"}) == (202, none)


def test_a_booking_elsewhere_is_not_cancelled_under_its_number(houses):
    lisbon = _notice(external_id="L-1", property="LIS-CITY", rooms=[{"room_type": "A"}])
    assert _sent(houses, "POST", "/v1/inbound/bookings", lisbon, EVERYWHERE)[1]["state"] == "applied"
    cancelled = _notice(external_id="L-1", revision=2, status="cancelled")
    assert _refused(houses, "POST", "/v1/inbound/bookings", cancelled) == (403, "not-your-property")
    again = _notice(external_id="L-1")  # its revision is known: of Lisbon's notice nothing is told
    assert _refused(houses, "POST", "/v1/inbound/bookings", again) == (403, "not-your-property")


def test_what_a_source_calls_the_property_is_what_counts(houses):
    codes = {"codes": [{"kind": "property", "theirs": "H-7", "ours": "OPO-RIO"}]}
    assert _sent(houses, "PUT", "/v1/properties/OPO-RIO/codes?source=cm", codes, EVERYWHERE)[0] == 200
    status, report = _sent(houses, "POST", "/v1/inbound/bookings", _notice(property="H-7"))
    assert (status, report["state"]) == (202, "applied")


def test_revisions_of_channex_are_taken_for_the_own_property_alone(houses):
    both = [
        channex.revision(id=code, property_id=code, booking_id=code, unique_id=code, system_id=code)
        for code in ("OPO-RIO", "LIS-CITY")
    ]
    status, said = _sent(houses, "POST", "/v1/inbound/channex", {"data": both})
    assert status == 202
    assert [(each["acknowledged"], each["why"]) for each in said["items"]][1] == (False, "not-your-property")
    assert said["items"][0]["acknowledged"], said


def test_reservations_in_xml_are_taken_for_the_own_property_alone(houses):
    def stays(code: str, room_type: str) -> str:
        return room_stay(hotel=f'<BasicPropertyInfo HotelCode="{code}"/>', room_type=f'RoomTypeCode="{room_type}"')

    def answered(where: str, *codes: tuple[str, str]) -> str:
        said = notif(*(reservation(f"{where}-{code}", stays=stays(code, kind)) for code, kind in codes))
        headers = {**LIMITED, "Content-Type": "application/xml"}
        answer = houses.api.post(f"/v1/inbound/{where}?source=portal", data=said, headers=headers)
        assert answer.status_code == 200, answer.text
        return answer.text

    before = houses.state()
    for where in ("opentravel", "alpinebits"):
        told = answered(where, ("LIS-CITY", "A"))
        assert "<Errors>" in told
        assert "limited to other properties" in told
    assert houses.state() == before
    assert "<Success" in answered("opentravel", ("OPO-RIO", "B"), ("LIS-CITY", "A"))
    found = houses.gets("/v1/inbound/notices?source=portal", EVERYWHERE)["items"]
    assert [each["external_id"] for each in found] == ["opentravel-OPO-RIO"]


def test_a_till_charges_bookings_of_the_own_property_alone(houses):
    def said(booking: str, **more: Any) -> dict[str, Any]:
        sold = {"kind": "restaurant", "amount": _EUR, "booking_id": booking}
        return {"source": "till", "external_id": booking, **sold, **more}

    other = houses.examples.fields["booking_id"]
    assert _sent(houses, "POST", "/v1/inbound/charges", said(houses.booking))[0] == 202
    assert _refused(houses, "POST", "/v1/inbound/charges", said(other)) == (404, "no-such-booking")
    assert _sent(houses, "POST", "/v1/inbound/charges", said(other), EVERYWHERE)[0] == 202
    for key in (other, "not sold yet"):  # whose it will be is not known of what is not sold yet
        void = {"source": "till", "external_id": key, "status": "void"}
        assert _refused(houses, "POST", "/v1/inbound/charges", void) == (404, "no-such-charge")
    own = said(houses.booking, external_id=other)
    assert _refused(houses, "POST", "/v1/inbound/charges", own) == (403, "not-your-property")
