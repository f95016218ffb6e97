"""The routes of OpenTravel and AlpineBits: XML goes in and comes out, however the senders of these formats send it."""

from __future__ import annotations

import base64
import gzip
import io
from typing import Any

import pytest
from flask.testing import FlaskClient

from services.contracts.bookings import (
    GreetAlpineBits,
    MessageAnswer,
    NotAnAction,
    NotANotice,
    ReceiveGuestRequests,
    ReceiveOpenTravel,
)
from services.kit.refusal import CommandReused, DeadlinePassed, Problem
from tests.gateway.conftest import FakeServices

OPENTRAVEL, ALPINEBITS = "/v1/inbound/opentravel", "/v1/inbound/alpinebits"
XML = b'<?xml version="1.0" encoding="UTF-8"?><OTA_HotelResNotifRQ a="\xc3\xa9"/>'
TEXT = XML.decode()
ANSWER = "<OTA_HotelResNotifRS><Success/></OTA_HotelResNotifRS>"
PUSH, PING = "OTA_HotelResNotif:GuestRequests", "OTA_Ping:Handshaking"


@pytest.fixture
def services(services: FakeServices) -> FakeServices:
    for request in (ReceiveOpenTravel, ReceiveGuestRequests, GreetAlpineBits):
        services.will_answer(request, MessageAnswer(document=ANSWER))
    return services


def basic(name: str, key: str = "foyer_inbound") -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{name}:{key}".encode()).decode()}


def form(action: str | None = PUSH, document: Any = TEXT) -> dict[str, Any]:
    said = {"action": action, "request": document}
    return {"data": {k: v for k, v in said.items() if v is not None}, "content_type": "multipart/form-data"}


# ── both ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("media_type", ["application/xml", "text/xml; charset=utf-8", "application/soap+xml"])
@pytest.mark.parametrize(("url", "request_type"), [(OPENTRAVEL, ReceiveOpenTravel), (ALPINEBITS, ReceiveGuestRequests)])
def test_a_document_goes_to_bookings_byte_for_byte_and_its_answer_comes_back(
    api, services, url, request_type, media_type
):
    answer = api.post(url, data=XML, content_type=media_type)
    assert (answer.status_code, answer.mimetype, answer.text) == (200, "application/xml", ANSWER)
    said = services.last(request_type)
    assert (base64.b64decode(said.document), said.source) == (XML, None)


@pytest.mark.parametrize("url", [OPENTRAVEL, ALPINEBITS])
def test_the_source_is_what_the_address_says_else_who_signs_in_by_name(
    api: FlaskClient, services: FakeServices, url: str
):
    for headers, query, source in (
        (basic("synxis"), "", "synxis"),
        (basic("synxis"), "?source=portal", "portal"),
        ({}, "?source=portal", "portal"),
        (basic("a\x00b"), "", None),
    ):
        assert api.post(url + query, data=XML, content_type="text/xml", headers=headers).status_code == 200
        assert services.asked[-1].source == source


@pytest.mark.parametrize("url", [OPENTRAVEL, ALPINEBITS])
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Authorization": ""}, 401),
        (basic("synxis", "wrong"), 401),
        ({"Authorization": "Basic nonsense"}, 401),
        ({"Authorization": "Basic /w=="}, 401),
        (basic("synxis", "foyer_read"), 403),
        ({"Content-Type": "application/json"}, 415),
        ({"Content-Encoding": "gzip"}, 415),
    ],
)
def test_who_may_not_or_sends_something_else_is_refused(api, services, url: str, headers: dict[str, str], status: int):
    answer = api.post(url, data=gzip.compress(XML), headers={"Content-Type": "text/xml", **headers})
    assert answer.status_code == status
    assert services.asked == []


@pytest.mark.parametrize("url", [OPENTRAVEL, ALPINEBITS])
def test_a_body_has_a_bound(api: FlaskClient, services: FakeServices, url: str):
    assert api.post(url, data=b"x" * (1 << 20), content_type="text/xml").status_code == 200
    assert api.post(url, data=b"x" * (1 << 20) + b"x", content_type="text/xml").status_code == 413
    assert len(services.asked) == 1


