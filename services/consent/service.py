"""The doors of consent."""

from __future__ import annotations

from services.consent import store
from services.consent.domain import NOT_SAID, checked, follows, may_contact, repeated, states
from services.contracts.bookings import ConsentStated
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
        _tell(tx, record, version)
        return record

    @subscribe(ConsentStated)
    def record_stated_consents(self, tx: Tx, event: ConsentStated) -> None:
        """What a booking's source says its guest agreed to, with the booking as the proof; never resubscribes."""
        source = f"{event.source} {event.external_id}"
        store.lock_account(tx, event.profile_id)
        for each in event.consents:
            wording = each.wording or NOT_SAID
            past = store.records(tx, event.profile_id, None)
            before = [r for r in past if (r.source, r.purpose, r.channel) == (source, each.purpose, each.channel)]
            if repeated(each.granted, wording, before[-1] if before else None):
                continue
            said = RecordConsent(
                profile_id=event.profile_id,
                purpose=each.purpose,
                channel=each.channel,
                granted=each.granted,
                wording_version=wording,
                source=source,
                language=event.language,
            )
            effective = follows(store.acts(past), each.purpose, each.channel, each.granted, event.stated_at)
            stated = store.Stated(notice_id=event.notice_id, stated_at=event.stated_at, effective=effective)
            record, version = store.record(tx, said, stated)
            if effective:
                _tell(tx, record, version)

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


def _tell(tx: Tx, record: ConsentRecord, version: int) -> None:
    tx.announce(
        ConsentChanged(
            profile_id=record.profile_id,
            version=version,
            purpose=record.purpose,
            channel=record.channel,
            granted=record.granted,
        )
    )
