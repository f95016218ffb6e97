"""Messages written, sent once, and held back, on the real database."""

from __future__ import annotations

import json
import logging
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa

from services.contracts.bookings import NoSuchBooking
from services.contracts.consent import MayContact, Permission
from services.contracts.notifier import ContactForbidden, FindMessages, NoAddress
from services.contracts.profiles import NoSuchProfile, ReadProfile
from services.kit.db import Database, open_transaction
from services.kit.refusal import Invalid, Unavailable
from services.notifier.senders import Delayed, Rejected
from services.notifier.service import NotifierService
from tests.notifier.makers import MOBILE, REAL, RELAY, Notifier, Provider, ana_silva, long_ago


@pytest.fixture
def notifier(notifier_db: Database) -> Notifier:
    """A house without provider accounts."""
    return Notifier(notifier_db)


def announced(db: Database) -> list[dict[str, Any]]:
    with db.engine.connect() as connection:
        return [json.loads(r.body) for r in connection.execute(sa.text("SELECT body FROM outbox ORDER BY seq"))]


def make_due(db: Database) -> None:
    """As if the pause before the next attempt were over."""
    with db.engine.begin() as connection:
        connection.execute(sa.text("UPDATE messages SET next_try_at = now() - interval '1 second'"))


def test_a_confirmed_guest_reads_it_in_their_language(notifier: Notifier) -> None:
    ana = notifier.knows(ana_silva())
    facts = notifier.confirmed(ana)
    (message,) = notifier.messages(profile_id=ana.id)
    assert (message.channel, message.to, message.language, message.state) == ("email", REAL.address, "pt", "outbox")
    assert message.subject == "A sua estadia em Lisboa City está confirmada"
    assert "Ana Silva" in message.text
    assert message.html
    assert message.booking_id == facts.booking_id


def test_the_relay_address_is_written_to_if_it_is_all_there_is(notifier: Notifier) -> None:
    ana = notifier.knows(ana_silva(emails=(RELAY,)))
    notifier.confirmed(ana)
    assert [m.to for m in notifier.messages()] == [RELAY.address]


def test_without_an_email_address_a_text_message_is_written(notifier: Notifier) -> None:
    ana = notifier.knows(ana_silva(emails=()))
    notifier.confirmed(ana)
    assert [(m.channel, m.to) for m in notifier.messages()] == [("sms", MOBILE.number)]


def test_with_a_sender_for_both_both_are_written_and_wait(notifier_db: Database) -> None:
    notifier = Notifier(notifier_db, email=Provider(), sms=Provider())
    notifier.confirmed(notifier.knows(ana_silva()))
    assert {(m.channel, m.state) for m in notifier.messages()} == {("email", "waiting"), ("sms", "waiting")}


def test_without_any_address_the_reason_is_on_record(notifier: Notifier) -> None:
    notifier.confirmed(notifier.knows(ana_silva(emails=(), phones=())))
    assert [(m.state, m.why) for m in notifier.messages()] == [("suppressed", "no-address")]


def test_a_stay_that_is_over_is_told_to_nobody_and_nobody_is_asked(notifier: Notifier) -> None:
    notifier.confirmed(ana_silva(), arrival=long_ago())
    assert [(m.state, m.why) for m in notifier.messages()] == [("suppressed", "stay-is-over")]
    assert notifier.asked == []


def test_a_booking_is_confirmed_to_its_guest_once(notifier: Notifier) -> None:
    facts = notifier.confirmed(notifier.knows(ana_silva()))
    with ThreadPoolExecutor(5) as pool:
        list(pool.map(lambda _: notifier.hears(facts), range(10)))
    assert len(notifier.messages(booking_id=facts.booking_id)) == 1
    assert [e["state"] for e in announced(notifier.db)] == ["outbox"]


def test_the_name_of_the_house_is_asked_for_once_a_minute(notifier: Notifier) -> None:
    notifier.service.houses._known.clear()
    ana = notifier.knows(ana_silva())
    notifier.confirmed(ana)
    notifier.confirmed(ana)
    assert [type(r).__name__ for r in notifier.asked] == ["ReadProfile", "ReadProperties", "ReadProfile"]


