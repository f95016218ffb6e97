"""Who is written to about a stay: its contact person, and the guest where nobody else is named."""

from __future__ import annotations

import pytest

from services.kit.db import Database
from services.kit.refusal import Unavailable
from services.notifier.domain import LANGUAGES
from tests.notifier.makers import MOBILE, REAL, Notifier, Provider, ana_silva, told_terms

GREETINGS = {"en": "Dear", "pt": "Caro(a)", "es": "Estimado/a", "de": "Guten Tag", "fr": "Bonjour", "it": "Gentile"}


@pytest.fixture
def notifier(notifier_db: Database) -> Notifier:
    return Notifier(notifier_db)


def carla_weiss(notifier: Notifier, **more: object):
    """The secretary who books for Ana."""
    return notifier.knows(ana_silva(**{"given_name": "Carla", "family_name": "Weiss", "language": "de", **more}))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_contact_reads_of_the_guests_stay_in_their_own_language(notifier, language):
    ana, carla = notifier.knows(ana_silva()), carla_weiss(notifier, language=language)
    facts = notifier.confirmed(ana, contact_profile_id=carla.id)
    (message,) = notifier.messages()
    assert (message.profile_id, message.language, message.booking_id) == (carla.id, language, facts.booking_id)
    assert f"{GREETINGS[language]} Carla Weiss" in message.text
    for part in (message.subject, message.text, message.html):
        assert part
        assert "Ana Silva" in part


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_guest_who_is_written_to_is_not_told_of_themselves(notifier, language):
    notifier.confirmed(notifier.knows(ana_silva(language=language)))
    (message,) = notifier.messages()
    assert "Ana Silva" not in (message.subject or "")
    assert message.text.count("Ana Silva") == 1


def test_the_contact_gets_a_text_message_for_want_of_an_email_address(notifier):
    carla = carla_weiss(notifier, emails=())
    notifier.confirmed(notifier.knows(ana_silva()), contact_profile_id=carla.id)
    (message,) = notifier.messages()
    assert (message.channel, message.to) == ("sms", MOBILE.number)
    assert "der Aufenthalt von Ana Silva vom" in message.text


def test_a_contact_without_any_address_is_noted_and_the_guest_is_left_in_peace(notifier):
    carla = carla_weiss(notifier, emails=(), phones=())
    notifier.confirmed(notifier.knows(ana_silva()), contact_profile_id=carla.id)
    assert [(m.profile_id, m.state, m.why) for m in notifier.messages()] == [(carla.id, "suppressed", "no-address")]


def test_a_guest_with_a_name_that_is_none_is_not_named(notifier):
    ana = notifier.knows(ana_silva(given_name="http://evil.example"))
    notifier.confirmed(ana, contact_profile_id=carla_weiss(notifier).id)
    (message,) = notifier.messages()
    assert message.subject == "Ihr Aufenthalt im Lisboa City ist bestätigt"


# ── companies ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def acme(notifier: Notifier):
    """A company whose messages Carla reads."""
    made = ana_silva(kind="company", name="ACME, Lda.", given_name=None, family_name=None)
    notifier.contacts[made.id] = carla_weiss(notifier)
    return notifier.knows(made)


def test_the_contact_person_of_the_company_that_booked_reads_of_the_guests_stay(notifier, acme):
    notifier.confirmed(notifier.knows(ana_silva()), booker_profile_id=acme.id)
    (message,) = notifier.messages()
    assert (message.profile_id, message.language) == (notifier.contacts[acme.id].id, "de")
    assert "Ana Silva" in (message.subject or "")


def test_a_company_that_books_without_naming_a_guest_has_its_contact_person_read(notifier, acme):
    notifier.confirmed(acme, booker_profile_id=acme.id)
    (message,) = notifier.messages()
    assert message.profile_id == notifier.contacts[acme.id].id
    assert "ACME, Lda." in message.text


def test_the_contact_that_is_named_comes_before_the_companys(notifier, acme):
    ana = notifier.knows(ana_silva())
    for contact in (ana, notifier.knows(ana_silva(given_name="Dora"))):
        facts = notifier.confirmed(ana, booker_profile_id=acme.id, contact_profile_id=contact.id, contact_named=True)
        assert [m.profile_id for m in notifier.messages(booking_id=facts.booking_id)] == [contact.id]


def test_a_company_that_is_named_as_the_contact_has_its_contact_person_read(notifier, acme):
    notifier.confirmed(notifier.knows(ana_silva()), contact_profile_id=acme.id, contact_named=True)
    assert [m.profile_id for m in notifier.messages()] == [notifier.contacts[acme.id].id]


