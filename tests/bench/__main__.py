"""``python -m tests.bench [goal …]``: exits 0 only if every floor of `performance` held and every check was right."""

from __future__ import annotations

import argparse
import importlib
import os
import sys

from tests.bench.rounds import Report, Settings

GOALS = {
    "1": "goal_1",
    "3": "goal_3",
    "5": "goal_5",
    "6": "goal_6",
    "7": "goal_7",
    "10": "goal_10",
    "11": "goal_11",
    "ledger": "large_ledger",
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("goals", nargs="*", metavar="goal", help=f"of {', '.join(GOALS)}; all if none is named")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=6.0, help="of one turn")
    parser.add_argument("--warm-up", type=float, default=2.0, help="seconds")
    parser.add_argument("--guests", type=int, default=1_000_000, help="of the register and of its views (goals 3, 10)")
    given = parser.parse_args()
    if unknown := set(given.goals) - set(GOALS):
        parser.error(f"no such goal: {', '.join(sorted(unknown))}")
    settings = Settings(given.rounds, given.seconds, given.warm_up, {"guests": given.guests})
    report = Report()
    if (busy := os.getloadavg()[0]) > 1:
        report.say(f"This machine is busy (load {busy:.1f}): whoever needs more processes loses more. Measure again.")
    for goal in given.goals or GOALS:
        importlib.import_module(f"tests.bench.{GOALS[goal]}").run(settings, report)
    report.say("Every floor held." if report.good else "NOT every floor held.")
    return 0 if report.good else 1


if __name__ == "__main__":
    sys.exit(main())
