"""The promises of the doors, kept by a real process on a real broker and a real database."""

from __future__ import annotations

import json
import random
import signal
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa

from services.kit import tables
from services.kit.client import Client
from services.kit.context import Context
from services.kit.refusal import Broken, CommandReused, Invalid, Refusal
from tests.kit.toying import Running, effects, eventually, something

pytestmark = pytest.mark.servers


@pytest.fixture(scope="module")
def running(amqp_url: str, database_url: str) -> Iterator[Running]:
    service = Running(amqp_url, database_url)
    yield service
    service.stop()


def test_an_event_over_the_bus_is_handled_and_acknowledged(running, db):
    what, message_id = something(), str(uuid.uuid4())
    for _ in range(5):
        running.event(what, message_id=message_id)
    marker = something()
    running.event(marker)
    eventually(lambda: effects(db, marker) == effects(db, what) == 1 and running.left_in("consent.inbox") == 0)
    assert effects(db, what) == 1


def test_a_failing_handler_is_tried_again_then_parked_with_its_reason(running, db):
    what = something()
    running.event(what, then="stumble")
    headers, body = running.parked()
    assert headers["foyer-reason"] == "KeyError after 3 attempts"
    assert headers["foyer-queue"] == "consent.inbox"
    assert headers["foyer-stack"]
    assert "ana.silva" not in json.dumps(headers)
    assert json.loads(body)["what"] == what
    assert effects(db, what) == 0


def test_events_that_share_a_transaction_have_one_effect_each_and_only_the_bad_one_is_parked(running, db):
    running.process.send_signal(signal.SIGSTOP)  # so that they wait together
    ids = [str(uuid.uuid4()) for _ in range(60)]
    whats = [something() for _ in ids]
    for what, message_id in [*zip(whats, ids, strict=True), *zip(whats[:20], ids[:20], strict=True)]:
        running.event(what, message_id=message_id, topic="effect.shared")
    bad = something()
    running.event(bad, then="stumble", topic="effect.shared")
    running.process.send_signal(signal.SIGCONT)
    headers, _ = running.parked()
    assert headers["foyer-handler"] == "carry_out_together"
    eventually(lambda: running.left_in("consent.inbox") == 0 and effects(db, whats[-1]) == 1)
    assert [effects(db, what) for what in whats] == [1] * len(whats)
    assert effects(db, bad) == 0
    with db.reading(Context()) as tx:
        shared = "SELECT count(DISTINCT xmin::text) FROM effects WHERE what = ANY(:whats)"
        transactions = tx.execute(sa.text(shared), {"whats": whats}).scalar()
        announced = tx.execute(
            sa.select(sa.func.count()).where(tables.outbox.c.aggregate_id == sa.any_(sa.literal(whats))),
        ).scalar()
    assert transactions < len(whats)
    assert announced == len(whats)


def test_a_refused_event_is_parked_at_once(running):
    running.event(something(), then="refuse")
    headers, _ = running.parked()
    assert headers["foyer-reason"] == "There are too many effects already."
    assert "foyer-attempt" not in headers


POISON = {
    "not JSON": b"\xff\xfe not json",
    "cut off": b'{"what": "x"',
    "a list": b"[1, 2]",
    "null": b"null",
    "wrong type": b'{"what": 5}',
    "missing field": b"{}",
    "NaN": b'{"what": NaN}',
    "deep": b"[" * 100_000,
    "empty": b"",
    "large": b'{"what": "' + b"x" * 10_000_000,
}


@pytest.mark.parametrize("queue", ["consent.inbox", "consent.notices"])
@pytest.mark.parametrize("poison", POISON.values(), ids=POISON)
def test_a_malformed_message_is_parked_and_the_next_one_handled(running, db, queue, poison):
    running.publish(queue, poison, type="effect.wanted.v1", message_id=str(uuid.uuid4()))
    headers, body = running.parked()
    assert headers["foyer-queue"] == queue
    assert headers["foyer-reason"]
    assert body == poison
    what = something()
    running.publish(queue, {"what": what}, type="effect.wanted.v1", message_id=str(uuid.uuid4()))
    eventually(lambda: effects(db, what) == 1)


