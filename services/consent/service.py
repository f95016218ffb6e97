"""The doors of consent."""

from __future__ import annotations

from services.consent import store
from services.consent.domain import checked, may_contact, states
from services.contracts.consent import (
    ConsentChanged,
    ConsentRecord,
    Consents,
    MayContact,
    Permission,
    ReadConsents,
    RecordConsent,
)
from services.contracts.profiles import ProfileCreated
from services.kit.db import Tx
from services.kit.doors import Service, command, query, subscribe


class ConsentService(Service):
    name = "consent"

    @subscribe(ProfileCreated, together=True)
    def open_account(self, tx: Tx, event: ProfileCreated) -> None:
        store.open_account(tx, event.profile_id)

    @command
    def record_consent(self, tx: Tx, request: RecordConsent) -> ConsentRecord:
        record, version = store.record(tx, checked(request))
        tx.announce(
            ConsentChanged(
                profile_id=record.profile_id,
                version=version,
                purpose=record.purpose,
                channel=record.channel,
                granted=record.granted,
            )
        )
        return record

    @query
    def read_consents(self, tx: Tx, request: ReadConsents) -> Consents:
        records = store.records(tx, request.profile_id, request.at)
        # the clock that recorded the last act may be ahead of this one, and "now" is after it
        at = request.at or max([tx.now, *(record.recorded_at for record in records)])
        return Consents(
            profile_id=request.profile_id,
            at=at,
            states=states(store.acts(records), at),
            proof=tuple(reversed(records)),
        )

    @query
    def may_contact(self, tx: Tx, request: MayContact) -> Permission:
        return may_contact(store.deciding(tx, request.profile_id, request.purpose), request.purpose, request.channel)
