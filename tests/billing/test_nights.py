"""Nights: what is owed for a stay is earned night by night, by the hotel's clock, exactly once."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from services.billing.doors import nights
from services.contracts.billing import ProveLedger, ReadTaxes, SetTaxes
from services.contracts.bookings import BookingFacts
from services.contracts.values import Money
from services.kit.context import Context
from services.kit.db import Database, Tx
from tests.billing.makers import Billing, eur
from tests.billing.nights import CITY_TAX, FIRST, VAT, in_house, later


class House(Billing):
    """Billing with a clock that can be set, and its ledger of one stay."""

    def at(self, moment: str, zone: str = "Europe/Lisbon", *, tell: Any = None) -> None:
        """Let the nightly run take place at a moment by a zone's clock."""
        now = datetime.fromisoformat(moment).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
        self.run(now)

    def run(self, now: datetime) -> None:
        with self.db.reading(Context(actor="test")) as tx:
            tx.now = now
            nights.Nights.recognise_nights.__wrapped__.__wrapped__(self.service, tx)  # type: ignore[attr-defined]

    def ledger(self, facts: BookingFacts) -> dict[str, int]:
        with self.db.engine.connect() as connection:
            rows = connection.execute(
                sa.text(
                    "SELECT e.account, sum(e.amount_minor) AS minor FROM entries e JOIN journals j"
                    " ON j.id = e.journal_id WHERE j.booking_id = :booking_id GROUP BY 1"
                ),
                {"booking_id": facts.booking_id},
            )
            return {row.account: int(row.minor) for row in rows if row.minor}

    def journals(self, facts: BookingFacts) -> list[tuple[str, date]]:
        with self.db.engine.connect() as connection:
            rows = connection.execute(
                sa.text(
                    "SELECT kind, business_date FROM journals WHERE booking_id = :id"
                    " AND kind IN ('night', 'stay-change') ORDER BY posted_at, business_date"
                ),
                {"id": facts.booking_id},
            )
            return [(row.kind, row.business_date) for row in rows]

    def nights(self, facts: BookingFacts) -> list[date]:
        return [day for kind, day in self.journals(facts) if kind == "night"]

    def has_taxes(self, **more: Any) -> UUID:
        property_id = uuid4()
        request = SetTaxes(
            property_id=property_id,
            country="PT",
            time_zone="Europe/Lisbon",
            currency="EUR",
            **{"vat": (VAT,), "city_tax": (CITY_TAX,), **more},
        )
        self.service.set_taxes(request)
        return property_id


@pytest.fixture
def house(billing_db: Database) -> House:
    return House(billing_db)


@pytest.mark.servers
def test_a_night_is_earned_once_the_hotels_day_is_over(house: House) -> None:
    facts = house.hears(in_house(uuid4(), 30000))
    house.at("2026-12-02T03:59:00")
    assert house.ledger(facts) == {"guests": 30000, "deferred-revenue": -30000}
    house.at("2026-12-02T04:00:00")
    assert house.ledger(facts) == {"guests": 30000, "deferred-revenue": -20000, "revenue:room": -10000}
    house.at("2026-12-02T04:01:00")
    assert house.nights(facts) == [FIRST]


@pytest.mark.servers
def test_each_night_after_days_of_downtime_has_its_own_journal(house: House) -> None:
    facts = house.hears(in_house(uuid4(), property_id=house.has_taxes()))
    house.at("2026-12-20T12:00:00")
    assert house.nights(facts) == [FIRST, date(2026, 12, 2), date(2026, 12, 3)]
    assert house.ledger(facts) == {
        "guests": 31800 + 2400,
        "revenue:room": -30000,
        "tax:vat": -1800,
        "tax:city": -2400,
    }


@pytest.mark.servers
@pytest.mark.parametrize(
    "zone",
    ["Pacific/Kiritimati", "Asia/Tokyo", "Asia/Kathmandu", "Europe/Lisbon", "America/Sao_Paulo", "Pacific/Pago_Pago"],
)
def test_every_hotel_has_its_own_clock(house: House, zone: str) -> None:
    facts = house.hears(in_house(uuid4(), zone=zone))
    house.at("2026-12-02T03:59:59", zone)
    assert house.nights(facts) == []
    house.at("2026-12-02T04:00:00", zone)
    assert house.nights(facts) == [FIRST]


@pytest.mark.servers
@pytest.mark.parametrize(
    ("zone", "sunday"),
    [
        ("Europe/Berlin", date(2027, 3, 28)),
        ("Europe/Berlin", date(2027, 10, 31)),
        ("America/New_York", date(2027, 3, 14)),
        ("Australia/Sydney", date(2027, 4, 4)),
    ],
)
def test_a_night_on_which_the_clocks_change_is_one_night(house: House, zone: str, sunday: date) -> None:
    saturday = sunday - timedelta(days=1)
    facts = house.hears(in_house(uuid4(), zone=zone, arrival=saturday, nights=2))
    house.at(f"{sunday}T03:59:59", zone)
    assert house.nights(facts) == []
    house.at(f"{sunday}T04:00:00", zone)
    assert house.nights(facts) == [saturday]
    house.at(f"{sunday + timedelta(days=1)}T04:00:00", zone)
    assert house.nights(facts) == [saturday, sunday]


