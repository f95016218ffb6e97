"""What an invoice says: lines of what is earned, VAT by rate, what has been paid.

An item is one journal that posted revenue or taxes; its entries are its figures, so that an invoice cannot say
anything else than the ledger. Accounts: ``revenue:<kind>`` net, ``tax:city`` city tax, any other ``tax:<code>`` VAT.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from services.billing.domain.chart import CITY_TAX, check_words
from services.billing.domain.folio import Rated
from services.contracts.billing import InvoiceLine, InvoicePayment, NotAnInvoice, Party, VatSum
from services.contracts.values import Money
from services.kit.refusal import Invalid, Problem

_PREFIX = re.compile(r"[A-Z0-9]{1,10}(-[A-Z0-9]{1,10})?")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,2}")


@dataclass(frozen=True)
class Item:
    """One journal of a folio that earned something. `postings` are its entries on revenue and tax accounts, negative
    where something is earned; `basis_points` its VAT rate where that is known; `kind` a charge's, else the account's.
    `rates` are the parts of what a stay earned, where they were kept, each of one VAT rate.
    """

    journal_id: UUID
    folio_id: UUID
    booking_id: UUID | None
    kind: str | None
    on: date
    currency: str
    postings: Mapping[str, int]
    nights: int | None = None
    basis_points: int | None = None
    reverses: UUID | None = None
    words: str | None = None
    rates: tuple[Rated, ...] = ()


@dataclass(frozen=True)
class Line:
    """A line to be: figures in minor units, before it has a number."""

    kind: str
    on: date
    until: date
    booking_id: UUID | None
    net: int
    vat: int
    basis_points: int | None
    nights: int | None = None
    words: str | None = None


@dataclass(frozen=True)
class Bill:
    """All lines with their sums, in one currency; `words` are people's own, by the number of their line."""

    lines: tuple[InvoiceLine, ...]
    vat_sums: tuple[VatSum, ...]
    net: Money
    vat: Money
    city_tax: Money
    total: Money
    words: Mapping[int, str] = field(default_factory=dict)


def bill(items: Iterable[Item], currency: str, names: Mapping[str, str]) -> Bill:
    """The lines of these items in the order of their days. `names` are kinds as guests read them."""
    lines = _together([line for item in _standing(items) for line in _lines(item)])

    def money(minor: int) -> Money:
        return Money(amount_minor=minor, currency=currency)

    numbered = tuple(
        InvoiceLine(
            number=number,
            on=line.on,
            until=line.until if line.until != line.on else None,
            kind=line.kind,
            description=names.get(line.kind, line.kind.replace("-", " ").capitalize()),
            nights=line.nights,
            booking_id=line.booking_id,
            net=money(line.net),
            vat_rate=percent(line.basis_points),
            vat=money(line.vat),
            total=money(line.net + line.vat),
        )
        for number, line in enumerate(lines, 1)
    )
    return replace(
        summed(numbered, currency), words={number: line.words for number, line in enumerate(lines, 1) if line.words}
    )


def summed(lines: tuple[InvoiceLine, ...], currency: str) -> Bill:
    """These lines with their sums."""

    def money(minor: int) -> Money:
        return Money(amount_minor=minor, currency=currency)

    sums: dict[str | None, list[int]] = defaultdict(lambda: [0, 0])
    for line in lines:
        if line.kind != "city-tax":
            sums[line.vat_rate][0] += line.net.amount_minor
            sums[line.vat_rate][1] += line.vat.amount_minor
    city = sum(line.net.amount_minor for line in lines if line.kind == "city-tax")
    net, vat = sum(n for n, _ in sums.values()), sum(v for _, v in sums.values())
    return Bill(
        lines=lines,
        vat_sums=tuple(
            VatSum(vat_rate=rate, net=money(n), vat=money(v), total=money(n + v))
            for rate, (n, v) in sorted(sums.items(), key=lambda each: Decimal(each[0] or 0))
        ),
        net=money(net),
        vat=money(vat),
        city_tax=money(city),
        total=money(net + vat + city),
    )


