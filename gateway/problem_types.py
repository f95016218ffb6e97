"""Every type of problem that the API may answer: what it means and what to do about it. One table, also for people."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from typing import Final

from services.kit.refusal import DeadlinePassed, Kind, Refusal

_STATUS_OF_KIND: Final[dict[Kind, int]] = {
    "not_found": 404,
    "conflict": 409,
    "invalid": 422,
    "forbidden": 403,
    "too_many": 429,
    "unavailable": 503,
    "broken": 500,
}
_CHANGED: Final = "-has-changed"  # how the code of every refusal ends that answers If-Match: 412

_REMEDY_OF_KIND: Final[dict[Kind, str]] = {
    "not_found": "Check the id or code; what was removed or never was there does not come by trying again.",
    "conflict": "Read the present state and decide anew: the same call is refused for as long as that state lasts.",
    "invalid": "Correct what the pointers in `errors` name, and send again under the same Idempotency-Key or another.",
    "forbidden": "Use a key that has the scope which `detail` names.",
    "too_many": "Wait as many seconds as `Retry-After` says.",
    "unavailable": "Try again after `Retry-After` seconds, under the same Idempotency-Key.",
    "broken": "Nothing is wrong with the call. Tell whoever runs Foyer the `request_id`: the log has the rest.",
}
# What to do where the kind alone does not tell, by code.
_REMEDIES: Final = {
    "block-full": "Look at GET /v1/groups/{code}; raise its counts, or let it exceed them: PATCH /v1/groups/{code}.",
    "command-reused": "An Idempotency-Key stands for one call: send this one under a key of its own.",
    "contact-forbidden": "Ask the guest for consent first; messages about the stay itself need none.",
    "credit-limit-reached": "Let the payer settle something, raise the limit of its credit terms, or charge the guest.",
    "deadline-passed": "It may have been done all the same. Send it again under the same Idempotency-Key: the answer is"
    " the first one's, and nothing is done twice.",
    "do-not-book": "Nothing, unless the house changes the guest's level.",
    "folio-closed": "Reopen it: POST /v1/folios/{id}/reopen.",
    "folio-not-yet": "Wait a moment and try again: the folio opens as soon as the booking is confirmed.",
    "fonts-missing": "Install the fonts that `detail` names on the gateway's machine (docs/invoices.md).",
    "no-address": "Add an e-mail address or a mobile number to the guest's profile.",
    "no-invoicing": "Say how the property issues: PUT /v1/properties/{key}/invoicing.",
    "no-room-left": "Look at GET /v1/availability for nights and room types that are left.",
    "not-your-property": "Use a key that is not limited, or is limited to this property: foyer keys limit.",
    "not-in-team": "Have somebody of the team that `facts` names do it, or an admin.",
    "possible-duplicate": "Read the `candidates`; use the one that it is, or send the call again with `confirm`, a list"
    " of the ids of all of them.",
    "register-not-set-up": "Say how the authority knows the property: PUT /v1/properties/{key}/register.",
    "still-running": "Wait a second and send it again under the same Idempotency-Key.",
}


@dataclass(frozen=True)
class ProblemType:
    code: str
    status: int
    title: str
    meaning: str
    remedy: str

    @property
    def address(self) -> str:
        """What `type` says in a problem document; relative to wherever the API is."""
        return f"/problems/{self.code}"


# What the gateway refuses by itself; of one status, first what HTTP refuses.
_OWN: Final = (
    ProblemType(
        "bad-request",
        400,
        "The request is not understood",
        "The request is not HTTP as it should be.",
        "Look at how the client builds its address and headers.",
    ),
    ProblemType(
        "not-json",
        400,
        "The body is not JSON",
        "The body is missing, or is not JSON in UTF-8. NaN and Infinity are not JSON.",
        "Send one JSON value, as the OpenAPI document describes it.",
    ),
    ProblemType(
        "idempotency-key-missing",
        400,
        "An Idempotency-Key is needed",
        "Value moves here: without a key, a call that is sent twice would move it twice.",
        "Send an Idempotency-Key of your own making, and the same one when you try again.",
    ),
    ProblemType(
        "idempotency-key-invalid",
        400,
        "The Idempotency-Key is not valid",
        "The key is empty, longer than 255 characters, or has characters beyond printable ASCII.",
        "A random UUID is a good key.",
    ),
    ProblemType(
        "unauthorized",
        401,
        "Unauthorized",
        "The call has no API key, or one that is not known or was revoked.",
        "Send `Authorization: Bearer foyer_…`. `foyer keys create` makes a key.",
    ),
    ProblemType(
        "not-found",
        404,
        "Not found",
        "There is nothing at this address, or no such thing.",
        "Check the address against the OpenAPI document, and the id or code in it.",
    ),
    ProblemType(
        "method-not-allowed",
        405,
        "This address does not know this method",
        "There is something at this address, but not for this method.",
        "Use one of the methods that the header `Allow` names.",
    ),
    ProblemType(
        "content-too-large",
        413,
        "The body is too large",
        "The body is larger than what the API takes.",
        "Send less at once.",
    ),
    ProblemType(
        "unsupported-media-type",
        415,
        "The body is of another media type",
        "The body is not of the media type that this address takes.",
        "Send the body with the Content-Type that `detail` names.",
    ),
    ProblemType(
        "range-not-satisfiable",
        416,
        "There is no such range",
        "The header `Range` asks for a part that is not there.",
        "Ask for the whole.",
    ),
    ProblemType("invalid", 422, "The input is not valid", "The input is not valid.", _REMEDY_OF_KIND["invalid"]),
    ProblemType(
        "precondition-required",
        428,
        "If-Match is needed",
        "People edit this: without the version that was read, one would overwrite another's change.",
        "Read it, and send the ETag of that answer as If-Match.",
    ),
    ProblemType(
        "too-many-requests",
        429,
        "Too many requests",
        "The API key has used up its calls for the moment, or too many unknown keys came from one address.",
        "Wait as many seconds as `Retry-After` says. The header `RateLimit` tells beforehand what is left.",
    ),
    ProblemType("internal", 500, "Something failed inside", "A fault of ours.", _REMEDY_OF_KIND["broken"]),
)
_SHOWN_FROM: Final = ("services.contracts.", "services.kit.", "gateway.")


@cache
def known() -> dict[str, ProblemType]:
    """All types by code: the refusals that the gateway can recognise, and its own."""
    found = {each.code(): _of(each) for each in sorted(_refusals(Refusal), key=lambda each: each.code())}
    return found | {each.code: each for each in _OWN}


def of_status(status: int) -> ProblemType | None:
    """The gateway's own type for what HTTP itself refuses."""
    return next((each for each in _OWN if each.status == status), None)


