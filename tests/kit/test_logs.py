"""Log lines are JSON with the request's id, and hold no personal data."""

from __future__ import annotations

import json
import logging
import sys

import pytest
import sqlalchemy as sa

from services.kit import context, logs
from services.kit.context import Context
from services.kit.db import Database
from tests.databases import Databases
from tests.kit.processes import run_python

ANA = "Ana Silva"


def _line(message: str, *args: object, **extra: object) -> dict[str, object]:
    record = logging.LogRecord("services.billing", logging.INFO, __file__, 1, message, args, None)
    record.__dict__.update(extra)
    return json.loads(logs.Formatter("billing").format(record))


def _failure(fault: BaseException) -> str:
    """The line of a fault that was raised and logged."""
    try:
        raise fault
    except BaseException:
        record = logging.LogRecord("a", logging.ERROR, __file__, 1, "It failed: %s", (fault,), sys.exc_info())
    return logs.Formatter("billing").format(record)


def test_a_line_says_who_asked_under_which_request() -> None:
    token = context.current.set(Context(actor="staff:ines", request_id="r-1"))
    try:
        line = _line("folio opened", folio="f-1")
    finally:
        context.current.reset(token)

    said = {k: line[k] for k in ("level", "logger", "message", "service", "request_id", "actor", "folio")}
    assert said == {
        "level": "INFO",
        "logger": "services.billing",
        "message": "folio opened",
        "service": "billing",
        "request_id": "r-1",
        "actor": "staff:ines",
        "folio": "f-1",
    }
    assert str(line["time"]).endswith("+00:00")


@pytest.mark.parametrize(
    "secret",
    [
        "ana.silva@example.com",
        "Ana.Maria+spa@mail.hotel.example",
        "josé@café.example",
        "+351 912 345 678",
        "+351912345678",
        "912345678",
        "(030) 12 34 56 78",
        "01.23.45.67.89",
        "555-123-4567",
        "4111111111111111",
        "4111 1111 1111 1111",
        "4111-1111-1111-1111",
        "3782 822463 10005",
    ],
)
def test_addresses_and_numbers_are_blacked_out(secret: str) -> None:
    line = json.dumps(
        [
            _line(f"cannot reach {secret}, again later"),
            _line("cannot reach %s", secret),
            _line("cannot reach", why=f"<{secret}>", parts=[{"to": secret}]),
            _failure(ValueError(f"no such guest: {secret}")),
        ],
        ensure_ascii=False,
    )

    assert secret not in line
    assert secret[-4:] not in line


@pytest.mark.parametrize(
    "text",
    [
        "0f8fad5b-d9cb-469f-a165-70867728950e",
        "12345678-1234-1234-1234-123456789012",
        "2026-11-21",
        "2026-11-21 2026-11-24",
        "2026-11-21T19:45:49.123456+00:00",
        "2026-11-21 19:45:49",
        "127.0.0.1:5672",
        "192.168.100.200",
        "took 0.004123456 s",
        "119390 rows of 119390",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "revision 0001",
    ],
)
def test_ids_dates_and_counts_stay_readable(text: str) -> None:
    assert logs.redact(text) == text


@pytest.mark.parametrize("password", ["s3cret", "with@sign", "with:colon/slash"])
def test_a_password_in_an_address_is_blacked_out(password: str) -> None:
    line = logs.redact(f"cannot connect to amqp://foyer:{password}@rabbit.example:5672/foyer now")

    assert line == "cannot connect to amqp://foyer:…@rabbit.example:5672/foyer now"


@pytest.mark.servers
def test_a_fault_of_the_database_is_told_without_its_rows(databases: Databases) -> None:
    engine = sa.create_engine(databases.url("billing").replace("://", "+psycopg://"), poolclass=sa.NullPool)
    admin = databases.admin("billing")
    admin.execute("CREATE TABLE as_migrated.people (name text CONSTRAINT one_name UNIQUE)")
    admin.execute("GRANT USAGE ON SCHEMA as_migrated TO foyer_billing")
    admin.execute("GRANT INSERT ON as_migrated.people TO foyer_billing")
    try:
        with engine.connect() as connection:
            insert = sa.text("INSERT INTO as_migrated.people VALUES (:name)")
            connection.execute(insert, {"name": ANA})
            with pytest.raises(sa.exc.IntegrityError) as caught:
                connection.execute(insert, {"name": ANA})
    finally:
        admin.execute("DROP TABLE as_migrated.people")

    line = _failure(caught.value)

    assert ANA in str(caught.value)
    assert ANA not in line
    assert "sqlstate=23505" in line
    assert "constraint=one_name" in line


@pytest.mark.servers
def test_the_cause_of_a_fault_is_told_without_its_rows_too(billing_db: Database) -> None:
    with billing_db.engine.connect() as connection, pytest.raises(sa.exc.DBAPIError) as caught:
        connection.execute(sa.text("SELECT CAST(:name AS int)"), {"name": ANA})
    fault = RuntimeError("could not read")
    fault.__cause__ = caught.value

    line = _failure(fault)

    assert ANA not in line
    assert "RuntimeError: could not read" in line
    assert "sqlstate=22P02" in line


def test_nameko_still_tells_its_own_errors() -> None:
    """Trap 17: nameko's loggers exist before ours are set up, and dictConfig would silence them."""
    out = run_python(
        """
        import logging
        import nameko.containers
        from services.kit import logs
        logs.setup("billing")
        logging.getLogger("nameko.containers").error("error handling worker")
        """
    )

    assert json.loads(out)["message"] == "error handling worker"


def test_warnings_are_lines_too() -> None:
    out = run_python(
        """
        import warnings
        from services.kit import logs
        logs.setup("billing")
        warnings.warn("old ways")
        """
    )

    assert "old ways" in json.loads(out)["message"]
