"""Parked messages are listed, shown, replayed and dropped, and none is lost by looking."""

from __future__ import annotations

import json

import pika
import pytest

from services.kit import parked, topology
from tests.kit.processes import until

INBOX, PARKED = "consent.inbox", "consent.parked"


@pytest.fixture
def channel(amqp_url):
    """A channel with confirms, in a vhost with the queues of one service."""
    work = {
        "x-queue-type": "quorum",
        "x-dead-letter-exchange": "",
        "x-dead-letter-routing-key": PARKED,
        "x-delivery-limit": 2,
    }
    with pika.BlockingConnection(pika.URLParameters(amqp_url)) as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        channel.queue_declare(INBOX, durable=True, arguments=work)
        channel.queue_declare(PARKED, durable=True, arguments=topology._PARKED)
        yield channel
        for queue in (INBOX, PARKED):
            channel.queue_delete(queue)


def park(channel, message_id, reason="TimeoutError after 6 attempts", queue=INBOX, **headers):
    """As a service does it."""
    notes = {
        "foyer-queue": queue,
        "foyer-handler": "open_account",
        "foyer-reason": reason,
        "foyer-stack": "0a1b2c",
        "foyer-parked-at": "2026-03-01T10:00:00Z",
        "foyer-attempt": 5,
        "foyer-request-id": "r-1",
        "foyer-actor": "staff:ines",
        "traceparent": "00-1-2-01",
    }
    properties = pika.BasicProperties(
        message_id=message_id,
        type="booking.confirmed.v1",
        content_type="application/json",
        app_id="bookings",
        timestamp=1_700_000_000,
        headers={**notes, **headers},
        delivery_mode=2,
    )
    channel.basic_publish("", PARKED, json.dumps({"of": message_id}).encode(), properties, mandatory=True)


def count(channel, queue):
    return channel.queue_declare(queue, passive=True).method.message_count


def ids(amqp_url):
    return [found.message_id for found in parked.list(amqp_url)]


def test_the_list_says_what_is_known_of_each(amqp_url, channel):
    park(channel, "one")
    (found,) = parked.list(amqp_url)

    assert (found.service, found.position, found.message_id) == ("consent", 1, "one")
    assert (found.type, found.queue) == ("booking.confirmed.v1", INBOX)
    assert (found.reason, found.attempts) == ("TimeoutError after 6 attempts", 6)
    assert found.parked_at == "2026-03-01T10:00:00Z"


def test_looking_changes_neither_the_number_nor_the_order(amqp_url, channel):
    names = [str(number) for number in range(50)]
    for name in names:
        park(channel, name)
    for _ in range(25):  # more often than a queue's default delivery limit
        parked.list(amqp_url, ["consent"], limit=7)
        parked.show(amqp_url, "31")
    until(lambda: count(channel, PARKED) == 50)

    assert ids(amqp_url) == names


def test_a_body_is_not_in_what_is_printed_of_a_message(amqp_url, channel):
    park(channel, "one")
    found = parked.show(amqp_url, "one")

    assert json.loads(found.body) == {"of": "one"}
    assert found.headers["foyer-stack"] == "0a1b2c"
    assert found.properties["app_id"] == "bookings"
    assert '"of"' not in repr(found)


def test_what_is_not_there_is_not_shown(amqp_url, channel):
    assert parked.show(amqp_url, "one") is None
    assert parked.list(amqp_url) == ()


def test_one_is_replayed_as_if_it_had_never_been_tried(amqp_url, channel):
    for name in ("one", "two", "three"):
        park(channel, name)

    assert parked.replay(amqp_url, "consent", message_id="two").again == ("two",)
    until(lambda: count(channel, INBOX) == 1)
    _, properties, body = channel.basic_get(INBOX, auto_ack=True)
    headers = {name: value for name, value in properties.headers.items() if not name.startswith("x-")}

    assert json.loads(body) == {"of": "two"}
    assert (properties.message_id, properties.type) == ("two", "booking.confirmed.v1")
    assert (properties.app_id, properties.timestamp) == ("bookings", 1_700_000_000)
    assert properties.delivery_mode == 2
    assert headers == {"foyer-request-id": "r-1", "foyer-actor": "staff:ines", "traceparent": "00-1-2-01"}
    assert ids(amqp_url) == ["one", "three"]


