"""The real process, with green threads and its timer, sends through a provider."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.kit import topology
from services.kit.db import Database
from tests.databases import Databases
from tests.notifier.makers import Notifier, Provider, ana_silva
from tests.notifier.test_senders import Played, played

__all__ = ["played"]


@pytest.fixture
def process(
    notifier_db: Database, databases: Databases, amqp_url: str, played: Played, tmp_path: Path
) -> Iterator[Path]:
    """``python -m services.kit.serve notifier`` with an e-mail account; answers where its log is."""
    topology.declare(amqp_url)
    environment = {
        **os.environ,
        **databases.environment(),
        "FOYER_AMQP_URL": amqp_url,
        "SENDGRID_API_KEY": "SG.key",
        "FOYER_MAIL_FROM": "house@example.com",
        "FOYER_SENDGRID_URL": played.url,
    }
    log = tmp_path / "notifier.log"
    with log.open("wb") as out:
        run = [sys.executable, "-m", "services.kit.serve", "notifier"]
        started = subprocess.Popen(run, env=environment, stdout=out, stderr=out)
    yield log
    started.terminate()
    try:
        started.wait(60)
    except subprocess.TimeoutExpired:
        started.kill()
        started.wait()


def test_what_waits_is_sent_by_the_running_service(process: Path, played: Played, notifier_db: Database) -> None:
    notifier = Notifier(notifier_db, email=Provider())
    ana = notifier.knows(ana_silva())
    for _ in range(20):
        notifier.confirmed(ana)
    until = time.monotonic() + 45
    while any(m.state != "sent" for m in notifier.messages()):
        assert time.monotonic() < until, process.read_text()[-3000:]
        time.sleep(0.1)
    assert len(played.heard) == 20
    assert "ana@example.org" not in process.read_text()
