"""All faults of an input at once, each with its place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from services.kit.refusal import Invalid, Problem
from services.profiles.domain.names import Unfit

T = TypeVar("T")


class Faults:
    """Collects what is wrong, so that the sender hears of all of it; `refuse` raises where there is anything."""

    def __init__(self) -> None:
        self.found: list[Problem] = []

    def add(self, pointer: str, detail: str) -> None:
        self.found.append(Problem(pointer, detail))

    def check(self, pointer: str, rule: Callable[..., T], *values: Any, **options: Any) -> T | None:
        """What the rule makes of the values, None where it finds them Unfit."""
        try:
            return rule(*values, **options)
        except Unfit as fault:
            self.add(pointer, str(fault))
            return None

    def at_most(self, pointer: str, given: Sequence[T], most: int) -> tuple[T, ...]:
        if len(given) > most:
            self.add(pointer, f"At most {most}.")
        return tuple(given[:most])

    def within(self, pointer: str, number: int | None, least: int, most: int) -> None:
        if number is not None and not least <= number <= most:
            self.add(pointer, f"From {least} to {most}.")

    def refuse(self, kind: type[Invalid]) -> None:
        if self.found:
            raise kind(errors=self.found)
