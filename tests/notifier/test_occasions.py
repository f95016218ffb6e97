"""What the contact person of a group or a function is written, whom that is, and how often."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from services.contracts.bookings import Contact
from services.contracts.profiles import Profile
from services.kit.db import Database
from services.notifier.domain import LANGUAGES
from tests.notifier.makers import REAL, Notifier, Provider, ana_silva
from tests.notifier.occasions import NOON, Told, dinner, wedding

CHANGED = ("arrival", "nights")


@pytest.fixture
def notifier(notifier_db: Database) -> Notifier:
    return Notifier(notifier_db)


@pytest.fixture
def ana(notifier: Notifier) -> Profile:
    return notifier.knows(ana_silva(language="en"))


def of(profile: Profile, **more: object) -> Contact:
    return Contact(profile_id=profile.id, given_name=profile.given_name, family_name=profile.family_name, **more)  # type: ignore[arg-type]


def templates(notifier: Notifier) -> list[str]:
    return [message.template for message in reversed(notifier.messages())]


def test_the_contact_of_a_group_is_told_that_it_is_booked(notifier: Notifier, ana: Profile) -> None:
    Told(notifier, wedding(of(ana))).hears()
    (message,) = notifier.messages(group="WED-SILVA")
    assert (message.profile_id, message.to, message.template) == (ana.id, REAL.address, "group_confirmation")
    assert (message.channel, message.purpose, message.state, message.booking_id) == ("email", "stay", "outbox", None)
    assert message.subject == "Your group “Wedding Silva” at Lisboa City is confirmed"
    for part in (message.text, message.html):
        assert part
        assert "Dear Ana Silva," in part
        assert "€2,700.00" in part


def test_the_contact_of_a_function_is_told_by_the_clock_of_the_house(notifier: Notifier, ana: Profile) -> None:
    told = Told(notifier, dinner(of(ana, language="de")))
    told.hears()
    (message,) = notifier.messages(function_id=told.id)
    assert (message.template, message.language, message.group) == ("function_confirmation", "de", None)
    begins = NOON.astimezone(ZoneInfo("Europe/Lisbon"))
    assert f"Uhrzeit: {begins:%H:%M}–{begins + timedelta(hours=4):%H:%M}" in message.text
    assert f"Hall ({begins - timedelta(hours=2):%H:%M}–" in message.text
    assert "Erwartete Gäste: 80" in message.text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", [wedding, dinner])
def test_each_letter_is_written_in_every_language(notifier: Notifier, language: str, kind) -> None:
    told = Told(notifier, kind(Contact(given_name="Carla", email="carla@example.org", language=language)))
    told.hears()
    told.found = replace(told.found, version=2)
    told.hears(changed=("name",))
    told.found = replace(told.found, version=3, state="cancelled")
    told.hears()
    found = notifier.messages()
    assert {message.language for message in found} == {language}
    assert len({message.subject for message in found}) == len({message.text for message in found}) == 3
    assert all("Carla" in (message.html or "") for message in found)


def test_a_contact_without_a_profile_is_written_to_at_the_address_that_was_said(notifier: Notifier) -> None:
    Told(notifier, wedding(Contact(given_name="Carla", family_name="Weiss", email="carla@example.org"))).hears()
    (message,) = notifier.messages()
    assert (message.profile_id, message.to, message.group) == (None, "carla@example.org", "WED-SILVA")


def test_an_address_that_was_said_comes_before_the_profiles(notifier: Notifier, ana: Profile) -> None:
    Told(notifier, wedding(of(ana, email="wedding@example.org"))).hears()
    assert [(m.profile_id, m.to) for m in notifier.messages()] == [(ana.id, "wedding@example.org")]


def test_in_a_companys_place_its_contact_person_reads(notifier: Notifier, ana: Profile) -> None:
    acme = notifier.knows(ana_silva(kind="company", name="ACME", given_name=None, family_name=None))
    notifier.contacts[acme.id] = ana
    Told(notifier, dinner(Contact(profile_id=acme.id, company="ACME"))).hears()
    (message,) = notifier.messages()
    assert (message.profile_id, "Dear Ana Silva," in message.text) == (ana.id, True)


def test_a_company_that_has_named_nobody_reads_itself(notifier: Notifier) -> None:
    acme = notifier.knows(ana_silva(kind="company", name="ACME", given_name=None, family_name=None, language="en"))
    Told(notifier, dinner(Contact(profile_id=acme.id, company="ACME"))).hears()
    (message,) = notifier.messages()
    assert (message.profile_id, "Dear ACME," in message.text) == (acme.id, True)


def test_a_contact_without_an_address_is_noted(notifier: Notifier) -> None:
    Told(notifier, wedding(Contact(given_name="Carla", phone="+351912345678"))).hears()
    assert [(m.state, m.why) for m in notifier.messages()] == [("suppressed", "no-address")]


def test_a_contact_whose_profile_is_gone_is_noted(notifier: Notifier) -> None:
    Told(notifier, wedding(Contact(profile_id=uuid4()))).hears()
    assert [(m.state, m.why) for m in notifier.messages()] == [("suppressed", "no-address")]


def test_what_names_no_contact_is_noted(notifier: Notifier) -> None:
    Told(notifier, wedding(None)).hears()
    assert [(m.state, m.why) for m in notifier.messages()] == [("suppressed", "no-contact")]


def test_each_is_told_once_however_often_it_is_heard(notifier: Notifier, ana: Profile) -> None:
    told = Told(notifier, wedding(of(ana)))
    told.hears()
    told.hears()
    told.found = replace(told.found, version=2)
    told.hears(changed=CHANGED)
    told.hears(changed=CHANGED)
    assert templates(notifier) == ["group_confirmation", "group_change"]


def test_what_is_heard_at_once_in_several_places_is_told_once(notifier: Notifier, ana: Profile) -> None:
    told = Told(notifier, dinner(of(ana)))
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: told.hears(), range(8)))
    assert templates(notifier) == ["function_confirmation"]


def test_changes_that_follow_one_another_are_told_as_they_are_in_the_end(notifier: Notifier, ana: Profile) -> None:
    told = Told(notifier, wedding(of(ana), version=3))
    told.hears(version=3, changed=CHANGED)
    told.hears(version=2, changed=CHANGED)
    assert templates(notifier) == ["group_change"]


@pytest.mark.parametrize(
    ("kind", "changed"), [(wedding, ("may_exceed", "rate")), (wedding, ("state",)), (dinner, ("notes", "kind"))]
)
def test_what_is_in_no_letter_is_not_told(notifier: Notifier, ana: Profile, kind, changed: tuple[str, ...]) -> None:
    Told(notifier, kind(of(ana), version=2)).hears(changed=changed)
    assert notifier.messages() == ()


def test_a_cancellation_is_told_once_though_a_large_group_ends_in_two_steps(notifier: Notifier, ana: Profile) -> None:
    told = Told(notifier, wedding(of(ana), version=2, state="cancelled"))
    told.hears(state="cancelling", changed=("state",))
    told.found = replace(told.found, version=3)
    told.hears(state="cancelled", changed=("state",))
    assert templates(notifier) == ["group_cancellation"]


def test_of_what_is_cancelled_meanwhile_nothing_else_is_told(notifier: Notifier, ana: Profile) -> None:
    told = Told(notifier, dinner(of(ana), version=2, state="cancelled"))
    told.hears(version=1, state="booked")
    assert notifier.messages() == ()


def test_functions_of_one_group_are_told_each(notifier: Notifier, ana: Profile) -> None:
    Told(notifier, dinner(of(ana))).hears()
    Told(notifier, dinner(of(ana), name="Silva lunch")).hears()
    assert templates(notifier) == ["function_confirmation"] * 2


def test_what_is_over_is_told_to_nobody(notifier: Notifier, ana: Profile) -> None:
    long_ago = datetime(2016, 7, 1, tzinfo=UTC)
    Told(notifier, dinner(of(ana), starts_at=long_ago, ends_at=long_ago + timedelta(hours=1))).hears()
    Told(notifier, wedding(of(ana), arrival=long_ago.date(), departure=long_ago.date() + timedelta(days=1))).hears()
    assert [(m.state, m.why, m.to) for m in notifier.messages()] == [("suppressed", "is-over", "")] * 2


def test_a_name_that_is_markup_stays_a_name(notifier: Notifier, ana: Profile) -> None:
    Told(notifier, wedding(of(ana), name="<b>Silva</b>")).hears()
    (message,) = notifier.messages()
    assert "&lt;b&gt;Silva&lt;/b&gt;" in (message.html or "")


def test_messages_to_nobodys_profile_wait_for_their_sender_and_are_sent(notifier_db: Database) -> None:
    provider = Provider()
    notifier = Notifier(notifier_db, email=provider)
    Told(notifier, wedding(Contact(given_name="Carla", email="carla@example.org"))).hears()
    notifier.service.send_waiting()
    assert [message.to for message in provider.taken] == ["carla@example.org"]
    assert [message.state for message in notifier.messages()] == ["sent"]
