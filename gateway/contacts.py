"""E-mail addresses and telephone numbers of people on a booking, looked at as the register will: what it could not keep
would be lost without a word.
"""

from __future__ import annotations

from typing import Any

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from marshmallow import ValidationError

from gateway.outside import Text

_MOST_DIGITS = 15  # E.164


class EmailAddress(Text):
    """What looks like one; also a booking site's relay address."""

    def __init__(self, **options: Any) -> None:
        super().__init__(most=254, **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> str:
        said = super()._deserialize(value, attr, data, **options)
        try:
            validate_email(said.strip(), check_deliverability=False)
        except EmailNotValidError:
            raise ValidationError("Not an e-mail address.") from None
        return said


class PhoneNumber(Text):
    """With its country code, or as it is dialled where the person or the property is."""

    def __init__(self, **options: Any) -> None:
        super().__init__(most=40, **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> str:
        said = super()._deserialize(value, attr, data, **options)
        if not _is_number(said):
            raise ValidationError("Not a telephone number.")
        return said


def _is_number(said: str) -> bool:
    try:
        return phonenumbers.is_possible_number(phonenumbers.parse(said))
    except phonenumbers.NumberParseException as fault:
        national = fault.error_type == fault.INVALID_COUNTRY_CODE and "+" not in said
        return national and sum(c.isdigit() for c in said) <= _MOST_DIGITS
