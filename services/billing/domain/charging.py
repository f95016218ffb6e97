"""What a charge is posted as, what its void is posted as, and what makes two sayings of a charge the same."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from services.billing.domain.chart import GUESTS, VAT, check_amount, check_words
from services.billing.domain.folio import Entry
from services.contracts.billing import ChargeKind, NotAKind, NotAnAmount
from services.contracts.cards import without_cards
from services.contracts.values import Money
from services.kit.refusal import Invalid, Problem

_CODE = re.compile(r"[a-z][a-z0-9-]{0,39}")
_ACCOUNT = re.compile(r"(revenue|tax):[a-z][a-z0-9-]{0,39}")
_CLASS = re.compile(r"[a-z][a-z0-9-]{0,39}")
LONGEST = 500  # characters of a description
LONGEST_NAME = 200


@dataclass(frozen=True)
class Said:
    """A charge as somebody says it: of a booking's folio or of a guest's house folio; `source` and `external_id` are
    another system's name and its number for it, both or neither. Where it names a `room` of the property, the booking
    is whoever's was in it at that moment, or nobody's.
    """

    kind: str
    amount: Money
    description: str = ""
    booking_id: UUID | None = None
    profile_id: UUID | None = None
    property_id: UUID | None = None
    room: str | None = None
    business_date: date | None = None
    source: str | None = None
    external_id: str | None = None

    def checked(self) -> Said:
        """Well formed, and without card numbers; refuses with NotAnAmount and Invalid."""
        check_amount(self.amount, NotAnAmount)
        check_words(self.kind, "/kind", 40)
        check_words(self.description, "/description", LONGEST)
        check_key(self.source, self.external_id)
        check_words(self.room, "/room", LONGEST_NAME)
        if ((self.booking_id or self.room) is None) == (self.profile_id is None):
            raise Invalid(errors=[Problem("/booking_id", "Name one of the booking, the guest and the room.")])
        return replace(self, description=without_cards(self.description)[:LONGEST])

    def digest(self) -> bytes:
        """The same for the same content, however often and by whichever door it is said."""
        day = self.business_date.isoformat() if self.business_date else None
        of = f"{self.property_id} {self.room.casefold()}" if self.room else str(self.booking_id or self.profile_id)
        content = [of, self.kind, self.amount.amount_minor, self.amount.currency, self.description, day]
        return hashlib.sha256(json.dumps(content).encode("utf-8", "surrogatepass")).digest()


def check_key(source: str | None, external_id: str | None) -> None:
    """A source with its number, or neither; refuses with Invalid."""
    if (source is None) != (external_id is None):
        pointer = "/source" if source is None else "/external_id"
        raise Invalid(errors=[Problem(pointer, "A source goes with its own number for the charge.")])
    for pointer, said in (("/source", source), ("/external_id", external_id)):
        if said is not None and not said.strip():
            raise Invalid(errors=[Problem(pointer, "Must not be empty.")])
        check_words(said, pointer, 200)


def revenue_of(account: str, net_minor: int) -> int:
    """What of a charge less its VAT is the house's own: nothing of what is itself a tax."""
    return net_minor if account.startswith("revenue:") else 0


def charge_entries(payer_id: UUID, account: str, net_minor: int, vat_minor: int, currency: str) -> tuple[Entry, ...]:
    """The payer owes the gross; the net is earned on the kind's account, the VAT is owed to the state."""
    entries = (
        Entry(GUESTS, net_minor + vat_minor, currency, payer_id),
        Entry(account, -net_minor, currency),
        Entry(VAT, -vat_minor, currency),
    )
    return tuple(entry for entry in entries if entry.amount_minor)


def void_entries(payer_id: UUID, account: str, net_minor: int, vat_minor: int, currency: str) -> tuple[Entry, ...]:
    """The charge's entries the other way round, on the account of whoever owes it now."""
    entries = charge_entries(payer_id, account, net_minor, vat_minor, currency)
    return tuple(replace(entry, amount_minor=-entry.amount_minor) for entry in entries)


def checked_kind(kind: ChargeKind) -> ChargeKind:
    """A kind as it may be kept; refuses with NotAKind."""
    faults = [
        Problem(f"/{name}", wanted)
        for name, pattern, wanted in (
            ("code", _CODE, "1 to 40 small letters, digits and dashes, a letter first."),
            ("account", _ACCOUNT, "An account of revenue or of a tax, as revenue:spa."),
            ("tax_class", _CLASS, "1 to 40 small letters, digits and dashes, a letter first."),
        )
        if not pattern.fullmatch(getattr(kind, name))
    ]
    if not 1 <= len(kind.name.strip()) <= 100 or not kind.name.isprintable():
        faults.append(Problem("/name", "Not 1 to 100 printable characters."))
    if faults:
        raise NotAKind(errors=faults)
    return kind
