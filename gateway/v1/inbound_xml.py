"""Reservations in the formats of others, OpenTravel and AlpineBits: the bytes go to bookings, its XML comes back."""

from __future__ import annotations

import base64
import json
from typing import Any, Final

from flask import Response, g, request

from gateway.access.callers import needs
from gateway.admission import MAX_BODY, takes
from gateway.asking import ask, command
from gateway.blueprint import Blueprint
from gateway.outside import Strict, Text
from gateway.problems import Refused
from services.contracts.bookings import GreetAlpineBits, MessageAnswer, ReceiveGuestRequests, ReceiveOpenTravel

blueprint = Blueprint("inbound_xml", __name__, description="Reservations in the formats of others")

XML: Final = ("application/xml", "text/xml", "application/soap+xml")
FORM: Final = "multipart/form-data"
PUSH: Final = "OTA_HotelResNotif:GuestRequests"

_DOCUMENT: Final[dict[str, Any]] = {"schema": {"type": "string"}}
_ANSWER: Final[dict[str, Any]] = {
    "200": {"description": "The format's own answer", "content": {"application/xml": _DOCUMENT}}
}
_PARTS: Final[dict[str, Any]] = {
    "schema": {
        "type": "object",
        "required": ["action"],
        "properties": {"action": {"type": "string", "example": PUSH}, "request": {"type": "string"}},
    }
}


class Sender(Strict):
    source = Text(
        load_default=None,
        most=60,
        metadata={"description": "What the sender is known as: with Basic authentication its name, else as it says."},
    )


@blueprint.post("/inbound/opentravel")
@needs("inbound", by_property=True)
@takes(*XML)
@blueprint.arguments(Sender, location="query")
@blueprint.doc(requestBody={"required": True, "content": {"application/xml": _DOCUMENT}}, responses=_ANSWER)
def receive_open_travel(sender: dict[str, Any]) -> Response:
    """Take an OTA_HotelResNotifRQ, OTA_HotelResModifyNotifRQ or OTA_CancelRQ; its answer says Success or Errors."""
    source = _source(sender)
    document = _sent(request.get_data(cache=False), source)
    return _answer(command(ReceiveOpenTravel(document=document, source=source)))


@blueprint.post("/inbound/alpinebits")
@needs("inbound", by_property=True)
@takes(FORM, *XML)
@blueprint.arguments(Sender, location="query")
@blueprint.doc(
    requestBody={"required": True, "content": {FORM: _PARTS, "application/xml": _DOCUMENT}}, responses=_ANSWER
)
def receive_alpine_bits(sender: dict[str, Any]) -> Response:
    """Take GuestRequests that a portal pushes, or that were pulled from one; answer its handshake.

    A refusal is a line of text that begins with ERROR.
    """
    action, document = _form() if request.mimetype == FORM else (PUSH, request.get_data(cache=False))
    source = _source(sender)
    sent = _sent(document, source)
    if action == PUSH:
        return _answer(command(ReceiveGuestRequests(document=sent, source=source)))
    version = request.headers.get("X-AlpineBits-ClientProtocolVersion")
    answer = ask(GreetAlpineBits(action=action, version=version, document=sent))
    return _answer(answer, "application/xml" if answer.document.startswith("<") else "text/plain")


def _as_alpine_bits_says_it(response: Response) -> Response:
    """Problems as the clients of AlpineBits read them; what they sent wrong is 400 to them."""
    if request.path.endswith("/alpinebits") and response.mimetype == "application/problem+json":
        problem = json.loads(response.get_data())
        faults = (f"{fault['pointer']}: {fault['detail']}" for fault in problem.get("errors", ()))
        lines = [problem.get("detail") or problem["title"], *faults]
        response.set_data(f"ERROR:{'; '.join(lines)} [{problem['request_id']}]")
        response.mimetype = "text/plain"
        response.status_code = 400 if response.status_code == 422 else response.status_code
    return response


blueprint.after_request(_as_alpine_bits_says_it)


def _form() -> tuple[str, bytes]:
    """The parts `action` and `request`, this as a field or as a file."""
    request.max_form_memory_size = MAX_BODY
    request.max_form_parts = 20
    upload = request.files.get("request")
    document = upload.read() if upload else request.form.get("request", "").encode()
    return request.form.get("action", ""), document


def _sent(document: bytes, source: str | None) -> str:
    """In base64; with its source it is what an Idempotency-Key stands for."""
    if request.headers.get("Content-Encoding", "identity") != "identity":
        raise Refused(415, "unsupported-media-type", "Send the body without a Content-Encoding.")
    sent = base64.b64encode(document).decode()
    g.body = [sent, source]
    return sent


def _source(sender: dict[str, Any]) -> str | None:
    said = request.authorization
    name = said.username if said is not None and said.type == "basic" else None
    return sender["source"] or (name if name and name.isprintable() else None)


def _answer(answer: MessageAnswer, media_type: str = "application/xml") -> Response:
    return Response(answer.document, 200, mimetype=media_type)
