"""``foyer``: migrate, topology, serve, keys, parked, contracts, import-bookings, import-profiles, export-profiles,
demo, ledger.

Every command imports what it needs when it runs, so that ``foyer --help`` is instant and one missing part does not
take the others with it.
"""

from __future__ import annotations

import importlib
import os
import sys
import warnings
from collections.abc import Iterable
from typing import Any

import click

from services.kit import config
from services.kit.refusal import Refusal

# Commands that stand in a module of their own: their name → module and attribute.
_ELSEWHERE = {
    "import-bookings": ("foyer.importing.command", "import_bookings"),
    "demo": ("foyer.demo", "demo"),
    "export-profiles": ("foyer.export_profiles", "export_profiles"),
    "import-profiles": ("foyer.import_profiles", "import_profiles"),
    "ledger": ("foyer.ledger", "ledger"),
    "parked": ("foyer.parked", "parked"),
}

# Names, as naming the classes would import their packages.
_UNREACHABLE = {"AMQPConnectionError", "OperationalError", "ConnectionError", "gaierror"}


class _Commands(click.Group):
    """The commands of this file, and those of `_ELSEWHERE`, loaded when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*super().list_commands(ctx), *_ELSEWHERE})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _ELSEWHERE:
            return super().get_command(ctx, cmd_name)
        module, attribute = _ELSEWHERE[cmd_name]
        try:
            found: click.Command = getattr(importlib.import_module(module), attribute)
        except ModuleNotFoundError as missing:
            return _absent(cmd_name, missing.name or module)
        return found


def _absent(command: str, module: str) -> click.Command:
    """Stands in for a command whose module is not there, and says so when it is called."""

    def refuse() -> None:
        raise click.ClickException(f"{command} needs {module}, which is not installed.")

    return click.Command(
        command,
        callback=refuse,
        help="Not installed.",
        context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
    )


@click.group(cls=_Commands, context_settings={"max_content_width": 100})
def foyer() -> None:
    """Operate Foyer. Settings come from the environment (FOYER_…)."""


@foyer.command()
@click.argument("services", nargs=-1, type=click.Choice(config.DATABASES))
def migrate(services: tuple[str, ...]) -> None:
    """Bring the databases of SERVICES (all of them if none is named) to the newest version."""
    from services.kit.migrate import migrate_all

    for service, applied in migrate_all(services).items():
        click.echo(f"{service:<9} {'applied ' + ', '.join(applied) if applied else 'is up to date'}")


@foyer.command()
def topology() -> None:
    """Declare exchanges, queues and bindings; say what the broker has that the code has not."""
    from services.kit import topology as bus

    declared = bus.declare(config.amqp_url())
    _lines(declared.names().lines())
    present = bus.look(config.amqp_url())
    if present is None:
        click.echo("Set FOYER_RABBITMQ_API or FOYER_RABBITMQCTL to see what else the broker has.", err=True)
    elif strangers := bus.strangers(declared, present).lines():
        click.echo("\nThe broker also has, under our names:")
        _lines(strangers)


@foyer.command()
@click.argument("service", type=click.Choice((*config.SERVICES, config.VIEW)))
def serve(service: str) -> None:
    """Run one service in this process until it is told to stop."""
    # a fresh interpreter: green threads want to come before every other import
    os.execv(sys.executable, [sys.executable, "-m", "services.kit.serve", service])


@foyer.command()
@click.option("--check", is_flag=True, help="Change nothing; exit with 1 if anything would change.")
def contracts(check: bool) -> None:
    """Write the published schemas of all events and the AsyncAPI document anew."""
    from services.kit import publish

    changed = publish.differences() if check else publish.write()
    for path in changed:
        click.echo(f"{path} {'differs from the code' if check else 'written'}")
    if check and changed:
        raise click.ClickException("Run `make contracts` and commit what it changes.")
    if not changed:
        click.echo("The published contracts equal the code.")


@foyer.group()
def keys() -> None:
    """Keys of the HTTP API."""


@keys.command("create")
@click.option("--name", required=True, help="Whose key this is; for people.")
@click.option("--scopes", required=True, help="Comma-separated: read, write, inbound, admin.")
@click.option("--rate", type=int, help="Calls per second and gateway process; 0: any number.  [default: 200]")
@click.option(
    "--property", "codes", multiple=True, help="Its code: the key sees and changes only this one; repeatable."
)
def create_key(name: str, scopes: str, rate: int | None, codes: tuple[str, ...]) -> None:
    """Make a key and print it: it is shown this once. Twice the rate may come at once."""
    from gateway.access import keys as api_keys

    limited: dict[str, Any] = {} if rate is None else {"rate": rate}
    if codes:
        limited["properties"] = _ids_of(codes)
    click.echo(api_keys.create(_gateway(), name, [s.strip() for s in scopes.split(",") if s.strip()], **limited))


@keys.command("list")
def list_keys() -> None:
    """All keys, revoked ones too."""
    from gateway.access import keys as api_keys

    found = api_keys.list(_gateway())
    codes = _codes() if any(key.properties for key in found) else {}
    for key in found:
        state = f"revoked {key.revoked_at:%Y-%m-%d %H:%M}" if key.revoked_at else "valid"
        used = f"{key.last_used_at:%Y-%m-%d %H:%M}" if key.last_used_at else "never"
        rate = f"{key.rate}/s" if key.rate else "any rate"
        scopes = ",".join(key.scopes)
        where = ",".join(codes.get(each, str(each)) for each in key.properties or ()) or "everywhere"
        click.echo(f"{key.id}  {state:<24}  last used {used:<16}  {scopes:<24}  {rate:<8}  {where:<12}  {key.name}")


@keys.command("limit")
@click.argument("key")
@click.option("--property", "codes", multiple=True, help="Its code; repeatable.")
@click.option("--everywhere", is_flag=True, help="Limit it no longer.")
def limit_key(key: str, codes: tuple[str, ...], everywhere: bool) -> None:
    """Let KEY, an id or the only name of its kind, see and change only these properties from now on."""
    from gateway.access import keys as api_keys

    if everywhere == bool(codes):
        raise click.UsageError("Say --property, or --everywhere.")
    changed = api_keys.limit(_gateway(), key, None if everywhere else _ids_of(codes))
    where = f"limited to {', '.join(codes)}" if codes else "not limited any more"
    click.echo(f"{changed.id} ({changed.name}) is {where}.")


@keys.command("revoke")
@click.argument("key")
def revoke_key(key: str) -> None:
    """Revoke KEY, an id or the only name of its kind; it stops working within seconds."""
    from gateway.access import keys as api_keys

    revoked = api_keys.revoke(_gateway(), key)
    click.echo(f"{revoked.id} ({revoked.name}) is revoked.")


def main() -> None:
    """Run the command; a refusal or an unreachable server is a sentence and exit status 1, not a stack."""
    warnings.filterwarnings("ignore", message=r"\s*Eventlet is deprecated")
    try:
        foyer(prog_name="foyer")
    except Refusal as refusal:
        said = [refusal.detail, *(f"  {e.pointer}: {e.detail}" for e in refusal.errors)]
        sys.exit("\n".join(said))
    except Exception as fault:
        kinds = {cls.__name__ for cls in type(fault).__mro__}
        if "DeclaredOtherwise" in kinds:
            sys.exit(str(fault))
        if not kinds & _UNREACHABLE:
            raise  # a bug keeps its stack
        sys.exit(
            f"{'The database' if 'OperationalError' in kinds else 'The broker'} does not answer, or does not let us in."
        )


def _gateway() -> Any:
    from services.kit.db import Database

    return Database(config.database_url("gateway"), pool_size=1)


def _codes() -> dict[Any, str]:
    """The properties' codes by id; none while bookings does not answer."""
    try:
        return {each.id: each.code for each in _properties()}
    except Refusal:
        return {}


def _ids_of(codes: Iterable[str]) -> list[Any]:
    """Refuses a code that no property has."""
    ids = {each.code: each.id for each in _properties()}
    if unknown := [code for code in codes if code not in ids]:
        raise click.UsageError(f"There is no property {', '.join(unknown)}.")
    return [ids[code] for code in codes]


def _properties() -> Any:
    from services.contracts.bookings import ReadProperties
    from services.kit.ask import Client
    from services.kit.context import Context

    client = Client(config.amqp_url())
    try:
        return client.ask(ReadProperties(), context=Context(actor="system:keys")).items
    finally:
        client.close()


def _lines(lines: Iterable[str]) -> None:
    for line in lines:
        click.echo(line)
