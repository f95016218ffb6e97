"""What a caller has read before changing it: If-Match and the ETags of answers (RFC 9110, 13.1.1)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from flask import Response, request

from gateway.problems import Refused
from services.kit.refusal import Refusal


def if_match(about: str = "The ETag that was read.", *, required: bool = True) -> dict[str, Any]:
    """The header, as the OpenAPI document tells of it."""
    schema = {"type": "string"}
    return {"name": "If-Match", "in": "header", "required": required, "description": about, "schema": schema}


IF_MATCH: Final = if_match()


def version_to_change(changed: type[Refusal], present: Callable[[], int]) -> int:
    """The version that If-Match names, the `present` one for ``*``.

    Refuses with 428 without the header, and with 412, as a version of old is refused, for what is no version.
    """
    said = request.headers.get("If-Match")
    if said is None:
        raise Refused(428, "precondition-required", "Send If-Match with the ETag that you have read.")
    return present() if said.strip() == "*" else version_in(said, changed)


def version_in(etag: str, changed: type[Refusal]) -> int:
    """Refuses with 412 for what is no version."""
    found = re.fullmatch(r'"(\d{1,9})"', etag.strip())
    if found is None:
        raise Refused(412, changed.code(), "If-Match does not hold an ETag of this.")
    return int(found.group(1))


def unless_known(response: Response, changed: type[Refusal]) -> Response:
    """304 for who has this version already (If-None-Match); refuses with `changed` who wants another (If-Match)."""
    response.make_conditional(request)
    if response.status_code == 412:
        raise changed
    return response
