"""Whatever other systems send of cards is found nowhere afterwards: in no table, in no queue and in no log."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest

from services.kit import parked
from tests.bookings.channex import revision, room
from tests.journeys.canaries import Cards, everything_kept
from tests.journeys.notices import ana, notice, set_up_hotel
from tests.journeys.test_charges import sale

pytestmark = pytest.mark.servers

SPACED, DASHED = "{} {} {} {}", "{}-{}-{}-{}"


def native(cards: Cards, hotel: str, way: str, **more: Any) -> dict[str, Any]:
    """A notice with a card in every text that may hold one; `way` is how it comes."""

    def put(name: str, form: str = "{}{}{}{}") -> str:
        return cards.put(f"{name}, native, {way}", form)

    booker = ana(uuid.uuid4().hex[:10], company=put("company", SPACED), title=put("title"), phone=put("phone", SPACED))
    booker["given_name"] = f"Ana {put('given name', DASHED)}"
    booker["email"] = f"{put('email')}@mail.example.org"
    booker["address"] = {"lines": [put("address", SPACED)], "city": put("city"), "postcode": put("postcode")}
    booker["consents"] = [{"channel": "email", "granted": True, "wording": put("wording")}]
    said = notice(hotel, f"CARD-{uuid.uuid4().hex[:10]}", booker, channel=put("channel"), group=put("group"))
    said["requests"] = f"Please charge {put('requests', SPACED)}, cvv: 739\nor {put('second of the requests', DASHED)}"
    said["guests"] = [{"family_name": put("guest")}]
    said["rooms"][0]["rate"] = put("rate", DASHED)
    said["payments"] = [
        {"amount": "1.00", "currency": "EUR", "method": put("method"), "reference": put("reference", DASHED)}
    ]
    return {**said, **more}


def of_channex(cards: Cards, hotel: str, way: str, **more: Any) -> dict[str, Any]:
    def put(name: str, form: str = "{}{}{}{}") -> str:
        return cards.put(f"{name}, channex, {way}", form)

    customer = {
        "name": put("name"),
        "surname": "Silva",
        "mail": f"{put('mail')}@x.org",
        "address": put("address", SPACED),
    }
    customer |= {"meta": {"remark": put("unknown field of the customer")}}
    guest = {
        "name": f"Bruno {put('guest', DASHED)}",
        "surname": "Costa",
        "card": cards.guarantee(f"guest's card, {way}"),
    }
    said = {
        "property_id": hotel,
        "unique_id": f"BDC-{uuid.uuid4().hex[:10]}",
        "notes": f"Use {put('notes', SPACED)} cvv 739",
        "guarantee": cards.guarantee(f"guarantee, channex, {way}"),
        "customer": customer,
        "rooms": [
            room(room_type_id="A", rate_plan_id=None, guests=[guest], meta={"x": put("unknown field of the room")})
        ],
        "services": [{"name": put("service"), "total_price": "5.00"}],
        "raw_message": f"<PaymentCard CardNumber='{put('raw message')}' SeriesCode='739'/>",
        "payment_collect": "ota",
        **more,
    }
    return revision(**said)


def test_card_data_is_found_nowhere_afterwards(system: Any) -> None:
    hotel, cards = set_up_hotel(system), Cards()
    tag = uuid.uuid4().hex[:10]

    def posts(path: str, body: Any, status: int) -> None:
        found, said = system.call("POST", path, body)
        assert found == status, said

    posts("/v1/inbound/bookings", native(cards, hotel, "HTTP"), 202)
    posts("/v1/inbound/bookings", native(cards, cards.put("property, native, HTTP"), "HTTP, parked"), 202)
    posts("/v1/inbound/bookings", native(cards, hotel, "HTTP, unknown field", guarantee=cards.guarantee("native")), 422)
    posts("/v1/inbound/bookings", native(cards, hotel, "HTTP, malformed", revision="one"), 422)
    posts("/v1/inbound/channex", of_channex(cards, hotel, "HTTP"), 202)
    posts("/v1/inbound/channex", [of_channex(cards, cards.put("property, channex"), "HTTP, parked"), 5], 202)
    posts("/v1/inbound/channex", of_channex(cards, hotel, "HTTP, malformed", status=cards.put("status")), 422)
    posts(
        "/v1/inbound/channex", of_channex(cards, hotel, "HTTP, odd day", rooms=[room(days={cards.put("day"): {}})]), 422
    )

    ways: dict[str, list[Any]] = {
        "booking.notice": [
            native(cards, hotel, "bus", guarantee=cards.guarantee("native, bus")),
            native(cards, hotel, "bus, malformed", revision="one", guarantee=cards.guarantee("native, bus, malformed")),
            native(
                cards, hotel, "bus, a name", **{cards.put("name of a field"): [], "status": cards.put("status, bus")}
            ),
            json.dumps(native(cards, hotel, "bus, cut off", guarantee=cards.guarantee("native, cut off")))[:-2],
            json.dumps(native(cards, hotel, "bus, UTF-16")).encode("utf-16"),
            native(cards, hotel, "bus, large", requests="x" * 1_100_000 + cards.put("large")),
            int(cards.put("a number alone")),
        ],
        "channex.revision": [
            of_channex(cards, hotel, "bus"),
            of_channex(cards, hotel, "bus, malformed", status=cards.put("status, channex, bus")),
            of_channex(cards, hotel, "bus, odd day", rooms=[room(days={cards.put("day, bus"): {}})]),
            json.dumps(of_channex(cards, hotel, "bus, cut off"))[:-2],
        ],
        "charge.notice": [
            sale(f"1-{tag}", "", "9.00", description=f"Card {cards.put('charge', SPACED)}"),
            sale(f"2-{tag}", "", "much", card=cards.guarantee("charge, malformed")),
        ],
    }
    for key, bodies in ways.items():
        system.publish_all(bodies, key=key)
    system.wait_quiet()

    assert system.rows("bookings", "SELECT 1 FROM notices WHERE body::text LIKE %s", "%[card number removed]%")
    assert len(parked.list(system.amqp_url, ["bookings"])) >= 8
    found = {(where, place) for where, text in everything_kept(system) for place in cards.found_in(text)}
    parked.drop(system.amqp_url, "bookings", everything=True)
    parked.drop(system.amqp_url, "billing", everything=True)
    assert sorted(found) == []
    assert len(cards.places) > 100


def test_a_card_that_is_kept_would_be_found(system: Any) -> None:
    """The search finds what is there: written otherwise, in a table, a queue and a log."""
    cards = Cards()
    for form in ("{}{}{}{}", SPACED, DASHED):
        assert cards.found_in(f"x {cards.put(form, form)} y") == [form]
    assert cards.found_in(cards.put("hidden").encode().hex()) == ["hidden"]
    assert cards.found_in('"cvv": "739"') == ["the check code"]
    where = {name.split(" ")[0].strip(",") for name, _ in everything_kept(system)}
    assert {"bookings", "gateway", "log"} <= where