def test_an_unknown_guest_is_a_refusal_and_an_absent_service_is_another(notifier: Notifier) -> None:
    with pytest.raises(NoSuchProfile):
        notifier.confirmed(ana_silva())

    def silent(_: ReadProfile) -> Any:
        raise Unavailable

    notifier.service.profiles = silent
    with pytest.raises(Unavailable):
        notifier.confirmed(ana_silva())
    assert notifier.messages() == ()


def test_events_and_logs_hold_no_addresses_and_no_words(
    notifier_db: Database, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    notifier = Notifier(notifier_db, email=Provider(ValueError("to ana@example.org")))
    notifier.confirmed(notifier.knows(ana_silva()))
    notifier.service.send_waiting()
    said = json.dumps(announced(notifier_db)) + caplog.text
    assert "ValueError" in said
    for secret in ("ana@example.org", "Silva", MOBILE.number):
        assert secret not in said


# ── sending ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_waiting_message_is_sent_once(notifier_db: Database) -> None:
    mail = Provider()
    notifier = Notifier(notifier_db, email=mail)
    notifier.confirmed(notifier.knows(ana_silva()))
    for _ in range(2):
        notifier.service.send_waiting()
        make_due(notifier_db)
    (message,) = notifier.messages()
    assert (message.state, message.attempts) == ("sent", 1)
    assert message.sent_at is not None
    assert [m.to for m in mail.taken] == [REAL.address]
    assert [(e["version"], e["state"]) for e in announced(notifier_db)] == [(1, "waiting"), (2, "sent")]


def test_two_senders_at_once_send_each_message_once(notifier_db: Database) -> None:
    mail = Provider()
    notifier = Notifier(notifier_db, email=mail)
    ana = notifier.knows(ana_silva(phones=()))
    for _ in range(40):
        notifier.confirmed(ana)
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda _: notifier.service.send_waiting(), range(3)))
    assert len(mail.taken) == len({m.message_id for m in mail.taken}) == 40
    assert {m.state for m in notifier.messages()} == {"sent"}


def test_a_passing_failure_is_tried_again_later(notifier_db: Database) -> None:
    mail = Provider(Delayed("sendgrid-503"))
    notifier = Notifier(notifier_db, email=mail)
    notifier.confirmed(notifier.knows(ana_silva()))
    notifier.service.send_waiting()
    assert [(m.state, m.why, m.attempts) for m in notifier.messages()] == [("waiting", "sendgrid-503", 1)]
    mail.raises = None
    notifier.service.send_waiting()
    assert mail.taken == []  # not before its time
    make_due(notifier_db)
    notifier.service.send_waiting()
    assert [(m.state, m.why, m.attempts) for m in notifier.messages()] == [("sent", None, 2)]


def test_a_permanent_failure_is_recorded_with_its_reason(notifier_db: Database) -> None:
    notifier = Notifier(notifier_db, email=Provider(Rejected("sendgrid-400")))
    notifier.confirmed(notifier.knows(ana_silva()))
    notifier.service.send_waiting()
    assert [(m.state, m.why) for m in notifier.messages()] == [("failed", "sendgrid-400")]


def test_one_message_that_breaks_does_not_hold_up_the_others(notifier_db: Database) -> None:
    class Moody(Provider):
        def __call__(self, message: Any) -> None:
            if message.subject == "Break":
                raise ZeroDivisionError
            super().__call__(message)

    mail = Moody()
    notifier = Notifier(notifier_db, email=mail)
    ana = notifier.knows(ana_silva())
    notifier.sends(ana, subject="Break")
    notifier.sends(ana)
    notifier.service.send_waiting()
    assert [(m.subject, m.state) for m in notifier.messages()] == [("Your umbrella", "sent"), ("Break", "waiting")]


