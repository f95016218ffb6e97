"""``foyer parked``: look at the messages that services have set aside, send them again, or drop them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import click

from services.kit import config
from services.kit import parked as aside

_SERVICE = click.Choice((*config.SERVICES, config.VIEW))


@click.group()
def parked() -> None:
    """Messages that could not be handled."""


def _chosen(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options by which `replay` and `drop` choose messages."""
    for option in (
        click.option("--all", "everything", is_flag=True, help="Every message of the service."),
        click.option("--reason", default="", help="Those whose reason contains this text."),
        click.option("--id", "message_id", default="", help="The one with this id."),
        click.argument("service", type=_SERVICE),
    ):
        command = option(command)
    return command


@parked.command("list")
@click.argument("services", nargs=-1, type=_SERVICE)
@click.option("--limit", type=click.IntRange(min=1), default=1000, show_default=True, help="Of each service.")
def list_parked(services: tuple[str, ...], limit: int) -> None:
    """What SERVICES (all of them if none is named) have set aside, oldest first."""
    found = aside.list(config.amqp_url(), services or None, limit)
    for each in found:
        attempts = f"{each.attempts} attempt{'s' if each.attempts != 1 else ''}"
        click.echo(f"{each.service} {each.position}  {each.message_id}  {each.type or '-'}  from {each.queue or '-'}")
        click.echo(f"    {each.parked_at or '-'}, {attempts}: {each.reason or 'no reason given'}")
    click.echo(f"{len(found)} parked." if found else "Nothing is parked.")


@parked.command()
@click.argument("message_id")
@click.option("--service", type=_SERVICE, help="Look only there.")
@click.option("--body", is_flag=True, help="Print the body too. It may hold personal data.")
def show(message_id: str, service: str | None, body: bool) -> None:
    """One message with its headers and properties."""
    found = aside.show(config.amqp_url(), message_id, service)
    if found is None:
        raise click.ClickException("No parked message has this id.")
    click.echo(json.dumps({**found.properties, "headers": found.headers}, indent=2, default=str, ensure_ascii=False))
    if body:
        click.echo(found.body.decode("utf-8", "replace"))


@parked.command()
@_chosen
def replay(service: str, message_id: str, reason: str, everything: bool) -> None:
    """Send messages of SERVICE back to the queue they came from."""
    _say_which(message_id, reason, everything)
    sent = aside.replay(config.amqp_url(), service, message_id=message_id, reason=reason, everything=everything)
    for stays, why in sent.stay:
        click.echo(f"{stays} stays: {why}")
    click.echo(f"{len(sent.again)} sent again.")
    if sent.stay:
        raise click.ClickException(f"{len(sent.stay)} could not be sent.")


@parked.command()
@_chosen
@click.confirmation_option(prompt="Dropped messages are gone for ever. Drop them?")
def drop(service: str, message_id: str, reason: str, everything: bool) -> None:
    """Forget messages of SERVICE for ever."""
    _say_which(message_id, reason, everything)
    count = aside.drop(config.amqp_url(), service, message_id=message_id, reason=reason, everything=everything)
    click.echo(f"{count} dropped.")


def _say_which(message_id: str, reason: str, everything: bool) -> None:
    if not (message_id or reason or everything):
        raise click.UsageError("Say which messages: --id, --reason or --all.")
