"""Asking services over the bus: what every caller may rely on."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
import uuid

import pika
import pytest

from services.kit.client import Client
from services.kit.refusal import Broken, Conflict, DeadlinePassed, Unavailable
from tests.kit.echo import Mumble, Said, Say, SayTwice, Shout, Stumble, TooLoud, Whisper
from tests.kit.responder import QUEUE, Responder
from tests.kit.wire_between import Between

pytestmark = pytest.mark.servers


@pytest.fixture
def echo(amqp_url):
    with Responder(amqp_url) as responder:
        yield responder


@pytest.fixture
def client(amqp_url):
    client = Client(amqp_url)
    yield client
    client.close()


@pytest.fixture
def between(amqp_url):
    proxy = Between(amqp_url)
    yield proxy
    proxy.down()


@pytest.fixture
def far_client(between):
    client = Client(between.url)
    yield client
    client.close()


def seconds(work):
    started = time.monotonic()
    work()
    return time.monotonic() - started


def refused_after(kind, work):
    def refused():
        with pytest.raises(kind):
            work()

    return seconds(refused)


def wait_until(holds, within=3):
    until = time.monotonic() + within
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.001)


def test_an_ask_returns_the_typed_reply(echo, client, context):
    assert client.ask(Say(text="Olá, Ana"), context=context) == Said(text="Olá, Ana")


def test_a_raw_ask_returns_json_values(echo, client, context):
    assert client.ask_raw("echo", "say", {"text": "hi"}, context=context) == {"text": "hi"}


def test_a_request_says_who_asks_and_which_command_it_is(echo, client, context):
    command = uuid.uuid4()
    client.ask(Say(text="hi"), context=context, command_id=command)
    method, properties, body = echo.heard[0]
    assert (method, body) == ("say", {"args": [{"text": "hi"}], "kwargs": {}})
    assert properties.headers == {**context.headers(), "foyer-command-id": str(command)}
    assert (properties.message_id, properties.type, properties.app_id) == (str(command), "echo.say", "foyer")
    assert abs(properties.timestamp - time.time()) < 60


def test_a_request_without_a_command_id_gets_a_fresh_one(echo, client, context):
    client.ask(Say(text="hi"), context=context)
    client.ask(Say(text="hi"), context=context)
    first, second = (uuid.UUID(properties.headers["foyer-command-id"]) for _, properties, _ in echo.heard)
    assert first != second


def test_a_request_is_transient_expires_and_says_where_to_reply(echo, client, context):
    client.ask(Say(text="hi"), context=context, deadline=1.5)
    _, properties, _ = echo.heard[0]
    assert (properties.delivery_mode, properties.expiration) == (1, "1500")
    assert properties.reply_to.startswith("amq.rabbitmq.reply-to")
    assert properties.correlation_id


def test_a_refusal_arrives_with_its_type_and_facts(echo, client, context):
    with pytest.raises(TooLoud) as refused:
        client.ask(Shout(text="HEY"), context=context)
    assert isinstance(refused.value, Conflict)
    assert refused.value.facts == {"room": "101"}


def test_any_other_error_is_broken_and_its_text_stays_unsaid(echo, client, context):
    with pytest.raises(Broken) as refused:
        client.ask(Stumble(text="ana@example.com"), context=context)
    assert "ana@example.com" not in str(refused.value.to_wire())


def test_a_reply_that_does_not_fit_its_contract_is_broken(echo, client, context):
    with pytest.raises(Broken):
        client.ask(Mumble(text="hm"), context=context)


def test_a_service_that_has_never_run_is_known_at_once(client, context):
    client.ask_all([], context=context)
    with pytest.raises(Unavailable):  # connects
        client.ask_raw("nobody", "read", {}, context=context)
    assert refused_after(Unavailable, lambda: client.ask_raw("nobody", "read", {}, context=context)) < 0.5


def test_a_silent_service_is_given_up_at_the_deadline(echo, client, context):
    client.ask(Say(text="hi"), context=context)
    took = refused_after(DeadlinePassed, lambda: client.ask(Whisper(text="psst"), context=context, deadline=0.3))
    assert 0.3 <= took < 0.6
    assert not client._waiting


def test_a_request_to_a_dead_service_is_gone_when_the_service_comes_back(amqp_url, client, context):
    with Responder(amqp_url) as echo:
        client.ask(Say(text="hi"), context=context)
    refused_after(DeadlinePassed, lambda: client.ask(Say(text="late"), context=context, deadline=0.2))
    with pika.BlockingConnection(pika.URLParameters(amqp_url)) as connection:
        assert connection.channel().queue_declare(QUEUE, passive=True).method.message_count == 0
    assert len(echo.heard) == 1


def test_many_threads_share_a_client_and_each_gets_its_own_reply(echo, client, context):
    heard = {}

    def talk(name):
        heard[name] = [client.ask(Say(text=f"{name} {n}"), context=context).text for n in range(20)]

    threads = [threading.Thread(target=talk, args=(name,)) for name in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert heard == {name: [f"{name} {n}" for n in range(20)] for name in range(32)}


def test_several_asks_at_once_answer_in_order_each_with_a_reply_or_a_refusal(echo, client, context):
    asks = [Say(text="a"), Whisper(text="b"), Shout(text="c"), Whisper(text="d"), SayTwice(text="e")]
    client.ask(Say(text="hi"), context=context)
    answers = []
    took = seconds(lambda: answers.extend(client.ask_all(asks, context=context, deadline=0.4)))
    assert answers[0] == Said(text="a")
    assert answers[4] == Said(text="e e")
    assert [type(answer) for answer in answers[1:4]] == [DeadlinePassed, TooLoud, DeadlinePassed]
    assert took < 0.7


def test_without_a_broker_an_ask_is_refused_soon(between, context):
    between.down()
    client = Client(between.url)
    for _ in range(3):
        assert refused_after(Unavailable, lambda: client.ask(Say(text="hi"), context=context)) < 1
    client.close()


def test_an_ask_under_way_is_refused_when_the_connection_is_lost(echo, between, far_client, context):
    far_client.ask(Say(text="hi"), context=context)
    threading.Timer(0.2, between.cut).start()
    took = refused_after(Unavailable, lambda: far_client.ask(Whisper(text="psst"), context=context))
    assert took < 1


def test_an_ask_right_after_a_lost_connection_waits_for_the_new_one(echo, between, far_client, context):
    far_client.ask(Say(text="hi"), context=context)
    between.cut()
    wait_until(lambda: far_client._link._channel is None)
    assert far_client.ask(Say(text="again"), context=context, deadline=15) == Said(text="again")


def test_asks_are_answered_within_a_second_of_the_brokers_return(echo, between, far_client, context):
    far_client.ask(Say(text="hi"), context=context)
    between.down()
    time.sleep(2)  # long enough for the pauses between attempts to have grown to their longest
    between.up()

    def recover():
        while True:
            try:
                return far_client.ask(Say(text="back"), context=context)
            except Unavailable:
                time.sleep(0.01)

    assert seconds(recover) < 1


def test_the_client_comes_back_without_being_asked(echo, between, far_client, context):
    far_client.ask(Say(text="hi"), context=context)
    between.down()
    time.sleep(0.5)
    between.up()
    wait_until(far_client.ping)


def test_a_broker_that_takes_no_messages_is_unavailable_until_it_does(echo, between, far_client, context):
    far_client.ask(Say(text="hi"), context=context)
    threading.Timer(0.2, between.tell_clients, [_method(pika.spec.Connection.Blocked("low on memory"))]).start()
    asleep = refused_after(Unavailable, lambda: far_client.ask(Whisper(text="psst"), context=context))
    assert asleep < 1
    assert refused_after(Unavailable, lambda: far_client.ask(Say(text="hi"), context=context)) < 0.5
    between.tell_clients(_method(pika.spec.Connection.Unblocked()))
    wait_until(lambda: not far_client._link._blocked)
    assert far_client.ask(Say(text="awake"), context=context) == Said(text="awake")


def _method(method):
    return pika.frame.Method(0, method).marshal()


def test_a_channel_closed_by_the_broker_is_opened_again(echo, client, context):
    client.ask(Say(text="hi"), context=context)
    link = client._link
    link._loop.add_callback_threadsafe(lambda: link._channel.basic_publish("no such exchange", "x", b"x"))
    refused_after(Unavailable, lambda: client.ask(Whisper(text="psst"), context=context))
    assert client.ask(Say(text="again"), context=context) == Said(text="again")


def test_a_fault_in_the_clients_thread_does_not_end_it(echo, client, context):
    client.ask(Say(text="hi"), context=context)
    client._link._loop.add_callback_threadsafe(lambda: 1 / 0)
    refused_after(Unavailable, lambda: client.ask(Whisper(text="psst"), context=context))
    assert client.ask(Say(text="again"), context=context) == Said(text="again")


def test_a_ping_says_whether_calls_can_be_sent(between, far_client):
    wait_until(far_client.ping)
    between.down()
    wait_until(lambda: not far_client.ping())
    between.up()
    wait_until(far_client.ping)


def test_a_closed_client_refuses(echo, client, context):
    client.ask(Say(text="hi"), context=context)
    threading.Timer(0.2, client.close).start()
    assert refused_after(Unavailable, lambda: client.ask(Whisper(text="psst"), context=context)) < 1
    assert refused_after(Unavailable, lambda: client.ask(Say(text="hi"), context=context)) < 0.1
    assert "foyer-asks" not in [thread.name for thread in threading.enumerate()]


def test_a_process_that_only_asks_loads_neither_nameko_nor_eventlet():
    program = "import sys, services.kit.client; print({'nameko', 'eventlet', 'kombu'} & set(sys.modules))"
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "set()"
