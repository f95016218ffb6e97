"""A private PostgreSQL (15 or newer): loopback only, one superuser with a password, no root rights."""

import contextlib
import os
import pwd
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import psycopg

from deploy.local.home import Home, Refused
from deploy.local.packages import library_path, unpacked
from deploy.local.programs import Program, may_use_installed, newest

SUPERUSER = "foyer_admin"

# Statements and their parameters may hold what guests told the hotel: they never go to the log.
SETTINGS = """
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = ''
max_connections = 300
shared_buffers = '{shared_buffers}'
max_wal_size = '4GB'
checkpoint_timeout = '15min'
wal_compression = on
random_page_cost = 1.1
jit = off
timezone = '{timezone}'
log_timezone = '{timezone}'
log_line_prefix = '%m [%p] %d '
log_statement = none
log_min_error_statement = panic
log_min_duration_statement = -1
log_parameter_max_length = 0
log_parameter_max_length_on_error = 0
log_error_verbosity = terse
log_checkpoints = off
fsync = {fsync}
full_page_writes = {fsync}
"""


@dataclass(frozen=True)
class Postgres:
    """`durable=False` risks the data in a power cut, for speed; `kill -9` loses nothing either way."""

    home: Home
    port: int
    durable: bool = True

    @property
    def data(self) -> Path:
        return self.home.path / "postgres" / "data"

    @property
    def url(self) -> str:
        """The superuser's own database."""
        return f"postgresql://{SUPERUSER}:{self.home.secret('postgres')}@127.0.0.1:{self.port}/postgres"

    def prepare(self) -> Program:
        """Create the cluster if there is none, write its settings, say how to run it; it may not run yet."""
        bin_folder, libraries = find_programs()
        environment = {"LC_ALL": "C.UTF-8", "PGDATA": str(self.data)}
        if libraries:
            environment["LD_LIBRARY_PATH"] = libraries
        self.data.parent.mkdir(parents=True, exist_ok=True)
        unprivileged = without_root(self.data.parent)
        if not (self.data / "PG_VERSION").exists():
            self._create_cluster(bin_folder, unprivileged, environment)
        self._check_version(bin_folder, environment)
        zone = "UTC" if Path("/usr/share/zoneinfo/UTC").exists() else "GMT"
        buffers = f"{_buffers()}MB" if self.durable else "128MB"
        (self.data / "foyer.conf").write_text(
            SETTINGS.format(
                port=self.port, timezone=zone, shared_buffers=buffers, fsync="on" if self.durable else "off"
            )
        )
        (self.data / "pg_hba.conf").write_text("host all all 127.0.0.1/32 scram-sha-256\n")
        # Left by a killed server; by now another process may have its number, and be taken for a server.
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        return Program(
            "postgres",
            [*unprivileged, str(bin_folder / "postgres"), "-D", str(self.data)],
            priority=10,
            environment=environment,
            stop_signal="INT",
            stop_seconds=2,
            start_seconds=1,
        )

    def answers(self) -> bool:
        with (
            contextlib.suppress(psycopg.OperationalError),
            psycopg.connect(self.url, connect_timeout=2) as connection,
        ):
            connection.execute("select 1")
            return True
        return False

    def _create_cluster(self, bin_folder: Path, unprivileged: list[str], environment: dict[str, str]) -> None:
        fresh = self.data.with_name("data.partial")
        shutil.rmtree(fresh, ignore_errors=True)
        password = self.home.write_private("postgres/password", self.home.secret("postgres"))
        try:
            if unprivileged and unprivileged[0] == "setpriv":
                shutil.chown(password, unprivileged_user())
            subprocess.run(
                [
                    *(*unprivileged, str(bin_folder / "initdb"), "-D", str(fresh), "-U", SUPERUSER),
                    *("--encoding=UTF8", "--locale=C.UTF-8", "--auth=scram-sha-256", "--no-instructions"),
                    *(f"--pwfile={password}", *([] if self.durable else ["--no-sync"])),
                ],
                env={**os.environ, **environment, "FOYER_HOME": str(self.home.path)},
                check=True,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
            )
        except subprocess.CalledProcessError as error:
            raise Refused(f"PostgreSQL could not create its data folder {fresh}:\n{error.stderr}") from error
        finally:
            password.unlink(missing_ok=True)
        with open(fresh / "postgresql.conf", "a") as settings:
            settings.write("include 'foyer.conf'\n")
        fresh.rename(self.data)

    def _check_version(self, bin_folder: Path, environment: dict[str, str]) -> None:
        kept = (self.data / "PG_VERSION").read_text().strip()
        found = _major(bin_folder / "initdb", environment)
        if str(found) != kept:
            raise Refused(
                f"The data in {self.data} is of PostgreSQL {kept}, and {bin_folder} has version {found}."
                " Install the former, or start afresh with `make clean`."
            )


