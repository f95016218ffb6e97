"""Gives every service its own database and two roles: one owns the tables, one works with the rows."""

import re
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from deploy.local.home import Home, Refused
from services.kit.config import DATABASES

# Roles belong to the whole server: one process at a time looks and creates.
LOCK = 0x666F796572


def provision(admin_url: str, amqp_url: str, prefix: str = "", home: Home | None = None) -> dict[str, str]:
    """Create what is missing on the server and return the FOYER_* variables of all services.

    `admin_url` is a superuser's. `prefix` is put before database names only; roles are common to the server,
    and their passwords are kept in `home`. Repeating it changes nothing.
    """
    if not re.fullmatch(r"[a-z0-9_]*", prefix):
        raise Refused(f"A database prefix is made of small letters, digits and _: {prefix!r}")
    home = home or Home.of_checkout()
    try:
        with psycopg.connect(admin_url, autocommit=True, connect_timeout=10) as admin:
            _provision(admin, admin_url, prefix, home)
    except psycopg.OperationalError as error:
        raise Refused(f"The database server does not let us in: {error}") from error
    return environment(admin_url, amqp_url, prefix, home)


def environment(admin_url: str, amqp_url: str, prefix: str, home: Home) -> dict[str, str]:
    """The FOYER_* variables that `provision` makes true."""
    variables = {"FOYER_AMQP_URL": amqp_url}
    for service in DATABASES:
        database = f"{prefix}foyer_{service}"
        for kind, role in (("", f"foyer_{service}"), ("_OWNER", f"foyer_{service}_owner")):
            variables[f"FOYER_{service.upper()}{kind}_DB_URL"] = _url(admin_url, database, (role, home.secret(role)))
    return variables


def _provision(admin: psycopg.Connection, admin_url: str, prefix: str, home: Home) -> None:
    superuser = admin.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").fetchone()
    if not superuser or not superuser[0]:
        raise Refused("FOYER_DB_URL has to be a superuser's: databases and roles are created with it.")
    admin.execute("SELECT pg_advisory_lock(%s)", [LOCK])
    for service in DATABASES:
        role, owner, database = f"foyer_{service}", f"foyer_{service}_owner", f"{prefix}foyer_{service}"
        for name in (role, owner):
            known = admin.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name]).fetchone()
            admin.execute(
                sql.SQL("{verb} ROLE {name} LOGIN PASSWORD {password}").format(
                    verb=sql.SQL("ALTER" if known else "CREATE"),
                    name=sql.Identifier(name),
                    password=sql.Literal(home.secret(name)),
                )
            )
        if not admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone():
            admin.execute(
                sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(database), sql.Identifier(owner))
            )
        with psycopg.connect(_url(admin_url, database), autocommit=True) as inside:
            names = {"database": database, "role": role, "owner": owner}
            inside.execute(GRANTS.format(**{key: sql.Identifier(name) for key, name in names.items()}))


GRANTS = sql.SQL(
    """
    REVOKE ALL ON DATABASE {database} FROM PUBLIC;
    GRANT CONNECT ON DATABASE {database} TO {role};
    ALTER SCHEMA public OWNER TO {owner};
    GRANT USAGE ON SCHEMA public TO {role};
    ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA public
        GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {role};
    ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA public GRANT USAGE ON SEQUENCES TO {role};
    """
)


def _url(admin_url: str, database: str, login: tuple[str, str] | None = None) -> str:
    """The same server, another database; with `login` (role, password) as somebody else."""
    parts = urlsplit(admin_url)
    place = parts.netloc.rpartition("@")
    user = f"{login[0]}:{login[1]}" if login else place[0]
    return urlunsplit(parts._replace(netloc=f"{user}@{place[2]}" if user else place[2], path=f"/{database}"))
