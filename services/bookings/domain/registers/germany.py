"""Germany: the "Meldeschein" of foreign guests, which the hotel keeps.

Bundesmeldegesetz (BMG), §§ 29 and 30. Since 2025 only foreigners are registered. They sign on the day of arrival;
relatives who travel along are only counted, with their nationalities, as are those of a travel group of more than ten
with its leader. What a form holds is listed in § 30 (2), and nothing else may be asked on it. It is kept for a year
from the day of arrival and destroyed within three months after that, § 30 (4).
"""

from __future__ import annotations

from collections.abc import Iterator

from services.bookings.domain.registers.law import NO_DOCUMENT, NOWHERE, Law, lack
from services.bookings.domain.registers.party import Guest, Party
from services.contracts.bookings.registration import Duty
from services.kit.refusal import Problem

_GROUP = 10  # of more than so many, the leader's form is enough


class Germany(Law):
    country = "DE"
    form = "meldeschein"
    source = "§§ 29, 30 BMG"
    kept_since = "arrival"
    card = (
        "surname",
        "given_name",
        "birth_date",
        "nationality",
        "residence",
        "document_number",
        "arrival",
        "departure",
    )

    def duty(self, guest: Guest, party: Party) -> Duty:
        if guest.person.nationality is None:
            return "unknown"
        if not _foreign(guest):
            return "none"
        head = party.by_position.get(guest.person.head) if guest.person.head is not None else None
        if head is None or head == guest or not _foreign(head):
            return "own"
        if guest.person.role == "family_member":
            return "with_head"
        many = len(party.members(head)) + 1 > _GROUP
        return "with_head" if guest.person.role == "group_member" and many else "own"

    def lacks(self, guest: Guest, party: Party) -> Iterator[Problem]:
        person = guest.person
        yield from lack(person.nationality, "/nationality", "It says whether a form is due.")
        if self.duty(guest, party) == "with_head":
            return
        home = person.residence or NOWHERE
        yield from lack(person.surname, "/surname")
        yield from lack(person.given_name, "/given_name")
        yield from lack(person.birth_date, "/birth_date")
        for name in ("street", "city", "country"):
            yield from lack(getattr(home, name), f"/residence/{name}")
        yield from lack((person.document or NO_DOCUMENT).number, "/document/number")

    def follows(self, guest: Guest, party: Party) -> int | None:
        return guest.person.head if self.duty(guest, party) == "with_head" else None

    def signs(self, guest: Guest, party: Party) -> bool:
        return self.duty(guest, party) in ("own", "unknown")


def _foreign(guest: Guest) -> bool:
    """Not German; whoever is German as well is German (Art. 116 GG)."""
    person = guest.person
    return person.nationality is not None and "DE" not in (person.nationality, *person.other_nationalities)
