"""What a caller has read before changing it: If-Match and the ETags of answers (RFC 9110, 13.1.1)."""

from __future__ import annotations

import re
from collections.abc import Callable

from flask import request

from gateway.problems import Refused
from services.kit.refusal import Refusal


def version_to_change(changed: type[Refusal], present: Callable[[], int]) -> int:
    """The version that If-Match names, the `present` one for ``*``.

    Refuses with 428 without the header, and with 412, as a version of old is refused, for what is no version.
    """
    said = request.headers.get("If-Match")
    if said is None:
        raise Refused(428, "precondition-required", "Send If-Match with the ETag that you have read.")
    if said.strip() == "*":
        return present()
    found = re.fullmatch(r'"(\d{1,9})"', said.strip())
    if found is None:
        raise Refused(412, changed.code(), "If-Match does not hold an ETag of this.")
    return int(found.group(1))
