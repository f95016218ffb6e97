"""The promises of the doors, on a real database."""

from __future__ import annotations

import json
import threading
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa

from services.kit import tables
from services.kit.context import Context
from services.kit.refusal import CommandReused, StillRunning
from tests.kit import toy
from tests.kit.toying import effects, something

pytestmark = pytest.mark.servers


def test_a_repeated_command_is_carried_out_once_and_answered_alike(toy_service, db):
    what, command_id = something(), uuid.uuid4()
    first = toy_service.do_effect(toy.DoEffect(what=what), command_id=command_id)
    again = toy_service.do_effect(toy.DoEffect(what=what), command_id=command_id)
    assert first == again == toy.Count(effects=1)
    assert effects(db, what) == 1


def test_a_command_id_with_another_content_is_refused(toy_service, db):
    command_id, other = uuid.uuid4(), something()
    toy_service.do_effect(toy.DoEffect(what=something()), command_id=command_id)
    with pytest.raises(CommandReused):
        toy_service.do_effect(toy.DoEffect(what=other), command_id=command_id)
    assert effects(db, other) == 0


def test_a_failed_command_changes_nothing_and_does_not_burn_its_id(toy_service, db):
    what, command_id = something(), uuid.uuid4()
    with pytest.raises(toy.TooMuch):
        toy_service.do_effect(toy.DoEffect(what=what, then="refuse"), command_id=command_id)
    assert effects(db, what) == 0
    toy_service.do_effect(toy.DoEffect(what=what), command_id=command_id)
    assert effects(db, what) == 1


def test_twins_at_the_same_moment_have_one_effect(toy_service, db):
    what, command_id, answers = something(), uuid.uuid4(), []

    def go() -> None:
        try:
            answers.append(toy_service.do_effect(toy.DoEffect(what=what), command_id=command_id).effects)
        except StillRunning:
            answers.append("running")

    threads = [threading.Thread(target=go) for _ in range(8)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    assert set(answers) <= {1, "running"}
    assert 1 in answers
    assert effects(db, what) == 1


def test_an_event_is_handled_once(toy_service, db):
    what, message_id = something(), uuid.uuid4()
    for _ in range(3):
        toy_service.carry_out(toy.EffectWanted(what=what), message_id=message_id)
    assert effects(db, what) == 1


def test_what_is_announced_is_committed_with_the_work_or_not_at_all(toy_service, db):
    what = something()
    with pytest.raises(KeyError):
        toy_service.do_effect(toy.DoEffect(what=what, then="stumble"))
    toy_service.do_effect(toy.DoEffect(what=what))
    with db.reading(Context()) as tx:
        rows = tx.execute(sa.select(tables.outbox).where(tables.outbox.c.aggregate_id == what)).all()
    assert [(r.routing_key, r.exchange, json.loads(r.body)) for r in rows] == [
        ("effect.done.v1", "toy.events", {"what": what})
    ]


def test_a_query_cannot_write(db):
    with db.reading(Context()) as tx, pytest.raises(sa.exc.DBAPIError, match="read-only"):
        tx.execute(sa.text("INSERT INTO effects (what) VALUES ('x')"))


def test_replicas_together_keep_a_timers_interval(toy_service, db):
    door = toy.ToyService.tick.foyer_door
    before = effects(db, "tick")
    threads = [threading.Thread(target=door.run, args=(toy_service, None)) for _ in range(6)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    assert effects(db, "tick") - before <= 1


def test_a_restart_of_the_database_is_not_felt_by_the_next_message(toy_service, db, database_url):
    what = something()
    for _ in range(3):
        toy_service.do_effect(toy.DoEffect(what=what))
        toy_service.count_effects(toy.CountEffects(what=what))
        with psycopg.connect(database_url, autocommit=True) as admin:
            others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
            admin.execute(f"{others} AND application_name = 'foyer'")
    assert toy_service.count_effects(toy.CountEffects(what=what)) == toy.Count(effects=3)


def test_messages_older_than_a_week_are_forgotten_and_younger_ones_kept(toy_service, db):
    young = uuid.uuid4()
    toy_service.do_effect(toy.DoEffect(what=something()), command_id=young)

    def age(tx: Any) -> None:
        tx.execute(sa.text("INSERT INTO inbox VALUES (gen_random_uuid(), 'carry_out', now() - interval '8 days')"))
        command = "VALUES (gen_random_uuid(), 'do_effect', '', '{}', now() - interval '8 days')"
        tx.execute(sa.text(f"INSERT INTO commands {command}"))

    db.writing(Context(), age)
    toy_service.tidy_messages()
    week_ago = datetime.now(UTC) - timedelta(days=7)
    with db.reading(Context()) as tx:
        for column in (tables.inbox.c.handled_at, tables.commands.c.done_at):
            assert tx.execute(sa.select(sa.func.count()).where(column < week_ago)).scalar() == 0
        kept = sa.select(tables.commands.c.name).where(tables.commands.c.command_id == young)
        assert tx.execute(kept).scalar() == "do_effect"
