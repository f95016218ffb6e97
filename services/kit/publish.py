"""The published form of the contracts: a JSON Schema per event version and inbound notice, and one AsyncAPI document.

They are generated, checked in and compared by a test, so that every change of a contract shows as a difference that
somebody reads. Sources are the contracts (what is said) and the services' doors (who hears it).
"""

from __future__ import annotations

import inspect
import json
from importlib import import_module
from pathlib import Path
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin

from services.kit import topology, wire
from services.kit.doors import doors_of

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_APISPEC_REF = "#/components/schemas/"
_HEADERS = {
    "type": "object",
    "properties": {
        "foyer-request-id": {"type": "string", "description": "Of the request that led to this message."},
        "foyer-actor": {"type": "string", "description": "Who caused it: an opaque id."},
        "foyer-roles": {"type": "string", "description": "The actor's roles, comma-separated."},
        "foyer-said-at": {"type": "string", "format": "date-time", "description": "When it was announced."},
        "traceparent": {"type": "string", "description": "W3C trace context."},
    },
}

JsonObject = dict[str, Any]


def documents() -> dict[str, str]:
    """Every published file's name and text, as the code has it now."""
    found = {f"{event.routing_key()}.json": json_schema(event, event.routing_key()) for event in _events()}
    for key, notice in _notices().items():
        found[f"{key}.v1.json"] = json_schema(notice, f"{key}.v1")
    found["asyncapi.json"] = asyncapi()
    return {name: json.dumps(found[name], indent=2, ensure_ascii=False) + "\n" for name in sorted(found)}


def folder() -> Path:
    contracts = import_module("services.contracts")
    return Path(next(iter(contracts.__path__))) / "published"


def differences() -> list[str]:
    """Names of the published files that are not what the code says, in order; also those it no longer says."""
    wanted = documents()
    present = {path.name: path.read_text(encoding="utf-8") for path in folder().glob("*.json")}
    return sorted(name for name in wanted.keys() | present.keys() if wanted.get(name) != present.get(name))


def write() -> list[str]:
    """Bring the published files to what the code says; answers the names of those that changed."""
    wanted, changed = documents(), differences()
    folder().mkdir(exist_ok=True)
    for name in changed:
        if name in wanted:
            (folder() / name).write_text(wanted[name], encoding="utf-8")
        else:
            (folder() / name).unlink()
    return changed


def json_schema(contract: type, name: str) -> JsonObject:
    """A contract as a JSON Schema 2020-12. Fields nobody knows are allowed: they are ignored on arrival."""
    spec = APISpec(title=name, version="1", openapi_version="3.1.0", plugins=[MarshmallowPlugin()])
    spec.components.schema(contract.__name__, schema=wire.schema(contract))
    parts = spec.to_dict()["components"]["schemas"]
    for part in wire.dataclasses_in(contract):
        if part.__name__ in parts and (told := _told(part)):
            parts[part.__name__] = {"description": told, **parts[part.__name__]}
    own = parts.pop(contract.__name__)
    made: JsonObject = {"$schema": _DIALECT, "$id": f"urn:foyer:{name}", "title": contract.__name__, **own}
    if parts:
        made["$defs"] = {part: parts[part] for part in sorted(parts)}
    return _with_local_references(made)


def asyncapi() -> JsonObject:
    """Channels, messages and who sends and receives them, as AsyncAPI 3.0."""
    channels: JsonObject = {}
    operations: JsonObject = {}
    messages: JsonObject = {}
    for event in _events():
        key = event.routing_key()
        channels[key] = _channel(event.exchange(), key)
        messages[key] = _message(event, key)
        operations[f"{event.owner()}.announces.{key}"] = _operation("send", key, event.owner())
    for service in topology.service_classes():
        name: str = service.name  # type: ignore[attr-defined]
        for event in topology.subscriptions(service):
            key = event.routing_key()
            operations[f"{name}.hears.{key}"] = _operation("receive", key, name)
        for door in doors_of(service):
            if door.kind == "inbound" and door.key:
                channels[door.key] = _channel(topology.INBOUND, door.key)
                foreign = {"name": door.key, "contentType": door.media_type}  # of a format that others describe
                messages[door.key] = _message(door.notice, f"{door.key}.v1") if door.notice else foreign
                operations[f"{name}.hears.{door.key}"] = _operation("receive", door.key, name)
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Foyer",
            "version": "1",
            "description": "What Foyer's services announce and hear over AMQP 0-9-1. Events carry ids, amounts, dates"
            " and states; who needs a name or an address asks their owner.",
        },
        "defaultContentType": "application/json",
        "channels": dict(sorted(channels.items())),
        "operations": dict(sorted(operations.items())),
        "components": {"messages": dict(sorted(messages.items()))},
    }


def _events() -> list[type[wire.Event]]:
    found = [event for module in topology.contract_modules() for event in wire.events_of(module)]
    return sorted(found, key=lambda event: event.routing_key())


def _notices() -> dict[str, type]:
    """What other systems may publish: routing key → contract."""
    doors = (door for service in topology.service_classes() for door in doors_of(service))
    return {door.key: door.notice for door in doors if door.kind == "inbound" and door.key and door.notice}


def _channel(exchange: str, key: str) -> JsonObject:
    return {
        "address": key,
        "messages": {key: {"$ref": f"#/components/messages/{key}"}},
        "bindings": {"amqp": {"is": "routingKey", "exchange": {"name": exchange, "type": "topic", "durable": True}}},
    }


def _message(contract: type, schema: str) -> JsonObject:
    return {
        "name": contract.__name__,
        "summary": _told(contract),
        "contentType": "application/json",
        "headers": _HEADERS,
        "payload": {"$ref": f"./{schema}.json"},
        "bindings": {"amqp": {"messageType": schema}},
    }


def _operation(action: str, key: str, service: str) -> JsonObject:
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{key}"},
        "messages": [{"$ref": f"#/channels/{key}/messages/{key}"}],
        "tags": [{"name": service}],
    }


def _told(contract: type) -> str:
    """A class's own docstring in one line; dataclasses without one have their signature there."""
    text = inspect.cleandoc(contract.__doc__ or "")
    return "" if text.startswith(f"{contract.__name__}(") else " ".join(text.split())


def _with_local_references(part: Any) -> Any:
    """OpenAPI's references as JSON Schema's own."""
    if isinstance(part, dict):
        if str(part.get("$ref", "")).startswith(_APISPEC_REF):
            return {**part, "$ref": "#/$defs/" + part["$ref"].removeprefix(_APISPEC_REF)}
        return {key: _with_local_references(inner) for key, inner in part.items()}
    if isinstance(part, list):
        return [_with_local_references(inner) for inner in part]
    return part