@pytest.mark.servers
def test_two_runs_at_once_earn_a_night_once(house: House) -> None:
    stays = [house.hears(in_house(uuid4(), 30000)) for _ in range(4)]
    now = datetime(2026, 12, 3, 12, tzinfo=UTC)
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda _: house.run(now), range(3)))
    assert [house.nights(facts) for facts in stays] == [[FIRST, date(2026, 12, 2)]] * 4


@pytest.mark.servers
def test_a_run_that_was_broken_off_is_made_good_by_the_next(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    stays = [house.hears(in_house(uuid4(), 30000)) for _ in range(3)]
    post, calls = nights._post_nights, []

    def crash(tx: Tx, *given: Any) -> None:
        calls.append(1)
        post(tx, *given)
        if len(calls) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(nights, "_post_nights", crash)
    with pytest.raises(KeyboardInterrupt):
        house.at("2026-12-03T12:00:00")
    assert sum(len(house.nights(facts)) for facts in stays) == 2
    house.at("2026-12-03T12:01:00")
    assert [len(house.nights(facts)) for facts in stays] == [2, 2, 2]


@pytest.mark.servers
def test_one_stay_that_cannot_be_posted_does_not_hold_up_the_others(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    poisoned, other = house.hears(in_house(uuid4())), house.hears(in_house(uuid4()))
    post = nights._post_nights

    def fail(tx: Tx, seen: Any, facts: BookingFacts, *given: Any) -> None:
        if facts.booking_id == poisoned.booking_id:
            raise RuntimeError
        post(tx, seen, facts, *given)

    monkeypatch.setattr(nights, "_post_nights", fail)
    house.at("2026-12-02T12:00:00")
    assert (house.nights(poisoned), house.nights(other)) == ([], [FIRST])


@pytest.mark.servers
def test_nothing_is_earned_by_the_clock_before_the_guest_is_checked_in(house: House) -> None:
    facts = house.hears(in_house(uuid4(), 30000, state="confirmed"))
    house.at("2026-12-20T12:00:00")
    assert house.ledger(facts) == {"guests": 30000, "deferred-revenue": -30000}
    facts = house.hears(later(facts, state="in_house"))
    house.at("2026-12-20T12:00:00")
    assert house.ledger(facts) == {"guests": 30000, "revenue:room": -30000}


@pytest.mark.servers
def test_a_new_price_in_the_middle_of_a_stay_counts_for_nights_that_are_over_too(house: House) -> None:
    facts = house.hears(in_house(uuid4(), 30000))
    house.at("2026-12-02T12:00:00")
    house.hears(later(facts, total=eur(33000)), changed=True)
    assert house.ledger(facts) == {"guests": 33000, "deferred-revenue": -22000, "revenue:room": -11000}


@pytest.mark.servers
def test_a_guest_who_leaves_early_pays_what_the_booking_says_then(house: House) -> None:
    facts = house.hears(in_house(uuid4(), 30000))
    house.at("2026-12-02T12:00:00")
    shorter = later(facts, departure=date(2026, 12, 2), nights=1, total=eur(10000))
    house.hears(shorter, changed=True)
    assert house.ledger(facts) == {"guests": 10000, "revenue:room": -10000}
    house.at("2026-12-20T12:00:00")
    house.hears(later(shorter, state="departed"))
    assert house.ledger(facts) == {"guests": 10000, "revenue:room": -10000}


@pytest.mark.servers
def test_another_payer_takes_over_with_the_nights_that_are_over(house: House) -> None:
    ana, sol = uuid4(), uuid4()
    facts = house.hears(in_house(ana, property_id=house.has_taxes()))
    house.at("2026-12-02T12:00:00")
    house.hears(later(facts, payer_profile_id=sol), changed=True)
    assert (house.balance(ana), house.balance(sol)) == (0, 32600)
    house.at("2026-12-03T12:00:00")
    assert (house.balance(ana), house.balance(sol)) == (0, 33400)


@pytest.mark.servers
def test_a_cancellation_takes_back_the_nights_and_their_taxes(house: House) -> None:
    facts = house.hears(in_house(uuid4(), property_id=house.has_taxes()))
    house.at("2026-12-02T12:00:00")
    house.hears(later(facts, state="cancelled"))
    assert house.ledger(facts) == {}


@pytest.mark.servers
def test_city_tax_takes_from_the_guests_credit_as_it_is_owed(house: House) -> None:
    ana = uuid4()
    house.pays(ana, eur(32000))
    house.hears(in_house(ana, property_id=house.has_taxes()))
    house.at("2026-12-02T12:00:00")
    (booking,) = house.account(ana).bookings
    assert (booking.total, booking.allocated, booking.due) == (eur(32600), eur(32000), eur(600))


@pytest.mark.servers
def test_new_rules_reach_a_stay_with_its_next_night(house: House) -> None:
    property_id = house.has_taxes(vat=(), city_tax=())
    facts = house.hears(in_house(uuid4(), property_id=property_id))
    house.at("2026-12-02T12:00:00")
    kept = house.service.read_taxes(ReadTaxes(property_id=property_id))
    house.service.set_taxes(SetTaxes(**{**vars(kept), "vat": (VAT,)}))
    house.at("2026-12-03T12:00:00")
    assert sorted(kind for kind, _ in house.journals(facts)) == ["night", "night", "stay-change"]
    assert house.ledger(facts) == {
        "guests": 31800,
        "deferred-revenue": -10600,
        "revenue:room": -20000,
        "tax:vat": -1200,
    }


@pytest.mark.servers
def test_a_stay_of_before_nobody_said_zones_is_earned_at_check_out(house: House) -> None:
    facts = house.hears(in_house(uuid4(), 30000, zone=""))
    house.at("2026-12-20T12:00:00")
    assert house.nights(facts) == []
    house.hears(later(facts, state="departed"))
    assert house.ledger(facts) == {"guests": 30000, "revenue:room": -30000}


@pytest.mark.servers
def test_check_outs_and_the_clock_at_once_earn_everything_once(house: House) -> None:
    stays = [house.hears(in_house(uuid4(), 30000)) for _ in range(6)]
    now = datetime(2026, 12, 3, 12, tzinfo=UTC)
    leaving = [partial(house.hears, later(facts, state="departed")) for facts in stays]
    with ThreadPoolExecutor(4) as pool:
        done = [pool.submit(work) for work in (partial(house.run, now), *leaving, partial(house.run, now))]
        for each in done:
            each.result()
    assert [house.ledger(facts) for facts in stays] == [{"guests": 30000, "revenue:room": -30000}] * 6


@pytest.mark.servers
def test_yen_are_split_over_nights_without_a_rest(house: House) -> None:
    facts = house.hears(replace(in_house(uuid4()), total=Money(amount_minor=10000, currency="JPY")))
    house.at("2026-12-03T12:00:00")
    assert house.ledger(facts) == {"guests": 10000, "deferred-revenue": -3333, "revenue:room": -6667}


@pytest.mark.servers
@pytest.mark.parametrize("within", [False, True])
def test_room_revenue_of_departed_stays_is_their_price_whatever_tax_is_in_it(house: House, within: bool) -> None:
    property_id = house.has_taxes(city_tax=(replace(CITY_TAX, included=within),))
    ana = uuid4()
    facts = house.hears(in_house(ana, property_id=property_id))
    house.at("2026-12-02T12:00:00")
    house.hears(later(facts, state="departed"))
    house.charges(facts.booking_id, "spa", eur(4500))
    proof = house.service.prove_ledger(ProveLedger(property_id=property_id))
    assert (proof.room_revenue, proof.unbalanced_journals) == ((eur(31800),), 0)
    assert house.balance(ana) == 31800 + 4500 + (0 if within else 2400)


@pytest.mark.servers
def test_nights_are_told_as_they_are_over(house: House) -> None:
    facts = house.hears(in_house(uuid4(), property_id=house.has_taxes()))
    house.at("2026-12-03T12:00:00")
    house.hears(later(facts, state="departed"))
    with house.db.engine.connect() as connection:
        rows = connection.execute(
            sa.text(
                "SELECT body FROM outbox WHERE routing_key = 'revenue.posted.v1' AND aggregate_id = :id ORDER BY seq"
            ),
            {"id": str(facts.booking_id)},
        )
        told = [json.loads(row.body) for row in rows]
    assert [(t["nights"], t["total"]["amount_minor"]) for t in told] == [(1, 10000), (2, 20000), (3, 30000)]
    assert [t["version"] for t in told] == sorted({t["version"] for t in told})


@pytest.mark.servers
def test_the_clock_closes_nights_by_itself(house: House) -> None:
    facts = house.hears(in_house(uuid4(), 30000, arrival=date(2024, 2, 28)))
    house.service.recognise_nights()
    assert house.nights(facts) == [date(2024, 2, 28), date(2024, 2, 29), date(2024, 3, 1)]


@pytest.mark.servers
def test_a_stay_is_owed_at_check_in_where_the_property_says_so(house: House) -> None:
    ana = uuid4()
    facts = house.hears(in_house(ana, state="confirmed", property_id=house.has_taxes(owed_from="arrival")))
    assert house.balance(ana) == 0
    house.hears(later(facts, state="in_house"))
    assert house.balance(ana) == 31800
