"""How an OpenTravel message is answered: OTA_HotelResNotifRS, OTA_HotelResModifyNotifRS, OTA_CancelRS, OTA_ErrorRS."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from xml.etree.ElementTree import Element

from services.bookings.inbound.opentravel.documents import part, written
from services.bookings.inbound.opentravel.messages import CANCEL, MODIFY, Message
from services.bookings.inbound.opentravel.outcomes import APPLICATION, UNABLE, Outcome, Remark, remark_of, remarks_of
from services.bookings.inbound.opentravel.reservations import CANCELLATION, OURS, RESERVATION

NAMESPACE = "http://www.opentravel.org/OTA/2003/05"
_SHORTEST = 64  # characters of a ShortText


def answer(message: Message, outcomes: Sequence[Outcome], now: datetime) -> str:
    """Success where any reservation is accepted, with a warning for each that is not; else nothing but errors."""
    root = new_root(message.kind.removesuffix("RQ") + "RS", now, message.version or "1.000", EchoToken=message.echo)
    refused = [remark_of(fault) for fault in message.faults]
    taken = [outcome for outcome in outcomes if outcome.accepted]
    if message.kind == CANCEL:
        root.set("Status", _status(taken))
    remarks = [*refused, *(remark for outcome in outcomes for remark in remarks_of(outcome))]
    verdict(root, remarks, success=bool(taken))
    if taken and message.kind == CANCEL:
        _cancelled(root, taken[0])
    elif taken:
        names = (
            ("HotelResModifies", "HotelResModify")
            if message.kind == MODIFY
            else ("HotelReservations", "HotelReservation")
        )
        listed = part(root, names[0])
        for outcome in taken:
            _reservation(part(listed, names[1]), outcome)
    return written(root if message.soap is None else _enveloped(root, message.soap))


def refusal(detail: str, now: datetime) -> str:
    """To what could not be read as any message."""
    root = new_root("OTA_ErrorRS", now, "1.000")
    verdict(root, [Remark(APPLICATION, UNABLE, detail)], success=False)
    return written(root)


def new_root(name: str, now: datetime, version: str, **attributes: str | None) -> Element:
    stamp = now.isoformat(timespec="seconds").replace("+00:00", "Z")
    said = {"xmlns": NAMESPACE, "TimeStamp": stamp, "Version": version, **attributes}
    return Element(name, {key: value for key, value in said.items() if value is not None})


def verdict(root: Element, remarks: Iterable[Remark], *, success: bool) -> None:
    """``<Success/>`` and warnings, or errors."""
    remarks = list(remarks)
    if success:
        part(root, "Success")
    if not remarks:
        return
    listed = part(root, "Warnings" if success else "Errors")
    for each in remarks:
        part(
            listed,
            "Warning" if success else "Error",
            each.text,
            Type=each.type,
            Code=each.code,
            ShortText=each.text[:_SHORTEST],
            RecordID=each.record,
        )


def _reservation(into: Element, outcome: Outcome) -> None:
    """By the sender's number, and with ours."""
    part(into, "UniqueID", Type=outcome.reservation.id_type, ID=outcome.record)
    report = outcome.report
    if report and report.booking_id:
        numbers = part(part(into, "ResGlobalInfo"), "HotelReservationIDs")
        for value, source in ((report.external_id, report.source), (str(report.booking_id), OURS)):
            part(numbers, "HotelReservationID", ResID_Type=RESERVATION, ResID_Value=value, ResID_Source=source)


def _cancelled(root: Element, outcome: Outcome) -> None:
    part(root, "UniqueID", Type=RESERVATION, ID=outcome.record)
    if outcome.report and outcome.report.booking_id:
        ours = str(outcome.report.booking_id)
        part(part(root, "CancelInfoRS"), "UniqueID", Type=CANCELLATION, ID=ours, ID_Context=OURS)


def _status(taken: Sequence[Outcome]) -> str:
    """Of a cancellation: pending is one of a booking that is not known here yet."""
    if not taken:
        return "Unsuccessful"
    return "Cancelled" if taken[0].report and taken[0].report.booking_id else "Pending"


def _enveloped(root: Element, namespace: str) -> Element:
    envelope = Element("soap:Envelope", {"xmlns:soap": namespace})
    part(envelope, "soap:Body").append(root)
    return envelope
