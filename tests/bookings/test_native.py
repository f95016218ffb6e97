"""What a well-formed native notice is."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from services.bookings.domain.people import everybody, people
from services.bookings.inbound.native import well_formed
from services.contracts.bookings import (
    BookingNotice,
    NotANotice,
    NoticeCommission,
    NoticeConsent,
    NoticePayment,
    NoticePerson,
    PostalAddress,
)
from services.contracts.values import Price
from services.kit import wire
from services.kit.refusal import Invalid
from tests.bookings.makers import ARRIVAL, DEPARTURE, ana_silva, bruno_costa, notice, report_of_state, room


def consent(**more: Any) -> NoticeConsent:
    return NoticeConsent(**{"channel": "email", "granted": True, **more})


def pointers(said: BookingNotice) -> list[str]:
    with pytest.raises(NotANotice) as refused:
        well_formed(said)
    return [e.pointer for e in refused.value.errors]


@pytest.mark.parametrize(
    ("more", "pointer"),
    [
        ({"departure": ARRIVAL}, "/departure"),
        ({"departure": ARRIVAL - timedelta(days=1)}, "/departure"),
        ({"departure": ARRIVAL + timedelta(days=401)}, "/departure"),
        ({"arrival": date(1, 1, 1)}, "/arrival"),
        ({"arrival": None}, "/arrival"),
        ({"rooms": ()}, "/rooms"),
        ({"booker": None}, "/booker"),
        ({"rooms": (room(adults=0),)}, "/rooms/0/adults"),
        ({"rooms": (room(adults=-1, children=1),)}, "/rooms/0/adults"),
        ({"rooms": (room("-1.00"),)}, "/rooms/0/price/amount"),
        ({"rooms": (room("1.005"),)}, "/rooms/0/price/amount"),
        ({"rooms": (room("1e3"),)}, "/rooms/0/price/amount"),
        ({"rooms": (room(currency="XXY"),)}, "/rooms/0/price/currency"),
        ({"rooms": (room(), room(currency="USD"))}, "/rooms/1/price/currency"),
        ({"rooms": (room(), room(None))}, "/rooms/1/price"),
        ({"rooms": (room(),) * 101}, "/rooms"),
        ({"guests": (bruno_costa(),) * 101}, "/guests"),
        ({"revision": -1}, "/revision"),
        ({"revision": 2**53}, "/revision"),
        ({"source": " "}, "/source"),
        ({"external_id": ""}, "/external_id"),
        ({"external_id": "x" * 121}, "/external_id"),
        ({"property": "a\x00b"}, "/property"),
        ({"requests": "x" * 4001}, "/requests"),
        ({"booker": ana_silva(given_name="A\u202ena")}, "/booker/given_name"),
        ({"booker": ana_silva(family_name="\ud800")}, "/booker/family_name"),
        ({"guests": (bruno_costa(email="b\r\nBcc: x"),)}, "/guests/0/email"),
        ({"booked_at": datetime(9999, 12, 31, 23, 59, tzinfo=UTC)}, "/booked_at"),
        ({"payments": (NoticePayment(amount="-5.00", currency="EUR"),)}, "/payments/0/amount"),
        ({"rooms": (room(rate="x" * 61),)}, "/rooms/0/rate"),
        ({"rooms": (room(children=2, child_ages=(4,)),)}, "/rooms/0/child_ages"),
        ({"rooms": (room(child_ages=(4,)),)}, "/rooms/0/child_ages"),
        ({"rooms": (room(children=2, child_ages=(4, 18)),)}, "/rooms/0/child_ages/1"),
        ({"rooms": (room(children=1, child_ages=(-1,)),)}, "/rooms/0/child_ages/0"),
        ({"rooms": (room(arrival=ARRIVAL - timedelta(days=1)),)}, "/rooms/0/arrival"),
        ({"rooms": (room(departure=DEPARTURE + timedelta(days=1)),)}, "/rooms/0/departure"),
        ({"rooms": (room(arrival=DEPARTURE),)}, "/rooms/0/departure"),
        ({"rooms": (room(departure=ARRIVAL),)}, "/rooms/0/departure"),
        ({"total": Price(amount="-1.00", currency="EUR"), "rooms": (room(None),)}, "/total/amount"),
        ({"commission": NoticeCommission(basis_points=10_001)}, "/commission/basis_points"),
        ({"commission": NoticeCommission(amount=Price(amount="1", currency="XXY"))}, "/commission/amount/currency"),
        ({"group": "x" * 61}, "/group"),
        ({"contact": bruno_costa(title="\x07")}, "/contact/title"),
        ({"payer": bruno_costa(age=131)}, "/payer/age"),
        ({"payer": bruno_costa(birth_date=date(1850, 1, 1))}, "/payer/birth_date"),
        (
            {
                "booker": ana_silva(address=PostalAddress(lines=("Rua 1", "a\x00"))),
            },
            "/booker/address/lines/1",
        ),
        ({"booker": ana_silva(address=PostalAddress(city="x" * 201))}, "/booker/address/city"),
        ({"booker": ana_silva(consents=(consent(purpose=" "),))}, "/booker/consents/0/purpose"),
        ({"guests": (bruno_costa(consents=(consent(wording="x" * 201),)),)}, "/guests/0/consents/0/wording"),
    ],
)
def test_a_fault_is_refused_with_its_place(more: dict[str, Any], pointer: str) -> None:
    assert pointers(notice(**more)) == [pointer]


@pytest.mark.parametrize(
    ("said", "pointer"),
    [
        ({"revision": "1"}, "/revision"),
        ({"revision": 1.5}, "/revision"),
        ({"status": "done"}, "/status"),
        ({"arrival": "2026-02-30"}, "/arrival"),
        ({"booked_at": "2026-11-20T09:30:00"}, "/booked_at"),
        ({"rooms": {"room_type": "A"}}, "/rooms"),
        ({"booker": {"given_name": 7}}, "/booker/given_name"),
        ({"booker": {"sex": "unknown"}}, "/booker/sex"),
        ({"booker": {"address": "Rua 1"}}, "/booker/address"),
        ({"booker": {"consents": [{"channel": "fax", "granted": True}]}}, "/booker/consents/0/channel"),
        ({"needs": ["cot", 7]}, "/needs/1"),
        ({"method": "telegraph"}, "/method"),
        ({"rooms": [{"room_type": "A", "child_ages": [4.5]}]}, "/rooms/0/child_ages/0"),
    ],
)
def test_a_wrong_type_is_refused_with_its_place(said: dict[str, Any], pointer: str) -> None:
    with pytest.raises(Invalid) as refused:
        wire.load(BookingNotice, {**wire.dump(notice()), **said})
    assert [e.pointer for e in refused.value.errors] == [pointer]


def test_the_fault_of_one_value_never_repeats_it() -> None:
    with pytest.raises(NotANotice) as refused:
        well_formed(notice(booker=ana_silva(email="secret\x00@example.com")))
    assert "secret" not in str(refused.value.to_wire())


def test_a_report_of_state_needs_nothing_but_its_key() -> None:
    assert well_formed(report_of_state("departed", 3)).status == "departed"


def test_card_numbers_are_kept_nowhere() -> None:
    card = "4111 1111 1111 1111"
    said = notice(
        requests=f"card {card}",
        booker=ana_silva(family_name=f"Silva {card}", company=card, phone=card, email="4111111111111111@example.com"),
        guests=(bruno_costa(given_name=card),),
        payments=(NoticePayment(amount="1.00", currency="EUR", method=card, reference=f"ref {card}"),),
        rooms=(room(room_type=card, rate=card),),
        contact=bruno_costa(title=card, address=PostalAddress(lines=(card,), postcode=card, city=card, region=card)),
        payer=bruno_costa(nationality=card, consents=(consent(wording=card),)),
        group=card,
    )
    assert "1111" not in wire.text(well_formed(said))


def test_a_long_telephone_number_that_passes_the_check_of_cards_is_kept() -> None:
    phone = next(p for n in itertools.count() if (p := f"+49151{n:09d}") and _luhn(p[1:]))
    kept = well_formed(notice(booker=ana_silva(phone=phone))).booker
    assert kept
    assert kept.phone == phone


def test_a_booking_is_not_lost_over_a_language_or_country_that_is_none() -> None:
    kept = well_formed(notice(booker=ana_silva(language="Portuguese!", country="pt"))).booker
    assert kept
    assert (kept.language, kept.country) == (None, "PT")


def test_names_are_composed_and_their_spaces_single() -> None:
    kept = well_formed(notice(booker=ana_silva(given_name="  Jose\u0301  Maria "))).booker
    assert kept
    assert kept.given_name == "José Maria"


def test_what_is_needed_is_said_once() -> None:
    assert well_formed(notice(needs=("cot", "quiet", "cot"))).needs == ("cot", "quiet")


def test_an_address_of_nothing_is_none() -> None:
    kept = well_formed(notice(booker=ana_silva(address=PostalAddress(lines=(" ",), country="Portugal")))).booker
    assert kept
    assert kept.address is None


def test_an_address_is_kept_in_its_lines() -> None:
    said = PostalAddress(lines=(" Rua  das Flores 1 ", ""), postcode="1200-195", city="Lisboa", country="pt")
    kept = well_formed(notice(booker=ana_silva(address=said))).booker
    assert kept
    assert kept.address == PostalAddress(lines=("Rua das Flores 1",), postcode="1200-195", city="Lisboa", country="PT")


def test_room_dates_are_judged_by_what_the_notice_says_of_the_booking() -> None:
    said = notice(status="modified", arrival=None, departure=None, rooms=(room(arrival=DEPARTURE),))
    assert well_formed(said).rooms[0].arrival == DEPARTURE


# ── who is who ───────────────────────────────────────────────────────────────────────────────────────────────────────


def roles(said: BookingNotice) -> list[tuple[str | None, tuple[str, ...]]]:
    return [(p.given_name, p.roles) for p in people(said)]


def test_a_booker_alone_is_the_primary_guest() -> None:
    assert roles(notice()) == [("Ana", ("booker", "primary"))]


def test_the_first_guest_is_the_primary_one() -> None:
    said = notice(guests=(bruno_costa(), bruno_costa(given_name="Carla")))
    assert roles(said) == [("Ana", ("booker",)), ("Bruno", ("primary",)), ("Carla", ("additional",))]


def test_a_guest_with_the_bookers_name_is_the_booker() -> None:
    ana = NoticePerson(given_name="ANA", family_name="silva", birth_date=date(1980, 5, 4))
    said = notice(guests=(ana, bruno_costa()))
    assert roles(said) == [("Ana", ("booker", "primary")), ("Bruno", ("additional",))]
    assert people(said)[0].birth_date == date(1980, 5, 4)


def test_but_not_with_another_birth_date() -> None:
    said = notice(
        booker=ana_silva(birth_date=date(1950, 1, 1)), guests=(ana_silva(email=None, birth_date=date(1980, 5, 4)),)
    )
    assert [p.roles for p in people(said)] == [("booker",), ("primary",)]


def test_a_contact_and_a_payer_are_people_of_the_booking() -> None:
    said = notice(contact=bruno_costa(), payer=NoticePerson(company="Viagens Lda"))
    assert [(p.given_name or p.company, p.roles) for p in people(said)] == [
        ("Ana", ("booker", "primary")),
        ("Bruno", ("contact",)),
        ("Viagens Lda", ("payer",)),
    ]


def test_who_is_on_the_booking_already_gets_the_role() -> None:
    said = notice(guests=(bruno_costa(),), contact=bruno_costa(), payer=ana_silva())
    assert roles(said) == [("Ana", ("booker", "payer")), ("Bruno", ("primary", "contact"))]


def test_one_company_is_one_payer() -> None:
    company = NoticePerson(company="Viagens Lda")
    said = notice(booker=company, guests=(ana_silva(),), payer=NoticePerson(company="VIAGENS LDA", email="a@b.example"))
    assert [(p.company, p.email, p.roles) for p in people(said)][0] == (
        "Viagens Lda", "a@b.example", ("booker", "payer"),
    )  # fmt: skip


def test_what_is_said_in_one_place_completes_the_other() -> None:
    guest = NoticePerson(given_name="Ana", family_name="Silva", nationality="PT", age=41)
    (ana,) = people(notice(guests=(guest,)))
    assert (ana.phone, ana.nationality, ana.age) == ("+351912345678", "PT", 41)


def test_two_guests_of_one_name_are_two_guests() -> None:
    twins = NoticePerson(given_name="Bruno", family_name="Costa")
    assert [p.roles for p in people(notice(guests=(twins, twins)))] == [("booker",), ("primary",), ("additional",)]


def test_consents_stand_with_the_person_they_are_of() -> None:
    said = notice(
        booker=ana_silva(consents=(consent(),)),
        guests=(bruno_costa(), ana_silva(consents=(consent(channel="sms"),))),
    )
    assert [[c.channel for c in person.consents] for person, _ in everybody(said)] == [["email", "sms"], []]


def test_guests_without_a_booker_are_enough() -> None:
    assert roles(notice(booker=None, guests=(bruno_costa(),))) == [("Bruno", ("primary",))]


def _luhn(digits: str) -> bool:
    doubled = [int(d) * (2 if n % 2 else 1) for n, d in enumerate(reversed(digits))]
    return sum(d // 10 + d % 10 for d in doubled) % 10 == 0


@pytest.mark.parametrize(("name", "item"), [("guests", {}), ("rooms", {"room_type": "A"}), ("payments", {})])
def test_a_flood_of_items_is_refused_before_it_is_read(name: str, item: dict[str, Any]) -> None:
    bad = {**item, "adults": "many"}  # which would be told of each, were they read
    with pytest.raises(Invalid) as refused:
        wire.load(BookingNotice, {**wire.dump(notice()), name: [bad] * 100_000})
    assert [e.pointer for e in refused.value.errors] == [f"/{name}"]
