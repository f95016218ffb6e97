"""Verified guests: by a code, by a document or by staff, and taken back; on the real PostgreSQL."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from services.contracts.profiles import (
    CreateProfile,
    Email,
    NotVerifiable,
    NotVerified,
    Profile,
    ReadVerification,
    UnverifyGuest,
    WhoIsVerified,
)
from services.kit.context import Context
from services.kit.refusal import Invalid
from services.profiles.domain import verification as domain
from services.profiles.store import verification as store
from tests.profiles.codes import confirm, lines, sent, verify
from tests.profiles.conftest import Register

pytestmark = pytest.mark.usefixtures("sealing_keys")


def unverify(register: Register, who: UUID, reason: str = "The passport was somebody else's."):
    return register.service.unverify_guest(UnverifyGuest(profile_id=who, reason=reason))


def test_a_guest_is_verified_by_a_document_that_was_seen_and_stays_so(register: Register, ana: Profile):
    first = verify(register, ana.id)
    assert first.verified
    assert first.verified.how == "document"
    assert verify(register, ana.id, "staff") == first
    assert register.reads(ana.id).verified == first.verified
    assert register.reads(ana.id).version == ana.version + 1
    assert lines(register, ana.id) == ["guest.verified"]


def test_who_is_verified_can_be_asked_of_many(register: Register, ana: Profile):
    other = register.service.create_profile(CreateProfile(given_name="Ludovico", family_name="Zanetti"))
    verify(register, ana.id)
    asked = WhoIsVerified(profile_ids=(other.id, ana.id, uuid4()))
    assert register.service.who_is_verified(asked).profile_ids == (ana.id,)
    with pytest.raises(Invalid):
        register.service.who_is_verified(replace(asked, profile_ids=(ana.id,) * 501))


def test_a_company_is_no_guest(register: Register):
    acme = register.service.create_profile(
        CreateProfile(kind="company", name="ACME", emails=(Email(address="o@acme.pt"),))
    )
    with pytest.raises(NotVerifiable):
        verify(register, acme.id)
    assert confirm(register, sent(register, acme.id, "o@acme.pt")).verified is None
    assert register.reads(acme.id).emails[0].verified


def test_what_is_taken_back_leaves_a_pinned_warning_and_its_history(register: Register, ana: Profile):
    verify(register, ana.id)
    after = unverify(register, ana.id)
    assert after.verified is None
    assert [(each.how, each.reason) for each in after.history] == [("document", "The passport was somebody else's.")]
    now = register.reads(ana.id)
    assert now.verified is None
    assert [(note.text, note.pinned) for note in now.notes] == [("The passport was somebody else's.", True)]
    assert lines(register, ana.id) == ["guest.verified", "guest.unverified"]
    assert register.service.read_verification(ReadVerification(profile_id=ana.id)) == after


def test_what_staff_took_back_a_code_does_not_bring_again_but_staff_does(register: Register, ana: Profile):
    verify(register, ana.id)
    unverify(register, ana.id)
    assert confirm(register, sent(register, ana.id)).verified is None
    assert register.reads(ana.id).emails[0].verified
    assert verify(register, ana.id).verified
    assert len(register.service.read_verification(ReadVerification(profile_id=ana.id)).history) == 2


def test_what_is_not_verified_cannot_be_taken_back(register: Register, ana: Profile):
    with pytest.raises(NotVerified):
        unverify(register, ana.id)
    assert register.reads(ana.id).notes == ()


@pytest.mark.parametrize("reason", ["", "   ", "a" * 501, "\x07", "so\u202eevil"])
def test_it_is_taken_back_for_a_reason(register: Register, ana: Profile, reason):
    verify(register, ana.id)
    with pytest.raises(NotVerifiable) as fault:
        unverify(register, ana.id, reason)
    assert [each.pointer for each in fault.value.errors] == ["/reason"]
    assert register.reads(ana.id).verified


def test_verified_by_several_at_once_it_is_once(register: Register, ana: Profile):
    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(lambda _: verify(register, ana.id), range(6)))
    assert len({each.verified for each in found}) == 1
    assert register.count("guest_verifications") == 1


def test_six_digits_five_tries_and_three_codes_are_what_was_promised():
    assert (domain.TRIES, domain.PER_ADDRESS, domain.PER_PROFILE) == (5, 3, 10)
    assert timedelta(minutes=15) == domain.GOOD_FOR


# ── a profile that is merged into another ────────────────────────────────────────────────────────────────────────────


def test_a_guest_who_turns_out_to_be_somebody_known_stays_verified(register: Register, ana: Profile):
    known = register.service.create_profile(CreateProfile(given_name="Ludovico", family_name="Zanetti"))
    at = verify(register, ana.id).verified
    register.db.writing(Context(), lambda tx: store.hand_over(tx, ana.id, known.id))
    assert (register.reads(ana.id).verified, register.reads(known.id).verified) == (None, at)


def test_what_staff_took_back_of_somebody_known_is_not_brought_by_another_card(register: Register, ana: Profile):
    known = register.service.create_profile(CreateProfile(given_name="Ludovico", family_name="Zanetti"))
    verify(register, ana.id)
    verify(register, known.id)
    unverify(register, known.id)
    register.db.writing(Context(), lambda tx: store.hand_over(tx, ana.id, known.id))
    assert register.reads(known.id).verified is None
