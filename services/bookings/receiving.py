"""How a notice of another system becomes a booking, or a change of one: the same for the bus and for HTTP."""

from __future__ import annotations

from dataclasses import replace

from services.bookings.domain.announcing import announce
from services.bookings.domain.consents import newly_stated, stated
from services.bookings.domain.ids import new_id
from services.bookings.domain.mapping import House
from services.bookings.domain.notices import judge
from services.bookings.doors.groups import picked_up
from services.bookings.doors.keeping import keep, with_rooms
from services.bookings.inbound import native
from services.bookings.store import bookings, groups, notices, own_fields
from services.bookings.store.notices import Known
from services.contracts.bookings import BookingNotice, NoticeReport
from services.kit import sealing
from services.kit.db import Tx
from services.kit.scope import permit


def receive(tx: Tx, notice: BookingNotice) -> NoticeReport:
    """Refuses with NotANotice what is not well formed; everything else is kept, with what became of it.

    A caller who is limited to properties tells of those alone: NotYourProperty for any other, also one not known here.
    """
    notice = native.well_formed(notice)
    house = _house(tx, notice)
    permit(tx, house.id if house else None)
    known = _known(tx, notice)
    if known.reported:
        notices.permit(tx, known.reported.notice_id)
        return known.reported
    report = NoticeReport(
        notice_id=new_id(tx.now),
        source=notice.source,
        external_id=notice.external_id,
        revision=notice.revision,
        state="received",
        received_at=tx.now,
    )
    return _apply(tx, report, notice, known, house)


def replay(tx: Tx, report: NoticeReport, notice: BookingNotice) -> NoticeReport:
    """Apply a parked notice again; one that is not parked any more stays what it is."""
    house = _house(tx, notice)
    known = _known(tx, notice)
    report = known.reported or report
    return _apply(tx, report, notice, known, house) if report.state == "parked" else report


def _known(tx: Tx, notice: BookingNotice) -> Known:
    """Refuses with NotYourProperty where the source means a booking of another property than the caller's."""
    known = notices.known(tx, notice)
    if known.booking:
        permit(tx, known.booking.property_id)
    return known


def _house(tx: Tx, notice: BookingNotice) -> House | None:
    """Where it is about, once it is its turn. One statement more where it names a group."""
    house = notices.take_turn(tx, notice)
    if house is None or notice.group is None:
        return house
    return replace(house, groups=groups.open_at(tx, house.id, notice.group))


def _apply(tx: Tx, report: NoticeReport, notice: BookingNotice, known: Known, house: House | None) -> NoticeReport:
    trace = own_fields.trace if sealing.configured() else None
    verdict = judge(notice, known.booking, known.settled, house, report.received_at, trace)
    booking = verdict.booking or known.booking
    report = replace(report, state=verdict.state, why=verdict.why, booking_id=booking.id if booking else None)
    row = notices.notice_row(report, notice)
    if verdict.booking is None:
        notices.keep(tx, row)
        return report
    if known.booking is None:
        opened, event = announce(verdict.booking)
        if opened.group:
            bookings.add(tx, picked_up(tx, opened, sold_elsewhere=True))
            notices.keep(tx, row)
        else:
            bookings.open_sold_elsewhere(tx, opened, row)
        if event:
            tx.announce(event)
        if known.waiting:
            _catch_up(tx, notice, house)
    else:
        after = with_rooms(tx, verdict.booking, known.booking, sold_elsewhere=True)
        changed = keep(tx, after, known.booking, row, sold_elsewhere=True)
        for person in newly_stated(known.booking, changed):
            tx.announce(stated(changed, person, report.notice_id, report.received_at))
    return report


def _catch_up(tx: Tx, notice: BookingNotice, house: House | None) -> None:
    """Apply what was said of the booking before it was known here."""
    for report, later in notices.waiting(tx, notice):
        known = notices.known(tx, later)
        _apply(tx, report, later, known, _house(tx, later) if later.group else house)
