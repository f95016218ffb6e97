"""What became of the reservations of a message, and how OpenTravel calls it.

Codes are those of the OpenTravel code lists ERR (error codes) and EWT (error and warning types).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from services.bookings.inbound.opentravel.reservations import Reservation
from services.contracts.bookings import NoticeReport
from services.kit.refusal import Problem

BUSINESS_RULE, REQUIRED, APPLICATION = "3", "10", "13"
UNABLE, CANCELLED_ALREADY, DUPLICATED, UNKNOWN_BOOKING, NO_CANCELLATION, STATE = "450", "95", "96", "97", "264", "118"
DUPLICATE = Problem("/reservation", "The message says two things of one reservation: nothing of it is taken in.")

_PARKED = {
    "unknown-property": "392",
    "unknown-room-type": "402",
    "unknown-rate": "249",
    "wrong-currency": "61",
    "another-property": "392",
    "dates-do-not-fit": "404",
    "unknown-booking": UNKNOWN_BOOKING,
}
_POINTERS = (
    (r"", UNABLE),
    (r"/reservation", DUPLICATED),
    (r"/property", "392"),
    (r"/rooms/\d+/room_type", "402"),
    (r"/rooms/\d+/rate", "249"),
    (r"/rooms/\d+/(adults|children|child_ages.*)", "397"),
    (r"/rooms", "106"),
    (r".*/currency", "61"),
    (r"/arrival", "136"),
    (r"/departure", "404"),
    (r"/status", STATE),
    (r"/external_id", "385"),
    (r"/(booker|guests)(/\d+)?/(given|family)_name", "19"),
)


@dataclass(frozen=True)
class Outcome:
    """A reservation with the report of its notice; or with why there is none."""

    reservation: Reservation
    report: NoticeReport | None = None
    faults: tuple[Problem, ...] = ()

    @property
    def record(self) -> str | None:
        """The sender's number, by which the answer means it."""
        number = self.report.external_id if self.report else self.reservation.notice.external_id
        return number[:120] or None

    @property
    def accepted(self) -> bool:
        """The sender need not do any more: what it says is so here, or will be once the booking comes."""
        return self.report is not None and (self.report.state == "applied" or self._known)

    @property
    def _known(self) -> bool:
        """Ignored, and rightly: said before, overtaken by what was said later, or cancelled as it should be."""
        report = self.report
        if report is None or report.state != "ignored":
            return False
        if (report.why or "").startswith("booking is"):
            return report.why == "booking is cancelled" and self.reservation.notice.status == "cancelled"
        return True


@dataclass(frozen=True)
class Remark:
    """A line of an answer: an error where the reservation is not accepted, else a warning."""

    type: str
    code: str
    text: str
    record: str | None = None


def remarks_of(outcome: Outcome) -> Iterator[Remark]:
    """Why it is not accepted, and what of an accepted one the sender should know."""
    for fault in outcome.faults[:20]:
        yield remark_of(fault, outcome.record)
    if outcome.report and outcome.report.why:
        why = outcome.report.why
        yield Remark(BUSINESS_RULE, _code(outcome, why), why, outcome.record)


def remark_of(fault: Problem, record: str | None = None) -> Remark:
    text = f"{fault.pointer.removeprefix('/')}: {fault.detail}" if fault.pointer else fault.detail
    if "needs" in fault.detail or "empty" in fault.detail:
        return Remark(REQUIRED, "321", text, record)
    code = next((code for pattern, code in _POINTERS if re.fullmatch(pattern, fault.pointer)), "320")
    return Remark(BUSINESS_RULE, code, text, record)


def _code(outcome: Outcome, why: str) -> str:
    if outcome.report and outcome.report.state == "parked":
        return _PARKED.get(why.partition(":")[0], UNABLE)
    if why == "booking is cancelled":
        return CANCELLED_ALREADY
    if why.startswith("booking is"):
        return NO_CANCELLATION if outcome.reservation.notice.status == "cancelled" else STATE
    return UNKNOWN_BOOKING if why.startswith("cancel of unknown") else "127"
