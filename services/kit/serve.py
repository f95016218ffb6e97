"""Run one service as a process of its own: ``python -m services.kit.serve bookings``.

It waits for its database, its tables, the broker and its queues in whatever order they come, serves until
it is told to stop, finishes what it has begun and ends. It never hangs: whatever nameko waits for, the
drain deadline ends the process.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable
from typing import Any

from services.kit import config

_HEARTBEAT = 20  # seconds; a peer that is silent for two of them is gone
_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 2.0  # seconds between two looks for what is not there yet
_CONNECT = 3.0  # seconds for the broker to answer
_TRANSPORT = {"max_retries": 3, "interval_start": 0.2, "interval_step": 0.5, "interval_max": 2}

log = logging.getLogger("services.kit.serve")  # also where it is run as __main__


def main(arguments: list[str]) -> None:
    """The process: `arguments` names the service, one of `config.SERVICES` or ``view``."""
    if len(arguments) != 1:
        config.refuse("Usage: python -m services.kit.serve SERVICE")
    config.database_of(arguments[0])  # a name that nobody has is refused before anything starts
    go_green()
    from services.kit.topology import service_class

    run(service_class(arguments[0]))


def go_green() -> None:
    """Make this process one of green threads. Comes before every import that opens a socket or a thread."""
    # psycopg's own wait loop is in C and would stop every green thread while one waits for the database
    os.environ["PSYCOPG_WAIT_FUNC"] = "wait_selector"
    # eventlet's own resolver reads search domains of clusters wrongly
    os.environ["EVENTLET_NO_GREENDNS"] = "yes"
    # said at every start; why eventlet is kept stands beside its pin
    warnings.filterwarnings("ignore", message=r"\s*Eventlet is deprecated")
    import eventlet

    eventlet.monkey_patch()
    from services.kit import green

    green.install()


def run(service: Any) -> None:
    """Serve a service class until SIGTERM or SIGINT. Ends the process: 0 when drained, 1 otherwise."""
    from nameko.runners import ServiceRunner

    from services.kit import health, logs
    from services.kit.db import Database

    name = service.name
    logs.setup(name)
    amqp_url, database = config.amqp_url(), Database(config.database_url(name), pool_size=1)
    runner = ServiceRunner(
        {
            "AMQP_URI": amqp_url,
            "max_workers": config.max_workers(),
            "HEARTBEAT": _HEARTBEAT,
            "TRANSPORT_OPTIONS": _TRANSPORT,
        }
    )
    runner.add_service(service)
    started = threading.Event()
    _stop_on_signals(runner, started)
    checks = {"database": database.ping, "broker": lambda: started.is_set() and _consuming(runner)}
    health.start(config.health_port(), checks)

    _wait_for("database", database.ping)
    _wait_for("tables", lambda: _migrated(database, name))
    _wait_for("broker", lambda: _queues_exist(amqp_url, service))
    try:
        runner.start()
        started.set()
        import gc

        gc.collect()
        gc.freeze()
        gc.set_threshold(20_000, 20, 20)
        log.info("serving")
        runner.wait()
    except BaseException as fault:  # a container that died of something takes its process with it
        log.critical("ended by a fault: %s", fault, exc_info=True)
        _end(1)
    log.info("stopped")
    _end(0)


def _stop_on_signals(runner: Any, started: threading.Event) -> None:
    """Drain on the first SIGTERM or SIGINT, end at once on the second, and at the deadline whatever happens."""
    import eventlet
    from eventlet.patcher import original

    native = original("threading")  # a green timer would never fire under a handler that does not yield
    seconds = config.drain_seconds()
    told: list[int] = []

    def drain() -> None:
        if not started.is_set():
            _end(0)  # still waiting for something: there is nothing to finish
        log.info("stopping; up to %g s to finish what has begun", seconds)
        runner.stop()  # and with it ends the wait in `run`

    def overdue() -> None:
        # no logging from here: its lock may be held by the thread that is stuck
        os.write(2, b"not drained at the deadline: ending all the same\n")
        os._exit(1)

    def stop(number: int, _frame: Any) -> None:
        if told:
            os._exit(1)
        told.append(number)
        timer = native.Timer(seconds, overdue)
        timer.daemon = True
        timer.start()
        eventlet.spawn_n(drain)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)


def _wait_for(what: str, there: Callable[[], object]) -> None:
    """Wait until `there` neither raises nor answers False; say it once when waiting begins and when it ends."""
    pause, waiting = _FIRST_PAUSE, False
    while True:
        try:
            if there() is not False:
                break
            why = ""
        except Exception as fault:  # refused, unknown, starting up, no such queue yet
            why = f" ({type(fault).__name__})"
        if not waiting:
            log.warning("waiting for the %s%s", what, why)
            waiting = True
        time.sleep(pause)
        pause = min(pause * 1.5, _LONGEST_PAUSE)
    if waiting:
        log.info("the %s is there", what)


def _migrated(database: Any, service: str) -> bool:
    """Whether the tables are at least as new as this code's newest migration."""
    import sqlalchemy as sa

    from services.kit.migrate import newest

    wanted = newest(service)
    if not wanted:
        return True
    with database.engine.connect() as connection:
        found = connection.scalar(sa.text("SELECT max(version_num) FROM alembic_version"))
    return found is not None and found >= wanted


def _queues_exist(amqp_url: str, service: Any) -> None:
    """Raises while the broker does not answer, or has not been told of the queues this service hears."""
    from kombu.connection import Connection

    from services.kit.doors import doors_of

    queues = {d.queue(service.name) for d in doors_of(service) if d.kind in ("subscribe", "inbound")}
    with Connection(amqp_url, connect_timeout=_CONNECT) as connection:  # type: ignore[no-untyped-call]
        connection.connect()
        for queue in sorted(queues):
            connection.channel().queue_declare(queue, passive=True)


def _consuming(runner: Any) -> bool:
    """Whether every consumer of every container holds an open channel."""
    from nameko.messaging import QueueConsumer

    consumers = [
        consumer
        for container in runner.containers
        for extension in container.extensions
        if isinstance(extension, QueueConsumer)
        for consumer in extension._consumers.values()
    ]
    return bool(consumers) and all(
        c.channel is not None and c.channel.connection is not None and c.channel.connection.connected for c in consumers
    )


def _end(status: int) -> None:
    """End the process now; threads and connections that do not want to are left behind."""
    logging.shutdown()
    sys.stdout.flush()
    os._exit(status)


if __name__ == "__main__":
    main(sys.argv[1:])
