"""E-mail addresses and telephone numbers: their one written form, and whether they say who somebody is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from phonenumbers import NumberParseException, PhoneNumberFormat

from services.profiles.domain import relays
from services.profiles.domain.names import Unfit, words

# From so many profiles on, an identifier stops identifying anybody.
SHARED_BY = 10

# Anybody's mail domain says nothing about a company.
PUBLIC_MAIL = words(
    "gmail.com googlemail.com outlook.com hotmail.com live.com msn.com yahoo.com ymail.com icloud.com me.com aol.com"
    " gmx.de gmx.net gmx.com web.de t-online.de freenet.de mail.com mail.ru yandex.ru proton.me protonmail.com sapo.pt"
    " orange.fr free.fr laposte.net wanadoo.fr libero.it hotmail.it yahoo.it yahoo.fr yahoo.es yahoo.co.uk"
    " hotmail.co.uk hotmail.es hotmail.fr btinternet.com qq.com 163.com 126.com naver.com uol.com.br bol.com.br"
    " wp.pl o2.pl seznam.cz"
)


@dataclass(frozen=True)
class Point:
    """An e-mail or telephone number. `key` is what equal ones share; a `relay` belongs to a booking, not a person."""

    kind: Literal["email", "phone"]
    key: str
    value: str
    relay: bool
    type: str
    primary: bool = False
    verified: bool = False
    source: str | None = None

    @property
    def identifies(self) -> bool:
        return not self.relay


def email(
    address: str, *, type: str = "personal", primary: bool = False, verified: bool = False, source: str | None = None
) -> Point:
    """Syntax checked, domain in lower case; relay and placeholder addresses recognised. Raises Unfit."""
    try:
        normal = validate_email(address.strip(), check_deliverability=False).normalized
    except EmailNotValidError:
        raise Unfit("Not an e-mail address.") from None
    relay = relays.relay_of(normal) is not None or relays.is_placeholder(normal)
    return Point("email", normal.lower(), normal, relay, type, primary, verified and not relay, source)


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
    national = str(parsed.national_number)
    if not phonenumbers.is_possible_number(parsed) or len(set(national)) == 1 or national in "01234567890":
        raise Unfit("Not a telephone number.")
    value = phonenumbers.format_number(parsed, PhoneNumberFormat.E164)
    relay = bool(parsed.extension)
    return Point("phone", value, value, relay, type, primary, verified and not relay, source)


def mail_domain(key: str) -> str | None:
    """The domain of an e-mail's key where it is a company's own."""
    domain = key.rpartition("@")[2]
    return domain if "@" in key and domain not in PUBLIC_MAIL else None
