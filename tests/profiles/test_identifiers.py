"""Rules about identifiers as data: what they say, who may change them, and what becomes of the register then."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa

from services.contracts.profiles import (
    AddIdentifierRule,
    ChangeIdentifierRule,
    ChangeProfile,
    CreateProfile,
    Email,
    IdentifierRule,
    IdentifierRuleExists,
    IdentifierRuleHasChanged,
    NoSuchIdentifierRule,
    NotAnIdentifierRule,
    Phone,
    ProfileHasChanged,
    ReadIdentifierRule,
    ReadIdentifierRules,
    RemoveIdentifierRule,
)
from services.kit.refusal import Invalid
from services.profiles.domain import contacts
from services.profiles.domain.contacts import SHARED_BY
from services.profiles.domain.identifiers import Rule, Rules, pattern_of, seeded
from services.profiles.domain.names import Unfit
from services.profiles.store import identifiers as store
from tests.profiles.conftest import Register
from tests.profiles.people import ANAS_MAIL, ANAS_PHONE, ana_silva

SAPO = AddIdentifierRule(kind="domain", pattern=".sapo.pt", means="agency", site="Sapo")


def rules(register: Register, **wanted) -> list[IdentifierRule]:
    return list(register.service.read_identifier_rules(ReadIdentifierRules(**{"limit": 200, **wanted})).items)


def settle(register: Register) -> None:
    """Walk through the whole register, once now and once when all who judged by older rules have ended."""
    _walk(register)
    with register.db.engine.begin() as connection:
        connection.execute(sa.text("UPDATE identifier_edition SET changed_at = changed_at - interval '2 minutes'"))
    _walk(register)


def _walk(register: Register) -> None:
    for _ in range(20):
        register.service.judge_again()


def enter(register: Register, given: str = "Ana", **said):
    return register.service.create_profile(CreateProfile(given_name=given, family_name=given + "son", **said))


# ── what a rule says ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_of_several_rules_the_one_on_the_address_counts_then_the_nearest_domain_then_the_name():
    judged = Rules(
        [
            Rule("address", "info@mail.agency.example", "placeholder"),
            Rule("domain", "mail.agency.example", "relay"),
            Rule("domain", ".agency.example", "agency"),
            Rule("name", "info", "placeholder"),
        ]
    )
    said = [
        judged.of_email(name, domain)
        for name, domain in (
            ("INFO", "mail.agency.example"),
            ("ana", "mail.agency.example"),
            ("ana", "x.mail.agency.example"),
            ("ana", "agency.example"),
            ("info", "hotel.example"),
            ("ana", "notagency.example"),
        )
    ]
    assert [rule and rule.means for rule in said] == ["placeholder", "relay", "agency", "agency", "placeholder", None]


def test_an_international_domain_is_one_in_both_its_forms():
    judged = Rules([Rule("domain", pattern_of("domain", ".BÜCHER.example.de"), "relay")])
    for address in ("ana@bücher.example.de", "ana@xn--bcher-kva.example.de", "ana@x.bücher.example.de"):
        assert contacts.email(address, rules=judged).means == "relay", address
    assert judged.of_key("email", contacts.email("ana@xn--bcher-kva.example.de").key) is not None


def test_a_domain_that_passes_for_a_relay_is_refused():
    for address in ("x@guest.bооking.com", "x@guest.аррӏе.com"):
        with pytest.raises(Unfit, match="pass for others"):
            contacts.email(address)


def test_a_number_may_be_nobodys():
    judged = Rules([Rule("number", ANAS_PHONE, "placeholder")])
    point = contacts.phone(ANAS_PHONE, None, rules=judged)
    assert (point.relay, point.means) == (True, "placeholder")


@pytest.mark.parametrize(
    ("kind", "said", "kept"),
    [
        ("domain", " .Guest.Booking.COM ", ".guest.booking.com"),
        ("domain", "müller.example.de", "xn--mller-kva.example.de"),
        ("address", "Desk@Müller.example.de", "desk@xn--mller-kva.example.de"),
        ("name", "No-Reply", "no-reply"),
        ("number", "+351 912 345 678", "+351912345678"),
    ],
)
def test_a_pattern_has_one_written_form(kind, said, kept):
    assert pattern_of(kind, said) == kept


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("domain", ""), ("domain", "."), ("domain", ".com"), ("domain", "a b.example"), ("domain", "guest.bооking.com"),
        ("domain", "x" * 1_000_000), ("domain", "%.example.com"), ("domain", "a@b.example"),
        ("address", "@x.example.pt"), ("address", "ana"), ("address", "a b@x.example.pt"), ("name", ""),
        ("name", "a@b"), ("name", "a\x00"),
        ("name", "x" * 65), ("number", "912345678"), ("number", "\u202e+351912345678x"), ("number", "n/a"),
    ],
)  # fmt: skip
def test_what_is_no_pattern_is_refused(kind, said):
    with pytest.raises(Unfit):
        pattern_of(kind, said)


# ── the rules of a house ─────────────────────────────────────────────────────────────────────────────────────────────


def test_a_register_begins_with_what_is_known_of_booking_sites(register: Register):
    found = rules(register)
    (relay,) = [rule for rule in found if rule.pattern == ".guest.booking.com"]
    assert (relay.means, relay.site, relay.confidence, relay.source) == ("relay", "Booking.com", "sure", "foyer")
    assert {rule.means for rule in found} == {"relay", "agency", "placeholder", "public"}


def test_rules_are_listed_by_kind_and_pattern_page_by_page(register: Register):
    whole = [(rule.kind, rule.pattern) for rule in rules(register)]
    assert whole == sorted(whole)
    paged, cursor = [], None
    while True:
        page = register.service.read_identifier_rules(ReadIdentifierRules(limit=30, cursor=cursor))
        paged += [(rule.kind, rule.pattern) for rule in page.items]
        if not (cursor := page.next):
            break
    assert paged == whole
    assert {rule.means for rule in rules(register, kind="domain", means="agency")} == {"agency"}
    for wrong in ({"limit": 0}, {"limit": 201}, {"cursor": "abc"}):
        with pytest.raises(Invalid):
            rules(register, **wrong)


def test_a_rule_is_added_changed_and_removed(register: Register):
    added = register.service.add_identifier_rule(SAPO)
    assert (added.version, added.pattern, added.source, added.enabled) == (1, ".sapo.pt", "house", True)
    changed = register.service.change_identifier_rule(
        ChangeIdentifierRule(rule_id=added.id, version=1, means="relay", enabled=False, clear=("site",))
    )
    assert (changed.version, changed.means, changed.site, changed.enabled) == (2, "relay", None, False)
    assert register.service.read_identifier_rule(ReadIdentifierRule(rule_id=added.id)) == changed
    same = register.service.change_identifier_rule(ChangeIdentifierRule(rule_id=added.id, version=2, means="relay"))
    assert same == changed
    register.service.remove_identifier_rule(RemoveIdentifierRule(rule_id=added.id, version=2))
    with pytest.raises(NoSuchIdentifierRule):
        register.service.read_identifier_rule(ReadIdentifierRule(rule_id=added.id))


def test_there_is_one_rule_about_a_pattern_however_it_is_written(register: Register):
    register.service.add_identifier_rule(SAPO)
    with pytest.raises(IdentifierRuleExists):
        register.service.add_identifier_rule(replace(SAPO, pattern=".SAPO.pt"))


def test_of_those_who_add_a_rule_at_once_one_does(register: Register):
    def attempt(_: int) -> bool:
        try:
            register.service.add_identifier_rule(SAPO)
        except IdentifierRuleExists:
            return False
        return True

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(attempt, range(6))) == 1


def test_who_read_an_older_version_of_a_rule_is_refused(register: Register):
    rule = register.service.add_identifier_rule(SAPO)
    register.service.change_identifier_rule(ChangeIdentifierRule(rule_id=rule.id, version=1, means="relay"))
    for late in (
        lambda: register.service.change_identifier_rule(
            ChangeIdentifierRule(rule_id=rule.id, version=1, means="agency")
        ),
        lambda: register.service.remove_identifier_rule(RemoveIdentifierRule(rule_id=rule.id, version=1)),
    ):
        with pytest.raises(IdentifierRuleHasChanged):
            late()
    with pytest.raises(NoSuchIdentifierRule):
        register.service.remove_identifier_rule(RemoveIdentifierRule(rule_id=uuid4(), version=1))


def test_a_rule_that_is_not_valid_is_refused_with_its_places(register: Register):
    with pytest.raises(NotAnIdentifierRule) as refused:
        register.service.add_identifier_rule(replace(SAPO, pattern="com", site="x" * 1000, source="\u202e"))
    assert [problem.pointer for problem in refused.value.errors] == ["/pattern", "/site", "/source"]
    rule = register.service.add_identifier_rule(SAPO)
    with pytest.raises(NotAnIdentifierRule) as refused:
        register.service.change_identifier_rule(
            ChangeIdentifierRule(rule_id=rule.id, version=1, clear=("pattern", "site"), site="x")
        )
    assert [problem.pointer for problem in refused.value.errors] == ["/clear/0", "/clear/1"]


# ── what becomes of the register ─────────────────────────────────────────────────────────────────────────────────────


def test_a_new_rule_counts_for_the_next_card_and_the_next_booking(register: Register):
    register.service.add_identifier_rule(SAPO)
    ana = enter(register, emails=(Email(address=ANAS_MAIL),))
    assert (ana.emails[0].relay, ana.emails[0].good_for, ana.emails[0].why_not) == (True, ("stay",), ("agency",))
    (booked,) = register.recognises(ana_silva(phone=None))
    assert booked["profile_id"] != str(ana.id)
    assert register.reads(booked["profile_id"]).emails[0].relay


def test_a_rule_that_is_taken_back_counts_no_more(register: Register):
    rule = register.service.add_identifier_rule(SAPO)
    assert enter(register, emails=(Email(address="a@sapo.pt"),)).emails[0].relay
    register.service.change_identifier_rule(ChangeIdentifierRule(rule_id=rule.id, version=1, enabled=False))
    assert not enter(register, "Bea", emails=(Email(address="b@sapo.pt"),)).emails[0].relay


def test_addresses_that_were_there_before_are_judged_anew_and_it_is_announced(register: Register):
    ana = enter(register, emails=(Email(address=ANAS_MAIL),), phones=(Phone(number=ANAS_PHONE),))
    other = enter(register, "Bea", emails=(Email(address="bea@clix.pt"),))
    rule = register.service.add_identifier_rule(SAPO)
    settle(register)
    read = register.reads(ana.id)
    assert (read.version, read.emails[0].why_not, read.phones[0].why_not) == (2, ("agency",), ())
    assert register.reads(other.id).version == 1
    assert register.announced("contacts.changed.v1") == [{"profile_id": str(ana.id), "version": 2}]
    register.service.remove_identifier_rule(RemoveIdentifierRule(rule_id=rule.id, version=1))
    settle(register)
    assert register.reads(ana.id).emails[0].good_for == ("stay", "marketing", "matching")
    assert [e["version"] for e in register.announced("contacts.changed.v1")] == [2, 3]


def test_a_verification_comes_back_with_the_address(register: Register):
    ana = enter(register, emails=(Email(address=ANAS_MAIL),))
    register.verifies(ana.id, ANAS_MAIL)
    rule = register.service.add_identifier_rule(SAPO)
    settle(register)
    assert not register.reads(ana.id).emails[0].verified
    register.service.remove_identifier_rule(RemoveIdentifierRule(rule_id=rule.id, version=1))
    settle(register)
    assert register.reads(ana.id).emails[0].verified


def test_a_walk_goes_on_where_it_was_stopped_and_begins_anew_when_rules_change_meanwhile(register, monkeypatch):
    monkeypatch.setattr(store, "PAGE", 3)
    everybody = [enter(register, f"Ana{n}", emails=(Email(address=f"a{n}@sapo.pt"),)) for n in range(7)]
    register.service.add_identifier_rule(SAPO)
    register.service.judge_again()
    judged = sum(register.reads(one.id).emails[0].relay for one in everybody)
    assert 0 < judged < 7
    register.service.add_identifier_rule(AddIdentifierRule(kind="domain", pattern=".clix.pt", means="agency"))
    settle(register)
    assert all(register.reads(one.id).emails[0].relay for one in everybody)
    assert all(register.reads(one.id).version == 2 for one in everybody)
    assert register.service.read_identifier_rules(ReadIdentifierRules()).settled


def test_a_register_is_settled_once_a_walk_began_after_all_who_judged_by_the_rules_before(register: Register):
    enter(register, emails=(Email(address=ANAS_MAIL),))
    assert register.service.read_identifier_rules(ReadIdentifierRules()).settled
    register.service.add_identifier_rule(SAPO)
    _walk(register)
    assert not register.service.read_identifier_rules(ReadIdentifierRules()).settled
    settle(register)
    assert register.service.read_identifier_rules(ReadIdentifierRules()).settled
    assert timedelta(seconds=30) <= store.LATE


def test_a_forwarded_number_stays_one_whatever_the_rules_say(register: Register):
    ana = enter(register, phones=(Phone(number="+1 415 555 2671 ext 1234"),))
    register.service.add_identifier_rule(SAPO)
    settle(register)
    read = register.reads(ana.id)
    assert (read.version, read.phones[0].why_not) == (1, ("relay",))


def test_an_address_of_ten_people_is_shown_as_shared_on_each_card(register: Register):
    desk = (Email(address="reception@hotel.example.pt"),)
    names = ("Ana", "Bruno", "Carla", "Duarte", "Elsa", "Filipe", "Gina", "Hugo", "Ivo", "Julia")
    people = [enter(register, name, emails=desk) for name in names]
    assert len(people) == SHARED_BY
    shown = register.reads(people[0].id).emails[0]
    assert (shown.good_for, shown.why_not) == (("stay",), ("shared",))
    gone = people[-1]
    register.service.change_profile(ChangeProfile(profile_id=gone.id, version=1, emails=()))
    assert register.reads(people[0].id).emails[0].good_for == ("stay", "marketing", "matching")


def test_what_a_card_no_longer_has_finds_nobody(register: Register):
    ana = enter(register, emails=(Email(address=ANAS_MAIL),))
    ended = Email(address=ANAS_MAIL, valid_to=ana.created_at.date() - timedelta(days=1))
    after = register.service.change_profile(ChangeProfile(profile_id=ana.id, version=1, emails=(ended,)))
    assert (after.emails[0].primary, after.emails[0].why_not) == (False, ("past",))
    (booked,) = register.recognises(ana_silva(given_name="Ana", family_name="Anason", phone=None))
    assert booked["profile_id"] != str(ana.id)


def test_the_database_holds_that_there_is_one_primary_of_a_kind(register: Register):
    ana = enter(register, emails=(Email(address="a@sapo.pt"), Email(address="b@sapo.pt")))
    with register.db.engine.connect() as connection, pytest.raises(sa.exc.IntegrityError):
        connection.execute(
            sa.text("UPDATE contact_points SET is_primary = true WHERE profile_id = :id"), {"id": ana.id}
        )


def test_what_the_migration_puts_there_is_what_a_test_without_a_register_judges_by(register: Register):
    there = {
        (rule.kind, rule.pattern, rule.means)
        for kind in ("domain", "address", "name")
        for rule in rules(register, kind=kind)
    }
    judged = {(r.kind, r.pattern, r.means) for r in seeded()._by_pattern.values()}
    assert there == judged | {("domain", domain, "public") for domain in seeded()._public}


# ── public mail ──────────────────────────────────────────────────────────────────────────────────────────────────────


def firm(register: Register, name: str, domain: str) -> list[str]:
    """Who the company is on two bookings, each by another address at the domain."""
    company = ana_silva(given_name=None, family_name=None, company=name, phone=None)
    said = [replace(company, email=f"{name.lower()}.{place}@{domain}") for place in ("sales", "office")]
    return [register.recognises(each)[0]["profile_id"] for each in said]


def test_which_mail_is_public_is_the_houses_to_say(register: Register):
    assert len({*firm(register, "ACME", "acme.example.pt")}) == 1
    assert len({*firm(register, "Globex", "sapo.pt")}) == 2
    register.service.add_identifier_rule(
        AddIdentifierRule(kind="domain", pattern=".provider.example.pt", means="public", site="Provider")
    )
    assert len({*firm(register, "Initech", "provider.example.pt")}) == 2
    (sapo,) = [rule for rule in rules(register, means="public") if rule.pattern == "sapo.pt"]
    register.service.change_identifier_rule(ChangeIdentifierRule(rule_id=sapo.id, version=sapo.version, enabled=False))
    assert len({*firm(register, "Umbrella", "sapo.pt")}) == 1


def test_an_address_at_public_mail_says_who_somebody_is(register: Register):
    ana = enter(register, emails=(Email(address="ana@gmail.com"),))
    assert (ana.emails[0].good_for, ana.emails[0].why_not) == (("stay", "marketing", "matching"), ())


def test_only_a_domain_is_public(register: Register):
    with pytest.raises(NotAnIdentifierRule) as refused:
        register.service.add_identifier_rule(AddIdentifierRule(kind="name", pattern="sales", means="public"))
    assert [fault.pointer for fault in refused.value.errors] == ["/means"]


def test_cards_that_are_changed_while_bookings_come_keep_one_primary_of_a_kind(register: Register):
    ana = enter(register, phones=(Phone(number=ANAS_PHONE),), emails=(Email(address=ANAS_MAIL),))

    def book(n: int) -> None:
        register.recognises(ana_silva(given_name="Ana", family_name="Anason", email=f"a{n}@clix.pt"))

    def change(n: int) -> None:
        while True:
            present = register.reads(ana.id)
            said = (*present.emails, Email(address=f"b{n}@sapo.pt", primary=True))
            try:
                register.service.change_profile(ChangeProfile(profile_id=ana.id, version=present.version, emails=said))
            except ProfileHasChanged:
                continue
            return

    with ThreadPoolExecutor(8) as pool:
        done = [pool.submit(work, n) for n in range(6) for work in (book, change)]
        for each in done:
            each.result()
    shown = register.reads(ana.id)
    assert {e.address for e in shown.emails} >= {f"b{n}@sapo.pt" for n in range(6)}
    assert [e.primary for e in shown.emails].count(True) == 1
    assert len({e.id for e in shown.emails}) == len(shown.emails)
