"""What changes of rooms, told the moment it does: server-sent events."""

from __future__ import annotations

import re
from typing import Any, Final
from uuid import UUID

from flask import Response, current_app, g, request
from sqlalchemy.exc import SQLAlchemyError

from gateway.access.callers import needs
from gateway.asking import ask
from gateway.blueprint import Blueprint
from gateway.outside import Strict, Text
from gateway.problems import Refused, invalid
from services.contracts.bookings import NoSuchProperty, ReadProperties

blueprint = Blueprint("room_stream", __name__, description="Rooms as they change")

_POSITION = re.compile(r"[0-9]{1,18}")
_RESUMED: Final = {
    "name": "Last-Event-ID",
    "in": "header",
    "description": "The id of the last event that was seen: the stream goes on behind it.",
    "schema": {"type": "string"},
}
_HEADERS: Final = {"X-Accel-Buffering": "no"}  # proxies are to pass on what they have


class StreamFilter(Strict):
    property = Text(load_default=None, most=60, metadata={"description": "Its id or its code; without, all."})


@blueprint.get("/rooms/stream")
@needs("read", by_property=True)
@blueprint.doc(parameters=[_RESUMED])
@blueprint.arguments(StreamFilter, location="query")
@blueprint.response(200, {"type": "string"}, content_type="text/event-stream")
def follow_rooms(wanted: dict[str, Any]) -> Response:
    """Changes of rooms and of who is in them, as server-sent events, within a second.

    Each has an `id`; sent back as `Last-Event-ID` it goes on behind it, for a day. An event `reset` says that more was
    missed than is kept: read the board anew. 503 with `Retry-After` where too many follow.
    """
    after = _position(request.headers.get("Last-Event-ID"))
    property_id = _property(wanted["property"])
    wired, environ = current_app.extensions["foyer"], request.environ

    def admitted() -> bool:
        try:
            caller = wired.callers.named(environ)
            return "read" in caller.scopes and (caller.properties is None or str(property_id) in caller.properties)
        except Refused as refused:
            return refused.status == 429
        except SQLAlchemyError:
            return True  # the store does not answer: that says nothing of the key

    body = () if request.method == "HEAD" else wired.rooms.follow(after, property_id, admitted)
    return Response(body, mimetype="text/event-stream", headers=_HEADERS)


def _position(said: str | None) -> int | None:
    if not said:
        return None
    if not _POSITION.fullmatch(said):
        raise invalid({"Last-Event-ID": ["Not the id of an event."]})
    return int(said)


def _property(key: str | None) -> UUID | None:
    if key is None and g.caller.properties is not None:
        raise invalid({"property": ["Name one of the properties that this API key is limited to."]})
    if key is None:
        return None
    found = ask(ReadProperties(property=key)).items
    if not found:
        raise NoSuchProperty
    return found[0].id
