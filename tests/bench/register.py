"""A register of many people for the benchmarks: names as unevenly spread as real ones, days of birth, addresses."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate
from typing import Any
from uuid import UUID

import psycopg

from services.profiles.domain import names

_GIVEN = """
Maria Ana Jose Joao Antonio Manuel Luis Carlos Pedro Paulo Rui Miguel Jorge Francisco Teresa Isabel Sofia Ines
Rita Marta Juan Carmen Dolores Pilar Javier Diego Pablo Lucia Elena Sergio Raul Alvaro Rosa Julia Andrea Marco
Luca Matteo Giulia Chiara Francesca Giovanni Giuseppe Paolo Stefano Anna Laura Sara Davide Jean Pierre Michel
Philippe Nathalie Isabelle Sylvie Catherine Francois Nicolas Julien Thomas Camille Hans Peter Klaus Wolfgang
Juergen Ursula Monika Sabine Petra Andreas Stefan Michael Christian Susanne Martin Anja Heike Uwe Dieter John
David James Robert William Mary Susan Linda Elizabeth Jennifer Sarah Emma Olivia Jack Harry Charlotte Emily
Daniel Matthew Katarzyna Agnieszka Piotr Krzysztof Anders Lars Erik Ingrid Astrid Mikael Johanna Olga Irina
Sergei Dmitri Natalia Elena Yuki Haruto Wei Li Mehmet Ayse Fatima Ahmed
""".split()
_BEGIN = (
    "Al Ba Be Bra Ca Co Cos Da Del Du Fer Fon Ga Go Gue Han Her Ho Ja Ka Ko La Le Lin Lo Ma Mar Mei Mo Mu Na No".split()
)
_MIDDLE = (
    "ba be bel ca cha da de den di do fa ga gen go la le len li lo ma me mi mon na ne ni no ra re ri ro sa se".split()
)
_END = (
    "ard as aux berg berto ches cki dez do eira elli er es etti ez feld gen ini land les man mann ner nov sen son tz va"
)


@dataclass(frozen=True)
class Guest:
    id: UUID
    given: str
    family: str
    born: date
    email: str
    phone: str
    postcode: str


def people(count: int, seed: int) -> Iterator[Guest]:
    """Always the same ones. A few family names are a tenth of them, most are borne by a handful."""
    chance = random.Random(seed)  # noqa: S311
    families = sorted({f"{a}{b}{c}".title() for a in _BEGIN for b in _MIDDLE for c in _END.split()})
    chance.shuffle(families)
    weights = list(accumulate(1 / (rank + 5) for rank in range(len(families))))
    given_weights = list(accumulate(1 / (rank + 5) for rank in range(len(_GIVEN))))
    first = date(1940, 1, 1)
    for number in range(1, count + 1):
        given = chance.choices(_GIVEN, cum_weights=given_weights)[0]
        family = chance.choices(families, cum_weights=weights)[0]
        yield Guest(
            UUID(int=(seed << 64) + number),
            given,
            family,
            first + timedelta(days=chance.randrange(24_000)),
            f"{given}.{family}.{number}@mail{number % 97}.example.org".lower(),
            f"+3519{number:08}",
            f"{1000 + number % 9000}-{number % 1000:03}",
        )


def fill(admin: psycopg.Connection[Any], count: int, seed: int = 7) -> None:
    """Write them as the register keeps them, and the counts of their names."""
    with admin.cursor() as cursor, cursor.copy(_PROFILES) as rows:
        for guest in people(count, seed):
            words = f" {names.fold(guest.given)} {names.fold(guest.family)} "
            key = names.key_of_person(guest.given, guest.family)
            place = f'[{{"lines":[],"postcode":"{guest.postcode}","country":"PT","type":"home"}}]'
            row = (
                guest.id,
                1,
                "person",
                guest.given,
                guest.family,
                guest.born,
                place,
                "guest",
                key,
                words,
                "now",
                "now",
            )
            rows.write_row(row)
    with admin.cursor() as cursor, cursor.copy(_POINTS) as rows:
        for guest in people(count, seed):
            for kind, value in (("email", guest.email), ("phone", guest.phone)):
                rows.write_row((guest.id, value, kind, value, "personal", True, False, False))
    admin.execute("VACUUM ANALYZE profiles")
    admin.execute("VACUUM ANALYZE contact_points")


_PROFILES = (
    "COPY profiles (id, version, kind, given_name, family_name, birth_date, addresses, stage, match_name, search_name,"
    " created_at, changed_at) FROM STDIN"
)
_POINTS = "COPY contact_points (profile_id, key, kind, value, type, is_primary, verified, relay) FROM STDIN"
