"""Who owes which charges of a booking, and how they move when that changes."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa

from services.contracts.billing import (
    ChargeInvoiced,
    CloseFolio,
    FolioClosed,
    NoSuchFolio,
    ReadRouting,
    RoutingRule,
    SetRouting,
    VoidCharge,
)
from services.kit.db import Database
from services.kit.refusal import Invalid
from tests.billing.companies import ACME, ANA, SOL, differences, pointers, revenue_told, routes, spends
from tests.billing.makers import Billing, eur, stay
from tests.databases import Databases


@pytest.fixture
def billing(billing_db: Database) -> Billing:
    return Billing(billing_db)


def test_charges_of_a_routed_kind_are_owed_by_that_payer(billing: Billing) -> None:
    booked = billing.hears(stay(ANA, eur(30000), payer=ACME))
    routes(billing, booked.booking_id, restaurant=ANA, spa=SOL)
    assert spends(billing, booked.booking_id, "restaurant", 4500).profile_id == ANA
    assert spends(billing, booked.booking_id, "spa", 5000).profile_id == SOL
    assert spends(billing, booked.booking_id, "parking", 1000).profile_id == ACME
    assert [billing.balance(who) for who in (ANA, SOL, ACME)] == [4500, 5000, 31000]


def test_in_whatever_order_rules_are_said_each_kind_goes_to_its_own_payer(billing: Billing) -> None:
    for payers in ({"room": SOL, "spa": ACME}, {"spa": ACME, "room": SOL}):
        booked = billing.hears(stay(ANA, eur(30000)))
        said = routes(billing, booked.booking_id, **payers)
        assert {kind: rule.payer_profile_id for rule in said.rules for kind in rule.kinds} == payers
        owed_by = [spends(billing, booked.booking_id, kind, 100).profile_id for kind in ("spa", "parking")]
        assert owed_by == [ACME, ANA]


def test_what_was_charged_before_moves_by_a_journal_between_the_two_payers(billing: Billing) -> None:
    booked = billing.hears(stay(ANA, eur(30000), payer=ACME))
    for kind, amount in (("restaurant", 4500), ("restaurant", 500), ("spa", 5000), ("parking", 1000)):
        spends(billing, booked.booking_id, kind, amount)
    routes(billing, booked.booking_id, restaurant=ANA, spa=ANA)
    assert [billing.balance(who) for who in (ANA, ACME)] == [10000, 31000]
    moved = [line for line in billing.account(ANA).lines if line.kind == "routing"]
    assert sorted(line.amount.amount_minor for line in moved) == [5000, 5000]
    assert {line.booking_id for line in moved} == {booked.booking_id}
    with billing.db.engine.connect() as connection:
        touched = connection.execute(
            sa.text(
                "SELECT DISTINCT account FROM entries"
                " WHERE journal_id IN (SELECT id FROM journals WHERE kind = 'routing')"
            )
        ).scalars()
        assert list(touched) == ["guests"]


def test_a_rule_that_goes_gives_the_charges_back(billing: Billing) -> None:
    booked = billing.hears(stay(ANA, eur(30000), payer=ACME))
    spends(billing, booked.booking_id, "spa", 5000)
    routes(billing, booked.booking_id, spa=ANA)
    routes(billing, booked.booking_id, spa=SOL)
    assert [billing.balance(who) for who in (ANA, SOL, ACME)] == [0, 5000, 30000]
    routes(billing, booked.booking_id)
    assert [billing.balance(who) for who in (ANA, SOL, ACME)] == [0, 0, 35000]
    assert spends(billing, booked.booking_id, "spa", 1).profile_id == ACME


def test_the_room_goes_to_the_company_and_the_extras_stay_with_the_guest(billing: Billing) -> None:
    booked = billing.hears(stay(ANA, eur(30000)))
    spends(billing, booked.booking_id, "spa", 5000)
    said = routes(billing, booked.booking_id, room=ACME)
    assert said.rules == (RoutingRule(kinds=("room",), payer_profile_id=ACME),)
    assert [billing.balance(who) for who in (ANA, ACME)] == [5000, 30000]
    assert spends(billing, booked.booking_id, "parking", 1000).profile_id == ANA
    routes(billing, booked.booking_id, room=ACME, parking=SOL)
    assert [billing.balance(who) for who in (ANA, SOL, ACME)] == [5000, 1000, 30000]
    routes(billing, booked.booking_id)
    assert [billing.balance(who) for who in (ANA, SOL, ACME)] == [36000, 0, 0]
    assert spends(billing, booked.booking_id, "spa", 1).profile_id == ANA


def test_a_routed_stay_goes_on_at_the_expense_of_the_company(billing: Billing) -> None:
    booked = billing.hears(stay(ANA, eur(30000)))
    spends(billing, booked.booking_id, "spa", 5000)
    routes(billing, booked.booking_id, room=ACME)

    def goes_on(version: int, **said: Any) -> list[int]:
        billing.hears(
            stay(ANA, eur(40000), booking_id=booked.booking_id, version=version, **said),
            changed="state" not in said,
        )
        return [billing.balance(who) for who in (ANA, SOL, ACME)]

    assert goes_on(2) == [5000, 0, 40000]
    assert goes_on(3, payer=SOL) == [0, 5000, 40000]
    assert spends(billing, booked.booking_id, "parking", 1000).profile_id == SOL
    assert goes_on(4, payer=SOL, state="departed") == [0, 6000, 40000]
    assert revenue_told(billing.db, booked.booking_id) == {"room": 40000, "spa": 5000, "parking": 1000}
    assert goes_on(5, payer=SOL, state="cancelled") == [0, 6000, 0]


def test_the_stay_is_covered_by_the_credit_of_whoever_it_is_routed_to(billing: Billing) -> None:
    booked = billing.hears(stay(ANA, eur(30000)))
    billing.pays(ANA, eur(20000))
    billing.pays(ACME, eur(25000))
    routes(billing, booked.booking_id, room=ACME)
    (hers,), (theirs,) = billing.account(ANA).balances, billing.account(ACME).balances
    assert (hers.balance, hers.credit) == (eur(-20000), eur(20000))
    assert (theirs.balance, theirs.owed, theirs.credit) == (eur(5000), eur(5000), eur(0))


def test_rules_are_read_by_payer_and_the_same_ones_again_change_nothing(billing: Billing) -> None:
    booked = billing.hears(stay(ANA, eur(30000), payer=ACME))
    spends(billing, booked.booking_id, "spa", 5000)
    said = routes(billing, booked.booking_id, spa=ANA, restaurant=ANA, fee=SOL)
    assert said.rules == (
        RoutingRule(kinds=("restaurant", "spa"), payer_profile_id=ANA),
        RoutingRule(kinds=("fee",), payer_profile_id=SOL),
    )
    lines = billing.account(ANA).lines
    assert routes(billing, booked.booking_id, spa=ANA, restaurant=ANA, fee=SOL) == said
    assert billing.service.read_routing(ReadRouting(booking_id=booked.booking_id)) == said
    assert billing.account(ANA).lines == lines


def test_another_payer_of_the_booking_takes_over_what_is_not_routed(billing: Billing) -> None:
    booked = billing.hears(stay(ANA, eur(30000)))
    routes(billing, booked.booking_id, spa=ANA)
    spends(billing, booked.booking_id, "spa", 5000)
    spends(billing, booked.booking_id, "parking", 1000)
    billing.hears(stay(ANA, eur(30000), booking_id=booked.booking_id, version=2, payer=ACME), changed=True)
    assert [billing.balance(who) for who in (ANA, ACME)] == [5000, 31000]


def test_a_moved_charge_is_voided_where_it_stands(billing: Billing) -> None:
    booked = billing.hears(stay(ANA, eur(30000), payer=ACME))
    charge = spends(billing, booked.booking_id, "spa", 5000)
    routes(billing, booked.booking_id, spa=ANA)
    billing.service.void_charge(VoidCharge(charge_id=charge.id, reason="Not taken"))
    assert [billing.balance(who) for who in (ANA, ACME)] == [0, 30000]


def test_revenue_stays_what_it_is_wherever_charges_go(billing: Billing) -> None:
    booked = billing.hears(stay(ANA, eur(30000), payer=ACME, state="departed"))
    for _ in range(5):
        spends(billing, booked.booking_id, "spa", 1000)
    routes(billing, booked.booking_id, spa=ANA)
    spends(billing, booked.booking_id, "spa", 1000)
    routes(billing, booked.booking_id, spa=SOL)
    spends(billing, booked.booking_id, "spa", 1000)
    assert revenue_told(billing.db, booked.booking_id) == {"room": 30000, "spa": 7000}
    routes(billing, booked.booking_id)
    spends(billing, booked.booking_id, "spa", 1000)
    assert revenue_told(billing.db, booked.booking_id) == {"room": 30000, "spa": 8000}


def test_a_routed_charge_is_covered_by_the_credit_of_its_payer(billing: Billing) -> None:
    booked = billing.hears(stay(ANA, eur(30000), payer=ACME))
    spends(billing, booked.booking_id, "spa", 5000)
    billing.pays(ANA, eur(8000))
    billing.pays(ACME, eur(35000))
    routes(billing, booked.booking_id, spa=ANA)
    (hers,), (theirs,) = billing.account(ANA).balances, billing.account(ACME).balances
    assert (hers.owed, hers.credit) == (eur(0), eur(3000))
    assert (theirs.owed, theirs.credit) == (eur(0), eur(5000))


def test_credit_follows_a_charge_to_another_folio_of_the_same_payer(billing: Billing) -> None:
    booked = billing.hears(stay(ANA, eur(1000), payer=ACME))
    spends(billing, booked.booking_id, "spa", 5000)
    billing.pays(ACME, eur(6000), booking_id=booked.booking_id)
    routes(billing, booked.booking_id, spa=ACME)
    with billing.db.engine.connect() as connection:
        covered = connection.execute(
            sa.text("SELECT f.part, a.amount_minor FROM allocations a JOIN folios f ON f.id = a.folio_id")
        ).all()
    assert {tuple(row) for row in covered} == {("main", 1000), (str(ACME), 5000)}


def test_rules_name_kinds_there_are_once(billing: Billing) -> None:
    booked = billing.hears(stay(ANA, eur(30000)))
    for kinds, pointer in (
        (("spa", "city-tax"), "/rules/0/kinds/1"),
        (("helicopter",), "/rules/0/kinds/0"),
        (("spa", "spa"), "/rules/0/kinds/1"),
        ((), "/rules/0/kinds"),
    ):
        rules = (RoutingRule(kinds=kinds, payer_profile_id=SOL),)
        with pytest.raises(Invalid) as refused:
            billing.service.set_routing(SetRouting(booking_id=booked.booking_id, rules=rules))
        assert pointers(refused) == [pointer]
    with pytest.raises(NoSuchFolio):
        routes(billing, uuid4(), spa=SOL)
    with pytest.raises(NoSuchFolio):
        billing.service.read_routing(ReadRouting(booking_id=uuid4()))


def test_charges_of_a_closed_folio_or_on_an_invoice_do_not_move(billing: Billing) -> None:
    booked = billing.hears(stay(ANA, eur(30000)))
    charge = spends(billing, booked.booking_id, "spa", 5000)
    spends(billing, booked.booking_id, "parking", 1000)
    with billing.db.engine.begin() as connection:
        connection.execute(
            sa.text("UPDATE charges SET invoice_id = :id WHERE id = :charge"), {"id": uuid4(), "charge": charge.id}
        )
    with pytest.raises(ChargeInvoiced):
        routes(billing, booked.booking_id, spa=SOL)
    billing.service.close_folio(CloseFolio(folio_id=charge.folio_id))
    with pytest.raises(FolioClosed):
        routes(billing, booked.booking_id, parking=SOL)
    assert [billing.balance(who) for who in (ANA, SOL)] == [36000, 0]


def test_charges_and_rules_at_the_same_moment_end_on_the_folio_of_the_rule(billing: Billing) -> None:
    booked = billing.hears(stay(ANA, eur(0), payer=ACME))
    with ThreadPoolExecutor(6) as pool:
        done = [pool.submit(spends, billing, booked.booking_id, "spa", 100) for _ in range(8)]
        done.append(pool.submit(routes, billing, booked.booking_id, spa=ANA))
        done += [pool.submit(spends, billing, booked.booking_id, "spa", 100) for _ in range(8)]
        [d.result() for d in done]
    assert [billing.balance(who) for who in (ANA, ACME)] == [1600, 0]
    assert revenue_told(billing.db, booked.booking_id) == {"spa": 1600}


def test_a_stay_on_an_invoice_does_not_move(billing: Billing, databases: Databases) -> None:
    booked = billing.hears(stay(ANA, eur(30000)))
    admin = databases.admin("billing")
    with admin.transaction():
        admin.execute("SET LOCAL session_replication_role = replica")  # only the item is needed here, not its invoice
        admin.execute(
            "INSERT INTO invoiced_items SELECT id, folio_id, gen_random_uuid() FROM journals WHERE kind = 'stay'"
        )
    with pytest.raises(ChargeInvoiced) as refused:
        routes(billing, booked.booking_id, room=ACME)
    assert refused.value.facts == {"kind": "room"}
    assert [billing.balance(who) for who in (ANA, ACME)] == [30000, 0]


def test_rules_charges_and_changes_of_a_booking_at_the_same_moment_lose_nothing(billing: Billing) -> None:
    booked = billing.hears(stay(ANA, eur(30000)))

    def change(version: int) -> None:
        payer = (ANA, SOL)[version % 2]
        said = stay(ANA, eur(30000 + version), booking_id=booked.booking_id, version=version, payer=payer)
        billing.hears(said, changed=True)

    works: list[Callable[[], Any]] = []
    for n in range(2, 8):
        works.append(partial(change, n))
        works.append(partial(spends, billing, booked.booking_id, ("spa", "parking")[n % 2], 100))
        works.append(partial(routes, billing, booked.booking_id, **({"room": ACME}, {"spa": ACME}, {})[n % 3]))
    with ThreadPoolExecutor(6) as pool:
        for done in [pool.submit(work) for work in works]:
            done.result()
    routes(billing, booked.booking_id, room=ACME)
    assert [billing.balance(who) for who in (ANA, SOL, ACME)] == [0, 600, 30007]
    routes(billing, booked.booking_id)
    assert [billing.balance(who) for who in (ANA, SOL, ACME)] == [0, 30607, 0]
    assert revenue_told(billing.db, booked.booking_id) == {"spa": 300, "parking": 300}
    assert differences(billing) == []
