"""The environment of a process: the only place that reads FOYER_* for the services.

Each value may also stand in a file, named by the same variable with ``_FILE`` behind it (secrets as mounted
files). What is missing or unreadable is one sentence on standard error and exit status 2.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import NoReturn

# Every service with a process and a database of its own; `view` has a process and uses the gateway's
# database.
SERVICES = ("profiles", "bookings", "billing", "consent", "loyalty", "notifier")
# Every database: one per service, and the gateway's.
DATABASES = (*SERVICES, "gateway")
VIEW = "view"

_DELAYS = "1,5,30,120,600"  # seconds between attempts of a message that failed


def setting(name: str, default: str | None = None) -> str:
    """A variable's text, or its file's; without a default a missing one ends the process."""
    value = os.environ.get(name, "")
    path = os.environ.get(f"{name}_FILE", "")
    if not value and path:
        try:
            value = Path(path).read_text(encoding="utf-8").strip()
        except OSError:
            refuse(f"{name}_FILE names a file that cannot be read.")
    if value:
        return value
    if default is None:
        refuse(f"{name} is not set: give it in the environment, or name a file that holds it in {name}_FILE.")
    return default


def database_of(service: str) -> str:
    """The database a process works on: its own, but the gateway's for `view`."""
    database = "gateway" if service == VIEW else service
    if database not in DATABASES:
        refuse(f"There is no service called {service!r}: it is one of {', '.join((*DATABASES, VIEW))}.")
    return database


def database_url(service: str) -> str:
    """The service's database as its own role, which reads and writes rows."""
    return setting(f"FOYER_{database_of(service).upper()}_DB_URL")


def owner_database_url(service: str) -> str:
    """The same database as the role that owns the tables; the service's own role where no other is given."""
    name = f"FOYER_{database_of(service).upper()}_OWNER_DB_URL"
    return setting(name, "") or database_url(service)


def amqp_url() -> str:
    return setting("FOYER_AMQP_URL")


def sealing_keys() -> str:
    """Keys for what is sealed in a database (services.kit.sealing); empty where a process seals nothing."""
    return setting("FOYER_SEALING_KEYS", "")


def retry_delays() -> tuple[float, ...]:
    """Seconds to wait before each further attempt, growing; after the last one a message is parked."""
    given = setting("FOYER_RETRY_DELAYS", _DELAYS)
    try:
        delays = tuple(float(part) for part in given.split(",") if part.strip())
    except ValueError:
        delays = ()
    if not delays or any(not 0.001 <= d <= 86_400 for d in delays):
        refuse(f"FOYER_RETRY_DELAYS is a list of seconds such as {_DELAYS!r}, each between 0.001 and 86400.")
    return delays


def max_workers() -> int:
    """How many messages a service works on at once."""
    return _number("FOYER_MAX_WORKERS", 10, 1, 1000)


def health_port() -> int:
    """Where ``/livez``, ``/readyz`` and ``/metrics`` are answered; 0 means nowhere."""
    return _number("FOYER_HEALTH_PORT", 0, 0, 65_535)


def health_host() -> str:
    """This machine only, unless said otherwise: in a container, probes come from outside (``0.0.0.0``)."""
    return setting("FOYER_HEALTH_HOST", "127.0.0.1")


def proxies() -> int:
    """How many proxies stand before the gateway; each adds to X-Forwarded-For who called it."""
    return _number("FOYER_PROXIES", 0, 0, 10)


def log_level() -> str:
    level = setting("FOYER_LOG_LEVEL", "INFO").upper()
    if level not in ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"):
        refuse("FOYER_LOG_LEVEL is one of DEBUG, INFO, WARNING, ERROR, CRITICAL.")
    return level


def drain_seconds() -> float:
    """How long a process that was told to stop may finish what it has begun."""
    return float(_number("FOYER_DRAIN_SECONDS", 8, 0, 3600))


def refuse(sentence: str) -> NoReturn:
    """Say what is wrong with the configuration and end the process."""
    print(sentence, file=sys.stderr)
    raise SystemExit(2)


def _number(name: str, default: int, least: int, most: int) -> int:
    text = setting(name, str(default))
    try:
        number = int(text)
    except ValueError:
        number = least - 1
    if not least <= number <= most:
        refuse(f"{name} is a whole number from {least} to {most}.")
    return number
