"""`python -m deploy.local`: what the Makefile calls."""

import sys

import click

from deploy.local import ending
from deploy.local.home import Refused
from deploy.local.run import run as run_stack
from deploy.local.throwaway import run_with_servers


@click.group()
def main() -> None:
    """Foyer's servers and processes on this machine."""


@main.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.option("--durable", is_flag=True, help="Write to disk as in production (fsync).")
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
def with_servers(command: tuple[str, ...], durable: bool) -> None:
    """Run COMMAND with throw-away servers, named by FOYER_TEST_DB_URL and FOYER_TEST_AMQP_URL."""
    sys.exit(run_with_servers(list(command), durable))


@main.command()
@click.option("--servers-only", is_flag=True, help="PostgreSQL and RabbitMQ alone, with empty databases.")
def run(servers_only: bool) -> None:
    """Start everything and wait until it is stopped."""
    sys.exit(run_stack(servers_only))


@main.command()
def stop() -> None:
    """End what runs in this checkout; the data stays."""
    ending.stop_run()


@main.command()
def clean() -> None:
    """End what runs in this checkout and remove its data and programs."""
    ending.clean()


if __name__ == "__main__":
    try:
        main()
    except Refused as refused:
        sys.exit(f"\n{refused}")
