"""What AlpineBits asks before it says anything: the handshake since 2018-10, and the two questions before that."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from services.bookings.inbound.opentravel.answers import new_root
from services.bookings.inbound.opentravel.documents import part, read, written
from services.contracts.bookings import NotAnAction, NotANotice

PING, GET_VERSION, GET_CAPABILITIES = "OTA_Ping:Handshaking", "getVersion", "getCapabilities"
VERSIONS = ("2024-10", "2022-10", "2020-10", "2018-10")
_BEFORE = ("2017-10", "2015-07b", "2015-07", "2014-04", "2013-04", "2012-05b", "2012-05", "2011-11")
_PUSH = "action_OTA_HotelResNotif_GuestRequests"
# Action → its capabilities
_ACTIONS = {"action_OTA_Ping": (), _PUSH: (f"{_PUSH.removeprefix('action_')}_accept_RoomRates",)}


def greeting(action: str, version: str | None, document: bytes, now: datetime) -> str:
    """Refuses with NotAnAction, and with NotANotice what is no OTA_PingRQ."""
    if action == GET_VERSION:
        return f"OK:{version if version in (*VERSIONS, *_BEFORE) else VERSIONS[0]}"
    if action == GET_CAPABILITIES:
        return f"OK:action_getVersion,action_getCapabilities,{_PUSH}"
    if action != PING:
        raise NotAnAction
    root = read(document)
    echo = root.findtext("EchoData") or ""
    if root.tag != "OTA_PingRQ":
        raise NotANotice("Not an OTA_PingRQ.")
    answer = new_root("OTA_PingRS", now, "8.000")
    part(answer, "Success")
    common = json.dumps({"versions": _common(echo)}, separators=(",", ":"))
    part(part(answer, "Warnings"), "Warning", common, Type="11", Status="ALPINEBITS_HANDSHAKE")
    part(answer, "EchoData", echo)
    return written(answer)


def _common(echo: str) -> list[dict[str, Any]]:
    """What both sides can do, of what the client says it can; refuses with NotANotice where that is not said."""
    try:
        told = json.loads(echo)
        return [
            {"version": each["version"], "actions": list(_actions(each.get("actions") or ()))}
            for each in told["versions"]
            if each["version"] in VERSIONS
        ]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise NotANotice("EchoData does not list versions and actions.") from None


def _actions(told: Any) -> Any:
    for each in told:
        name, supports = each["action"], each.get("supports") or ()
        if name in _ACTIONS:
            both = [capability for capability in _ACTIONS[name] if capability in supports]
            yield {"action": name, "supports": both} if both else {"action": name}
