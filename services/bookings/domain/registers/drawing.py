"""Drawing up a register: who goes into it, who need not, and who is left out and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from services.bookings.domain.registers.germany import Germany
from services.bookings.domain.registers.italy import Italy
from services.bookings.domain.registers.law import Law, Move
from services.bookings.domain.registers.party import Guest, Party
from services.bookings.domain.registers.portugal import Portugal
from services.bookings.domain.registers.spain import Spain
from services.contracts.bookings.registers import RegisterEvent
from services.contracts.bookings.registration import GuestStatus, Missing
from services.kit.refusal import Problem

LAWS: tuple[Law, ...] = (Spain(), Italy(), Portugal(), Germany())
_CAME = ("in_house", "departed")


@dataclass(frozen=True)
class Drawn:
    """`exempt` guests need not be registered."""

    moves: tuple[Move, ...]
    exempt: int
    left_out: tuple[GuestStatus, ...]


def law_of(country: str) -> Law:
    """A country's; elsewhere a card with what hotels usually write down."""
    return next((law for law in LAWS if law.country == country), Law())


def draw(law: Law, parties: Sequence[Party], day: date) -> Drawn:
    """The register of a day: who entered, and who left where the law wants that told as well.

    Nobody is left out silently: whoever has not come yet, is not complete, or depends on somebody who is not, is
    listed.
    """
    moves: list[Move] = []
    left_out: list[GuestStatus] = []
    exempt = 0
    for party in sorted(parties, key=lambda each: each.booking.id):
        event = _event(law, party, day)
        if event is None:
            continue
        judged = lacks_of(law, party, event)
        for guest, told in zip(party.guests, judged, strict=False):
            if guest.state == "destroyed":
                continue
            if told.duty == "none":
                exempt += 1
            elif told.missing:
                left_out.append(told)
            else:
                moves.append(Move(party, guest, event))
        left_out += judged[len(party.guests) :]
    return Drawn(tuple(moves), exempt, tuple(left_out))


def lacks_of(law: Law, party: Party, event: RegisterEvent | None = None) -> list[GuestStatus]:
    """Everybody of a party with what is missing, and behind them those of whom only the number is known.

    With an `event`, what keeps them from being told of it as well.
    """
    found = {guest.position: list(_lacks(law, guest, party, event)) for guest in party.guests}
    _add_followers(law, party, found)
    judged = [_told(law, guest, party, found[guest.position]) for guest in party.guests]
    unnamed = party.booked - len(party.guests)
    if unnamed > 0 and party.holds:
        detail = f"{party.booked} are booked, {len(party.guests)} are known: register the others, or change the rooms."
        nobody = Missing(pointer="/position", detail=detail)
        judged.append(
            GuestStatus(booking_id=party.booking.id, position=None, version=0, duty="unknown", missing=(nobody,))
        )
    return judged


def _event(law: Law, party: Party, day: date) -> RegisterEvent | None:
    if not party.holds:
        return None
    if party.booking.arrival == day:
        return "entry"
    return "exit" if law.tells_exits and party.left_on == day else None


def _lacks(law: Law, guest: Guest, party: Party, event: RegisterEvent | None) -> Iterator[Problem]:
    if guest.state == "destroyed" or law.duty(guest, party) == "none":
        return
    if guest.state == "open":
        yield Problem("", "Not registered yet.")
    if event and party.booking.state not in _CAME:
        yield Problem("", "Not checked in yet.")
    yield from law.lacks(guest, party)


def _add_followers(law: Law, party: Party, found: dict[int, list[Problem]]) -> None:
    """Whoever can only be told with somebody who cannot be told cannot either."""
    for guest in party.guests:
        follows = law.follows(guest, party)
        leader = guest if follows is None else party.by_position.get(follows, guest)
        if found[guest.position] or leader == guest:
            continue
        if leader.state == "destroyed":
            detail = "The guest they came with was told and destroyed: register them on their own."
            found[guest.position].append(Problem("/role", detail))
        elif found[leader.position]:
            found[guest.position].append(Problem("/head", "The guest they are registered with is not complete."))


def _told(law: Law, guest: Guest, party: Party, problems: Iterable[Problem]) -> GuestStatus:
    unsigned = guest.state == "registered" and law.signs(guest, party) and guest.person.signature is None
    return GuestStatus(
        booking_id=party.booking.id,
        position=guest.position,
        version=guest.version,
        duty="none" if guest.state == "destroyed" else law.duty(guest, party),
        signature_due=unsigned and law.duty(guest, party) != "none",
        missing=tuple(Missing(pointer=each.pointer, detail=each.detail) for each in problems),
    )