@pytest.mark.parametrize("said", [b'{"what": 5, "x": "secret"}', b"secret and not JSON"])
def test_what_a_door_must_not_keep_is_not_parked(running, said):
    running.publish("consent.notices", said)
    assert running.parked()[1] == said.replace(b"secret", b"------")


def test_what_a_door_must_not_keep_does_not_wait_for_another_attempt(running):
    what = something()
    running.publish("consent.notices", {"what": what, "then": "stumble", "x": "secret"})
    headers, body = running.parked()
    assert headers["foyer-attempt"] == 2
    assert json.loads(body) == {"what": what, "then": "stumble", "x": "------"}


def test_what_cannot_be_parked_now_is_held_and_not_moved_by_the_broker_as_it_came(running):
    running.channel.queue_delete("consent.parked")
    running.publish("consent.notices", b"secret and not JSON")
    eventually(lambda: running.left_in("consent.notices") == 0)
    running.channel.queue_declare("consent.parked", durable=True, arguments={"x-queue-type": "quorum"})
    assert running.parked()[1] == b"------ and not JSON"


def test_what_cannot_be_redacted_is_parked_without_digits(running):
    running.publish("consent.notices", b"unredactable 4111")
    assert running.parked()[1] == b"unredactable ####"


def test_what_is_too_large_to_look_at_is_parked_without_digits(running):
    running.publish("consent.notices", b"4" * 2_000_000)
    assert running.parked()[1] == b"#" * 2_000_000


def test_a_message_that_nobody_ever_settles_is_parked_before_the_broker_parks_it_as_it_came(running, db):
    what = something()
    running.publish("consent.notices", {"what": what, "x": "secret"}, headers={"x-delivery-count": 19})
    headers, body = running.parked()
    assert headers["foyer-reason"] == "Delivered again and again, and never settled."
    assert b"secret" not in body
    assert effects(db, what) == 0


def test_an_unknown_content_type_or_encoding_is_no_reason_to_lose_a_message(running, db):
    what = something()
    running.publish("consent.notices", {"what": what}, content_type="application/x-weird", content_encoding="x-unknown")
    eventually(lambda: effects(db, what) == 1)


def test_a_type_nobody_hears_and_an_event_without_an_id_are_parked(running):
    running.publish("consent.inbox", {"what": "x"}, type="nobody.hears.v1", message_id=str(uuid.uuid4()))
    assert "Nobody" in running.parked()[0]["foyer-reason"]
    running.publish("consent.inbox", {"what": "x"}, type="effect.wanted.v1")
    assert "UUID" in running.parked()[0]["foyer-reason"]


def test_a_call_without_reply_to_is_parked_and_kills_nobody(running, db):
    running.publish("rpc-consent", {"args": [{"what": "x"}], "kwargs": {}})
    # published to the queue itself, so the method is that queue's name
    assert "reply_to" in running.parked()[0]["foyer-reason"]
    assert running.process.poll() is None


def test_a_handler_killed_in_the_middle_has_one_effect_after_the_restart(amqp_url, database_url, db, running):
    what, message_id = something(), str(uuid.uuid4())
    running.event(what, then="die", message_id=message_id)
    running.process.wait(60)
    assert effects(db, what) == 0
    running.channel.queue_purge("consent.inbox")
    running.event(what, message_id=message_id)
    running.start()
    eventually(lambda: effects(db, what) == 1)


@pytest.fixture
def ask(running) -> Iterator[Callable[..., Any]]:
    """Ask the running service a method with a body."""
    client = Client(running.amqp_url, deadline=5)
    yield lambda method, body: client.ask_raw("consent", method, body, context=Context())
    client.close()


def test_green_threads_wait_for_the_database_side_by_side(ask):
    answers: list[Any] = []
    body = {"what": something(), "seconds": 0.5}
    started = time.monotonic()
    asking = [threading.Thread(target=lambda: answers.append(ask("count_effects", body))) for _ in range(5)]
    [t.start() for t in asking]
    [t.join() for t in asking]
    took = time.monotonic() - started
    assert answers == [{"effects": 0}] * 5
    assert took < 2, "five waits of half a second each, one after the other"


