"""The databases of one test process, with the owners, roles and grants of production."""

from __future__ import annotations

import hashlib
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from deploy.local.provision import GRANTS, LOCK
from services.kit import config, migrate
from services.kit.db import Database


class Databases:
    """One database per service, named after the test process; made and migrated when first asked for."""

    def __init__(self, admin_url: str, run_name: str) -> None:
        self._admin_url = admin_url
        self._run_name = run_name
        self._open: dict[str, Database] = {}
        self._admins: dict[str, psycopg.Connection] = {}
        self._emptying: dict[str, sql.Composed] = {}

    def another(self, run_name: str) -> Databases:
        """A second set beside this one, on the same servers, for a test that spoils it."""
        return Databases(self._admin_url, run_name)

    def url(self, service: str) -> str:
        """The service's database as its own role."""
        self._make(service)
        return self._as(f"foyer_{service}", service)

    def owner_url(self, service: str) -> str:
        """The service's database as the role that owns the tables."""
        self._make(service)
        return self._as(f"foyer_{service}_owner", service)

    def environment(self) -> dict[str, str]:
        """FOYER_* variables for processes that work on these databases: all of them."""
        return {
            f"FOYER_{service.upper()}{kind}_DB_URL": url(service)
            for service in config.DATABASES
            for kind, url in (("", self.url), ("_OWNER", self.owner_url))
        }

    def admin(self, service: str) -> psycopg.Connection:
        """A superuser's connection to a service's database: for a test that looks or spoils from outside."""
        self._make(service)
        return self._admins[service]

    def empty(self, service: str) -> Database:
        """The service's database as its own role, as it was just after the migrations."""
        self._make(service)
        self._admins[service].execute(self._emptying[service])
        if service not in self._open:
            self._open[service] = Database(self.url(service))
        return self._open[service]

    def drop(self) -> None:
        for database in self._open.values():
            database.close()
        for connection in self._admins.values():
            connection.close()
        with psycopg.connect(self._admin_url, autocommit=True) as connection:
            for service in self._admins:
                name = sql.Identifier(self._name(service))
                connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))

    def _make(self, service: str) -> None:
        if service in self._admins:
            return
        role, owner = f"foyer_{service}", f"foyer_{service}_owner"
        with psycopg.connect(self._admin_url, autocommit=True) as connection:
            connection.execute("SELECT pg_advisory_lock(%s)", [LOCK])
            for name in (role, owner):
                known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name]).fetchone()
                connection.execute(
                    sql.SQL("{} ROLE {} LOGIN PASSWORD {}").format(
                        sql.SQL("ALTER" if known else "CREATE"),
                        sql.Identifier(name),
                        sql.Literal(self._password(name)),
                    )
                )
            connection.execute(
                sql.SQL("CREATE DATABASE {} OWNER {}").format(
                    sql.Identifier(self._name(service)), sql.Identifier(owner)
                )
            )
        admin = psycopg.connect(self._at(service), autocommit=True)
        names = {"database": self._name(service), "role": role, "owner": owner}
        admin.execute(GRANTS.format(**{key: sql.Identifier(name) for key, name in names.items()}))
        migrate.migrate(service, self._as(owner, service))
        self._admins[service] = admin
        self._emptying[service] = _emptying(admin)

    def _name(self, service: str) -> str:
        return f"foyer_{service}_{self._run_name}"

    def _password(self, role: str) -> str:
        """The same for every test process on these servers, and known only to who knows the superuser's."""
        return hashlib.sha256(f"{urlsplit(self._admin_url).password}/{role}".encode()).hexdigest()[:24]

    def _as(self, role: str, service: str) -> str:
        """The service's database for one of the roles; the host and its options are the superuser's."""
        parts = urlsplit(self._at(service))
        host = parts.netloc.rsplit("@", 1)[-1]
        return urlunsplit(parts._replace(netloc=f"{role}:{self._password(role)}@{host}"))

    def _at(self, service: str) -> str:
        return urlunsplit(urlsplit(self._admin_url)._replace(path="/" + self._name(service)))


def _emptying(admin: psycopg.Connection) -> sql.Composed:
    """Statements that bring every table back to what the migrations left in it, in one transaction.

    DELETE, as TRUNCATE makes new files for every table and index; as a replica, so that neither foreign keys nor
    triggers of append-only tables matter. Rows that the migrations put there are kept aside and put back.
    """
    admin.execute("CREATE SCHEMA as_migrated")
    steps: list[sql.Composable] = [
        sql.SQL("BEGIN; SET LOCAL session_replication_role = replica; SET LOCAL lock_timeout = '10s'")
    ]
    back: list[sql.Composable] = []
    for (table,) in admin.execute(_TABLES).fetchall():
        name = sql.Identifier("public", table)
        steps.append(sql.SQL("DELETE FROM {}").format(name))
        if admin.execute(sql.SQL("SELECT 1 FROM {} LIMIT 1").format(name)).fetchone():
            kept = sql.Identifier("as_migrated", table)
            admin.execute(sql.SQL("CREATE TABLE {} AS TABLE {}").format(kept, name))
            columns = sql.SQL(", ").join(
                sql.Identifier(column) for (column,) in admin.execute(_COLUMNS, [table]).fetchall()
            )
            back.append(
                sql.SQL("INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE SELECT {} FROM {}").format(
                    name, columns, columns, kept
                )
            )
    return sql.SQL("; ").join([*steps, *back, sql.SQL("COMMIT")])


_TABLES = """
    SELECT relname FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> 'alembic_version'
    ORDER BY relname
"""
_COLUMNS = """
    SELECT attname FROM pg_attribute
    WHERE attrelid = ('public.' || quote_ident(%s))::regclass AND attnum > 0 AND NOT attisdropped
      AND attgenerated = ''
    ORDER BY attnum
"""
