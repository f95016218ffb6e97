"""E-mail addresses and telephone numbers: their one written form, and whether they say who somebody is."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal, cast
from uuid import UUID

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from phonenumbers import NumberParseException, PhoneNumberFormat

from services.contracts.profiles.cards import GoodFor, WhyNot
from services.contracts.profiles.identifiers import RuleMeans
from services.kit.ids import new_id
from services.profiles.domain.identifiers import Rules, seeded
from services.profiles.domain.names import Unfit
from services.profiles.domain.scripts import deceives

# From so many profiles on, an identifier stops identifying anybody.
SHARED_BY = 10


class Deceiving(Unfit):
    """An address whose domain has letters that pass for others (UTS 39)."""


@dataclass(frozen=True)
class Point:
    """An e-mail or telephone number. `key` is what equal ones share; a `relay` says nothing of who somebody is: by a
    rule, and `means` says what it is, or as a number that is forwarded by its extension. `id` stays while the point
    does; `people`: how many have it, up to SHARED_BY, where that was asked.

    `current`: today is between `valid_from` and `valid_to`, both days among them.
    """

    kind: Literal["email", "phone"]
    key: str
    value: str
    relay: bool
    type: str
    primary: bool = False
    verified: bool = False
    source: str | None = None
    means: RuleMeans | None = None
    verified_at: datetime | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    id: UUID = field(default_factory=new_id, compare=False)
    current: bool = field(default=True, compare=False)
    people: int = field(default=1, compare=False)

    @property
    def identifies(self) -> bool:
        return self.current and not self.relay

    def why_not(self, today: date) -> tuple[WhyNot, ...]:
        """What speaks against using it."""
        found: list[WhyNot] = []
        if self.relay:
            found.append(cast(WhyNot, self.means or "relay"))
        if self.people >= SHARED_BY:
            found.append("shared")
        if not self.current:
            found.append("not-yet" if self.valid_from and self.valid_from > today else "past")
        return tuple(found)


def good_for(why_not: tuple[WhyNot, ...]) -> tuple[GoodFor, ...]:
    """What may be done with it: a relay still reaches the guest for the stay, a placeholder nobody."""
    if not why_not:
        return ("stay", "marketing", "matching")
    return () if {"placeholder", "past", "not-yet"} & set(why_not) else ("stay",)


def email(
    address: str,
    *,
    type: str = "personal",
    primary: bool = False,
    verified: bool = False,
    source: str | None = None,
    rules: Rules | None = None,
) -> Point:
    """Syntax checked, domain in lower case; relay and placeholder addresses recognised.

    Raises Unfit, and Deceiving where it is somebody's trap.
    """
    try:
        found = validate_email(address.strip(), check_deliverability=False)
    except EmailNotValidError:
        raise Unfit("Not an e-mail address.") from None
    if deceives(found.domain):
        raise Deceiving("The domain of this e-mail address has letters that pass for others.")
    rule = (rules or seeded()).of_email(found.local_part, found.ascii_domain or found.domain)
    normal, relay = found.normalized, rule is not None
    return Point(
        "email",
        normal.lower(),
        normal,
        relay,
        type,
        primary,
        verified and not relay,
        source,
        rule.means if rule else None,
    )


def email_key(address: str) -> str:
    """The key of an address somebody looks for; one that is none is its own key, and nobody's."""
    try:
        return email(address).key
    except Unfit:
        return address.strip().lower()


def phone(
    number: str,
    country: str | None,
    *,
    type: str = "mobile",
    primary: bool = False,
    verified: bool = False,
    source: str | None = None,
    rules: Rules | None = None,
) -> Point:
    """To E.164; a number without country code is read in `country`. Raises Unfit.

    A number with an extension is one that a booking site (or a switchboard) forwards: it identifies nobody.
    """
    if len(number) > 40:
        raise Unfit("Not a telephone number.")
    try:
        parsed = phonenumbers.parse(number, country)
    except NumberParseException as fault:
        if fault.error_type == NumberParseException.INVALID_COUNTRY_CODE and not country:
            raise Unfit("A telephone number needs its country code, as in +351…, or a country.") from None
        raise Unfit("Not a telephone number.") from None
    if not phonenumbers.is_possible_number(parsed) or _is_typed_through(parsed):
        raise Unfit("Not a telephone number.")
    value = phonenumbers.format_number(parsed, PhoneNumberFormat.E164)
    rule = (rules or seeded()).of_number(value)
    relay = rule is not None or bool(parsed.extension)
    return Point(
        "phone", value, value, relay, type, primary, verified and not relay, source, rule.means if rule else None
    )


def _is_typed_through(number: phonenumbers.PhoneNumber) -> bool:
    """``999999999`` and ``123456789``, unless the country really gives such a number to somebody."""
    national = str(number.national_number)
    return (len(set(national)) == 1 or national in "01234567890") and not phonenumbers.is_valid_number(number)


def is_current(valid_from: date | None, valid_to: date | None, today: date) -> bool:
    return (valid_from is None or valid_from <= today) and (valid_to is None or today <= valid_to)


def mail_domain(key: str, rules: Rules | None = None) -> str | None:
    """The domain of an e-mail's key where it is a company's own."""
    domain = key.rpartition("@")[2]
    return domain if "@" in key and not (rules or seeded()).is_public(domain) else None
