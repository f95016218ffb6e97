"""``foyer export-profiles``: the whole register as CSV or a workbook, in columns that an import understands."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import click
from tqdm import tqdm

from gateway import exporting
from services.contracts.profiles import ListProfiles, ProfilesPage, ReadFields
from services.kit import config, sheets
from services.kit.ask import Client
from services.kit.context import Context

_CONTEXT = Context(actor="system:export", roles=("admin",))
_LARGEST_SHEET = 1_048_575  # rows beside the header, by the format


@click.command("export-profiles")
@click.option("--to", "file", required=True, type=click.Path(dir_okay=False, path_type=Path), help="FILE.csv or .xlsx")
@click.option("--after", type=click.UUID, help="Go on after this id, the last one of an earlier file.")
def export_profiles(file: Path, after: UUID | None) -> None:
    """Write all profiles to FILE, in the order of their ids. What is there appears only when it is whole."""
    if file.suffix.lower() not in (".csv", ".xlsx"):
        raise click.ClickException("Name a file that ends with .csv or .xlsx.")
    workbook = file.suffix.lower() == ".xlsx"
    client = Client(config.amqp_url(), deadline=60)
    fresh = file.with_name(f".{file.name}.new")
    count = 0

    def ask(request: ListProfiles) -> ProfilesPage:
        return client.ask(request, context=_CONTEXT)

    try:
        with tqdm(unit=" profiles", unit_scale=True, disable=None) as bar, fresh.open("wb") as opened:
            pages = exporting.pages(ask, after, _LARGEST_SHEET if workbook else None)
            counted = ([profile for profile in page if bar.update() or True] for page in pages)
            own = exporting.own_fields(client.ask(ReadFields(), context=_CONTEXT))
            table = exporting.table(counted, own)
            if workbook:
                sheets.write_workbook(opened, table)
            else:
                opened.write("\ufeff".encode())
                opened.writelines(line.encode() for line in sheets.csv_lines(table))
            count = bar.n
        fresh.replace(file)
    finally:
        fresh.unlink(missing_ok=True)
        client.close()
    click.echo(f"{count:,} profiles in {file}.")