def find_programs() -> tuple[Path, str]:
    """The folder of `postgres` and `initdb`, and the LD_LIBRARY_PATH they need ("" for none)."""
    if may_use_installed():
        installed = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
        on_path = shutil.which("initdb")
        found = newest(installed, at_least=(15,), version_at=-2)
        if found:
            return found, ""
        if on_path and _major(Path(on_path)) >= 15:
            return Path(on_path).resolve().parent, ""
    folder = unpacked(
        "postgresql",
        [f"postgresql-{version}" for version in (18, 17, 16, 15)],
        "PostgreSQL 15 or newer is needed: install the package `postgresql`, or set FOYER_DB_URL.",
    )
    found = newest([path.parent for path in folder.glob("usr/lib/postgresql/*/bin/initdb")], (15,), version_at=-2)
    if not found:
        raise Refused("The system's packages have no PostgreSQL 15 or newer: set FOYER_DB_URL to a superuser's URL.")
    return found, library_path(folder)


def _major(initdb: Path, environment: Mapping[str, str] | None = None) -> int:
    """15 for `initdb (PostgreSQL) 15.18 (…)`; 0 for what does not say."""
    variables = {**os.environ, **(environment or {})}
    words = subprocess.run([initdb, "--version"], capture_output=True, text=True, env=variables).stdout.split()
    digits = re.match(r"\d+", words[2]) if len(words) > 2 else None
    return int(digits[0]) if digits else 0


def _buffers() -> int:
    """MiB: an eighth of the memory, at most two GiB; the machine has other work, too. Taken as it is used."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2**20
    return min(max(memory // 8, 128), 2048)


def unprivileged_user() -> str:
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name).pw_name
    raise Refused("PostgreSQL does not run as root, and there is no user `postgres` or `nobody`. Run as another user.")


def without_root(folder: Path) -> list[str]:
    """The words to put before a command, as PostgreSQL refuses to run as root: none for an ordinary user."""
    if os.geteuid() != 0:
        return []
    user = unprivileged_user()
    entry = pwd.getpwnam(user)
    # A user namespace in which root's own files belong to an ordinary user: works below /root as well.
    mapped = ["unshare", "--user", f"--map-user={entry.pw_uid}", f"--map-group={entry.pw_gid}"]
    if shutil.which("unshare") and subprocess.run([*mapped, "true"], capture_output=True).returncode == 0:
        return mapped
    os.chown(folder, entry.pw_uid, entry.pw_gid)
    dropped = ["setpriv", f"--reuid={user}", f"--regid={entry.pw_gid}", "--clear-groups"]
    if subprocess.run([*dropped, "test", "-w", str(folder)], capture_output=True).returncode != 0:
        raise Refused(
            f"PostgreSQL does not run as root, and user {user} may not enter {folder}."
            " Run as an ordinary user, or from a folder that other users may enter, or set FOYER_DB_URL."
        )
    return dropped