def test_a_strict_request_says_where_it_is_wrong(ask):
    with pytest.raises(Invalid) as refused:
        ask("do_effect", {"what": 7, "whta": "x"})
    assert {e.pointer for e in refused.value.errors} == {"/what", "/whta"}


def test_a_failure_inside_a_service_is_answered_without_its_message(ask):
    with pytest.raises(Broken) as broken:
        ask("do_effect", {"what": "x", "then": "stumble"})
    assert "ana.silva" not in str(broken.value.to_wire())


def test_a_method_nobody_has_is_answered(ask):
    with pytest.raises(Broken):
        ask("do_nothing", {})


def at_once(running: Running, asked: list[tuple[dict[str, str], uuid.UUID]]) -> list[Any]:
    """Ask all of these while the service is stopped, so that they wait together; each reply or refusal, in order."""
    client = Client(running.amqp_url, deadline=20)

    def one(body: dict[str, str], command_id: uuid.UUID) -> Any:
        try:
            context = Context(actor=f"key:{body['what']}")
            return client.ask_raw("consent", "share_effect", body, context=context, command_id=command_id)
        except Refusal as refusal:
            return refusal

    running.process.send_signal(signal.SIGSTOP)
    with ThreadPoolExecutor(len(asked)) as pool:
        waiting = [pool.submit(one, *each) for each in asked]
        eventually(lambda: sum(call.sent for call in list(client._waiting.values())) == len(asked))
        running.process.send_signal(signal.SIGCONT)
        replies = [each.result() for each in waiting]
    client.close()
    return replies


def test_calls_that_share_a_transaction_are_answered_and_announced_each_for_itself(running, db):
    asked = [({"what": something()}, uuid.uuid4()) for _ in range(30)]
    repeated = [*asked, *asked[:10]]
    random.shuffle(repeated)
    refused = ({"what": something(), "then": "refuse"}, uuid.uuid4())
    replies = at_once(running, [*repeated, refused])
    assert replies[:-1] == [{"effects": 1}] * 40
    assert replies[-1].code() == "too-much"
    whats = [body["what"] for body, _ in asked]
    with db.reading(Context()) as tx:
        shared = "SELECT count(DISTINCT xmin::text), count(*) FROM effects WHERE what = ANY(:whats)"
        transactions, done = tx.execute(sa.text(shared), {"whats": whats}).one()
        said = "SELECT aggregate_id, headers ->> 'foyer-actor' FROM outbox WHERE aggregate_id = ANY(:whats)"
        announced = tx.execute(sa.text(said), {"whats": whats}).all()
    assert (done, transactions < 30) == (30, True)
    assert sorted(tuple(row) for row in announced) == sorted((what, f"key:{what}") for what in whats)


@pytest.mark.parametrize("then", ["stumble", ""])
def test_a_bad_call_among_others_is_refused_alone(running, db, then):
    """It fails inside, or its body is none of ours."""
    asked = [({"what": something()}, uuid.uuid4()) for _ in range(20)]
    bad = {"what": something(), "then": then} if then else {"what": something(), "whta": "x"}
    replies = at_once(running, [*asked[:5], (bad, uuid.uuid4()), *asked[5:]])
    assert isinstance(replies.pop(5), Broken if then else Invalid)
    assert replies == [{"effects": 1}] * 20
    assert effects(db, bad["what"]) == 0


def test_a_command_id_used_again_with_another_content_is_refused_among_others(running, db):
    used = uuid.uuid4()
    first = {"what": something()}
    assert at_once(running, [(first, used)]) == [{"effects": 1}]
    asked = [({"what": something()}, uuid.uuid4()) for _ in range(15)]
    other = {"what": something()}
    *replies, reused, again = at_once(running, [*asked, (other, used), (first, used)])
    assert replies == [{"effects": 1}] * 15
    assert isinstance(reused, CommandReused)
    assert again == {"effects": 1}
    assert (effects(db, other["what"]), effects(db, first["what"])) == (0, 1)