def test_a_key_stands_for_the_body_it_came_with(api: FlaskClient, services: FakeServices):
    headers = {"Idempotency-Key": "k-1"}
    for body in (XML, XML, b"<other/>"):
        api.post(OPENTRAVEL, data=body, content_type="text/xml", headers=headers)
    one, again, other = services.digests
    assert one == again != other
    assert len(set(services.command_ids)) == 1
    services.will_answer(ReceiveOpenTravel, CommandReused())
    assert api.post(OPENTRAVEL, data=b"<x/>", content_type="text/xml", headers=headers).status_code == 422


# ── AlpineBits ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_portal_pushes_a_form(api: FlaskClient, services: FakeServices):
    answer = api.post(
        ALPINEBITS, **form(), headers={"X-AlpineBits-ClientProtocolVersion": "2022-10", **basic("portal")}
    )
    assert (answer.status_code, answer.mimetype, answer.text) == (200, "application/xml", ANSWER)
    said = services.last(ReceiveGuestRequests)
    assert (base64.b64decode(said.document), said.source) == (XML, "portal")


def test_the_document_may_be_a_file_of_the_form(api: FlaskClient, services: FakeServices):
    assert api.post(ALPINEBITS, **form(document=(io.BytesIO(XML), "request.xml"))).status_code == 200
    assert base64.b64decode(services.last(ReceiveGuestRequests).document) == XML


def test_a_form_may_be_as_large_as_a_body(api: FlaskClient, services: FakeServices):
    assert api.post(ALPINEBITS, **form(document="x" * 900_000)).status_code == 200
    assert len(base64.b64decode(services.last(ReceiveGuestRequests).document)) == 900_000


@pytest.mark.parametrize("action", [PING, "getVersion", "OTA_Read:GuestRequests", ""])
def test_other_actions_are_bookings_to_greet_or_refuse(api: FlaskClient, services: FakeServices, action: str):
    api.post(ALPINEBITS, **form(action), headers={"X-AlpineBits-ClientProtocolVersion": "2018-10"})
    said = services.last(GreetAlpineBits)
    assert (said.action, said.version, base64.b64decode(said.document)) == (action, "2018-10", XML)


def test_a_line_of_text_is_answered_as_such(api: FlaskClient, services: FakeServices):
    services.will_answer(GreetAlpineBits, MessageAnswer(document="OK:2017-10"))
    answer = api.post(ALPINEBITS, **form("getVersion", None))
    assert (answer.mimetype, answer.text) == ("text/plain", "OK:2017-10")


@pytest.mark.parametrize(
    ("refusal", "status", "text"),
    [
        (NotAnAction(), 400, "ERROR:Unknown or missing action."),
        (
            NotANotice(errors=[Problem("/a", "Wrong.")]),
            400,
            "ERROR:The notice is not complete or not valid.; /a: Wrong.",
        ),
        (DeadlinePassed(), 504, "ERROR:No answer came"),
    ],
)
def test_refusals_are_lines_that_its_clients_know(api, services, refusal: Any, status: int, text: str):
    services.will_answer(ReceiveGuestRequests, refusal)
    answer = api.post(ALPINEBITS, **form())
    assert (answer.status_code, answer.mimetype) == (status, "text/plain")
    assert answer.text.startswith(text)
    assert answer.text.endswith(f"[{answer.headers['X-Request-Id']}]")


def test_who_does_not_sign_in_hears_of_it_in_the_same_way(api: FlaskClient, services: FakeServices):
    answer = api.post(ALPINEBITS, **form(), headers={"Authorization": ""})
    assert (answer.status_code, answer.text[:6]) == (401, "ERROR:")


def test_a_problem_of_opentravel_s_route_is_a_problem_document(api: FlaskClient, services: FakeServices):
    services.will_answer(ReceiveOpenTravel, DeadlinePassed())
    answer = api.post(OPENTRAVEL, data=XML, content_type="text/xml")
    assert (answer.status_code, answer.mimetype) == (504, "application/problem+json")


def test_the_document_says_what_these_routes_take_and_answer(api: FlaskClient):
    paths = api.get("/openapi.json").get_json()["paths"]
    for url, taken in ((OPENTRAVEL, {"application/xml"}), (ALPINEBITS, {"application/xml", "multipart/form-data"})):
        said = paths[url]["post"]
        assert set(said["requestBody"]["content"]) == taken
        assert set(said["responses"]["200"]["content"]) == {"application/xml"}
