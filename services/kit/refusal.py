"""Refusals: the answers "no" that cross the bus with their type, so that a caller can react to the reason.

A contract declares its own by naming the reason: ``class NoRoomLeft(Conflict): "..."``. The code on the wire is the
class name in kebab-case (``no-room-left``); an unknown code arrives as its kind (``Conflict``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

_WORD_BEGINS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")

Kind = Literal["not_found", "conflict", "invalid", "forbidden", "too_many", "unavailable", "broken"]


@dataclass(frozen=True)
class Problem:
    """One fault of an input: where (a JSON pointer, ``/guests/0/email``) and what. Never repeats the value."""

    pointer: str
    detail: str


class Refusal(Exception):
    """A refusal with a reason. `detail` is for people and holds no personal data; `facts` are ids for programs."""

    kind: ClassVar[Kind] = "broken"
    permanent: ClassVar[bool] = True

    def __init__(
        self, detail: str = "", *, errors: Iterable[Problem] = (), facts: Mapping[str, str] | None = None
    ) -> None:
        self.detail = detail or (type(self).__doc__ or "").strip().split("\n")[0]
        self.errors = tuple(errors)
        self.facts = dict(facts or {})
        super().__init__(self.detail)

    @classmethod
    def code(cls) -> str:
        return _WORD_BEGINS.sub("-", cls.__name__).lower()

    def to_wire(self) -> dict[str, Any]:
        return {
            "code": self.code(),
            "kind": self.kind,
            "detail": self.detail,
            "errors": [{"pointer": e.pointer, "detail": e.detail} for e in self.errors],
            "facts": self.facts,
        }

    @staticmethod
    def from_wire(said: Mapping[str, Any]) -> Refusal:
        found = {r.code(): r for r in _descendants(Refusal)}
        cls = found.get(said.get("code", ""), _KINDS.get(said.get("kind", ""), Broken))
        errors = [Problem(e["pointer"], e["detail"]) for e in said.get("errors", ())]
        return cls(said.get("detail", ""), errors=errors, facts=said.get("facts"))


class NotFound(Refusal):
    """There is no such thing."""

    kind = "not_found"


class Conflict(Refusal):
    """The present state does not allow it."""

    kind = "conflict"


class Invalid(Refusal):
    """The input is not valid."""

    kind = "invalid"


class Forbidden(Refusal):
    """The caller may not do this."""

    kind = "forbidden"


class TooMany(Refusal):
    """What may be done in a time has been done. `facts` say after how many seconds more may: ``retry_after``."""

    kind = "too_many"


class Unavailable(Refusal):
    """A service did not answer. Trying again later may help."""

    kind = "unavailable"
    permanent = False


class DeadlinePassed(Unavailable):
    """No answer came before the deadline; the work may still have been done."""


class Broken(Refusal):
    """A fault inside a service; its log has the stack under the request id."""

    kind = "broken"
    permanent = False


class StillRunning(Conflict):
    """The same command is being carried out at this moment."""


class CommandReused(Invalid):
    """The command id was used before with another content."""


_KINDS: dict[str, type[Refusal]] = {
    c.kind: c for c in (NotFound, Conflict, Invalid, Forbidden, TooMany, Unavailable, Broken)
}


def _descendants(cls: type[Refusal]) -> Iterator[type[Refusal]]:
    for child in cls.__subclasses__():
        yield child
        yield from _descendants(child)