def test_all_of_one_reason_are_replayed(amqp_url, channel):
    park(channel, "one", reason="No such booking")
    park(channel, "two", reason="TimeoutError after 6 attempts")
    park(channel, "three", reason="no such profile")

    assert parked.replay(amqp_url, "consent", reason="NO SUCH").again == ("one", "three")
    assert ids(amqp_url) == ["two"]


def test_everything_is_replayed_in_its_order(amqp_url, channel):
    names = [str(number) for number in range(30)]
    for name in names:
        park(channel, name)
    parked.replay(amqp_url, "consent", everything=True)
    until(lambda: count(channel, INBOX) == 30)

    assert [channel.basic_get(INBOX, auto_ack=True)[1].message_id for _ in names] == names
    assert ids(amqp_url) == []


def test_what_is_parked_again_at_once_is_not_replayed_for_ever(amqp_url, channel):
    channel.queue_delete(INBOX)
    # the shortest way back: a queue whose messages expire into the parked one
    expiring = {"x-dead-letter-exchange": "", "x-dead-letter-routing-key": PARKED, "x-message-ttl": 0}
    channel.queue_declare(INBOX, durable=True, arguments=expiring)
    for number in range(20):
        park(channel, str(number))

    assert len(parked.replay(amqp_url, "consent", everything=True).again) == 20
    until(lambda: count(channel, PARKED) == 20)


def test_a_message_whose_queue_is_gone_stays(amqp_url, channel):
    park(channel, "one", queue="consent.notices")

    assert parked.replay(amqp_url, "consent", everything=True).stay == (("one", "There is no queue consent.notices."),)
    assert ids(amqp_url) == ["one"]


def test_a_message_is_not_sent_to_a_queue_of_another_service(amqp_url, channel):
    channel.queue_declare("billing.inbox")
    park(channel, "one", queue="billing.inbox")
    said = parked.replay(amqp_url, "consent", everything=True)
    channel.queue_delete("billing.inbox")

    assert said.again == ()
    assert ids(amqp_url) == ["one"]


def test_a_message_the_broker_moved_there_is_understood(amqp_url, channel):
    channel.basic_publish("", INBOX, b"\xff not JSON", mandatory=True)
    method, _, _ = next(channel.consume(INBOX))
    channel.basic_reject(method.delivery_tag, requeue=False)
    channel.cancel()
    until(lambda: count(channel, PARKED) == 1)
    (found,) = parked.list(amqp_url)

    assert found.reason == "moved here by the broker: rejected"
    assert found.queue == INBOX
    assert found.message_id.startswith("body-")
    assert found.parked_at[:2] == "20"
    assert parked.replay(amqp_url, "consent", message_id=found.message_id).again == (found.message_id,)
    until(lambda: count(channel, INBOX) == 1)
    assert channel.basic_get(INBOX, auto_ack=True)[2] == b"\xff not JSON"


def test_dropping_forgets_only_what_was_chosen(amqp_url, channel):
    for name in ("one", "two", "three"):
        park(channel, name, reason="bad" if name == "two" else "worse")

    assert parked.drop(amqp_url, "consent", reason="bad") == 1
    assert parked.drop(amqp_url, "consent", message_id="three") == 1
    assert ids(amqp_url) == ["one"]
    assert parked.drop(amqp_url, "consent", everything=True) == 1
    assert ids(amqp_url) == []


def test_nothing_is_moved_without_saying_what(amqp_url, channel):
    park(channel, "one")

    with pytest.raises(ValueError, match="which messages"):
        parked.replay(amqp_url, "consent")
    with pytest.raises(ValueError, match="which messages"):
        parked.drop(amqp_url, "consent")
    assert ids(amqp_url) == ["one"]
