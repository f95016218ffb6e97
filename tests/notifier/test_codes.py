"""Codes that verify addresses: sent, covered in what is kept, and wiped where they wait in the local outbox."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa

from services.contracts.profiles import CodeWanted
from services.kit.db import Database
from services.kit.refusal import Unavailable
from services.notifier.codes import new_code
from services.notifier.domain import LANGUAGES
from services.notifier.senders import Delayed, Rejected
from tests.notifier.makers import MOBILE, REAL, Notifier, Provider, ana_silva

_CODE = re.compile(r"\d{6}")


@pytest.fixture
def notifier(notifier_db: Database) -> Notifier:
    """A house without provider accounts."""
    return Notifier(notifier_db)


def everything_kept(db: Database) -> str:
    tables = ("messages", "outbox", "inbox", "commands")
    with db.engine.connect() as connection:
        return json.dumps(
            [str(row) for t in tables for row in connection.execute(sa.text(f"SELECT x::text FROM {t} x"))]
        )  # noqa: S608


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_code_is_sent_in_every_language_to_where_it_belongs(notifier: Notifier, language: str) -> None:
    ana = notifier.knows(ana_silva(language=language))
    notifier.wants_code(ana)
    notifier.wants_code(ana, channel="sms", to=MOBILE.number)
    by_text, by_mail = notifier.messages()
    assert (by_mail.to, by_text.to, by_mail.language) == (REAL.address, MOBILE.number, language)
    for message, code in zip((by_mail, by_text), notifier.codes, strict=True):
        assert code in message.text
        assert "15" in message.text
        assert "Lisboa City" in message.text
    assert "Lisboa City" in (by_mail.subject or "")
    assert notifier.codes[0] in (by_mail.html or "")
    assert not _CODE.search(by_mail.subject or "")


def test_a_repeat_of_the_event_leaves_the_code_good_that_was_sent(notifier: Notifier) -> None:
    said, heard = notifier.wants_code(notifier.knows(ana_silva())), uuid4()
    notifier.codes.clear()
    for _ in range(2):
        notifier.service.send_code(said, heard)
    (code,) = notifier.codes
    assert code in notifier.messages()[0].text


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_house_need_not_be_named(notifier: Notifier, language: str) -> None:
    ana = notifier.knows(ana_silva(language=language))
    notifier.wants_code(ana, property_id=None)
    notifier.wants_code(ana, property_id=None, channel="sms", to=MOBILE.number)
    for message, code in zip(notifier.messages(), reversed(notifier.codes), strict=True):
        assert code in message.text
        assert "Lisboa" not in message.text


def test_profiles_has_the_code_before_it_is_sent(notifier_db: Database) -> None:
    mail = Provider()
    notifier = Notifier(notifier_db, email=mail)
    notifier.wants_code(notifier.knows(ana_silva()))
    (sent,) = mail.taken
    assert sent.to == REAL.address
    assert notifier.codes == _CODE.findall(sent.text)


def test_a_code_that_a_provider_took_is_kept_nowhere(notifier_db: Database) -> None:
    notifier = Notifier(notifier_db, email=Provider())
    notifier.wants_code(notifier.knows(ana_silva()))
    (message,) = notifier.messages()
    assert (message.state, message.sent_at is not None) == ("sent", True)
    assert "••••••" in message.text
    assert notifier.codes[0] not in everything_kept(notifier_db)


def test_a_code_that_waits_in_the_local_outbox_is_wiped_when_it_is_good_no_more(notifier: Notifier) -> None:
    ana = notifier.knows(ana_silva())
    notifier.wants_code(ana, expires_at=datetime.now(UTC) - timedelta(seconds=1))
    notifier.wants_code(ana)
    notifier.service.wipe_codes()
    good, old = notifier.messages()
    assert "••••••" in old.text
    assert notifier.codes[0] not in old.text
    assert (old.html, old.state) == (None, "outbox")
    assert notifier.codes[1] in good.text


def test_other_messages_are_not_wiped(notifier: Notifier) -> None:
    ana = notifier.knows(ana_silva())
    notifier.sends(ana, text="Your locker is 123456.")
    notifier.service.wipe_codes()
    assert [m.text for m in notifier.messages()] == ["Your locker is 123456."]


def test_what_is_over_before_it_is_sent_is_not_sent(notifier: Notifier) -> None:
    event = notifier.wants_code(notifier.knows(ana_silva()))
    notifier.wanted.clear()
    gone = CodeWanted(profile_id=event.profile_id, verification_id=event.verification_id, channel="email")
    notifier.service.send_code(gone)
    assert len(notifier.messages()) == 1


def test_a_provider_that_is_busy_gets_another_code_later(notifier_db: Database) -> None:
    mail = Provider(raises=Delayed("sendgrid-429"))
    notifier = Notifier(notifier_db, email=mail)
    with pytest.raises(Unavailable):
        notifier.wants_code(notifier.knows(ana_silva()))
    assert notifier.messages() == ()
    mail.raises = None
    (verification_id,) = notifier.wanted
    event = CodeWanted(
        profile_id=notifier.wanted[verification_id].profile_id, verification_id=verification_id, channel="email"
    )
    notifier.service.send_code(event)
    assert len(notifier.codes) == 2
    assert notifier.codes[-1] in mail.taken[0].text


def test_a_provider_that_will_never_take_it_is_on_record(notifier_db: Database) -> None:
    notifier = Notifier(notifier_db, email=Provider(raises=Rejected("sendgrid-400")))
    notifier.wants_code(notifier.knows(ana_silva()))
    assert [(m.state, m.why) for m in notifier.messages()] == [("failed", "sendgrid-400")]
    assert notifier.codes[0] not in everything_kept(notifier_db)


def test_a_code_has_six_digits_also_where_it_begins_with_noughts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.notifier.codes.secrets.randbelow", lambda most: 42 if most == 1_000_000 else 0)
    assert new_code() == "000042"
