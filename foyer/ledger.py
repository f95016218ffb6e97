"""``foyer ledger``: is the ledger still what was posted?"""

from __future__ import annotations

import time
from collections.abc import Iterator

import click

from services.contracts.billing import LedgerDifference, LedgerReport, VerifyLedger
from services.kit import config
from services.kit.ask import Client
from services.kit.context import Context

_DEADLINE = 600  # seconds; the balances are compared with every entry there is
_SAY_EVERY = 5  # seconds


@click.group()
def ledger() -> None:
    """The guest ledger."""


@ledger.command()
def verify() -> None:
    """Compare every journal, entry and balance with what was posted; exit with 1 if anything differs.

    Found and located: what was changed, deleted or added behind the back of the service, also by a superuser with
    triggers disabled. Not found: a forger who computes seals, digests and balances anew from the change to the end of
    its chain, and a database put back to an older copy as a whole; compare with a backup.
    """
    client = Client(config.amqp_url(), deadline=_DEADLINE)
    journals = differences = 0
    said = time.monotonic()
    try:
        for report in _reports(client):
            journals += report.journals
            differences += len(report.differences)
            for difference in report.differences:
                click.echo(line(difference))
            if report.next and time.monotonic() - said >= _SAY_EVERY:
                said = time.monotonic()
                click.echo(f"{journals:,} journals looked at so far", err=True)
    finally:
        client.close()
    click.echo(f"{journals:,} journals looked at, {differences:,} differences.")
    if differences:
        raise click.exceptions.Exit(1)


def line(difference: LedgerDifference) -> str:
    """What is wrong and where, in one line."""
    named = {
        "journal": difference.journal_id,
        "entry": difference.entry_id,
        "account": difference.account,
        "profile": difference.profile_id,
        "currency": difference.currency,
        "off by": difference.amount_minor,
    }
    where = "  ".join(f"{name} {value}" for name, value in named.items() if value is not None)
    return "  ".join(part for part in (f"{difference.what:<22}", where, difference.detail) if part)


def _reports(client: Client) -> Iterator[LedgerReport]:
    cursor: str | None = None
    while True:
        report = client.ask(VerifyLedger(cursor=cursor), context=Context(actor="system:verify"))
        yield report
        cursor = report.next
        if cursor is None:
            return
