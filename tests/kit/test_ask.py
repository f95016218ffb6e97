"""How handlers ask other services."""

from __future__ import annotations

import json
import subprocess
import sys
from uuid import UUID

import pytest
from nameko.testing.services import worker_factory

from services.kit import context as contexts
from services.kit import db
from services.kit.ask import Ask, Asking
from services.kit.commands import Command
from tests.kit.echo import Confide, Said, Say, SayTwice
from tests.kit.responder import Responder


class NeighbourService:
    name = "neighbour"
    echo = Ask("echo")

    def pass_on(self, text):
        return self.echo(Say(text=text)).text


class Recorder:
    """In the place of a client: keeps what was asked, answers nothing."""

    def __init__(self):
        self.asked = []

    def ask_raw(self, service, method, body, *, context, command_id):
        self.asked.append((service, method, body, context, command_id))
        return {"text": body["text"]}


@pytest.fixture
def recorder():
    return Recorder()


@pytest.fixture
def ask_echo(recorder):
    return Asking(recorder, "echo", asker="neighbour")


@pytest.fixture
def put():
    """Sets context variables for one test."""
    tokens = []
    yield lambda variable, value: tokens.append((variable, variable.set(value)))
    for variable, token in reversed(tokens):
        variable.reset(token)


def test_in_a_test_any_callable_stands_for_a_service():
    service = worker_factory(NeighbourService, echo=lambda request: Said(text=request.text.upper()))
    assert service.pass_on("hi") == "HI"


def test_a_service_asks_in_the_name_of_whoever_asked_it(ask_echo, recorder, put, context):
    put(contexts.current, context)
    ask_echo(Say(text="hi"))
    assert recorder.asked[0][3] is context


def test_a_service_that_nobody_asked_asks_in_its_own_name(ask_echo, recorder):
    ask_echo(Say(text="hi"))
    assert recorder.asked[0][3].actor == "service:neighbour"


def test_an_ask_inside_an_open_transaction_is_a_mistake(ask_echo, recorder, put):
    put(db.open_transaction, True)
    with pytest.raises(RuntimeError, match="inside an open transaction"):
        ask_echo(Say(text="hi"))
    assert not recorder.asked


def test_an_ask_for_another_service_is_a_mistake(recorder):
    with pytest.raises(TypeError, match="answered by echo"):
        Asking(recorder, "billing", asker="neighbour")(Say(text="hi"))


def test_a_redelivered_message_repeats_its_commands_under_the_same_ids(ask_echo, recorder, put):
    put(contexts.cause, "message-1")
    for _ in range(2):
        ask_echo(Say(text="hi"))
        ask_echo(Say(text="ho"))
        ask_echo(SayTwice(text="hi"))
    ids = [asked[4] for asked in recorder.asked]
    assert ids[:3] == ids[3:]
    assert len(set(ids)) == 3


def test_another_message_asks_under_other_ids(ask_echo, recorder, put):
    put(contexts.cause, "message-1")
    ask_echo(Say(text="hi"))
    put(contexts.cause, "message-2")
    ask_echo(Say(text="hi"))
    assert recorder.asked[0][4] != recorder.asked[1][4]


def test_without_a_message_every_ask_has_an_id_of_its_own(ask_echo, recorder):
    ask_echo(Say(text="hi"))
    ask_echo(Say(text="hi"))
    assert recorder.asked[0][4] != recorder.asked[1][4]


def test_a_secret_is_in_no_id_that_could_be_found_by_trying(ask_echo, recorder, put):
    put(contexts.cause, "message-1")
    ask_echo(Confide(text="hi", secret="042137"))
    ask_echo(Confide(text="hi", secret="042137"))
    assert recorder.asked[0][4] != recorder.asked[1][4]


def test_a_secret_is_in_no_digest_and_what_is_said_beside_it_is():
    said, other = Confide(text="hi", secret="042137"), Confide(text="hi", secret="042138")
    bodies = (said, other, Confide(text="ho", secret=""))
    digests = [Command.of("confide", UUID(int=1), each).digest for each in bodies]
    assert digests[0] == digests[1] != digests[2]


@pytest.mark.servers
def test_green_threads_ask_without_stopping_one_another(amqp_url):
    with Responder(amqp_url) as echo:
        done = subprocess.run(
            [sys.executable, "-m", "tests.kit.asking_service", amqp_url],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["passed_on"] == [f"word {n}" for n in range(40)]
    assert said["for_ana"] == ["Ana", "Ana"]
    assert said["refused"] == "TooLoud"
    assert said["silent"][0] == "DeadlinePassed"
    assert 0.3 <= said["silent"][1] < 0.8
    assert said["longest_pause"] < 0.25
    assert said["threads"] == 1
    headers_of_all = [properties.headers for _, properties, _ in echo.heard]
    for_ana = [headers for headers in headers_of_all if headers["foyer-actor"] == "guest:ana"]
    assert [headers["foyer-request-id"] for headers in for_ana] == ["r-7", "r-7"]
    assert for_ana[0]["foyer-command-id"] == for_ana[1]["foyer-command-id"]
