"""Rooms and prices of OpenTravel: for whom, of which type and rate, and what they cost to the cent."""

from __future__ import annotations

from typing import Any

import pytest

from services.contracts.bookings import NotANotice, NoticeRoom
from services.contracts.values import Price
from tests.bookings.xml_messages import notif, pointers, read, read_notice, reservation, room_stay


def rooms(*stays: str, **more: Any) -> tuple[NoticeRoom, ...]:
    return read_notice(notif(reservation(stays="".join(stays), **more))).rooms


# ── rooms ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_children_are_told_from_adults_by_code_or_age():
    counts = """<GuestCounts><GuestCount AgeQualifyingCode="10" Count="1"/><GuestCount Count="1" Age="40"/>
    <GuestCount AgeQualifyingCode="8" Count="2" Age="9"/><GuestCount AgeQualifyingCode="7" Age="1"/></GuestCounts>"""
    (found,) = rooms(room_stay(guests=counts))
    assert (found.adults, found.children, found.child_ages) == (2, 3, (9, 9, 1))


def test_ages_are_kept_for_all_children_or_for_none():
    counts = '<GuestCounts><GuestCount AgeQualifyingCode="8" Age="9"/><GuestCount AgeQualifyingCode="7"/></GuestCounts>'
    (found,) = rooms(room_stay(guests=counts))
    assert (found.adults, found.children, found.child_ages) == (0, 2, ())


def test_who_says_nothing_of_guests_has_one_in_each_room():
    (found,) = rooms(room_stay(guests=""))
    assert (found.adults, found.children) == (1, 0)


def test_several_units_are_several_rooms_that_share_the_guests_and_the_price():
    counts = '<GuestCounts><GuestCount Count="5"/><GuestCount AgeQualifyingCode="8" Age="7"/></GuestCounts>'
    found = rooms(
        room_stay(
            room_type='RoomTypeCode="A" NumberOfUnits="3"',
            guests=counts,
            price='<Total AmountAfterTax="1000.00" CurrencyCode="EUR"/>',
        )
    )
    assert [(room.adults, room.child_ages) for room in found] == [(2, (7,)), (2, ()), (1, ())]
    assert [room.price.amount for room in found if room.price] == ["333.34", "333.33", "333.33"]


def test_guests_counted_per_room_are_in_each():
    counts = '<GuestCounts IsPerRoom="true"><GuestCount AgeQualifyingCode="10" Count="2"/></GuestCounts>'
    found = rooms(room_stay(room_type='RoomTypeCode="A" NumberOfUnits="2"', guests=counts))
    assert [room.adults for room in found] == [2, 2]


@pytest.mark.parametrize(
    ("room_type", "code"),
    [('RoomTypeCode="A"', "A"), ('InvCode="X" InvTypeCode="Y"', "X"), ('InvTypeCode="Y"', "Y"), ("", "BAR")],
)
def test_who_names_no_room_type_means_the_one_of_the_rate(room_type, code):
    (found,) = rooms(room_stay(room_type=room_type))
    assert (found.room_type, found.rate) == (code, "BAR")


def test_a_thousand_rooms_are_refused_and_not_cut_off():
    for many in (room_stay() * 1000, room_stay(room_type='RoomTypeCode="A" NumberOfUnits="999999999"')):
        with pytest.raises(NotANotice) as refused:
            read_notice(notif(reservation(stays=many)))
        assert "/rooms" in [fault.pointer for fault in refused.value.errors]


@pytest.mark.parametrize(
    ("more", "pointer"),
    [
        ({"guests": '<GuestCounts><GuestCount Count="two"/></GuestCounts>'}, "/rooms/0/adults"),
        ({"guests": '<GuestCounts><GuestCount Count="1" Age="x"/></GuestCounts>'}, "/rooms/0/child_ages"),
        ({"room_type": 'NumberOfUnits="-1"'}, "/rooms/0"),
        ({"price": '<Total AmountAfterTax="12,50" CurrencyCode="EUR"/>'}, "/rooms/0/price/amount"),
        ({"price": '<Total AmountAfterTax="1e9" CurrencyCode="EUR"/>'}, "/rooms/0/price/amount"),
    ],
)
def test_numbers_that_are_none_are_faults(more, pointer):
    assert pointers(notif(reservation(stays=room_stay(**more)))) == [pointer]


