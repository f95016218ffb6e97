"""`make run` as a whole: what it prints works, its processes are kept alive, and it ends without a trace."""

import json
import os
import signal
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local import processes
from deploy.local.run import answers
from services.kit.config import SERVICES, VIEW
from tests.deploy_local.stack import Stack, eventually

pytestmark = [pytest.mark.servers, pytest.mark.xdist_group("local stack")]


@pytest.fixture(scope="module")
def foyer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    foyer = Stack(tmp_path_factory.mktemp("run") / "home", servers_only=False)
    try:
        foyer.start()
        yield foyer
    finally:
        foyer.end()


def test_the_printed_call_works_as_printed(foyer: Stack) -> None:
    eventually(lambda: "\nTry " in foyer.said(), 10)
    call = next(line for line in foyer.said().splitlines() if line.startswith("Try ")).removeprefix("Try ")
    answer = subprocess.run(call, shell=True, capture_output=True, text=True)
    assert json.loads(answer.stdout)["items"], answer


def test_tools_find_address_key_and_broker_in_a_file_that_is_private(foyer: Stack) -> None:
    file = foyer.home.path / "run.json"
    found = json.loads(file.read_text())
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert answers(f"{found['url']}/v1/properties", found["api_key"])
    assert not answers(f"{found['url']}/v1/properties", "another key")
    assert found["amqp_url"].startswith("amqp://foyer:")


@pytest.mark.parametrize("role", ["billing", "relay", "gateway"])
def test_a_process_that_dies_is_started_again(foyer: Stack, role: str) -> None:
    killed = foyer.pid(role)
    os.kill(killed, signal.SIGKILL)
    eventually(lambda: foyer.pid(role) not in (0, killed), 20)
    eventually(lambda: f"{role} ended and was started again" in foyer.said(), 20)


def test_every_service_the_view_and_the_relay_run(foyer: Stack) -> None:
    roles = {each.role for each in processes.of_home(foyer.home.path)}
    assert {*SERVICES, VIEW, "relay", "gateway", "postgres", "rabbitmq", "epmd", "supervisor"} <= roles


def test_it_stops_and_leaves_nothing(foyer: Stack) -> None:
    assert foyer.process
    foyer.process.send_signal(signal.SIGINT)
    foyer.process.wait(60)
    assert processes.of_home(foyer.home.path) == []


def test_a_repeated_run_keeps_its_address_its_key_and_its_data(foyer: Stack) -> None:
    before = json.loads((foyer.home.path / "run.json").read_text())
    foyer.start()
    assert json.loads((foyer.home.path / "run.json").read_text()) == before


def test_a_log_is_kept_for_every_process(foyer: Stack) -> None:
    logs = {file.stem for file in Path(foyer.home.log).glob("*.log")}
    assert {*SERVICES, VIEW, "relay", "gateway", "postgres", "rabbitmq", "supervisord"} <= logs
