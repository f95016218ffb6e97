"""Terms of stays: written in versions, told once, proven for ever."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest

from services.bookings.domain.terms import chosen, language_of, language_tag
from services.contracts.bookings import (
    Booking,
    BookingConfirmed,
    CancelBooking,
    NoSuchBooking,
    NoSuchProperty,
    NoTerms,
    NotTerms,
    Person,
    PropertyTerms,
    ReadTerms,
    ReadToldTerms,
    SetTermsTelling,
    StateForbids,
    TellTerms,
    Terms,
    TermsTold,
    ToldTerms,
    WriteTerms,
)
from services.kit.context import Context, current
from tests.bookings.makers import ANA, BRUNO, Desk, notice
from tests.databases import Databases

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
CANCELLATION = "Free until two days before arrival, one night after that."
CANCELAMENTO = "Gratuito até dois dias antes da chegada, depois uma noite."


def writes(desk: Desk, language: str = "en", kind: Any = "cancellation", **said: Any) -> Terms:
    words = said or {"title": "Cancellation", "text": CANCELLATION}
    return desk.service.write_terms(WriteTerms(property="LIS-CITY", language=language, kind=kind, **words))


def reads(desk: Desk, **more: Any) -> PropertyTerms:
    return desk.service.read_terms(ReadTerms(property="LIS-CITY", **more))


def tells(desk: Desk, booking: Booking, how: Any = "desk", language: str | None = None) -> ToldTerms:
    return desk.service.tell_terms(TellTerms(booking_id=booking.id, how=how, language=language))


def told(desk: Desk, booking: Booking, **more: Any) -> tuple[ToldTerms, ...]:
    return desk.service.read_told_terms(ReadToldTerms(booking_id=booking.id, **more)).items


def automatic(desk: Desk, when: Any, language: str = "pt") -> None:
    desk.service.set_terms_telling(SetTermsTelling(property="LIS-CITY", language=language, automatic=when))


def hears_its_confirmation(desk: Desk) -> None:
    """The service hears its own events."""
    for event in desk.announced():
        if isinstance(event, BookingConfirmed):
            desk.service.route_confirmed(event)


# ── writing ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_each_change_of_terms_is_a_new_version_and_old_ones_stay(desk):
    writes(desk)
    writes(desk, title="Cancellation", text="Never.")
    assert [(t.version, t.text) for t in reads(desk).items] == [(2, "Never.")]
    assert [t.text for t in reads(desk, language="en", history=True).items] == [CANCELLATION, "Never."]


def test_the_same_terms_again_are_the_same_version(desk):
    first = writes(desk)
    assert writes(desk, title=" Cancellation ", text=CANCELLATION + "\r\n") == first
    assert len(reads(desk, history=True).items) == 1


def test_terms_of_before_may_come_back_as_a_new_version(desk):
    writes(desk)
    writes(desk, title="Cancellation", text="Never.")
    assert writes(desk).version == 3


def test_terms_stand_by_language_and_kind(desk):
    writes(desk, "EN")
    writes(desk, "pt_br", "house-rules", title="Regras", text="Silêncio.")
    assert [(t.language, t.kind, t.version) for t in reads(desk).items] == [
        ("en", "cancellation", 1),
        ("pt-BR", "house-rules", 1),
    ]


def test_withdrawn_terms_are_told_to_nobody(desk):
    writes(desk)
    withdrawn = writes(desk, title=None, text=None)
    assert (withdrawn.version, withdrawn.text) == (2, None)
    with pytest.raises(NoTerms):
        tells(desk, desk.opens())


def test_who_wrote_terms_and_when_is_kept(desk):
    current.set(Context(actor="staff:ines"))
    terms = writes(desk)
    assert terms.actor == "staff:ines"
    assert datetime.now(UTC) - terms.written_at < timedelta(minutes=5)


@pytest.mark.parametrize(
    ("said", "pointer"),
    [
        ({"language": "klingon"}, "/language"),
        ({"language": "xx"}, "/language"),
        ({"title": "x" * 201}, "/title"),
        ({"text": "x" * 20_001}, "/text"),
        ({"text": "a\x00b"}, "/text"),
        ({"title": "  "}, "/title"),
        ({"text": None}, "/text"),
    ],
)
def test_terms_that_cannot_be_are_refused_where_they_are_said(desk, said, pointer):
    right = {"property": "LIS-CITY", "language": "en", "kind": "penalty", "title": "Penalty", "text": "A night."}
    with pytest.raises(NotTerms) as refused:
        desk.service.write_terms(WriteTerms(**{**right, **said}))
    assert [fault.pointer for fault in refused.value.errors] == [pointer]
    assert reads(desk).items == ()


def test_terms_of_a_property_that_is_not_there_are_refused(desk):
    with pytest.raises(NoSuchProperty):
        desk.service.write_terms(WriteTerms(property="NOWHERE", language="en", kind="general", title="a", text="b"))
    with pytest.raises(NoSuchProperty):
        desk.service.read_terms(ReadTerms(property="NOWHERE"))


def test_many_who_write_at_once_each_make_a_version(desk):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: writes(desk, title="Cancellation", text=f"{n} days."), range(8)))
    assert sorted(t.version for t in reads(desk, history=True).items) == list(range(1, 9))


def test_a_property_speaks_the_language_of_its_country_until_it_says_another(desk):
    assert (reads(desk).language, reads(desk).automatic) == ("pt", "never")
    automatic(desk, "always", "en-GB")
    assert (reads(desk).language, reads(desk).automatic) == ("en-GB", "always")
    with pytest.raises(NotTerms):
        automatic(desk, "always", "??")


def test_the_table_itself_keeps_every_version(databases: Databases, desk: Desk) -> None:
    writes(desk)
    with psycopg.connect(databases.url("bookings")) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("UPDATE terms SET text = 'Never.'")


# ── which are told ───────────────────────────────────────────────────────────────────────────────────────────────────


def terms(language: str, kind: Any = "cancellation", text: str | None = "x") -> Terms:
    return Terms(kind=kind, language=language, version=1, title="t", text=text, actor="staff:ines", written_at=NOW)


@pytest.mark.parametrize(
    ("there", "wanted", "found"),
    [
        (["en", "pt"], "en", "en"),
        (["en", "pt"], "en-GB", "en"),
        (["en-US", "pt"], "en-GB", "en-US"),
        (["en-US", "en", "en-GB", "pt"], "en-GB", "en-GB"),
        (["en", "pt"], "fi", "pt"),
        (["en", "pt-BR"], "fi", "pt-BR"),
    ],
)
def test_the_nearest_language_is_taken(there, wanted, found):
    assert [each.language for each in chosen([terms(language) for language in there], wanted, "pt")] == [found]


def test_a_kind_that_is_not_there_in_the_guests_language_is_told_in_the_propertys():
    there = [terms("en"), terms("pt"), terms("pt", "house-rules"), terms("de", "penalty"), terms("en", "general", None)]
    told = chosen(there, "en", "pt")
    assert [(each.kind, each.language) for each in told] == [
        ("cancellation", "en"),
        ("house-rules", "pt"),
        ("penalty", "de"),
    ]


def test_terms_in_languages_nobody_asks_for_are_told_in_english_first():
    assert [each.language for each in chosen([terms("de"), terms("en"), terms("fr")], "fi", "pt")] == ["en"]


@pytest.mark.parametrize(
    ("said", "tag"),
    [("PT", "pt"), ("pt_br", "pt-BR"), ("zh-hant-tw", "zh-Hant-TW"), ("", None), (None, None), ("english", None)],
)
def test_a_language_is_written_in_one_way(said, tag):
    assert language_tag(said) == tag


@pytest.mark.parametrize(("country", "language"), [("PT", "pt"), ("DE", "de"), ("US", "en"), ("AQ", "en")])
def test_a_country_has_a_language(country, language):
    assert language_of(country) == language


# ── telling ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_was_told_is_proven_with_its_copy(desk):
    writes(desk)
    writes(desk, "pt", "house-rules", title="Regras", text="Silêncio a partir das 22 horas.")
    booking = desk.opens(booker=Person(profile_id=ANA, language="en-GB"))
    current.set(Context(actor="staff:ines"))
    proof = tells(desk, booking)
    assert [(t.kind, t.language, t.version, t.title) for t in proof.terms] == [
        ("cancellation", "en", 1, "Cancellation"),
        ("house-rules", "pt", 1, "Regras"),
    ]
    assert (proof.how, proof.language, proof.actor, proof.number) == ("desk", "en-GB", "staff:ines", 1)
    assert proof.sha256 == hashlib.sha256(proof.copy.encode()).hexdigest()
    assert all(words in proof.copy for words in (CANCELLATION, "Silêncio", "Lisbon City", "2026-12-01", "300.00 EUR"))
    (kept,) = told(desk, booking)
    assert (kept.id, kept.copy, kept.contact_profile_id, kept.guest_profile_id) == (proof.id, proof.copy, ANA, ANA)


def test_what_was_told_is_announced_by_its_number_alone(desk):
    writes(desk)
    booking = desk.opens()
    tells(desk, booking)
    assert desk.announced()[-1] == TermsTold(booking_id=booking.id, number=1, property_id=booking.property_id)


def test_what_was_told_before_is_the_same_proof_and_not_announced_again(desk):
    writes(desk)
    booking = desk.opens()
    first = tells(desk, booking)
    events = desk.said()
    assert (tells(desk, booking), desk.said()) == (first, events)
    assert tells(desk, booking, "phone").number == 2
    assert [each.how for each in told(desk, booking)] == ["desk", "phone"]
    assert [each.how for each in told(desk, booking, number=2)] == ["phone"]


def test_terms_that_changed_since_are_told_anew_and_the_first_proof_stays(desk):
    writes(desk)
    booking = desk.opens()
    tells(desk, booking)
    writes(desk, title="Cancellation", text="Never.")
    tells(desk, booking)
    first, second = told(desk, booking)
    assert CANCELLATION in first.copy
    assert (second.terms[0].version, "Never." in second.copy) == (2, True)


def test_many_who_tell_at_once_leave_one_proof(desk):
    writes(desk)
    booking = desk.opens()
    with ThreadPoolExecutor(8) as pool:
        numbers = set(pool.map(lambda _: tells(desk, booking).number, range(8)))
    assert (numbers, desk.said().count("TermsTold")) == ({1}, 1)


def test_the_contacts_language_is_the_one_that_counts(desk):
    writes(desk)
    writes(desk, "pt", title="Cancelamento", text=CANCELAMENTO)
    contact = Person(profile_id=BRUNO, language="en")
    booking = desk.opens(booker=Person(profile_id=ANA, language="pt"), contact=contact)
    assert tells(desk, booking).language == "en"
    assert tells(desk, booking, language="pt").copy.count(CANCELAMENTO) == 1


def test_a_language_without_terms_is_not_the_one_they_were_told_in(desk):
    writes(desk, "pt", title="Cancelamento", text=CANCELAMENTO)
    proof = tells(desk, desk.opens(booker=Person(profile_id=ANA, language="fi")))
    assert (proof.language, proof.terms[0].language) == ("pt", "pt")


def test_no_terms_no_proof(desk):
    booking = desk.opens()
    with pytest.raises(NoTerms):
        tells(desk, booking)
    with pytest.raises(NotTerms):
        tells(desk, booking, language="klingon")
    assert told(desk, booking) == ()


def test_a_booking_that_has_ended_is_told_nothing_and_keeps_its_proof(desk):
    writes(desk)
    booking = desk.opens()
    tells(desk, booking)
    desk.service.cancel_booking(CancelBooking(booking_id=booking.id))
    with pytest.raises(StateForbids):
        tells(desk, booking, "phone")
    assert len(told(desk, booking)) == 1


def test_a_booking_that_is_not_there_is_told_nothing(desk):
    with pytest.raises(NoSuchBooking):
        desk.service.tell_terms(TellTerms(booking_id=UUID(int=1), how="desk"))
    with pytest.raises(NoSuchBooking):
        desk.service.read_told_terms(ReadToldTerms(booking_id=UUID(int=1)))


# ── by themselves ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("when", "direct", "by_channel"), [("never", 0, 0), ("direct", 1, 0), ("always", 1, 1)])
def test_terms_are_told_on_confirmation_where_the_property_says_so(desk, when, direct, by_channel):
    writes(desk, "pt", title="Cancelamento", text=CANCELAMENTO)
    automatic(desk, when)
    booked, sent = desk.opens(), desk.booking(desk.receives(notice()).booking_id)
    desk.identifies(sent.id)
    hears_its_confirmation(desk)
    hears_its_confirmation(desk)
    assert (len(told(desk, booked)), len(told(desk, sent))) == (direct, by_channel)


def test_terms_told_by_themselves_go_by_email_and_say_so(desk):
    writes(desk, "pt", title="Cancelamento", text=CANCELAMENTO)
    automatic(desk, "direct")
    booking = desk.opens()
    hears_its_confirmation(desk)
    (proof,) = told(desk, booking)
    assert (proof.how, proof.actor, proof.language) == ("e-mail", "service:bookings", "pt")


def test_a_property_without_terms_confirms_nevertheless(desk):
    automatic(desk, "always")
    booking = desk.opens()
    hears_its_confirmation(desk)
    assert told(desk, booking) == ()


def test_a_booking_cancelled_meanwhile_is_told_nothing(desk):
    writes(desk, "pt", title="Cancelamento", text=CANCELAMENTO)
    automatic(desk, "always")
    booking = desk.opens()
    desk.service.cancel_booking(CancelBooking(booking_id=booking.id))
    hears_its_confirmation(desk)
    assert told(desk, booking) == ()