def of_refusal(refusal: Refusal) -> ProblemType:
    """A code that this gateway has no class for arrives as its kind: then the kind is all we can say."""
    code = "internal" if refusal.kind == "broken" else refusal.code()
    return known().get(code) or _of(type(refusal))


def title(code: str, status: int) -> str:
    """The same for every problem of the type."""
    found = known().get(code)
    return found.title if found else HTTPStatus(status).phrase


def _of(refusal: type[Refusal]) -> ProblemType:
    code, kind = refusal.code(), refusal.kind
    status, remedy = _STATUS_OF_KIND[kind], _REMEDY_OF_KIND[kind]
    if code.endswith(_CHANGED):
        status, remedy = 412, "Read it again, look at what is different, and send the change with the new ETag."
    elif issubclass(refusal, DeadlinePassed):
        status = 504
    meaning = " ".join((refusal.__doc__ or "").strip().split("\n\n")[0].split())
    title = re.sub(r"(?<!^)(?=[A-Z])", " ", refusal.__name__).capitalize()
    return ProblemType(code, status, title, meaning, _REMEDIES.get(code, remedy))


def _refusals(of: type[Refusal]) -> Iterator[type[Refusal]]:
    for each in of.__subclasses__():
        if each.__module__.startswith(_SHOWN_FROM) and each.kind != "broken":
            yield each
        yield from _refusals(each)
