"""Why two cards may be one person, in words for whoever decides."""

from __future__ import annotations

_WORDS = {
    "same-verified-email": "The same e-mail address, and it is verified.",
    "same-verified-phone": "The same telephone number, and it is verified.",
    "same-email-and-name": "The same e-mail address and the same name.",
    "same-phone-and-name": "The same telephone number and the same name.",
    "same-email-and-similar-name": "The same e-mail address and nearly the same name.",
    "same-phone-and-similar-name": "The same telephone number and nearly the same name.",
    "same-email": "The same e-mail address.",
    "same-phone": "The same telephone number.",
    "same-name-and-birth-date": "The same name and day of birth.",
    "similar-name-and-birth-date": "Nearly the same name and the same day of birth.",
    "same-name-and-near-birth-date": "The same name, and a day of birth that differs by a slip.",
    "same-name-and-address": "The same name and address.",
    "same-name-and-postcode": "The same name and postcode.",
    "same-name-and-companion": "The same name, and they stayed with the same person before.",
    "same-company-and-domain": "The same company and its own mail domain.",
    "same-company-and-place": "The same company at the same place.",
    "same-booking": "The same place on the same booking.",
    "same-name-on-booking": "The same name on one booking.",
    "rare-name": "The names are alike, and few people have such a name.",
    "birth-date-conflict": "They were born on different days.",
    "generation-conflict": "One is the junior and the other the senior.",
    "sex-conflict": "One is female and the other male.",
    "other-verified-contacts": "Each has verified an e-mail address and a number of their own.",
    "other-given-name": "The given names are those of two people.",
}


def said(code: str) -> str:
    """In English; the code is the key of a translation."""
    return _WORDS.get(code, code)
