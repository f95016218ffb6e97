"""What a country's law asks of a guest register. Each country is a module beside this one."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Literal
from zoneinfo import ZoneInfo

from services.bookings.domain.registers.party import Guest, Party
from services.contracts.bookings.registers import (
    CardField,
    Companions,
    RegisterEvent,
    RegisterHouse,
    RegistrationCard,
    RegistrationCards,
)
from services.contracts.bookings.registration import Birthplace, Duty, IdentityDocument, Residence
from services.kit import wire
from services.kit.refusal import Problem

NOWHERE, NO_DOCUMENT, NO_BIRTHPLACE = Residence(), IdentityDocument(), Birthplace()
MISSING = "Missing."


@dataclass(frozen=True)
class Move:
    """A guest who came, or left."""

    party: Party
    guest: Guest
    event: RegisterEvent


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """All that a file is written of; moves of one party stand together, by position."""

    house: RegisterHouse
    property_name: str
    time_zone: str
    day: date
    number: int
    made_at: datetime
    moves: tuple[Move, ...]

    def parties(self) -> Iterator[tuple[Party, list[Move]]]:
        together: dict[int, list[Move]] = {}
        for move in self.moves:
            together.setdefault(id(move.party), []).append(move)
        for moves in together.values():
            yield moves[0].party, moves

    def local(self, moment: datetime | None, day: date, hour: str) -> datetime:
        """The moment where the property stands, without its zone; `hour` of `day` where nobody saw it."""
        if moment:
            return moment.astimezone(ZoneInfo(self.time_zone)).replace(tzinfo=None, microsecond=0)
        return datetime.combine(day, time.fromisoformat(hour))


class Law:
    """A register that asks little: what hotels write on a card where no other law is known."""

    country = ""
    form = "card"
    media_type = "application/json"
    suffix = "json"
    source = ""  # what the notice on a card names
    kept_since: Literal["arrival", "departure"] = "departure"
    kept_months = 12
    ends_with_receipt = False  # nothing is kept once the authority has received it
    tells_exits = False
    card: tuple[str, ...] = (
        *("surname", "given_name", "birth_date", "nationality", "document_kind", "document_number"),
        *("residence", "phone", "email", "arrival", "departure"),
    )

    def lacks_of_house(self, house: RegisterHouse) -> Iterator[Problem]:
        """What must be known of the property before anything is exported."""
        yield from ()

    def duty(self, guest: Guest, party: Party) -> Duty:
        return "own"

    def lacks(self, guest: Guest, party: Party) -> Iterator[Problem]:
        """What is missing or wrong of a guest with a duty."""
        person = guest.person
        yield from lack(person.surname or person.given_name, "/surname")
        yield from lack(person.birth_date, "/birth_date")
        yield from lack(person.nationality, "/nationality")
        if not party.is_minor(guest):
            yield from lack((person.document or NO_DOCUMENT).number, "/document/number")

    def follows(self, guest: Guest, party: Party) -> int | None:
        """The position of the guest without whom this one cannot be told."""
        return None

    def signs(self, guest: Guest, party: Party) -> bool:
        return not party.is_minor(guest)

    def companions(self, guest: Guest, party: Party) -> tuple[Companions, ...]:
        """Who is counted with this guest."""
        counted = Counter(
            other.person.nationality or "" for other in party.members(guest) if self.duty(other, party) == "with_head"
        )
        return tuple(Companions(nationality=code, count=n) for code, n in sorted(counted.items()))

    def write(self, sheet: Sheet) -> str:
        """The file, the same for the same sheet: the cards of all who have their own, as a digital record."""
        own = (move for move in sheet.moves if self.duty(move.guest, move.party) == "own")
        cards = self.cards(sheet.property_name, ((move.guest, move.party) for move in own))
        return json.dumps(wire.dump(cards), ensure_ascii=False, indent=1) + "\n"

    def cards(self, property_name: str, guests: Iterable[tuple[Guest, Party]]) -> RegistrationCards:
        return RegistrationCards(
            property_name=property_name,
            country=self.country,
            form=self.form,
            law=self.source,
            kept_months=0 if self.ends_with_receipt else self.kept_months,
            cards=tuple(self.card_of(guest, party) for guest, party in guests),
        )

    def card_of(self, guest: Guest, party: Party) -> RegistrationCard:
        """As it is printed for the guest to complete and sign."""
        return RegistrationCard(
            booking_id=party.booking.id,
            reference=party.reference,
            position=guest.position,
            language=guest.language,
            fields=tuple(CardField(name=name, value=_card_value(name, guest, party)) for name in self.card),
            companions=self.companions(guest, party),
            signs=self.signs(guest, party),
            signature=guest.person.signature,
        )


def lack(value: object, pointer: str, detail: str = MISSING) -> Iterator[Problem]:
    """A problem where there is no value."""
    if value is None or value == "":
        yield Problem(pointer, detail)


def full_surname(guest: Guest) -> str | None:
    parts = (guest.person.surname, guest.person.second_surname)
    return " ".join(part for part in parts if part) or None


def joined(texts: Sequence[str | None], separator: str = ", ") -> str:
    return separator.join(text for text in texts if text)


def _card_value(name: str, guest: Guest, party: Party) -> str | None:
    person, booking = guest.person, party.booking
    document, home = person.document or NO_DOCUMENT, person.residence or NOWHERE
    born = person.birth_place or NO_BIRTHPLACE
    nationalities = (person.nationality, *person.other_nationalities)
    values: dict[str, str | None] = {
        "surname": person.surname,
        "second_surname": person.second_surname,
        "given_name": person.given_name,
        "sex": person.sex,
        "birth_date": person.birth_date.isoformat() if person.birth_date else None,
        "birth_place": joined((born.municipality, born.province, born.country)),
        "nationality": joined(nationalities),
        "document_kind": document.kind,
        "document_number": document.number,
        "support_number": document.support_number,
        "document_country": document.issuing_country,
        "residence": joined((home.street, joined((home.postcode, home.city), " "), home.country)),
        "phone": person.phone,
        "email": person.email,
        "kin": person.kin.kind if person.kin else None,
        "arrival": booking.arrival.isoformat(),
        "departure": booking.departure.isoformat(),
    }
    return values[name] or None
