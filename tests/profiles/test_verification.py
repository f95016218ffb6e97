"""Codes for addresses; on the real PostgreSQL."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from services.contracts.profiles import (
    AlreadyVerified,
    ChangeProfile,
    ConfirmVerification,
    CreateProfile,
    Email,
    KeepCode,
    NoSuchProfile,
    NoSuchVerification,
    NotACode,
    NotVerifiable,
    Phone,
    Profile,
    TooManyCodes,
)
from services.kit.commands import Command
from services.kit.sealing import NoSealingKey
from services.profiles.domain.verification import TRIES, covered, read_code, refuse_too_many
from tests.profiles.codes import ANOTHER, CODE, confirm, is_over, lines, run, sent, start, verify
from tests.profiles.conftest import Register
from tests.profiles.people import ANAS_MAIL, ANAS_PHONE, ANAS_RELAY, ana_as_entered

pytestmark = pytest.mark.usefixtures("sealing_keys")
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


# ── an address ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_code_that_is_said_back_verifies_the_address_and_its_guest(register: Register, ana: Profile):
    made = start(register, ana.id)
    assert (made.channel, made.to, made.profile_id) == ("email", "a•••@sapo.pt", ana.id)
    kept = register.service.keep_code(KeepCode(verification_id=made.id, code=CODE))
    assert (kept.to, kept.channel, kept.expires_at) == (ANAS_MAIL, "email", made.expires_at)
    tried = confirm(register, made.id)
    assert (tried.confirmed, tried.verified and tried.verified.how) == (True, "code")
    after = register.reads(ana.id)
    assert (after.emails[0].verified, after.phones[0].verified) == (True, False)
    assert after.verified == tried.verified
    assert after.version == ana.version + 1


def test_when_an_address_was_verified_stands_with_it(register: Register, ana: Profile):
    confirm(register, sent(register, ana.id))
    assert register.reads(ana.id).emails[0].verified_at is not None


def test_a_telephone_number_is_verified_by_a_text_message(register: Register, ana: Profile):
    made = start(register, ana.id, "912 345 678", country="PT")
    assert (made.channel, made.to) == ("sms", "+351•••678")
    register.service.keep_code(KeepCode(verification_id=made.id, code=CODE))
    confirm(register, made.id, "042-137")
    assert register.reads(ana.id).phones[0].verified


def test_an_address_may_be_named_by_its_id(register: Register, ana: Profile):
    contact_id = register.reads(ana.id).phones[0].id
    assert start(register, ana.id, None, contact_id=contact_id).channel == "sms"


def test_what_is_verified_is_announced_for_whoever_matches_guests(register: Register, ana: Profile):
    confirm(register, sent(register, ana.id))
    version = {"profile_id": str(ana.id), "version": ana.version + 1}
    assert register.announced("contacts.changed.v1") == [version]
    assert register.announced("profile.changed.v1") == [version]


def test_a_code_is_in_no_event_and_no_table(register: Register, ana: Profile):
    made = start(register, ana.id)
    register.service.keep_code(KeepCode(verification_id=made.id, code=CODE))
    tables = ("verifications", "commands", "outbox", "timeline", "inbox")
    everything = [str(row[0]) for table in tables for row in run(register, f"SELECT t::text FROM {table} t")]
    assert everything
    assert not any(CODE in row for row in everything)
    assert not any(ANAS_MAIL in str(event) for event in register.everything_announced())


def test_who_knows_a_commands_digest_cannot_find_its_code():
    mine, another = (KeepCode(verification_id=UUID(int=1), code=code) for code in (CODE, ANOTHER))
    assert Command.of("keep_code", uuid4(), mine).digest == Command.of("keep_code", uuid4(), another).digest


def test_the_time_line_says_what_was_done_and_not_with_which_address(register: Register, ana: Profile):
    confirm(register, sent(register, ana.id))
    assert lines(register, ana.id) == ["verification.started", "contact.verified", "guest.verified"]
    assert not any(ANAS_MAIL in str(row) for row in run(register, "SELECT t::text FROM timeline t"))


def test_a_code_is_used_once(register: Register, ana: Profile):
    verification_id = sent(register, ana.id)
    confirm(register, verification_id)
    assert is_over(register, verification_id)
    assert register.reads(ana.id).version == ana.version + 1


def test_confirmed_by_many_at_once_it_has_one_effect(register: Register, ana: Profile):
    verification_id = sent(register, ana.id)
    with ThreadPoolExecutor(8) as pool:
        over = list(pool.map(lambda _: is_over(register, verification_id), range(8)))
    assert Counter(over) == {False: 1, True: 7}
    assert lines(register, ana.id).count("contact.verified") == 1
    assert register.reads(ana.id).version == ana.version + 1


def test_a_command_that_is_sent_again_is_answered_as_before(register: Register, ana: Profile):
    said = ConfirmVerification(verification_id=sent(register, ana.id), code=CODE)
    command_id = uuid4()
    first = register.service.confirm_verification(said, command_id=command_id)
    assert register.service.confirm_verification(said, command_id=command_id) == first


def test_a_wrong_code_is_counted_and_the_fifth_is_the_last(register: Register, ana: Profile):
    verification_id = sent(register, ana.id)
    left = [confirm(register, verification_id, ANOTHER).tries_left for _ in range(TRIES)]
    assert left == [4, 3, 2, 1, 0]
    assert is_over(register, verification_id)
    assert not register.reads(ana.id).emails[0].verified


def test_of_many_wrong_ones_at_once_no_more_than_five_are_taken(register: Register, ana: Profile):
    verification_id = sent(register, ana.id)
    with ThreadPoolExecutor(8) as pool:
        over = list(pool.map(lambda n: is_over(register, verification_id, f"10000{n}"), range(8)))
    assert over.count(False) == TRIES


def test_too_old_used_and_unknown_ones_have_one_answer(register: Register, ana: Profile):
    old = sent(register, ana.id)
    run(register, "UPDATE verifications SET expires_at = now()")
    said = []
    for verification_id in (old, uuid4()):
        with pytest.raises(NoSuchVerification) as fault:
            confirm(register, verification_id)
        said.append(fault.value.to_wire())
    assert said[0] == said[1]


def test_a_code_that_was_not_sent_yet_confirms_nothing(register: Register, ana: Profile):
    assert is_over(register, start(register, ana.id).id)


def test_a_second_code_takes_the_place_of_the_first(register: Register, ana: Profile):
    first = sent(register, ana.id, code=CODE)
    second = sent(register, ana.id, code=ANOTHER)
    assert is_over(register, first, CODE)
    assert confirm(register, second, ANOTHER).confirmed


def test_codes_for_two_addresses_of_a_guest_stand_beside_each_other(register: Register, ana: Profile):
    mail, phone = sent(register, ana.id), sent(register, ana.id, ANAS_PHONE, ANOTHER)
    assert confirm(register, mail).confirmed
    assert confirm(register, phone, ANOTHER).confirmed


def test_a_code_sent_again_replaces_the_one_before(register: Register, ana: Profile):
    verification_id = sent(register, ana.id, code=CODE)
    register.service.keep_code(KeepCode(verification_id=verification_id, code=ANOTHER))
    assert not confirm(register, verification_id, CODE).confirmed
    assert confirm(register, verification_id, ANOTHER).confirmed


def test_a_code_for_what_is_over_is_not_kept(register: Register, ana: Profile):
    verification_id = sent(register, ana.id)
    confirm(register, verification_id)
    with pytest.raises(NoSuchVerification):
        register.service.keep_code(KeepCode(verification_id=verification_id, code=CODE))


def test_an_address_that_was_taken_off_meanwhile_is_not_verified(register: Register, ana: Profile):
    verification_id = sent(register, ana.id)
    now = register.reads(ana.id)
    said = ChangeProfile(profile_id=ana.id, version=now.version, emails=(Email(address="other@example.org"),))
    register.service.change_profile(said)
    assert is_over(register, verification_id)
    assert not register.reads(ana.id).emails[0].verified


def test_an_address_that_another_profile_has_too_is_verified(register: Register, ana: Profile):
    twin = register.service.create_profile(
        CreateProfile(given_name="Ludovico", family_name="Zanetti", emails=(Email(address=ANAS_MAIL),))
    )
    confirm(register, sent(register, ana.id))
    assert register.reads(ana.id).emails[0].verified
    assert not register.reads(twin.id).emails[0].verified


# ── what is refused ──────────────────────────────────────────────────────────────────────────────────────────────────


def refused(register: Register, who: UUID, address: str | None, **more) -> list[str]:
    with pytest.raises(NotVerifiable) as fault:
        start(register, who, address, **more)
    return [each.pointer for each in fault.value.errors]


@pytest.mark.parametrize(
    ("address", "why"),
    [(ANAS_RELAY, "relay"), ("desk@makemytrip.com", "agency"), ("none@none.com", "placeholder")],
)
def test_an_address_that_is_nobodys_own_is_refused_and_says_why(register: Register, address, why):
    who = register.service.create_profile(ana_as_entered(emails=(Email(address=address),)))
    with pytest.raises(NotVerifiable) as fault:
        start(register, who.id, address)
    assert ([each.pointer for each in fault.value.errors], fault.value.facts) == (["/address"], {"why_not": why})


def test_an_address_that_was_theirs_once_is_refused(register: Register):
    once = Email(address=ANAS_MAIL, valid_to=date(2020, 1, 1))
    who = register.service.create_profile(ana_as_entered(emails=(once,)))
    assert refused(register, who.id, ANAS_MAIL) == ["/address"]


@pytest.mark.parametrize(
    "address", ["bruno@example.org", "ana", "@", "+351", "+351 961 111 112", "a" * 250 + "@b.co", "\x00@x.de"]
)
def test_an_address_that_is_not_on_the_profile_or_none_is_refused(register: Register, ana: Profile, address):
    assert refused(register, ana.id, address) == ["/address"]


def test_an_unknown_id_of_an_address_is_refused(register: Register, ana: Profile):
    assert refused(register, ana.id, None, contact_id=uuid4()) == ["/contact_id"]
    assert refused(register, ana.id, None) == ["/address"]
    assert refused(register, ana.id, ANAS_MAIL, contact_id=uuid4()) == ["/address"]


def test_nobody_is_asked_to_verify_again(register: Register, ana: Profile):
    confirm(register, sent(register, ana.id))
    with pytest.raises(AlreadyVerified):
        start(register, ana.id)


def test_a_profile_that_is_not_there_is_refused_and_a_retired_one_is_its_survivor(register: Register, ana: Profile):
    with pytest.raises(NoSuchProfile):
        start(register, uuid4())
    old = register.service.create_profile(CreateProfile(given_name="Ludovico", family_name="Zanetti"))
    run(register, "UPDATE profiles SET merged_into = :b WHERE id = :a", a=old.id, b=ana.id)
    assert start(register, old.id).profile_id == ana.id
    assert verify(register, old.id).profile_id == ana.id


@pytest.mark.parametrize(
    "code", ["", "1", "12345", "1234567", "12345a", "١٢٣٤٥٦", "１２３４５６", "12 34 567", "0x1234", "1" * 10_000]
)  # noqa: RUF001
def test_what_is_no_code_costs_no_try(register: Register, ana: Profile, code):
    verification_id = sent(register, ana.id)
    with pytest.raises(NotACode):
        confirm(register, verification_id, code)
    assert confirm(register, verification_id, ANOTHER).tries_left == TRIES - 1


def test_without_keys_no_code_is_sent(register: Register, ana: Profile, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("FOYER_SEALING_KEYS")
    with pytest.raises(NoSealingKey):
        start(register, ana.id)
    assert register.announced("code.wanted.v1") == []


def test_three_in_an_hour_go_to_an_address_whoever_has_it(register: Register, ana: Profile):
    twin = register.service.create_profile(
        CreateProfile(given_name="Ludovico", family_name="Zanetti", emails=(Email(address=ANAS_MAIL),))
    )
    for who in (ana.id, twin.id, ana.id):
        start(register, who)
    with pytest.raises(TooManyCodes) as fault:
        start(register, twin.id)
    assert 3500 < int(fault.value.facts["retry_after"]) <= 3600
    start(register, ana.id, ANAS_PHONE)
    run(register, "UPDATE verifications SET wanted_at = wanted_at - interval '1 hour'")
    start(register, twin.id)


def test_ten_in_a_day_go_to_a_profile(register: Register):
    phones = tuple(Phone(number=f"+35191234567{n}") for n in range(4))
    who = register.service.create_profile(ana_as_entered(phones=phones)).id
    for n in range(10):
        start(register, who, phones[n % 4].number)
    with pytest.raises(TooManyCodes) as fault:
        start(register, who)
    assert int(fault.value.facts["retry_after"]) > 86_000


def test_of_many_who_want_one_at_once_three_get_it(register: Register, ana: Profile):
    def ask(_: int) -> bool:
        try:
            start(register, ana.id)
        except TooManyCodes:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(ask, range(8))).count(True) == 3


def test_codes_are_forgotten_once_no_limit_counts_them(register: Register, ana: Profile):
    start(register, ana.id)
    register.service.forget_codes()
    assert register.count("verifications") == 1
    run(register, "UPDATE verifications SET wanted_at = now() - interval '26 hours'")
    register.service.forget_codes()
    assert register.count("verifications") == 0


@pytest.mark.parametrize(
    ("third", "tenth", "wait"),
    [
        (None, None, None),
        (NOON - timedelta(minutes=59), None, 60),
        (NOON - timedelta(hours=1), None, None),
        (None, NOON - timedelta(hours=23, minutes=59, seconds=59.5), 1),
        (NOON, NOON, 86_400),
    ],
)
def test_how_long_to_wait_is_said(third, tenth, wait):
    said = None
    try:
        refuse_too_many(third, tenth, NOON)
    except TooManyCodes as refusal:
        said = int(refusal.facts["retry_after"])
    assert said == wait


def test_an_address_is_covered_but_for_what_its_owner_knows():
    assert covered("ana.silva@sapo.pt") == "a•••@sapo.pt"
    assert covered("+351912345678") == "+351•••678"


def test_codes_may_be_written_with_gaps():
    assert {read_code(said) for said in ("042137", "042 137", " 042-137\n")} == {"042137"}
