"""Whoever changes the ledger behind the service's back is found out by ``foyer ledger verify``."""

from __future__ import annotations

import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.journeys.notices import ana, notice, set_up_hotel
from tests.journeys.test_one_booking import booking_of
from tests.system import CHECKOUT, System

pytestmark = pytest.mark.servers

CHANGE = "UPDATE entries SET amount_minor = amount_minor + %s WHERE id = %s RETURNING id"


def verify(system: System) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "foyer", "ledger", "verify"],
        env=system.environment,
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@contextmanager
def changed(system: System, entry: int, minor: int) -> Iterator[None]:
    """A superuser, for whom the triggers do not hold, and who thinks better of it."""
    admin = system.databases.admin("billing")
    admin.execute("SET session_replication_role = replica")
    try:
        admin.execute(CHANGE, [minor, entry])
        yield
    finally:
        admin.execute(CHANGE, [-minor, entry])
        admin.execute("RESET session_replication_role")


def test_a_superusers_edit_is_found_and_located(system: System) -> None:
    hotel, ref = set_up_hotel(system), f"LEDGER-{uuid.uuid4().hex[:10]}"
    system.publish(notice(hotel, ref, ana(ref)))
    booking = booking_of(system, ref)
    system.wait_quiet()
    assert verify(system).returncode == 0
    ((entry, journal),) = system.rows(
        "billing",
        "SELECT e.id, j.id FROM entries e JOIN journals j ON j.id = e.journal_id"
        " WHERE j.booking_id = %s AND e.account = 'guests' LIMIT 1",
        booking["id"],
    )
    status, said = system.call("GET", f"/v1/journals/{journal}")
    assert (status, entry in {e["id"] for e in said["entries"]}) == (200, True)
    with changed(system, entry, -1):
        done = verify(system)
    assert done.returncode == 1
    (named,) = [line for line in done.stdout.splitlines() if line.startswith("entry-changed")]
    assert f"journal {journal}  entry {entry}  account guests" in named
    assert verify(system).returncode == 0