# ── prices ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("price", "amount"),
    [
        ('<Total AmountAfterTax="120.5" AmountBeforeTax="100" CurrencyCode="EUR"/>', "120.50"),
        ('<Total AmountBeforeTax="100" CurrencyCode="EUR"><Taxes Amount="6"/></Total>', "106.00"),
        (
            '<Total AmountBeforeTax="9" CurrencyCode="EUR"><Taxes><Tax Amount="4"/><Tax Amount="2.5"/></Taxes></Total>',
            "15.50",
        ),
        (
            '<Total AmountBeforeTax="100" CurrencyCode="EUR"><Taxes><Tax Type="Inclusive" Amount="6"/></Taxes></Total>',
            "100.00",
        ),
        ('<Total AmountBeforeTax="93.45795" CurrencyCode="EUR"/>', "93.46"),
        ('<Total AmountAfterTax="12050" DecimalPlaces="2" CurrencyCode="EUR"/>', "120.50"),
        ('<Total AmountAfterTax="120.50" DecimalPlaces="2" CurrencyCode="EUR"/>', "120.50"),
        ('<Total AmountAfterTax="0" CurrencyCode="EUR"/>', "0.00"),
    ],
)
def test_a_total_is_with_its_taxes(price, amount):
    (found,) = rooms(room_stay(price=price))
    assert found.price == Price(amount=amount, currency="EUR")


def test_yen_have_no_cents():
    (found,) = rooms(room_stay(price='<Total AmountAfterTax="30000.00" CurrencyCode="JPY"/>'))
    assert found.price == Price(amount="30000", currency="JPY")


PER_NIGHT = """
<Rate EffectiveDate="2026-12-01" ExpireDate="2026-12-02"><Base AmountAfterTax="80" CurrencyCode="EUR"/></Rate>
<Rate EffectiveDate="2026-12-02" ExpireDate="2026-12-04"><Base AmountAfterTax="100.50" CurrencyCode="EUR"/></Rate>"""


@pytest.mark.parametrize(
    ("rates", "amount"),
    [
        (PER_NIGHT, "281.00"),
        ('<Rate><Base AmountBeforeTax="100" CurrencyCode="EUR"><Taxes Amount="6"/></Base></Rate>', "318.00"),
        (
            '<Rate UnitMultiplier="2" EffectiveDate="2026-12-01"><Base AmountAfterTax="50" CurrencyCode="EUR"/></Rate>',
            "100.00",
        ),
        (
            '<Rate EffectiveDate="2026-12-01" ExpireDate="2026-12-04"><Base AmountAfterTax="9" CurrencyCode="EUR"/>'
            '<Total AmountAfterTax="250" CurrencyCode="EUR"/></Rate>',
            "250.00",
        ),
    ],
)
def test_without_a_total_the_rates_are_summed_night_by_night(rates, amount):
    stays = room_stay(f"<RoomRates><RoomRate><Rates>{rates}</Rates></RoomRate></RoomRates>", price="")
    (found,) = rooms(stays)
    assert found.price == Price(amount=amount, currency="EUR")


def test_rates_in_two_currencies_are_no_sum():
    rates = PER_NIGHT.replace("EUR", "USD", 1)
    stays = room_stay(f"<RoomRates><RoomRate><Rates>{rates}</Rates></RoomRate></RoomRates>", price="")
    assert pointers(notif(reservation(stays=stays))) == ["/rooms/0/price/amount"]


def test_a_price_of_the_whole_reservation_is_its_total():
    said = read_notice(
        notif(reservation(stays=room_stay(price=""), overall='<Total AmountAfterTax="299" CurrencyCode="EUR"/>'))
    )
    assert said.total == Price(amount="299.00", currency="EUR")
    assert said.rooms[0].price is None


def test_amounts_without_a_currency_wait_for_the_property_s():
    assert read(notif(reservation(stays=room_stay(price='<Total AmountAfterTax="99"/>')))).notice.rooms[
        0
    ].price == Price(amount="99", currency="")


def test_what_was_paid_is_told_from_what_is_still_asked_for():
    paid = '<GuaranteePayment><AmountPercent Amount="50" CurrencyCode="EUR"/></GuaranteePayment>'
    asked = paid.replace("</G", '<Deadline AbsoluteDeadline="2026-12-01"/></G').replace("50", "70")
    said = read_notice(notif(reservation(overall=f"<DepositPayments>{paid}{asked}</DepositPayments>")))
    assert [(payment.amount, payment.currency) for payment in said.payments] == [("50.00", "EUR")]


def test_commissions_of_all_rooms_are_summed_and_an_equal_share_is_kept():
    rate = """<RatePlan RatePlanCode="BAR"><Commission Percent="12.5">
    <CommissionPayableAmount Amount="37.50" CurrencyCode="EUR"/></Commission></RatePlan>"""
    said = read_notice(notif(reservation(stays=room_stay(rate=rate) * 2)))
    assert said.commission
    assert said.commission.amount == Price(amount="75.00", currency="EUR")
    assert said.commission.basis_points == 1250
