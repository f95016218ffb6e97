"""``foyer import-bookings``: a file of bookings through the bus, and the proof that nothing was lost on the way."""

from __future__ import annotations

import time
from pathlib import Path

import click

from foyer.importing import demand, prove, replay, rooms
from services.kit import config
from services.kit.ask import Client

SEED = 20261121


@click.command("import-bookings")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--mapping", type=click.Choice(["hotel-booking-demand"]), required=True, help="What the columns mean.")
@click.option("--rate", type=click.FloatRange(min=0, min_open=True), help="Notices per second; as fast as it goes.")
@click.option("--limit", type=click.IntRange(min=1), help="Only the first so many rows.")
@click.option("--seed", type=int, default=SEED, show_default=True, help="Of the invented guests.")
@click.option(
    "--state",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(".foyer/import"),
    show_default=True,
    help="Where it is kept how far the import has come.",
)
@click.option("--send/--no-send", default=True, help="--no-send: only report and prove what was imported before.")
@click.option("--rooms", "with_rooms", is_flag=True, help="Set up rooms with numbers, and give each stay one.")
@click.option("--patience", type=float, default=3600, show_default=True, help="Seconds to wait until all is quiet.")
def import_bookings(
    file: Path,
    mapping: str,
    rate: float | None,
    limit: int | None,
    seed: int,
    state: Path,
    send: bool,
    with_rooms: bool,
    patience: float,
) -> None:
    """Publish FILE (CSV, or CSV.gz) as booking notices, wait until all is quiet, report, and prove the sums.

    Can be stopped and started again: it goes on where the broker last confirmed. Exits with 1 if a sum is wrong.
    """
    amqp_url = config.amqp_url()
    started = time.monotonic()
    if send:
        replay.replay(file, amqp_url=amqp_url, state_folder=state, limit=limit, rate=rate, seed=seed, say=click.echo)
    click.echo("Waiting until nothing is on its way any more …")
    if not replay.quiet(amqp_url, prove.messages_in_databases, patience):
        raise click.ClickException("It did not become quiet in time: look at queues and outboxes.")
    click.echo(f"Quiet after {time.monotonic() - started:,.0f} s.\n")
    without = _with_rooms(file, limit, amqp_url) if with_rooms else 0
    replay.report(amqp_url, lambda: prove.parked_notices(amqp_url), click.echo)
    click.echo()
    facts = list(prove.facts(file, limit, amqp_url))
    for fact in facts:
        click.echo(fact.line())
    if with_rooms:
        facts.append(prove.Fact("stays that hold nights and have no room", 0, without))
        click.echo(facts[-1].line())
    if not all(fact.holds for fact in facts):
        raise SystemExit(1)


def _with_rooms(file: Path, limit: int | None, amqp_url: str) -> int:
    """Stays left without a room. When all are in: so each is placed once, for the nights that it came to hold."""
    started = time.monotonic()
    hotels = demand.properties(demand.read(file, limit))
    client = Client(amqp_url, deadline=60)
    try:
        rooms.set_up(client, hotels)
        left = rooms.place(client, [hotel.code for hotel in hotels], click.echo)
    finally:
        client.close()
    click.echo(f"Rooms given in {time.monotonic() - started:,.0f} s.\n")
    return left
