"""Credit notes: what they have left of an invoice's lines, and what of a line one more may take back."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from services.contracts.billing import CreditedLine, CreditNoteTooLarge, Invoice, InvoiceLine, NotAnInvoice
from services.contracts.values import Money, to_price
from services.kit.refusal import Problem


def left_of(invoice: Invoice, notes: Iterable[Invoice]) -> dict[int, InvoiceLine]:
    """The lines by number with what credit notes have left of each, also where that is nothing."""
    left = {line.number: line for line in invoice.lines}
    for note in notes:
        for taken in note.lines:
            line = left[taken.number]
            left[taken.number] = _with(line, _sum(line.net, taken.net), _sum(line.vat, taken.vat))
    return left


def taken_back(left: Iterable[InvoiceLine]) -> tuple[InvoiceLine, ...]:
    """The lines of a credit note that takes all of these back; none for one of which nothing is left."""
    return tuple(_with(line, _turned(line.net), _turned(line.vat)) for line in left if line.total.amount_minor)


def lowered(
    invoice: Invoice, left: Mapping[int, InvoiceLine], wanted: Sequence[CreditedLine]
) -> tuple[InvoiceLine, ...]:
    """The lines of a credit note that lowers these lines by so much, each at its own VAT rate: their VAT adds up to the
    line's, to the cent, once all of it is credited. Credits among the invoice's lines are not given a second time.

    Refuses with NotAnInvoice what does not fit the invoice, with CreditNoteTooLarge more than is left.
    """
    faults = list(_faults(invoice, wanted))
    if faults:
        raise NotAnInvoice(errors=faults)
    first, left = {line.number: line for line in invoice.lines}, dict(left)
    found = []
    for n, said in enumerate(wanted):
        whole, rest = first[said.number], left[said.number]
        most = _most(rest, left.values())
        minor = said.amount.amount_minor if said.amount else most
        if not 0 < minor <= most:
            raise too_large(n, _money(whole, most))
        taken = whole.total.amount_minor - rest.total.amount_minor + minor  # with what was credited before
        vat = _share(whole.vat.amount_minor, taken, whole.total.amount_minor)
        vat -= whole.vat.amount_minor - rest.vat.amount_minor
        line = _with(whole, _money(whole, vat - minor), _money(whole, -vat))
        left[said.number] = _with(rest, _sum(rest.net, line.net), _sum(rest.vat, line.vat))
        found.append(line if minor == whole.total.amount_minor else replace(line, nights=None))
    return tuple(sorted(found, key=lambda line: line.number))


def too_large(nth: int, most: Money) -> CreditNoteTooLarge:
    """The refusal of the nth line that is asked for, of which so much can be credited."""
    price = to_price(most)
    return CreditNoteTooLarge(
        errors=[Problem(f"/lines/{nth}/amount/amount", "More than what is left of it, less the credits beside it.")],
        facts={"left": price.amount, "currency": price.currency},
    )


def _most(line: InvoiceLine, left: Collection[InvoiceLine]) -> int:
    """What of a line can be credited: a line below zero has given back some of its kind, and of the total, before."""
    of_kind = (each for each in left if (each.booking_id, each.kind) == (line.booking_id, line.kind))
    return max(0, min(line.total.amount_minor, _total(of_kind), _total(left)))


def _faults(invoice: Invoice, wanted: Sequence[CreditedLine]) -> Iterator[Problem]:
    lines = {line.number: line for line in invoice.lines}
    seen: set[int] = set()
    for n, said in enumerate(wanted):
        line = lines.get(said.number)
        if line is None:
            yield Problem(f"/lines/{n}/number", "The invoice has no such line.")
        elif said.number in seen:
            yield Problem(f"/lines/{n}/number", "Named twice.")
        elif line.total.amount_minor <= 0 or line.kind == "vat":
            yield Problem(f"/lines/{n}/number", "Cannot be lowered by itself: take the whole invoice back.")
        elif said.amount and said.amount.currency != line.total.currency:
            yield Problem(f"/lines/{n}/amount/currency", "Not the currency of the invoice.")
        elif said.amount and said.amount.amount_minor <= 0:
            yield Problem(f"/lines/{n}/amount/amount", "Not above zero.")
        seen.add(said.number)


def _total(lines: Iterable[InvoiceLine]) -> int:
    return sum(line.total.amount_minor for line in lines)


def _share(vat: int, part: int, whole: int) -> int:
    """To the nearest minor unit; `whole` is above zero."""
    return (2 * vat * part + whole) // (2 * whole)


def _with(line: InvoiceLine, net: Money, vat: Money) -> InvoiceLine:
    return replace(line, net=net, vat=vat, total=_sum(net, vat))


def _sum(one: Money, other: Money) -> Money:
    return replace(one, amount_minor=one.amount_minor + other.amount_minor)


def _turned(money: Money) -> Money:
    return replace(money, amount_minor=-money.amount_minor)


def _money(line: InvoiceLine, minor: int) -> Money:
    return Money(amount_minor=minor, currency=line.total.currency)
