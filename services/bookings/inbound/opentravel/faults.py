"""The faults of one reservation, gathered: a sender should hear of all of them at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ParamSpec, TypeVar

from services.kit.refusal import Problem

P = ParamSpec("P")
T = TypeVar("T")


@dataclass
class Faults:
    """Pointers are those of the native notice, which is what a reservation becomes."""

    found: list[Problem] = field(default_factory=list)

    def add(self, pointer: str, detail: str) -> None:
        self.found.append(Problem(pointer, detail))

    def read(self, pointer: str, detail: str, take: Callable[P, T], *given: P.args, **named: P.kwargs) -> T | None:
        """What `take` makes of what is given; where it raises ValueError, None and one more fault."""
        try:
            return take(*given, **named)
        except ValueError:
            self.add(pointer, detail)
            return None
