"""Goal 5: one RPC, 32 in flight, and a service that is not there is still known at once."""

from __future__ import annotations

from contextlib import ExitStack

from tests.bench.party import Party
from tests.bench.rounds import Ratio, Report, Run, Settings, contest
from tests.bench.servers import amqp_url


def run(settings: Settings, report: Report) -> None:
    with ExitStack() as stack:
        url = stack.enter_context(amqp_url())

        def party(name: str) -> Party:
            return stack.enter_context(Party(f"tests.bench.rpc.{name}", url))

        for name in ("service", "stock_service", "bare_service"):
            party(name)
        caller, stock = party("caller"), party("stock_caller")

        def bare(seconds: float) -> Run:
            return Run(**caller.do(seconds=seconds, bare=True))

        contest(
            "Goal 5: one RPC, 32 in flight (bare: our client, and pika without a framework as the service)",
            {"bare": bare, "stock nameko": stock.run, "ours": caller.run},
            [
                Ratio("ours", "stock nameko", goal=5, floor=2),
                Ratio("ours", "stock nameko", goal=0.5, floor=1, figure="p50", at_most=True),
            ],
            settings,
            report,
        )
        took = caller.do(look_for_nobody=True)
        known = took is not None and took < 0.5
        report.check(f"a service that is not there is known after {1000 * (took or 0):.1f} ms", known)
