"""What has to be there when somebody writes a card, and the warning that the person may be in the register already."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from services.kit.refusal import Conflict, Invalid
from services.kit.wire import Request, request, value

EntryField = Literal[
    "given_name",
    "family_name",
    "name",
    "sex",
    "birth_date",
    "nationality",
    "language",
    "email",
    "phone",
    "address",
    "postcode",
    "city",
    "country",
]


@value
class EntryRule:
    """What a card of this kind must have. With a country or a property: the cards written there; rules add up."""

    kind: str
    country: str | None = None
    property_id: UUID | None = None
    required: tuple[EntryField, ...] = ()


@value
class EntryRules:
    items: tuple[EntryRule, ...]
    changed_at: datetime | None = None


@request
class ReadEntryRules(Request[EntryRules]):
    """All of them."""


@request
class SetEntryRule(Request[EntryRules]):
    """This rule for its kind, country and property, and no other; requiring nothing takes it away."""

    kind: str
    country: str | None = None
    property_id: UUID | None = None
    required: tuple[EntryField, ...] = ()


class PossibleDuplicate(Conflict):
    """This may be somebody who is in the register already. Look at the candidates; confirm that it is none of them."""


class NotAnEntryRule(Invalid):
    """The rule is not complete or not valid."""
