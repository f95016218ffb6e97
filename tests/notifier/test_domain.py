"""Whom a message goes to, in which language, and when it is tried again."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from uuid import uuid4

import pytest

from services.contracts.notifier import NotAMessage, SendMessage
from services.contracts.profiles import Email, Phone
from services.contracts.profiles.cards import WhyNot
from services.contracts.values import Money
from services.notifier import domain, letters
from tests.billing.makers import eur, stay
from tests.notifier.makers import MOBILE, REAL, RELAY, ana_silva

VERIFIED = Email(address="a.silva@example.net", verified=True)
PRIMARY = Email(address="ana.silva@example.com", primary=True)


@pytest.mark.parametrize(
    ("emails", "best"),
    [
        ((RELAY, REAL, PRIMARY, VERIFIED), VERIFIED),
        ((RELAY, REAL, PRIMARY), PRIMARY),
        ((RELAY, REAL), REAL),
        ((RELAY,), RELAY),
    ],
)
def test_the_best_address_is_verified_then_primary_then_real_then_a_relay(
    emails: tuple[Email, ...], best: Email
) -> None:
    assert domain.best_email(emails) == best.address


def test_a_relay_address_is_no_address_for_other_purposes_than_the_stay() -> None:
    assert domain.best_email((RELAY,), relay=False) is None
    assert domain.best_email(()) is None


def test_the_best_number_is_verified_then_primary_then_a_mobile() -> None:
    landline = Phone(number="+351213000000", type="home")
    primary = Phone(number="+351960000000", primary=True)
    assert domain.best_phone((landline, MOBILE)) == MOBILE.number
    assert domain.best_phone((landline, MOBILE, primary)) == primary.number
    assert domain.best_phone(()) is None


@pytest.mark.parametrize("why_not", ["past", "not-yet", "placeholder"])
def test_nothing_goes_where_the_guest_is_no_longer_or_nobody_is(why_not: WhyNot) -> None:
    assert domain.best_email((replace(VERIFIED, why_not=(why_not,)), REAL)) == REAL.address
    assert domain.best_phone((replace(MOBILE, why_not=(why_not,)),)) is None


@pytest.mark.parametrize("why_not", ["shared", "agency", "relay"])
def test_what_is_not_the_guests_own_is_written_to_about_the_stay_alone(why_not: WhyNot) -> None:
    assert domain.best_email((replace(REAL, why_not=(why_not,)),)) == REAL.address
    assert domain.best_email((replace(REAL, why_not=(why_not,)),), relay=False) is None
    assert domain.best_phone((replace(MOBILE, why_not=(why_not,)),)) == MOBILE.number
    assert domain.best_phone((replace(MOBILE, why_not=(why_not,)),), relay=False) is None


def test_a_text_message_goes_out_where_they_are_sent_or_no_email_is_known() -> None:
    assert domain.channels("a@b.c", "+1", sms_is_sent=False) == (("email", "a@b.c"),)
    assert domain.channels("a@b.c", "+1", sms_is_sent=True) == (("email", "a@b.c"), ("sms", "+1"))
    assert domain.channels(None, "+1", sms_is_sent=False) == (("sms", "+1"),)
    assert domain.channels(None, None, sms_is_sent=True) == ()


@pytest.mark.parametrize(
    ("own", "country", "language"),
    [
        ("pt-PT", "DE", "pt"),
        ("DE", "PT", "de"),
        (None, "IT", "it"),
        ("ja", "FR", "fr"),
        (None, "NO", "en"),
        ("", "", "en"),
    ],
)
def test_the_language_is_the_guests_then_the_countrys_then_english(
    own: str | None, country: str, language: str
) -> None:
    assert domain.language_of(ana_silva(language=own), country) == language


def test_a_greeting_holds_a_name_and_nothing_else() -> None:
    assert domain.salutation(ana_silva()) == "Ana Silva"
    assert domain.salutation(ana_silva(given_name=" Ana \n Maria ")) == "Ana Maria Silva"
    assert domain.salutation(ana_silva(kind="company", name="Sol Lda")) == "Sol Lda"
    assert domain.salutation(ana_silva(given_name=None, family_name=None)) is None
    for hostile in ("Win at https://evil.example", "Ana\x07", "<b>Ana</b>", "www.evil.example", "A" * 100):
        assert domain.salutation(ana_silva(given_name=hostile)) is None


@pytest.mark.parametrize("language", domain.LANGUAGES)
@pytest.mark.parametrize(("name", "total", "rooms"), [("Ana", 30000, 1), (None, 0, 2)])
def test_every_template_can_be_written_in_every_language(
    language: str, name: str | None, total: int, rooms: int
) -> None:
    facts = stay(uuid4(), eur(total), nights=rooms)
    words = domain.words(facts, ana_silva(given_name=name, family_name=name), "Lisboa City", language)
    letter = letters.email(domain.CONFIRMATION, language, words)
    assert letter.subject
    assert "\n" not in letter.subject
    assert "Lisboa City" in letter.text
    assert f'lang="{language}"' in (letter.html or "")
    assert ("300" in letter.text) == (total > 0)
    assert 40 < len(letters.sms(domain.CONFIRMATION, language, words).text) < 160


def test_names_are_escaped_in_html() -> None:
    words = domain.words(stay(uuid4(), eur(1)), ana_silva(), "Dogs & <b>Cats</b>", "en")
    html = letters.email(domain.CONFIRMATION, "en", words).html or ""
    assert "Dogs &amp; &lt;b&gt;Cats&lt;/b&gt;" in html


def test_money_is_written_with_the_places_of_its_currency() -> None:
    yen = stay(uuid4(), Money(amount_minor=30000, currency="JPY"))
    assert domain.words(yen, ana_silva(), "x", "en")["total"] == "¥30,000"
    assert domain.words(stay(uuid4(), eur(12950)), ana_silva(), "x", "de")["total"] == "129,50\xa0€"


def test_a_stay_is_over_on_the_day_after_its_departure() -> None:
    facts = stay(uuid4(), eur(1), arrival=date(2026, 5, 1), nights=2)
    assert not domain.is_over(facts, date(2026, 5, 3))
    assert domain.is_over(facts, date(2026, 5, 4))


def test_each_attempt_waits_longer_and_the_last_one_is_the_last() -> None:
    tried = [domain.tried_again(uuid4(), n, "twilio-500") for n in range(1, len(domain.PAUSES) + 2)]
    assert [o.pause for o in tried[:-1]] == sorted(domain.PAUSES)
    assert {o.state for o in tried[:-1]} == {"waiting"}
    assert (tried[-1].state, tried[-1].why) == ("failed", "gave-up: twilio-500")


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"text": "  "}, "/text"),
        ({"text": "x" * 1601, "channel": "sms"}, "/text"),
        ({"text": "a\x00b"}, "/text"),
        ({"subject": None}, "/subject"),
        ({"subject": "Hello\nBcc: everybody@example.com"}, "/subject"),
    ],
)
def test_what_could_not_be_sent_is_refused(fields: dict[str, str], pointer: str) -> None:
    words = {"channel": "email", "subject": "Hello", "text": "Hello"}
    with pytest.raises(NotAMessage) as refused:
        domain.check(SendMessage(profile_id=uuid4(), **{**words, **fields}))
    assert [e.pointer for e in refused.value.errors] == [pointer]
