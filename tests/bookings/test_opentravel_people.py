"""The people of a reservation of OpenTravel: who they are, who books, and who pays."""

from __future__ import annotations

from datetime import date

import pytest

from tests.bookings.xml_messages import ANA, BRUNO, guest, notif, read_notice, reservation, room_stay


def test_a_customer_is_read_whole():
    booker = read_notice(notif()).booker
    assert booker
    assert (booker.title, booker.given_name, booker.family_name) == ("Dona", "Ana Maria", "da Silva")
    assert (booker.sex, booker.birth_date, booker.language) == ("female", date(1988, 2, 3), "pt")
    assert (booker.email, booker.phone) == ("ana@mail.example.org", "+351 21 1234567")
    assert (booker.nationality, booker.country) == ("PT", "PT")
    assert booker.address
    assert booker.address.lines == ("Rua Augusta 1", "2.º Esq.")
    assert (booker.address.postcode, booker.address.city, booker.address.region) == ("1100-048", "Lisboa", "Lisboa")


@pytest.mark.parametrize(
    ("said", "country"),
    [
        ('Code="de"', "DE"),
        ('Code="USA"', "US"),
        (">Portugal", "PT"),
        (">USA", "US"),
        (">Atlantis", None),
        ('Code="Q9"', None),
    ],
)
def test_a_country_is_a_code_or_a_name(said, country):
    element = f"<CountryName{said}</CountryName>" if said.startswith(">") else f"<CountryName {said}/>"
    customer = ANA.replace('<CountryName Code="PT">Portugal</CountryName>', element)
    booker = read_notice(notif(reservation(guests=guest(customer)))).booker
    assert booker
    assert booker.country == country


def test_the_primary_guest_goes_first_then_as_the_rooms_refer_to_them():
    carla = BRUNO.replace("Bruno", "Carla")
    people = (
        guest(carla, ResGuestRPH="3")
        + guest(BRUNO, ResGuestRPH="2")
        + guest(ANA, ResGuestRPH="1", PrimaryIndicator="true")
    )
    refs = '<ResGuestRPHs><ResGuestRPH RPH="2"/><ResGuestRPH RPH="3"/></ResGuestRPHs>'
    said = read_notice(notif(reservation(guests=people, stays=room_stay(refs))))
    assert [person.given_name for person in said.guests] == ["Ana Maria", "Bruno", "Carla"]
    assert said.booker == said.guests[0]


def test_a_customer_of_the_whole_reservation_is_the_booker():
    profile = f'<Profiles><ProfileInfo><Profile ProfileType="1">{BRUNO}</Profile></ProfileInfo></Profiles>'
    said = read_notice(notif(reservation(overall=profile)))
    assert said.booker
    assert (said.booker.given_name, [person.given_name for person in said.guests]) == ("Bruno", ["Ana Maria"])


COMPANY = """<Profiles><ProfileInfo><Profile ProfileType="{kind}"><CompanyInfo><CompanyName>Acme Lda.</CompanyName>
<TelephoneInfo PhoneNumber="+351219999999"/><Email>travel@acme.example</Email></CompanyInfo></Profile>
</ProfileInfo></Profiles>"""


def test_a_company_stands_by_the_guest_and_does_not_pay_unasked():
    said = read_notice(notif(reservation(overall=COMPANY.format(kind="3"))))
    assert said.booker
    assert (said.booker.company, said.booker.given_name, said.payer) == ("Acme Lda.", "Ana Maria", None)


@pytest.mark.parametrize(("kind", "method"), [("3", "company"), ("4", "agency")])
def test_who_is_billed_directly_is_the_payer(kind, method):
    bill = "<Guarantee><GuaranteeAccepted><DirectBill/></GuaranteeAccepted></Guarantee>"
    said = read_notice(notif(reservation(stays=room_stay(bill), overall=COMPANY.format(kind=kind))))
    assert said.payer
    assert (said.payer.company, said.payer.email, said.method) == ("Acme Lda.", "travel@acme.example", method)


def test_nonsense_about_a_person_costs_no_booking():
    customer = ANA.replace('BirthDate="1988-02-03"', 'BirthDate="unknown"').replace('Gender="Female"', 'Gender="X"')
    booker = read_notice(notif(reservation(guests=guest(customer, Age="old")))).booker
    assert booker
    assert (booker.birth_date, booker.sex, booker.age) == (None, None, None)
