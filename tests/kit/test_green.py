"""How green threads wait for the database."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

pytestmark = pytest.mark.servers

_PROGRAM = """
import os, sys, json, time, warnings
os.environ["PSYCOPG_WAIT_FUNC"] = "wait_selector"
warnings.simplefilter("ignore")
import eventlet
eventlet.monkey_patch()
import psycopg
from services.kit import green
green.install()

url = sys.argv[1]
said = {}

def nap(seconds=0.5):
    with psycopg.connect(url) as connection:
        return connection.execute("SELECT 7 FROM pg_sleep(%s)", [seconds]).fetchone()[0]

started = time.monotonic()
naps = [eventlet.spawn(nap) for _ in range(5)]
said["naps"] = [each.wait() for each in naps]
said["together"] = time.monotonic() - started

with psycopg.connect(url) as connection:
    long = "x" * 30_000_000  # more than any socket buffer holds
    said["long"] = connection.execute("SELECT length(%s::text)", [long]).fetchone()[0]

victim = psycopg.connect(url)
def kill():
    with psycopg.connect(url) as connection:
        connection.execute("SELECT pg_terminate_backend(%s)", [victim.info.backend_pid])
eventlet.spawn_after(0.2, kill)
started = time.monotonic()
try:
    victim.execute("SELECT pg_sleep(30)")
except psycopg.OperationalError as fault:
    said["killed"] = type(fault).__name__
said["noticed"] = time.monotonic() - started
print(json.dumps(said))
"""


@pytest.fixture(scope="module")
def said(databases):
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, databases.url("gateway")],
        capture_output=True,
        text=True,
        check=False,
        timeout=90,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_five_green_threads_wait_for_the_database_together(said):
    assert said["naps"] == [7] * 5
    assert said["together"] < 5 * 0.5


def test_a_statement_larger_than_the_sockets_buffer_is_sent_whole(said):
    assert said["long"] == 30_000_000


def test_a_connection_that_dies_is_noticed_while_it_is_waited_for(said):
    assert said["killed"] == "AdminShutdown"
    assert said["noticed"] < 5
