"""Bring a service's database to the newest version of its tables, as the role that owns them.

The versions stand in ``services/<service>/migrations/versions/*.py`` (the gateway's in
``gateway/migrations``); there is one shared way to run them and so no ``env.py`` or ``alembic.ini``.
Several pods may start at once: the first one migrates under an advisory lock, the others wait for it and
find nothing left to do.

Afterwards the service's own role (``foyer_<service>``, where it exists) is granted what it needs: SELECT,
INSERT, UPDATE and DELETE on every table it has no grant on yet, and the use of the sequences. A table
that must never be changed says so in its comment: ``COMMENT ON TABLE entries IS 'append-only'`` (in
Alembic ``op.create_table(…, comment="append-only: …")``). The service's role may then only SELECT and
INSERT there, whatever the database grants by default.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from services.kit import config

# Alembic is imported where it runs: every service looks at `newest` when it starts and needs no more of it.
if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext, RevisionStep
    from alembic.script import ScriptDirectory

_log = logging.getLogger(__name__)

APPEND_ONLY = "append-only"
_LOCK = 0x466F796572  # "Foyer": one migration per database at a time


def folder(service: str) -> Path:
    """Where a service's migrations stand."""
    database = config.database_of(service)
    package = "gateway" if database == "gateway" else f"services.{database}"
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        config.refuse(f"The package {package} is not installed.")
    return Path(next(iter(spec.submodule_search_locations))) / "migrations"


def newest(service: str) -> str:
    """The newest revision the code has (``0003``; revisions are numbers of four digits); empty where it has none."""
    found = (folder(service) / "versions").glob("[0-9]*_*.py")
    return max((path.name.split("_", 1)[0] for path in found), default="")


def migrate(service: str, url: str | None = None) -> list[str]:
    """Apply what is missing and grant; answers the revisions applied, none where all was there already."""
    from alembic.script import ScriptDirectory

    script = ScriptDirectory(str(folder(service)))
    engine = sa.create_engine(_driver(url or config.owner_database_url(service)), poolclass=sa.NullPool)
    try:
        with engine.connect() as connection:
            connection.execute(sa.select(sa.func.pg_advisory_lock(_LOCK)))
            connection.commit()
            applied = _upgrade(connection, script)
            _grant(connection, f"foyer_{config.database_of(service)}")
            connection.commit()
    finally:
        engine.dispose()  # the lock ends with the connection
    for revision in applied:
        _log.info("migrated %s to revision %s", service, revision)
    return applied


def migrate_all(services: Iterable[str] = ()) -> dict[str, list[str]]:
    """Migrate the named services, or all that have a database; the gateway is called `gateway`."""
    return {service: migrate(service) for service in services or config.DATABASES}


def _upgrade(connection: Connection, script: ScriptDirectory) -> list[str]:
    from alembic.operations import Operations
    from alembic.runtime.migration import MigrationContext

    applied: list[str] = []

    def missing(current: tuple[str, ...], _: MigrationContext) -> list[RevisionStep]:
        steps = script._upgrade_revs("head", current)  # type: ignore[arg-type]
        applied.extend(str(step.revision.revision) for step in steps)
        return list(steps)

    # each revision commits together with its number, so that a fault leaves whole revisions behind
    context = MigrationContext.configure(
        connection, opts={"script": script, "fn": missing, "transaction_per_migration": True}
    )
    with Operations.context(context), context.begin_transaction():
        context.run_migrations()
    return applied


def _grant(connection: Connection, role: str) -> None:
    """Grant the service's role its tables; nothing to do where that role is absent or owns them itself."""
    if not connection.scalar(_ROLE_TO_GRANT, {"role": role}):
        return
    name = connection.dialect.identifier_preparer.quote(role)
    connection.exec_driver_sql(f"GRANT USAGE ON SCHEMA public TO {name}")
    for table, append_only, granted in connection.execute(_TABLES, {"role": role, "mark": APPEND_ONLY + "%"}):
        if append_only:
            connection.exec_driver_sql(f"REVOKE ALL ON {table} FROM {name}")
            connection.exec_driver_sql(f"GRANT SELECT, INSERT ON {table} TO {name}")
        elif not granted:
            connection.exec_driver_sql(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {name}")
    connection.exec_driver_sql(f"REVOKE ALL ON alembic_version FROM {name}")
    connection.exec_driver_sql(f"GRANT SELECT ON alembic_version TO {name}")
    connection.exec_driver_sql(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {name}")


_ROLE_TO_GRANT = sa.text("SELECT 1 FROM pg_roles WHERE rolname = :role AND rolname <> current_user")
_TABLES = sa.text(
    """
    SELECT c.oid::regclass::text,
           coalesce(obj_description(c.oid, 'pg_class'), '') LIKE :mark,
           has_table_privilege(:role, c.oid, 'SELECT, INSERT, UPDATE, DELETE')
    FROM pg_class c
    WHERE c.relnamespace = 'public'::regnamespace
      AND c.relkind IN ('r', 'p', 'v')
      AND c.relname <> 'alembic_version'
      AND pg_has_role(c.relowner, 'USAGE')
      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
    ORDER BY 1
    """
)


def _driver(url: str) -> str:
    return url.replace("postgresql://", "postgresql+psycopg://", 1)