def test_a_company_that_names_nobody_leaves_it_to_the_guest(notifier, acme):
    ana = notifier.knows(ana_silva())
    notifier.contacts.clear()
    notifier.confirmed(ana, contact_profile_id=ana.id, booker_profile_id=acme.id)
    assert [m.profile_id for m in notifier.messages()] == [ana.id]


def test_somebody_who_books_for_another_leaves_it_to_the_guest(notifier):
    ana, bruno = notifier.knows(ana_silva()), notifier.knows(ana_silva(given_name="Bruno"))
    notifier.confirmed(ana, contact_profile_id=ana.id, booker_profile_id=bruno.id)
    assert [m.profile_id for m in notifier.messages()] == [ana.id]


def test_a_contact_person_without_an_address_is_noted_and_the_guest_is_left_in_peace(notifier, acme):
    notifier.contacts[acme.id] = carla_weiss(notifier, emails=(), phones=())
    notifier.confirmed(notifier.knows(ana_silva()), booker_profile_id=acme.id)
    carla = notifier.contacts[acme.id]
    assert [(m.profile_id, m.state, m.why) for m in notifier.messages()] == [(carla.id, "suppressed", "no-address")]


def test_a_guest_who_books_for_themselves_is_asked_for_once(notifier):
    ana = notifier.knows(ana_silva())
    notifier.confirmed(ana, contact_profile_id=ana.id, booker_profile_id=ana.id)
    assert len([asked for asked in notifier.asked if hasattr(asked, "profile_id")]) == 1


def test_terms_go_to_the_contact_person_of_the_company_that_booked(notifier, acme):
    ana = notifier.knows(ana_silva())
    notifier.tells_terms(told_terms(ana, booker_profile_id=acme.id))
    assert [m.profile_id for m in notifier.messages()] == [notifier.contacts[acme.id].id]


# ── terms ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_copy_of_what_was_told_is_sent_as_it_is(notifier):
    told = told_terms(notifier.knows(ana_silva()))
    notifier.tells_terms(told)
    (message,) = notifier.messages(booking_id=told.booking_id)
    assert (message.template, message.channel, message.to, message.language) == ("terms", "email", REAL.address, "de")
    assert message.subject == "Die Bedingungen Ihres Aufenthalts im Lisboa City"
    assert told.copy.strip() in message.text
    assert told.sha256 in message.text
    assert "Bis &lt;18 Uhr&gt; am Vortag." in (message.html or "")
    assert message.state == "outbox"


@pytest.mark.parametrize("language", LANGUAGES)
def test_there_is_a_letter_in_every_language(notifier, language):
    ana = notifier.knows(ana_silva())
    notifier.tells_terms(told_terms(carla_weiss(notifier), ana, language=language))
    (message,) = notifier.messages()
    assert (message.language, "Ana Silva" in (message.subject or "")) == (language, True)
    assert f"{GREETINGS[language]} Carla Weiss" in message.text


def test_terms_in_a_language_without_letters_come_in_the_readers(notifier):
    notifier.tells_terms(told_terms(notifier.knows(ana_silva()), language="fi"))
    assert [m.language for m in notifier.messages()] == ["pt"]


def test_terms_are_sent_once_for_each_proof(notifier):
    told = told_terms(notifier.knows(ana_silva()))
    notifier.tells_terms(told)
    notifier.tells_terms(told)
    notifier.tells_terms(told_terms(notifier.knows(ana_silva()), booking_id=told.booking_id, number=2))
    assert len(notifier.messages(booking_id=told.booking_id)) == 2


def test_terms_wait_for_their_sender(notifier_db):
    notifier = Notifier(notifier_db, email=Provider())
    notifier.tells_terms(told_terms(notifier.knows(ana_silva())))
    assert [m.state for m in notifier.messages()] == ["waiting"]


def test_terms_of_a_guest_without_an_address_are_noted(notifier):
    notifier.tells_terms(told_terms(notifier.knows(ana_silva(emails=()))))
    assert [(m.template, m.state, m.why) for m in notifier.messages()] == [("terms", "suppressed", "no-address")]


def test_terms_told_before_it_is_known_who_is_there_are_sent_later(notifier):
    told = told_terms(notifier.knows(ana_silva()), contact_profile_id=None, guest_profile_id=None)
    with pytest.raises(Unavailable):
        notifier.tells_terms(told)
    assert notifier.messages() == ()
