"""Goal 10: who of a million an arriving guest is, against the similarity of names that PostgreSQL has (pg_trgm, `%` at
0.5, with the day of birth to decide between equals): the time of one, and whether the right one is among the first ten.

Guests come as they do from booking sites: most without an e-mail that identifies, some without a day of birth, with
slips of the finger, names the other way round, and initials.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from itertools import cycle, islice
from typing import Any
from uuid import UUID

import psycopg
import sqlalchemy as sa

from services.kit.context import Context
from services.kit.db import Database
from services.profiles.domain import contacts
from services.profiles.domain.card import Card
from services.profiles.doors.matching import nearest
from services.profiles.store import matching
from tests.bench import typing
from tests.bench.register import Guest, fill, people
from tests.bench.rounds import Ratio, Report, Run, Settings, contest
from tests.bench.servers import databases

ASKED = 1000
LOOKED_FOR = 250  # of them, to see who is found
FIRST = 10
_SEED = 7


@dataclass(frozen=True)
class Arrival:
    who: UUID
    card: Card


def run(settings: Settings, report: Report) -> None:
    count = int(settings.options["guests"])
    with ExitStack() as stack:
        made = stack.enter_context(databases())
        admin, url = made.admin("profiles"), made.url("profiles")
        begun = time.perf_counter()
        fill(admin, count, _SEED)
        database = Database(url)
        stack.callback(database.close)
        database.writing(Context(), matching.count_names)
        report.say(f"Goal 10: one arriving guest among {count:,}, made in {time.perf_counter() - begun:.0f} s")
        arrivals = list(_arrivals(count))
        peer = stack.enter_context(psycopg.connect(url, autocommit=True, prepare_threshold=0))
        peer.execute("SET pg_trgm.similarity_threshold = 0.5")
        admin.execute("CREATE INDEX profiles_alike ON profiles USING gin (search_name gin_trgm_ops)")

        def ours(arrival: Arrival) -> list[UUID]:
            with database.reading(Context()) as tx:
                return [each.profile_id for each in nearest(tx, arrival.card, most=FIRST)]

        def theirs(arrival: Arrival) -> list[UUID]:
            said = {"name": f" {' '.join(arrival.card.folded_name)} ", "born": arrival.card.birth_date}
            return [row[0] for row in peer.execute(_PEER, said)]

        found, known = (_recall(find, arrivals[:LOOKED_FOR]) for find in (ours, theirs))
        report.check(f"recall@{FIRST} {found:.3f} is not below that of pg_trgm, {known:.3f}", found >= known)
        report.check("no scan of the register", not _scans(database, arrivals[0]))
        contest(
            "  one at a time",
            {"pg_trgm": _turns(theirs, arrivals), "ours": _turns(ours, arrivals)},
            [Ratio("ours", "pg_trgm", goal=0.2, floor=0.5, figure="p99", at_most=True)],
            settings,
            report,
        )
        chosen = list(islice(people(count, _SEED), count // 2, count // 2 + 430))
        typing.run(database, chosen, _slip, lambda q: _alike(peer, q), settings, report)


def _alike(peer: psycopg.Connection[Any], q: str) -> list[UUID]:
    return [row[0] for row in peer.execute(_PEER, {"name": f" {q.lower()} ", "born": None})]


def _turns(find: Callable[[Arrival], list[UUID]], arrivals: list[Arrival]) -> Callable[[float], Run]:
    waiting = cycle(arrivals)

    def turn(seconds: float) -> Run:
        latencies, begun = [], time.perf_counter()
        while time.perf_counter() - begun < seconds:
            started = time.perf_counter()
            find(next(waiting))
            latencies.append(time.perf_counter() - started)
        return Run.of(latencies, time.perf_counter() - begun)

    return turn


def _recall(find: Callable[[Arrival], list[UUID]], arrivals: list[Arrival]) -> float:
    return sum(arrival.who in find(arrival) for arrival in arrivals) / len(arrivals)


def _arrivals(count: int) -> Iterator[Arrival]:
    chance = random.Random(11)  # noqa: S311
    chosen = set(chance.sample(range(1, count + 1), ASKED))
    found = [guest for number, guest in enumerate(people(count, _SEED), 1) if number in chosen]
    chance.shuffle(found)
    for guest in found:
        yield Arrival(guest.id, _arriving(guest, chance))


def _arriving(guest: Guest, chance: random.Random) -> Card:
    given, family = guest.given, guest.family
    how = chance.random()
    if how < 0.25:
        given = _slip(given, chance)
    elif how < 0.5:
        family = _slip(family, chance)
    elif how < 0.6:
        given, family = _slip(given, chance), _slip(family, chance)
    elif how < 0.75:
        given, family = family, given
    elif how < 0.8:
        given = given[0]
    born: date | None = guest.born if chance.random() < 0.6 else None
    if born and chance.random() < 0.1 and born.day <= 12:
        born = date(born.year, born.day, born.month)
    points = []
    if chance.random() < 0.2:
        points.append(contacts.email(guest.email))
    if chance.random() < 0.2:
        points.append(contacts.phone(guest.phone, None))
    return Card(given_name=given, family_name=family, birth_date=born, points=tuple(points))


def _slip(word: str, chance: random.Random) -> str:
    """A letter too many, one too few, another one, or two the other way round."""
    at = chance.randrange(1, max(2, len(word) - 1))
    letter = chance.choice("aeiourslntmd")
    return chance.choice(
        [
            word[:at] + letter + word[at:],
            word[:at] + word[at + 1 :],
            word[:at] + letter + word[at + 1 :],
            word[:at] + word[at + 1 : at + 2] + word[at] + word[at + 2 :],
        ]
    )


def _scans(database: Database, arrival: Arrival) -> bool:
    """Whether looking for somebody reads the whole register: by the counters of the tables."""
    with database.reading(Context()) as tx:
        before = tx.execute(_SCANNED).scalar_one()
        for _ in range(20):
            nearest(tx, arrival.card)
        tx.execute(sa.text("SELECT pg_stat_clear_snapshot()"))
        return bool(tx.execute(_SCANNED).scalar_one() != before)


_PEER = """
    SELECT id FROM profiles WHERE search_name %% %(name)s
    ORDER BY similarity(search_name, %(name)s) DESC, birth_date = %(born)s DESC NULLS LAST LIMIT 10
"""
_SCANNED = sa.text("SELECT coalesce(sum(seq_scan), 0) FROM pg_stat_user_tables WHERE relname = 'profiles'")
