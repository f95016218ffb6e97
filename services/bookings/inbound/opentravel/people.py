"""The people of a reservation: customers, companies and agencies, as NoticePerson."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from typing import Literal
from xml.etree.ElementTree import Element

from babel import Locale
from babel.core import get_global

from services.bookings.inbound.opentravel.documents import every, said, text_of
from services.bookings.inbound.opentravel.values import day, whole
from services.contracts.bookings import ConsentChannel, NoticeConsent, NoticePerson, PostalAddress

# Profile types (OpenTravel code list PRT)
COMPANY, AGENCY = "3", "4"
# Phone technologies (PTT), the likeliest to reach the guest first; a fax never does
_PHONES = ("5", "1", "", "8")
_REMARKS: dict[str, ConsentChannel] = {"newsletter": "email", "catalog": "post"}
_SEXES: dict[str, Literal["male", "female"]] = {"male": "male", "female": "female"}


@dataclass(frozen=True)
class People:
    """`guests` in the order of their importance; `company` and `agency` as far as they are named."""

    booker: NoticePerson | None
    guests: tuple[NoticePerson, ...]
    company: NoticePerson | None
    agency: NoticePerson | None
    arrival_time: str | None


def people_of(reservation: Element) -> People:
    """The booker is the customer named for the whole reservation, else the primary guest."""
    profiles = list(every(reservation, "ResGlobalInfo/Profiles/ProfileInfo/Profile", "Profiles/ProfileInfo/Profile"))
    named = next((person for each in profiles if (person := _customer(each.find("Customer")))), None)
    guests = [person for each in _guests(reservation) if (person := _guest(each))]
    in_guests = list(every(reservation, "ResGuests/ResGuest/Profiles/ProfileInfo/Profile"))
    return People(
        booker=named or (guests[0] if guests else None),
        guests=tuple(guests if named or len(guests) > 1 else ()),
        company=_organisation([*profiles, *in_guests], COMPANY),
        agency=_organisation([*profiles, *in_guests], AGENCY),
        arrival_time=said(reservation, "ResGuests/ResGuest", "ArrivalTime"),
    )


def _guests(reservation: Element) -> list[Element]:
    """The primary one first, then in the order of the rooms that refer to them, then as they stand."""
    rooms = [ref.get("RPH") or "" for ref in every(reservation, "RoomStays/RoomStay/ResGuestRPHs/ResGuestRPH")]
    # an older form: one element with several numbers in its text or attribute
    rooms += [
        number
        for refs in every(reservation, "RoomStays/RoomStay/ResGuestRPHs")
        for number in (refs.get("RPHs") or refs.text or "").split()
    ]
    place = {rph: n for n, rph in reversed(list(enumerate(rooms)))}

    def rank(guest: Element) -> tuple[bool, int]:
        return not _true(guest.get("PrimaryIndicator")), place.get(guest.get("ResGuestRPH") or "", len(rooms))

    return sorted(every(reservation, "ResGuests/ResGuest"), key=rank)


def _guest(guest: Element) -> NoticePerson | None:
    person = next((p for each in every(guest, "Profiles/ProfileInfo/Profile/Customer") if (p := _customer(each))), None)
    if person is None:
        return None
    age = guest.get("Age") or ""
    return replace(person, age=whole(age)) if age.isdecimal() and len(age) < 4 else person


def _customer(customer: Element | None) -> NoticePerson | None:
    """None where nobody is named."""
    if customer is None:
        return None
    name = customer.find("PersonName")
    address = customer.find("Address")
    home = _address(address)
    person = NoticePerson(
        given_name=_joined(name, "GivenName", "MiddleName"),
        family_name=_joined(name, "SurnamePrefix", "Surname", "NameSuffix"),
        title=_joined(name, "NamePrefix", "NameTitle"),
        company=said(customer, "CompanyName") or said(customer, "EmployerInfo/CompanyName"),
        email=_email(customer),
        phone=_phone(customer, "Telephone"),
        language=said(customer, "", "Language"),
        country=home.country if home else None,
        nationality=_country(said(customer, "CitizenCountryName", "Code"))
        or _country(said(customer, "Document", "DocHolderNationality")),
        birth_date=_birth(customer.get("BirthDate")),
        sex=_SEXES.get((customer.get("Gender") or "").partition("_")[0].casefold()),
        address=home,
        consents=tuple(_consents(customer)),
    )
    return person if person != NoticePerson(language=person.language) else None


def _organisation(profiles: list[Element], kind: str) -> NoticePerson | None:
    for profile in profiles:
        company = profile.find("CompanyInfo")
        name = said(company, "CompanyName") or said(company, "CompanyName", "CompanyShortName")
        if company is None or not name or (profile.get("ProfileType") or COMPANY) != kind:
            continue
        home = _address(company.find("AddressInfo"))
        return NoticePerson(
            company=name,
            given_name=said(company, "ContactPerson/PersonName/GivenName"),
            family_name=said(company, "ContactPerson/PersonName/Surname"),
            email=_email(company),
            phone=_phone(company, "TelephoneInfo"),
            country=home.country if home else None,
            address=home,
        )
    return None


def _joined(name: Element | None, *parts: str) -> str | None:
    return " ".join(text for each in every(name, *parts) if (text := text_of(each))) or None


def _email(of: Element) -> str | None:
    found = sorted(of.iterfind("Email"), key=lambda each: not _true(each.get("DefaultInd")))
    return next((text for each in found if (text := text_of(each))), None)


def _phone(of: Element, name: str) -> str | None:
    def rank(phone: Element) -> int:
        return _PHONES.index(phone.get("PhoneTechType") or "")

    usable = [phone for phone in of.iterfind(name) if (phone.get("PhoneTechType") or "") in _PHONES]
    for phone in sorted(usable, key=rank):
        number, area = said(phone, "", "PhoneNumber"), said(phone, "", "AreaCityCode")
        if not number:
            continue
        land = re.sub(r"\D", "", phone.get("CountryAccessCode") or "")
        if number.startswith(("+", "00")):
            return number
        return " ".join(piece for piece in (f"+{land}" if land else "", area, number) if piece)
    return None


def _address(address: Element | None) -> PostalAddress | None:
    if address is None:
        return None
    lines = (text_of(each) for each in every(address, "AddressLine", "StreetNmbr", "BldgRoom"))
    return PostalAddress(
        lines=tuple(line for line in lines if line)[:10],
        postcode=said(address, "PostalCode"),
        city=said(address, "CityName"),
        region=said(address, "StateProv") or said(address, "StateProv", "StateCode"),
        country=_country(said(address, "CountryName", "Code")) or _country(said(address, "CountryName")),
    )


def _country(named: str | None) -> str | None:
    """ISO 3166-1 alpha-2, of a code of two or three letters or an English name; None where it is none of these."""
    if not named:
        return None
    code = named.upper()
    if len(code) == 2:
        return code
    if len(code) == 3:
        return next(iter(get_global("territory_aliases").get(code, ())), None)
    return _countries().get(named.casefold())


@cache
def _countries() -> dict[str, str]:
    names = Locale("en").territories
    return {name.casefold(): code for code, name in names.items() if len(code) == 2}


def _consents(customer: Element) -> Iterator[NoticeConsent]:
    """AlpineBits writes them as remarks on what they are about: ``newsletter:yes``, ``catalog:no``."""
    for element in every(customer, "Email", "Address"):
        wording = " ".join((element.get("Remark") or "").split())
        what, _, answer = wording.partition(":")
        if what in _REMARKS and answer in ("yes", "no"):
            yield NoticeConsent(channel=_REMARKS[what], granted=answer == "yes", wording=wording)


def _birth(text: str | None) -> date | None:
    """A day that is none is left out: a booking is not lost over it."""
    try:
        found = day(text or "")
    except ValueError:
        return None
    return found if date(1880, 1, 1) <= found <= date(2100, 1, 1) else None


def _true(text: str | None) -> bool:
    return text in ("true", "1")
