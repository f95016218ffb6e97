"""Numbers of documents: sealed in the tables, shown masked, and in the clear to whoever noted that they look."""

from __future__ import annotations

import uuid
from dataclasses import replace

import pytest

from services.contracts.bookings.registers import LookAtDocument, NoSuchLook, NoteLook
from services.contracts.bookings.registration import (
    IdentityDocument,
    NotARegistration,
    Particulars,
)
from services.kit import sealing
from services.kit.context import Context, current
from services.kit.sealing import NoSealingKey
from tests.bookings.registers.makers import KEYS, Reception, john, lucia


def test_the_numbers_of_a_document_are_shown_masked(spain: Reception) -> None:
    opened = spain.has_guests(lucia())
    document = spain.registrations(opened.id)[0].person.document
    assert document is not None
    assert (document.number, document.support_number) == ("••••678Z", "••••3456")


def test_nothing_of_the_number_is_in_the_database(spain: Reception) -> None:
    spain.has_guests(lucia())
    stored = spain.rows("SELECT to_jsonb(r)::text || encode(r.sealed, 'escape') FROM registrations r")
    kept = spain.rows("SELECT body::text FROM outbox UNION ALL SELECT reply::text FROM commands")
    assert stored
    for (text,) in (*stored, *kept):
        assert "12345678Z" not in text
        assert "ABC123456" not in text


def test_a_number_sent_back_masked_stays_as_it_was(spain: Reception) -> None:
    opened = spain.has_guests(lucia())
    document = spain.registrations(opened.id)[0].person.document
    assert document is not None
    spain.registers(opened.id, 0, Particulars(document=replace(document, issuing_place="Madrid")), version=1)
    assert spain.document(opened.id) == replace(lucia().document or IdentityDocument(), issuing_place="Madrid")


def test_another_mask_is_no_number(spain: Reception) -> None:
    opened = spain.has_guests(lucia())
    with pytest.raises(NotARegistration) as refused:
        spain.registers(opened.id, 0, Particulars(document=IdentityDocument(number="••••9999")), version=1)
    assert [problem.pointer for problem in refused.value.errors] == ["/document/number"]


def test_a_number_is_shown_only_to_who_noted_that_they_look(spain: Reception) -> None:
    opened = spain.has_guests(lucia())
    look = spain.service.note_look(NoteLook(kind="document", about=opened.id, position=0, reason="lost passport"))
    current.set(Context(actor="key:somebody-else"))
    with pytest.raises(NoSuchLook):
        spain.service.look_at_document(LookAtDocument(look_id=look.id))


def test_a_look_is_over_after_a_minute(spain: Reception) -> None:
    opened = spain.has_guests(lucia())
    look = spain.service.note_look(NoteLook(kind="document", about=opened.id, position=0))
    before = (
        "INSERT INTO register_looks SELECT '{}', kind, about, position, reason, looked_at - interval '61 s', looked_by"
    )
    old = uuid.uuid4()
    with spain.db.engine.begin() as connection:
        connection.exec_driver_sql(before.format(old) + " FROM register_looks")
    assert spain.service.look_at_document(LookAtDocument(look_id=look.id)).number
    with pytest.raises(NoSuchLook):
        spain.service.look_at_document(LookAtDocument(look_id=old))


def test_who_looked_and_why_stays(spain: Reception) -> None:
    opened = spain.has_guests(lucia())
    spain.document(opened.id)
    ((kind, about, position, reason, who),) = spain.rows(
        "SELECT kind, about, position, reason, looked_by FROM register_looks"
    )
    assert (kind, about, position, reason, who) == ("document", opened.id, 0, "police", "service:bookings")


def test_keys_rotate_and_the_old_one_can_be_taken_away(spain: Reception, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = spain.has_guests(lucia())
    new = "2027:another-secret-of-thirty-two-characters"
    monkeypatch.setenv("FOYER_SEALING_KEYS", f"{new},{KEYS}")
    spain.service.seal_registrations_again()
    monkeypatch.setenv("FOYER_SEALING_KEYS", new)
    assert spain.document(opened.id).number == "12345678Z"
    assert sealing.sealer().key_id == "2027"


def test_a_sealed_number_does_not_open_in_anothers_place(spain: Reception) -> None:
    opened = spain.has_guests(lucia(), john())
    with spain.db.engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE registrations SET sealed = (SELECT sealed FROM registrations WHERE position = 0) WHERE position = 1"
        )
    with pytest.raises(NoSealingKey):
        spain.document(opened.id, 1)


def test_a_process_without_keys_seals_nothing_again(spain: Reception, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOYER_SEALING_KEYS", "")
    spain.service.seal_registrations_again()
