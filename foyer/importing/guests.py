"""Invented guests for files that have bookings but no names: the same seed and row give the same guest for ever."""

from __future__ import annotations

import random
from dataclasses import dataclass

from services.contracts.bookings import NoticePerson

RETURNING = 0.25  # of bookings are by a guest who has booked before
RELAYED = 0.40  # of bookings over a booking site carry its relay address instead of the guest's own
MISTYPED = 0.05  # of returning guests spell their name differently
NO_PHONE = 0.15

_GIVEN = {
    "pt": "Ana João Maria José Inês Tiago Beatriz Rui Catarina Miguel Sofia Nuno Teresa Pedro Marta Luís".split(),
    "en": "Olivia James Amelia Harry Grace Oliver Emily George Chloe Jack Alice Thomas Ruby Daniel".split(),
    "es": "Lucía Hugo Carmen Pablo Elena Javier Paula Sergio Irene Álvaro Marina Diego".split(),
    "fr": "Camille Louis Chloé Hugo Manon Jules Léa Étienne Inès Gabriel Zoé Antoine".split(),
    "de": "Anna Lukas Greta Jonas Käthe Felix Lena Jürgen Mia Björn Clara Sönke".split(),
    "it": "Giulia Marco Chiara Luca Sara Matteo Elisa Andrea Alice Paolo Bianca Nicolò".split(),
}
_FAMILY = {
    "pt": "Silva Santos Ferreira Pereira Oliveira Costa Rodrigues Martins Sousa Gonçalves Almeida Lopes".split(),
    "en": "Smith Jones Taylor Brown Wilson Davies Evans Walker Wright Thompson Hughes O'Neill Clarke".split(),
    "es": "García Fernández González López Martínez Sánchez Pérez Gómez Ruiz Núñez Ibáñez Romero".split(),
    "fr": "Martin Bernard Dubois Moreau Lefèvre Girard Roux Fournier Mercier Béranger Lambert Rey".split(),
    "de": "Müller Schmidt Schneider Fischer Weber Meyer Wagner Becker Schäfer Koch Größer Vogt".split(),
    "it": "Rossi Russo Ferrari Esposito Bianchi Romano Colombo Ricci Marino Greco Conti D'Angelo".split(),
}
# ISO alpha-3 in the file: alpha-2, language, the start of a mobile number and how many digits follow
_COUNTRIES = {
    "PRT": ("PT", "pt", "+35191", 7),
    "GBR": ("GB", "en", "+4474", 8),
    "FRA": ("FR", "fr", "+3361", 7),
    "ESP": ("ES", "es", "+346", 8),
    "DEU": ("DE", "de", "+49151", 8),
    "ITA": ("IT", "it", "+39340", 7),
    "IRL": ("IE", "en", "+35387", 7),
    "BRA": ("BR", "pt", "+55119", 8),
}
_ELSEWHERE = ("PT", "en", "+35192", 7)


@dataclass(frozen=True)
class Guest:
    number: int
    given_name: str
    family_name: str
    email: str
    phone: str
    language: str
    country: str


def guest(seed: int, number: int, country: str) -> Guest:
    """The guest who made their first booking in row `number`."""
    dice = random.Random(f"{seed}:guest:{number}")  # noqa: S311
    code, language, prefix, digits = _COUNTRIES.get(country, _ELSEWHERE)
    given, family = dice.choice(_GIVEN[language]), dice.choice(_FAMILY[language])
    # no two guests share a number; a quarter of a million rows fit
    phone = prefix + str(10 ** (digits - 1) + (number * 7919) % (9 * 10 ** (digits - 1)))
    return Guest(number, given, family, f"guest{number}@mail{number % 97}.example.org", phone, language, code)


class Guests:
    """Who made each booking; rows are asked in any order and always answer the same."""

    def __init__(self, seed: int, countries: list[str]) -> None:
        self.seed = seed
        self._countries = countries
        self._who = _first_bookings(seed, len(countries))

    def number(self, row: int) -> int:
        """The row of this guest's first booking: the row itself for a new guest."""
        return self._who[row]

    def booker(self, row: int, *, over_site: bool) -> NoticePerson:
        """The guest of a row as a channel would send them."""
        who = guest(self.seed, self._who[row], self._countries[self._who[row]])
        dice = random.Random(f"{self.seed}:row:{row}")  # noqa: S311
        returned = who.number != row
        family = who.family_name
        if returned and dice.random() < MISTYPED:
            at = dice.randrange(len(family) - 1)
            family = family[:at] + family[at + 1] + family[at] + family[at + 2 :]
        relayed = over_site and dice.random() < RELAYED
        return NoticePerson(
            given_name=who.given_name,
            family_name=family,
            email=f"g{row}.{dice.randrange(10**6)}@guest.booking.com" if relayed else who.email,
            phone=None if dice.random() < NO_PHONE else who.phone,
            language=who.language,
            country=who.country,
        )


def _first_bookings(seed: int, rows: int) -> list[int]:
    dice = random.Random(f"{seed}:returning")  # noqa: S311
    who: list[int] = []
    for row in range(rows):
        who.append(who[dice.randrange(row)] if row and dice.random() < RETURNING else row)
    return who
