"""Migrations run once, by one, as the owner; the service's own role gets what it needs and no more."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from services.kit import migrate
from tests.databases import Databases

_FIRST = """
import sqlalchemy as sa
from alembic import op
from services.kit.tables import create_messaging_tables

revision = "0001"
down_revision = None

def upgrade():
    create_messaging_tables(op)
    op.create_table("guests", sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True))
    op.create_table(
        "entries", sa.Column("id", sa.BigInteger, primary_key=True),
        comment="append-only: what was booked stays booked",
    )
    op.execute("CREATE SEQUENCE entries_seq")
    op.create_table("kinds", sa.Column("name", sa.Text, primary_key=True))
    op.execute("INSERT INTO kinds VALUES ('room'), ('city-tax')")
"""
_SECOND = """
import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

def upgrade():
    op.add_column("guests", sa.Column("note", sa.Text))
"""
_BROKEN = """
from alembic import op

revision = "0003"
down_revision = "0002"

def upgrade():
    op.execute("CREATE TABLE half (id int)")
    op.execute("SELECT no_such_function()")
"""


@pytest.fixture
def versions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the versions of a made-up billing service with two of them."""
    made = tmp_path / "versions"
    made.mkdir()
    (made / "0001_core.py").write_text(_FIRST)
    (made / "0002_note.py").write_text(_SECOND)
    monkeypatch.setattr(migrate, "folder", lambda service: tmp_path)
    return made


@pytest.fixture
def billing(versions: Path, run_name: str, databases: Databases) -> Iterator[Databases]:
    """Billing's database with only the made-up versions in it, migrated."""
    made = databases.another(f"{run_name}m")
    yield made
    made.drop()


def _as_service(billing: Databases) -> psycopg.Connection:
    return psycopg.connect(billing.url("billing"), autocommit=True)


@pytest.mark.servers
def test_all_versions_are_applied_in_order_and_then_there_is_nothing_to_do(billing: Databases) -> None:
    applied = billing.admin("billing").execute("SELECT version_num FROM alembic_version").fetchall()

    assert applied == [("0002",)]
    assert migrate.migrate("billing", billing.owner_url("billing")) == []


@pytest.mark.servers
def test_the_owner_owns_the_tables(billing: Databases) -> None:
    owners = billing.admin("billing").execute("SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'")

    assert owners.fetchall() == [("foyer_billing_owner",)]


@pytest.mark.servers
@pytest.mark.parametrize("change", ["UPDATE entries SET id = 2", "DELETE FROM entries", "TRUNCATE entries"])
def test_the_service_cannot_change_an_append_only_table(billing: Databases, change: str) -> None:
    with _as_service(billing) as connection:
        connection.execute("INSERT INTO entries VALUES (1)")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(change)


@pytest.mark.servers
def test_grants_do_not_depend_on_the_defaults_of_the_database(billing: Databases) -> None:
    admin = billing.admin("billing")
    admin.execute("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM foyer_billing")
    admin.execute("REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM foyer_billing")

    migrate.migrate("billing", billing.owner_url("billing"))

    with _as_service(billing) as connection:
        connection.execute("INSERT INTO guests DEFAULT VALUES")
        connection.execute("UPDATE guests SET note = 'a'")
        connection.execute("DELETE FROM guests")
        connection.execute("INSERT INTO entries VALUES (nextval('entries_seq'))")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("DELETE FROM entries")


@pytest.mark.servers
def test_what_a_migration_took_away_is_not_given_back(billing: Databases) -> None:
    billing.admin("billing").execute("REVOKE DELETE ON guests FROM foyer_billing")

    migrate.migrate("billing", billing.owner_url("billing"))

    with _as_service(billing) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("DELETE FROM guests")


@pytest.mark.servers
def test_the_service_cannot_change_the_schema(billing: Databases) -> None:
    with _as_service(billing) as connection:
        for change in ("DROP TABLE guests", "CREATE TABLE mine (id int)", "DELETE FROM alembic_version"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(sql.SQL(change))


@pytest.mark.servers
def test_a_version_that_fails_leaves_the_ones_before_it(billing: Databases, versions: Path) -> None:
    admin = billing.admin("billing")
    (versions / "0003_broken.py").write_text(_BROKEN)

    with pytest.raises(Exception, match="no_such_function"):
        migrate.migrate("billing", billing.owner_url("billing"))

    assert admin.execute("SELECT version_num FROM alembic_version").fetchone() == ("0002",)
    assert admin.execute("SELECT to_regclass('half')").fetchone() == (None,)


@pytest.mark.servers
def test_several_starting_at_once_apply_each_version_once(billing: Databases) -> None:
    billing.admin("billing").execute(
        "DROP SCHEMA public CASCADE; CREATE SCHEMA public AUTHORIZATION foyer_billing_owner"
    )
    applied: list[str] = []
    url = billing.owner_url("billing")
    pods = [threading.Thread(target=lambda: applied.extend(migrate.migrate("billing", url))) for _ in range(5)]
    for pod in pods:
        pod.start()
    for pod in pods:
        pod.join(30)

    assert applied == ["0001", "0002"]


@pytest.mark.servers
def test_a_test_begins_with_what_the_migrations_left(billing: Databases) -> None:
    with billing.empty("billing").engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM kinds")
        connection.exec_driver_sql("INSERT INTO guests DEFAULT VALUES")
        connection.exec_driver_sql("INSERT INTO entries VALUES (7)")

    with billing.empty("billing").engine.connect() as connection:
        counted = connection.exec_driver_sql(
            "SELECT (SELECT count(*) FROM kinds), (SELECT count(*) FROM guests), (SELECT count(*) FROM entries)"
        )
        assert tuple(counted.one()) == (2, 0, 0)
