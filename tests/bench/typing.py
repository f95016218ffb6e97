"""Finding as one types, among as many as a register has: what the slowest questions take, and who finds more of those
whose names are typed with a slip, we or the similarity of pg_trgm (`%` at 0.5)."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable
from statistics import median
from uuid import UUID

import sqlalchemy as sa

from services.contracts.profiles import FindProfiles
from services.kit.context import Context
from services.kit.db import Database
from services.profiles.domain.search import read_search
from services.profiles.store import finding
from tests.bench.register import Guest
from tests.bench.rounds import Report, Settings

SLOWEST = 50.0  # ms at the 99th percentile
_PAGE = 10


def run(
    database: Database,
    guests: list[Guest],
    slip: Callable[[str, random.Random], str],
    peer: Callable[[str], list[UUID]],
    settings: Settings,
    report: Report,
) -> None:
    """`peer` answers the ids of ten whose names are most alike."""
    chance = random.Random(5)  # noqa: S311
    questions = {
        "one and two letters": ["a", "m", "s", "z", "ma", "si", "co", "xx"],
        "names, letter by letter": [text[:n] for text in _names(guests[:30]) for n in range(1, 13)],
        "whole names": list(_names(guests[30:130])),
        "what thousands are called": ["maria", "ana", "jose", "maria ana", "jose m", "m a"],
        "with a slip": [f"{guest.given} {slip(guest.family, chance)}" for guest in guests[130:330]],
        "nobody's": ["qqqqxyz", "zzzkkk wwwq", "marqqqia", "x y z"],
        "ends of numbers": [guest.phone[-6:] for guest in guests[:30]],
        "beginnings of addresses": [guest.email[:-6] for guest in guests[:30]],
    }

    def ours(q: str) -> list[UUID]:
        with database.reading(Context()) as tx:
            found, _ = finding.find(tx, read_search(FindProfiles(q=q, limit=_PAGE)))
            return [profile.id for profile, _ in found]

    report.say("  as one types, ms of one question at a time (p50, p99):")
    everything: list[float] = []
    for name, asked in questions.items():
        taken = sorted(_timed(ours, asked, settings.seconds / 2))
        everything += taken
        report.say(f"    {name}: {median(taken):.1f}, {_p99(taken):.1f}")
    slowest = _p99(sorted(everything))
    report.check(f"the 99th percentile of all of them is {slowest:.1f} ms, at most {SLOWEST:.0f}", slowest <= SLOWEST)
    slips = ((guest, slip(guest.family, chance)) for guest in guests[330:])
    slipped = [(guest, f"{guest.given} {said}") for guest, said in slips if said != guest.family]
    mine, theirs = (_found(database, find, slipped) for find in (ours, peer))
    report.check(f"of {len(slipped)} with a slip, we find {mine:.3f} and pg_trgm {theirs:.3f}", mine >= theirs)


def _found(database: Database, find: Callable[[str], list[UUID]], asked: list[tuple[Guest, str]]) -> float:
    """The part of those who are meant that is found. Nothing tells the hundreds with one name apart: of whom nearly all
    are not on a page, it is as likely that the one is who was meant as that it is any other."""
    shares = []
    for guest, q in asked:
        said = {"name": f" {guest.given} {guest.family} ".lower(), "found": find(q)}
        with database.reading(Context()) as tx:
            shares.append(tx.execute(_SHARE, said).scalar_one())
    return float(sum(shares) / len(shares))


def _names(guests: Iterable[Guest]) -> Iterable[str]:
    return (f"{guest.given} {guest.family}" for guest in guests)


def _timed(find: Callable[[str], list[UUID]], asked: list[str], seconds: float) -> list[float]:
    taken: list[float] = []
    begun = time.perf_counter()
    while time.perf_counter() - begun < seconds or len(taken) < len(asked):
        started = time.perf_counter()
        find(asked[len(taken) % len(asked)])
        taken.append(1000 * (time.perf_counter() - started))
    return taken


def _p99(ordered: list[float]) -> float:
    return ordered[int(0.99 * (len(ordered) - 1))]


_SHARE = sa.text(
    """
    SELECT avg(CAST(profile_id = ANY(CAST(:found AS uuid[])) AS int))
    FROM name_words WHERE name = :name AND word = split_part(btrim(:name), ' ', 1)
    """
)