def rate_of(net: int, vat: int, basis_points: int | None = None) -> int | None:
    """The VAT rate of an item in basis points: the one it was posted with, if that explains it, else the roundest that
    does. None without VAT.

    `vat` is within a minor unit of what its rate makes of `net`: rounded, or a share of what was.
    """
    if not vat or not net:
        return None
    net, vat = abs(net), abs(vat)
    if basis_points and abs(basis_points * net - vat * 10000) <= 10000:
        return basis_points
    exact = (vat * 20000 + net) // (2 * net)
    for step in (100, 50, 10):
        near = (exact + step // 2) // step * step
        if near and abs(near * net - vat * 10000) <= 10000:
            return near
    return exact


def percent(basis_points: int | None) -> str | None:
    """2300 → ``23.00``"""
    return None if basis_points is None else str(Decimal(basis_points).scaleb(-2))


def number(prefix: str, kind: str, year: int, count: int) -> str:
    """``LIS-2026-000123``, and ``LIS-CN-2026-000004`` for a credit note."""
    series = f"{prefix}-CN" if kind == "credit-note" else prefix
    return f"{series}-{year}-{count:06}"


def shares(payments: Sequence[InvoicePayment], total: int) -> tuple[InvoicePayment, ...]:
    """What of a folio's payments counts for an invoice over `total` of it: in their order, until it is covered."""
    found, room = [], max(total, 0)
    for payment in payments:
        used = min(payment.amount.amount_minor, room)
        room -= used
        if used > 0:
            found.append(replace(payment, amount=Money(amount_minor=used, currency=payment.amount.currency)))
    return tuple(found)


def merged(payments: Iterable[InvoicePayment]) -> tuple[InvoicePayment, ...]:
    """Each payment once, the oldest first, with what of it counts for all folios."""
    found: dict[UUID, InvoicePayment] = {}
    for payment in payments:
        sofar = found.get(payment.payment_id)
        minor = payment.amount.amount_minor + (sofar.amount.amount_minor if sofar else 0)
        found[payment.payment_id] = replace(payment, amount=Money(amount_minor=minor, currency=payment.amount.currency))
    return tuple(sorted(found.values(), key=lambda p: (p.received_on, p.payment_id)))


def earned(items: Iterable[Item]) -> dict[UUID, int]:
    """What these items come to by folio, taxes included, in minor units."""
    found: dict[UUID, int] = defaultdict(int)
    for item in items:
        found[item.folio_id] -= sum(item.postings.values())
    return dict(found)


def check_party(party: Party, pointer: str) -> None:
    """A name, few and short lines, all printable."""
    if not party.name.strip():
        raise NotAnInvoice(errors=[Problem(f"{pointer}/name", "Empty.")])
    check_words(party.name, f"{pointer}/name", 200)
    if len(party.address) > 8:
        raise NotAnInvoice(errors=[Problem(f"{pointer}/address", "More than 8 lines.")])
    for place, line in enumerate(party.address):
        check_words(line, f"{pointer}/address/{place}", 200)
    check_words(party.country, f"{pointer}/country", 2)
    check_words(party.tax_id, f"{pointer}/tax_id", 60)


def check_prefix(prefix: str) -> None:
    if not _PREFIX.fullmatch(prefix) or prefix.endswith("-CN"):
        raise Invalid(errors=[Problem("/prefix", "Not capital letters and digits, like LIS or LIS-A.")])


def check_language(language: str) -> None:
    if not _LANGUAGE.fullmatch(language):
        raise Invalid(errors=[Problem("/language", "Not a language tag such as en or pt-BR.")])


def _standing(items: Iterable[Item]) -> list[Item]:
    """Without what was posted and taken back among them: nobody wants to read that."""
    given = {item.journal_id: item for item in items}
    gone = set()
    for item in given.values():
        first = given.get(item.reverses) if item.reverses else None
        if first and all(
            first.postings.get(account, 0) + item.postings.get(account, 0) == 0
            for account in {*first.postings, *item.postings}
        ):
            gone |= {item.journal_id, first.journal_id}
    return sorted(
        (item for item in given.values() if item.journal_id not in gone),
        key=lambda item: (item.on, str(item.booking_id), item.kind or "", item.journal_id),
    )


def _lines(item: Item) -> list[Line]:
    """A line per kind of revenue, one for city tax; what a stay earned has a line for each VAT rate. Several kinds in
    one journal share its VAT by their net.
    """
    revenue = {account.partition(":")[2]: -minor for account, minor in item.postings.items() if _is(account, "revenue")}
    if item.kind and len(revenue) == 1:
        revenue = {item.kind: sum(revenue.values())}
    vat = -sum(minor for account, minor in item.postings.items() if _is(account, "tax") and account != CITY_TAX)
    city = -item.postings.get(CITY_TAX, 0)
    found = _lines_by_rate(item, sum(revenue.values()), vat)
    rate = rate_of(sum(revenue.values()), vat, item.basis_points)
    left_vat, left_net = vat, sum(revenue.values())
    for kind, net in sorted(revenue.items()) if not found else ():
        part = left_vat * net // left_net if left_net else 0
        left_vat, left_net = left_vat - part, left_net - net
        nights = item.nights if kind == "room" else None
        until = item.on + timedelta(days=nights - 1) if nights and nights > 1 else item.on
        found.append(Line(kind, item.on, until, item.booking_id, net, part, rate, nights, item.words))
    if vat and not revenue and not found:
        found.append(Line("vat", item.on, item.on, item.booking_id, 0, vat, rate, None, item.words))
    if city:
        found.append(Line("city-tax", item.on, item.on, item.booking_id, city, 0, None, None, item.words))
    return found


def _lines_by_rate(item: Item, net: int, vat: int) -> list[Line]:
    """Nothing where the parts were not kept, or are not what the entries say."""
    if net != sum(part.net_minor for part in item.rates) or vat != sum(part.vat_minor for part in item.rates):
        return []
    return [
        Line(
            "room",
            part.first or item.on,
            part.last or item.on,
            item.booking_id,
            part.net_minor,
            part.vat_minor,
            part.basis_points or None,
            part.nights or None,
            item.words,
        )
        for part in item.rates
    ]


def _together(lines: list[Line]) -> list[Line]:
    """City tax of following nights of a booking is one line: nobody reads a cent per day twenty times."""
    found: list[Line] = []
    city: dict[UUID | None, int] = {}
    for line in lines:
        if line.kind != "city-tax":
            found.append(line)
        elif line.booking_id in city:
            first = found[city[line.booking_id]]
            found[city[line.booking_id]] = replace(
                first, net=first.net + line.net, on=min(first.on, line.on), until=max(first.until, line.until)
            )
        else:
            city[line.booking_id] = len(found)
            found.append(line)
    return [line for line in found if line.net or line.vat]


def _is(account: str, group: str) -> bool:
    return account.startswith(f"{group}:")
