"""The published schemas are those of the code, valid, and true of what really goes over the wire."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest

from services.kit import publish, topology, wire
from tests.contracts import examples

EVENTS = [event for module in topology.contract_modules() for event in wire.events_of(module)]
REQUESTS = [request for module in topology.contract_modules() for request in wire.requests_of(module)]
# Words of fields by which a person could be found or recognised.
PERSONAL = {"email", "phone", "name", "given_name", "family_name", "address", "birth_date", "text", "note", "to"}


def _named(contract: type) -> str:
    return contract.__name__


def _load(name: str) -> Any:
    return json.loads((publish.folder() / name).read_text(encoding="utf-8"))


def test_what_is_published_is_what_the_code_says() -> None:
    assert publish.differences() == [], "Run `make contracts` and read what it changes."


@pytest.mark.parametrize("name", sorted(path.name for path in publish.folder().glob("*.v*.json")))
def test_a_published_schema_is_valid(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(_load(name))


@pytest.mark.parametrize("event", EVENTS, ids=_named)
@pytest.mark.parametrize("make", [examples.full, examples.sparse], ids=_named)
def test_an_event_on_the_wire_fits_its_schema_and_comes_back_equal(event: type[wire.Event], make: Any) -> None:
    announced = make(event)

    body = json.loads(wire.text(announced))

    jsonschema.Draft202012Validator(
        publish.json_schema(event, event.routing_key()),
        format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER,
    ).validate(body)
    assert wire.load(event, body) == announced


@pytest.mark.parametrize("event", EVENTS, ids=_named)
def test_a_field_of_a_newer_sender_is_ignored(event: type[wire.Event]) -> None:
    announced = examples.full(event)

    assert wire.load(event, {**wire.dump(announced), "of_tomorrow": 1}) == announced


@pytest.mark.parametrize("event", EVENTS, ids=_named)
def test_an_event_names_its_aggregate(event: type[wire.Event]) -> None:
    assert examples.full(event).aggregate_id


@pytest.mark.parametrize("event", EVENTS, ids=_named)
def test_an_event_carries_nothing_personal(event: type[wire.Event]) -> None:
    schema = publish.json_schema(event, event.routing_key())
    parts = [schema, *schema.get("$defs", {}).values()]

    assert not PERSONAL & {field for part in parts for field in part["properties"]}


@pytest.mark.parametrize("request_", REQUESTS, ids=_named)
def test_a_request_comes_back_equal(request_: type[wire.Request[Any]]) -> None:
    for make in (examples.full, examples.sparse):
        asked = make(request_)
        assert wire.load(request_, json.loads(wire.text(asked)), strict=True) == asked


@pytest.mark.parametrize("request_", REQUESTS, ids=_named)
def test_a_reply_comes_back_equal(request_: type[wire.Request[Any]]) -> None:
    for make in (examples.full, examples.sparse):
        answered = make(request_.reply_type())
        assert wire.load(request_.reply_type(), json.loads(wire.text(answered))) == answered


def test_no_two_events_share_a_routing_key() -> None:
    keys = [(event.exchange(), event.routing_key()) for event in EVENTS]

    assert len(set(keys)) == len(keys)


def test_a_notice_of_another_system_has_a_schema() -> None:
    schema = _load("booking.notice.v1.json")

    assert schema["title"] == "BookingNotice"
    assert {"source", "external_id", "revision"} <= set(schema["required"])


def test_every_reference_of_the_asyncapi_document_leads_somewhere() -> None:
    document = _load("asyncapi.json")

    for reference in _references(document):
        if reference.startswith("#/"):
            part = document
            for step in reference[2:].split("/"):
                part = part[step]
        else:
            assert (publish.folder() / reference).is_file()


def test_the_asyncapi_document_says_who_announces_and_who_hears() -> None:
    operations = _load("asyncapi.json")["operations"]

    sent = [name for name, operation in operations.items() if operation["action"] == "send"]
    assert len(sent) == len(EVENTS)
    assert operations["bookings.hears.booking.notice"]["action"] == "receive"
    assert {name.split(".")[0] for name in operations} >= {"profiles", "bookings", "billing", "view"}


def _references(part: Any) -> list[str]:
    if isinstance(part, dict):
        own = [part["$ref"]] if "$ref" in part else []
        return own + [found for inner in part.values() for found in _references(inner)]
    return [found for inner in part for found in _references(inner)] if isinstance(part, list) else []