def test_sending_runs_once_per_interval_and_may_ask_consent(notifier_db: Database) -> None:
    """Through the timer's own way in, which holds a transaction open around the method."""
    mail = Provider()
    notifier = Notifier(notifier_db, email=mail)
    guard = notifier.service.consent

    def outside_a_transaction(request: MayContact) -> Permission:
        assert not open_transaction.get()
        return guard(request)

    notifier.service.consent = outside_a_transaction
    ana = notifier.knows(ana_silva())
    timer = NotifierService.send_waiting.foyer_door.run
    for _ in range(2):
        notifier.sends(ana, purpose="marketing")
        timer(notifier.service, None)
    assert [m.state for m in notifier.messages()] == ["waiting", "sent"]


# ── messages of staff ────────────────────────────────────────────────────────────────────────────────────────────────


def test_staff_write_about_a_stay_without_asking_consent(notifier: Notifier) -> None:
    ana = notifier.knows(ana_silva())
    message = notifier.sends(ana)
    assert (message.to, message.template, message.text) == (REAL.address, "staff", "You left it in the lobby.")
    assert not any(isinstance(r, MayContact) for r in notifier.asked)


def test_the_same_words_twice_are_two_messages(notifier: Notifier) -> None:
    ana = notifier.knows(ana_silva())
    notifier.stays.add(booking := uuid4())
    assert notifier.sends(ana, booking_id=booking).id != notifier.sends(ana, booking_id=booking).id


def test_a_message_about_a_booking_nobody_knows_is_refused_where_it_is_named(notifier: Notifier) -> None:
    with pytest.raises(NoSuchBooking) as refused:
        notifier.sends(notifier.knows(ana_silva()), booking_id=uuid4())
    assert [fault.pointer for fault in refused.value.errors] == ["/booking_id"]
    assert notifier.messages() == ()


def test_marketing_needs_consent(notifier: Notifier) -> None:
    ana = notifier.knows(ana_silva())
    notifier.permission = Permission(allowed=False, why="no-consent")
    with pytest.raises(ContactForbidden):
        notifier.sends(ana, purpose="marketing")
    assert notifier.messages() == ()


def test_marketing_never_goes_to_a_relay_address(notifier: Notifier) -> None:
    ana = notifier.knows(ana_silva(emails=(RELAY,)))
    with pytest.raises(NoAddress):
        notifier.sends(ana, purpose="marketing")
    assert notifier.sends(ana).to == RELAY.address


def test_a_guest_without_a_number_gets_no_text_message(notifier: Notifier) -> None:
    with pytest.raises(NoAddress):
        notifier.sends(notifier.knows(ana_silva(phones=())), channel="sms")


def test_a_withdrawal_beats_a_message_not_yet_sent(notifier_db: Database) -> None:
    mail = Provider()
    notifier = Notifier(notifier_db, email=mail)
    notifier.sends(notifier.knows(ana_silva()), purpose="marketing")
    notifier.permission = Permission(allowed=False, why="withdrawn")
    notifier.service.send_waiting()
    assert mail.taken == []
    assert [(m.state, m.why) for m in notifier.messages()] == [("suppressed", "withdrawn")]


def test_while_consent_does_not_answer_nothing_is_sent(notifier_db: Database) -> None:
    mail = Provider()
    notifier = Notifier(notifier_db, email=mail)
    notifier.sends(notifier.knows(ana_silva()), purpose="marketing")

    def silent(_: MayContact) -> Any:
        raise Unavailable

    notifier.service.consent = silent
    notifier.service.send_waiting()
    assert mail.taken == []
    assert [m.state for m in notifier.messages()] == ["waiting"]


def test_messages_are_listed_newest_first_page_by_page(notifier: Notifier) -> None:
    ana = notifier.knows(ana_silva())
    for n in range(5):
        notifier.sends(ana, text=f"Letter {n}")
    seen, cursor = [], None
    while True:
        page = notifier.service.find_messages(FindMessages(profile_id=ana.id, limit=2, cursor=cursor))
        seen += [m.text for m in page.items]
        if (cursor := page.next) is None:
            break
    assert seen == [f"Letter {n}" for n in (4, 3, 2, 1, 0)]
    for bad in ("x", "-1", "9" * 30):
        with pytest.raises(Invalid):
            notifier.messages(cursor=bad)
