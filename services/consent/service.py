"""The doors of consent."""

from __future__ import annotations

from typing import cast

from services.consent import store
from services.consent.domain import NOT_SAID, checked, follows, may_contact, repeated, states
from services.contracts.bookings import ConsentStated
from services.contracts.consent import (
    Channel,
    ConsentChanged,
    ConsentRecord,
    Consents,
    MayContact,
    Permission,
    Purpose,
    ReadConsents,
    RecordConsent,
)
from services.contracts.profiles import ConsentsImported, ProfileCreated, ProfileRetired
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

    @subscribe(ProfileRetired)
    def follow_retired_profile(self, tx: Tx, event: ProfileRetired) -> None:
        """What was said as one profile is appended to the other one's, as its own proof; never resubscribes."""
        for profile_id in sorted((event.profile_id, event.into)):
            store.lock_account(tx, profile_id)
        past = store.records(tx, event.into, None)
        for act in store.records(tx, event.profile_id, None):
            key = act.source, act.purpose, act.channel
            same = [r for r in past if (r.source, r.purpose, r.channel) == key]
            if repeated(act.granted, act.wording_version, same[-1] if same else None):
                continue
            stated_at = act.stated_at or act.recorded_at
            effective = act.effective and follows(store.acts(past), act.purpose, act.channel, act.granted, stated_at)
            said = RecordConsent(
                profile_id=event.into,
                purpose=act.purpose,
                channel=act.channel,
                granted=act.granted,
                wording_version=act.wording_version,
                source=act.source,
                language=act.language,
                address=act.address,
            )
            stated = store.Stated(notice_id=act.notice_id, stated_at=stated_at, effective=effective)
            record, version = store.record(tx, said, stated)
            past.append(record)
            if effective:
                _tell(tx, record, version)

    @subscribe(ConsentsImported)
    def record_imported_consents(self, tx: Tx, event: ConsentsImported) -> None:
        """What a file says was agreed to, with the proof it brings; like a notice it never resubscribes anybody."""
        store.lock_account(tx, event.profile_id)
        for each in event.consents:
            said = checked(
                RecordConsent(
                    profile_id=event.profile_id,
                    purpose=cast(Purpose, each.purpose),
                    channel=cast(Channel, each.channel),
                    granted=each.granted,
                    wording_version=each.wording_version,
                    source=each.source,
                )
            )
            past = store.records(tx, event.profile_id, None)
            before = [r for r in past if (r.source, r.purpose, r.channel) == (each.source, each.purpose, each.channel)]
            if repeated(each.granted, each.wording_version, before[-1] if before else None):
                continue
            effective = follows(store.acts(past), said.purpose, said.channel, said.granted, each.stated_at)
            record, version = store.record(tx, said, store.Stated(stated_at=each.stated_at, effective=effective))
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
