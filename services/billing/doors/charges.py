"""What is charged beside the stay, by whom ever; and the kinds of it."""

from __future__ import annotations

from services.billing import domain, store
from services.billing.doors import charging, receiving
from services.billing.doors.receiving import Asked
from services.contracts import cards
from services.contracts.billing import (
    Charge,
    ChargeKind,
    ChargeKinds,
    ChargeNotice,
    ChargeReport,
    NoSuchCharge,
    NotAnAmount,
    PostCharge,
    ReadCharge,
    ReadChargeKinds,
    ReceiveCharge,
    SetUpChargeKind,
    VoidCharge,
)
from services.kit.ask import Ask
from services.kit.db import Tx
from services.kit.doors import command, inbound, query
from services.kit.refusal import Invalid, Problem
from services.kit.scope import is_theirs


class Charges:
    bookings = Ask("bookings")
    profiles = Ask("profiles")

    @command
    def post_charge(self, tx: Tx, request: PostCharge) -> Charge:
        domain.check_amount(request.amount, NotAnAmount)
        house = receiving.property_named(self.bookings, request.property, request.amount) if request.property else None
        booking_id, nobody = request.booking_id, None
        if request.room is not None:
            if house is None:
                raise Invalid(errors=[Problem("/property", "A room is one of a property: name that too.")])
            if booking_id is not None:
                raise Invalid(errors=[Problem("/booking_id", "Name the booking or the room.")])
            booking_id, nobody = receiving.guest_in(self.bookings, house.id, request.room, tx.now)
        said = domain.Said(
            kind=request.kind,
            amount=request.amount,
            description=request.description,
            booking_id=booking_id,
            profile_id=request.profile_id,
            property_id=house.id if house else None,
            room=request.room,
            business_date=request.business_date,
            source=request.source,
            external_id=request.external_id,
        )
        return charging.post(tx, said, nobody=nobody)

    @command
    def void_charge(self, tx: Tx, request: VoidCharge) -> Charge:
        domain.check_words(request.reason, "/reason", 500)
        if not request.reason.strip():
            raise Invalid(errors=[Problem("/reason", "Say why.")])
        return charging.void(tx, request.charge_id, request.reason)

    @query
    def read_charge(self, tx: Tx, request: ReadCharge) -> Charge:
        found = store.charge(tx, request.charge_id)
        if found is None or found.reason or not is_theirs(tx.context, found.property_id):
            raise NoSuchCharge
        return found.charge

    @inbound("charge.notice", ChargeNotice, redact=cards.redacted)
    def hear_charge(self, tx: Tx, notice: ChargeNotice) -> None:
        receiving.receive(tx, notice, Asked(self.bookings, self.profiles))

    @command
    def receive_charge(self, tx: Tx, request: ReceiveCharge) -> ChargeReport:
        return receiving.receive(tx, request.notice, Asked(self.bookings, self.profiles))

    @query
    def read_charge_kinds(self, tx: Tx, request: ReadChargeKinds) -> ChargeKinds:
        return ChargeKinds(items=store.charge_kinds(tx))

    @command
    def set_up_charge_kind(self, tx: Tx, request: SetUpChargeKind) -> ChargeKind:
        kind = domain.checked_kind(request.kind)
        store.keep_charge_kind(tx, kind)
        return kind
