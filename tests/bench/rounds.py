"""Interleaved rounds: on a machine that is never quiet only ratios taken side by side mean anything.

A round is [limit, peer, ours, ours, peer, limit]; a contest's figure is the median of the per-round ratios, with
their range.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Run:
    """What one contestant did in one turn: how many, in how many seconds, and how long one took (ms)."""

    count: int
    seconds: float
    p50: float = 0.0
    p99: float = 0.0

    @property
    def rate(self) -> float:
        return self.count / self.seconds

    @classmethod
    def of(cls, latencies: Sequence[float], seconds: float) -> Run:
        """From the latencies, in seconds, of everything done."""
        if not latencies:
            return cls(0, seconds)
        ordered = sorted(latencies)
        at = [ordered[min(len(ordered) - 1, int(len(ordered) * q))] * 1000 for q in (0.50, 0.99)]
        return cls(len(ordered), seconds, *at)


Contestant = Callable[[float], Run]


@dataclass(frozen=True)
class Ratio:
    """A figure of `over` divided by the same of `under`, and what it should be; without a goal, only told."""

    over: str
    under: str
    goal: float | None = None
    floor: float | None = None
    figure: str = "rate"
    at_most: bool = False

    def of(self, runs: Mapping[str, list[Run]], turn: int) -> float:
        """For the round that begins at `turn`, two turns of each."""
        sums = [
            sum(float(getattr(run, self.figure)) for run in runs[name][turn : turn + 2])
            for name in (self.over, self.under)
        ]
        return sums[0] / sums[1] if sums[1] else float("inf")

    def reached(self, value: float, aim: float | None) -> bool:
        return aim is not None and (value <= aim if self.at_most else value >= aim)

    def __str__(self) -> str:
        return f"{self.figure} of {self.over} / {self.under}"


@dataclass
class Report:
    """The lines to print and whether every floor held and every check was right."""

    lines: list[str] = field(default_factory=list)
    good: bool = True

    def say(self, line: str) -> None:
        self.lines.append(line)
        print(line, flush=True)

    def check(self, fact: str, holds: bool) -> None:
        """Something that must be true of the same run, such as a sum of rows."""
        self.say(f"  {'right' if holds else 'WRONG':9} {fact}")
        self.good = self.good and holds


@dataclass(frozen=True)
class Settings:
    rounds: int = 3
    seconds: float = 6.0
    warm_up: float = 2.0
    options: Mapping[str, Any] = field(default_factory=dict)


def contest(
    title: str, contestants: Mapping[str, Contestant], ratios: Sequence[Ratio], settings: Settings, report: Report
) -> dict[str, list[Run]]:
    """Let the contestants run, in the order given and back again, and say how they compare."""
    report.say(title)
    runs: dict[str, list[Run]] = {name: [] for name in contestants}
    for contestant in contestants.values():
        contestant(settings.warm_up)
    there = list(contestants)
    for turn in range(settings.rounds):
        for name in [*there, *reversed(there)]:
            runs[name].append(contestants[name](settings.seconds))
        rates = ", ".join(f"{name} {sum(r.rate for r in runs[name][-2:]) / 2:,.0f}/s" for name in there)
        report.say(f"  round {turn + 1}  {rates}")
    for name, turns in runs.items():
        median = [statistics.median(getattr(run, figure) for run in turns) for figure in ("rate", "p50", "p99")]
        times = [f"{figure} {ms:.2f} ms" for figure, ms in zip(("p50", "p99"), median[1:], strict=True) if ms]
        report.say("  " + ", ".join([f"{name}: {median[0]:,.0f}/s", *times]))
    for ratio in ratios:
        judge(ratio, [ratio.of(runs, 2 * turn) for turn in range(settings.rounds)], report)
    return runs


def judge(ratio: Ratio, values: list[float], report: Report) -> None:
    median = statistics.median(values)
    sign = "≤" if ratio.at_most else "≥"
    if ratio.goal is None:
        verdict = "told"
    elif ratio.reached(median, ratio.goal):
        verdict = "goal"
    elif ratio.reached(median, ratio.floor):
        verdict = "floor"
    else:
        verdict, report.good = "MISSED", False
    aims = "" if ratio.goal is None else f"; goal {sign} {ratio.goal:g}, floor {sign} {ratio.floor:g}"
    report.say(f"  {verdict:9} {ratio}: {median:.3g} ({min(values):.3g} to {max(values):.3g}){aims}")
