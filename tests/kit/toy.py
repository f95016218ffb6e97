"""A service for the tests of the doors: it keeps a book of effects, and does what its messages tell it to.

``python -m tests.kit.toy`` runs it; it borrows the name `consent`, so the topology it needs is declared by the tests.
"""

from __future__ import annotations

import os

os.environ.setdefault("PSYCOPG_WAIT_FUNC", "wait_selector")
os.environ.setdefault("EVENTLET_NO_GREENDNS", "yes")

if __name__ == "__main__":
    import eventlet

    eventlet.monkey_patch()

from collections.abc import Iterator, Sequence

import sqlalchemy as sa

from services.kit.db import Tx
from services.kit.doors import Service, command, every, inbound, query, subscribe
from services.kit.refusal import Conflict, Refusal
from services.kit.wire import Event, Request, event, request, value


@value
class Count:
    effects: int


@request
class CountEffects(Request[Count]):
    what: str
    seconds: float = 0.0


@request
class DoEffect(Request[Count]):
    what: str
    then: str = ""


@request
class ShareEffect(Request[Count]):
    what: str
    then: str = ""


@event
class EffectWanted(Event):
    aggregate = "what"
    what: str
    then: str = ""


@event
class EffectDone(Event):
    aggregate = "what"
    what: str


@event
class EffectShared(Event):
    aggregate = "what"
    what: str
    then: str = ""


@value
class EffectNotice:
    what: str
    then: str = ""


def _without_secrets(body: bytes) -> bytes:
    if b"unredactable" in body:
        raise ValueError(body)
    return body.replace(b"secret", b"------")


class TooMuch(Conflict):
    """There are too many effects already."""


class ToyService(Service):
    name = "consent"

    @query
    def count_effects(self, tx: Tx, request: CountEffects) -> Count:
        tx.execute(sa.text("SELECT pg_sleep(:s)"), {"s": request.seconds})
        return _count(tx, request.what)

    @command
    def do_effect(self, tx: Tx, request: DoEffect) -> Count:
        _effect(tx, request.what)
        _then(request.then)
        tx.announce(EffectDone(what=request.what))
        return _count(tx, request.what)

    @command(together=True)
    def share_effect(self, tx: Tx, requests: Sequence[ShareEffect]) -> Iterator[Count | Refusal]:
        for asked in requests:
            if asked.then == "refuse":
                yield TooMuch()
                continue
            _effect(tx, asked.what)
            _then(asked.then)
            tx.announce(EffectDone(what=asked.what))
            yield _count(tx, asked.what)

    @subscribe(EffectWanted)
    def carry_out(self, tx: Tx, event: EffectWanted) -> None:
        _effect(tx, event.what)
        _then(event.then)

    @subscribe(EffectShared, together=True)
    def carry_out_together(self, tx: Tx, event: EffectShared) -> None:
        _effect(tx, event.what)
        _then(event.then)
        tx.announce(EffectDone(what=event.what))

    @inbound("effect.notice", EffectNotice, redact=_without_secrets)
    def take_notice(self, tx: Tx, notice: EffectNotice) -> None:
        _effect(tx, notice.what)
        _then(notice.then)

    @every(seconds=0.5)
    def tick(self, tx: Tx) -> None:
        _effect(tx, "tick")


def _effect(tx: Tx, what: str) -> None:
    tx.execute(sa.text("INSERT INTO effects (what) VALUES (:what)"), {"what": what})


def _count(tx: Tx, what: str) -> Count:
    return Count(effects=tx.execute(sa.text("SELECT count(*) FROM effects WHERE what = :w"), {"w": what}).scalar())


def _then(what: str) -> None:
    if what == "stumble":
        raise KeyError("ana.silva@example.org")
    if what == "refuse":
        raise TooMuch
    if what == "die":
        os._exit(9)


if __name__ == "__main__":
    import logging

    from nameko.runners import ServiceRunner

    logging.basicConfig(level="INFO")
    config = {"AMQP_URI": os.environ["FOYER_AMQP_URL"], "max_workers": int(os.environ.get("FOYER_MAX_WORKERS", "10"))}
    runner = ServiceRunner(config)
    runner.add_service(ToyService)
    runner.start()
    print("ready", flush=True)
    runner.wait()
