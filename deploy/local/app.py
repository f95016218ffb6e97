"""The processes of Foyer itself: one per service, the view, the relay and the gateway."""

import os
import sys
from collections.abc import Mapping

from deploy.local.home import Home
from deploy.local.programs import Program
from services.kit.config import SERVICES, VIEW

# psycopg's own wait loop would hold up every green thread, and green look-ups of names misread some networks.
GREEN = {"PSYCOPG_WAIT_FUNC": "wait_selector", "EVENTLET_NO_GREENDNS": "yes"}

SENDERS = ("TWILIO_", "SENDGRID_", "FOYER_SMS_FROM", "FOYER_MAIL_FROM")
OURS = (
    "FOYER_HOME",
    "FOYER_ROLE",
    "FOYER_PROGRAMS",
    "FOYER_AMQP_URL",
    "FOYER_HEALTH_PORT",
    "FOYER_RABBITMQCTL",
    "FOYER_SEALING_KEYS",
    "FOYER_TEST_",
)


def programs(home: Home, variables: Mapping[str, str], port: int) -> list[Program]:
    """Every process with just the settings it needs: `variables` of `provision`, and the gateway's `port`."""
    kit = [sys.executable, "-m"]
    common = {"FOYER_AMQP_URL": variables["FOYER_AMQP_URL"], "FOYER_DRAIN_SECONDS": "5", **given()}

    def with_databases(*databases: str) -> dict[str, str]:
        names = [f"FOYER_{database.upper()}_DB_URL" for database in databases]
        return {**common, **{name: variables[name] for name in names}}

    def health(name: str) -> dict[str, str]:
        return {"FOYER_HEALTH_PORT": str(home.port(f"health-{name}"))}

    def behind(name: str, module: str, words: list[str], settings: Mapping[str, str]) -> Program:
        """A process behind the bus; they stop together, after the gateway."""
        command = [*kit, f"services.kit.{module}", *words]
        settings = {**settings, **health(name)}
        return Program(name, command, 50, settings, stop_seconds=6, autostart=False, group="services")

    def service(name: str, database: str, extra: Mapping[str, str]) -> Program:
        return behind(name, "serve", [name], {**with_databases(database), **GREEN, **extra})

    own = {"notifier": senders(), "bookings": sealing(home), "profiles": sealing(home)}
    granian = ["granian", "--interface", "wsgi", "--factory", "--host", "127.0.0.1", "--port", str(port)]
    workers = ["--workers", "1", "--blocking-threads", "256", "--workers-kill-timeout", "2"]
    gateway = [*kit, *granian, *workers, "deploy.local.gateway:create_app"]
    return [
        *(service(name, name, own.get(name, {})) for name in SERVICES),
        service(VIEW, "gateway", {}),
        behind("relay", "relay", [*SERVICES], with_databases(*SERVICES)),
        Program("gateway", gateway, 60, with_databases("gateway"), stop_seconds=3, autostart=False),
    ]


def health_ports(programs: list[Program]) -> dict[str, int]:
    """Where each process says whether it can serve."""
    return {each.name: int(port) for each in programs if (port := each.environment.get("FOYER_HEALTH_PORT"))}


def given() -> dict[str, str]:
    """Foyer's settings from the caller's environment, for all processes: FOYER_LOG_LEVEL and so on."""
    return {
        name: value
        for name, value in os.environ.items()
        if name.startswith("FOYER_") and not (name.startswith((*OURS, *SENDERS)) or name.endswith("DB_URL"))
    }


def sealing(home: Home) -> dict[str, str]:
    """The keys that documents' numbers are sealed with and codes are known again by, for the services that do so: the
    caller's, else one that is kept.
    """
    given = {name: value for name, value in os.environ.items() if name.startswith("FOYER_SEALING_KEYS")}
    return given or {"FOYER_SEALING_KEYS": f"local:{home.secret('sealing')}"}


def senders() -> dict[str, str]:
    """What sends e-mail and text messages, for the notifier alone; without it they stay in its outbox."""
    return {name: value for name, value in os.environ.items() if name.startswith(SENDERS)}
