"""Who owes which charges of a booking, and how they move when that changes.

With a rule for `room`, the main folio, which holds the stay, is owed by that payer, and all that has no rule of its own
stands on the part of the payer of the booking; a rule for `*` says who that is.
"""

from __future__ import annotations

from collections import defaultdict
from uuid import UUID

from services.billing import domain, store
from services.billing.domain import REST, STAY, WITH_THE_STAY
from services.billing.doors.telling import MOST_TRIES, allocate
from services.billing.store import MAIN, Journal, Moved, Part
from services.contracts.billing import (
    BalanceChanged,
    ChargeInvoiced,
    FolioClosed,
    NoSuchFolio,
    ReadRouting,
    Routing,
    RoutingRule,
    SetRouting,
)
from services.contracts.bookings import BookingFacts
from services.contracts.values import Money
from services.kit.db import Tx
from services.kit.doors import command, query
from services.kit.refusal import Invalid, Problem
from services.kit.scope import is_theirs, permit

_MOST_RULES = 20


class Routes:
    @command
    def set_routing(self, tx: Tx, request: SetRouting) -> Routing:
        """What was charged before moves with its kind, one journal for each."""
        rules = _checked(tx, request)
        for part in store.parts_of(tx, request.booking_id) if tx.context.properties is not None else ():
            permit(tx, part.row.property_id, NoSuchFolio)
        reroute(tx, request.booking_id, rules)
        return _routing(request.booking_id, rules)

    @query
    def read_routing(self, tx: Tx, request: ReadRouting) -> Routing:
        parts = store.parts_of(tx, request.booking_id)
        if not parts or not is_theirs(tx.context, parts[0].row.property_id):
            raise NoSuchFolio
        return _routing(request.booking_id, store.rules_of(tx, request.booking_id))


def follow_payer(tx: Tx, facts: BookingFacts) -> None:
    """Where the stay is routed away and the booking has another payer now, what is not routed goes to that one."""
    rules = store.rules_of(tx, facts.booking_id)
    if rules.get(REST, facts.payer_profile_id) != facts.payer_profile_id:
        reroute(tx, facts.booking_id, {**rules, REST: facts.payer_profile_id}, strict=False)


def reroute(tx: Tx, booking_id: UUID, said: dict[str, UUID], *, strict: bool = True) -> None:
    """Not `strict` is for what a booking says: it is followed whatever limits, closed folios and invoices say."""
    for _ in range(MOST_TRIES):
        seen = store.parts_of(tx, booking_id)
        if not seen:
            raise NoSuchFolio
        known = store.rules_of(tx, booking_id)
        payer = known.get(REST) or next(part.row.folio.payer_id for part in seen if part.name == MAIN)
        rules = {REST: payer, **said} if STAY in said else said
        stay_payer = rules.get(STAY, payer)
        opened = {who for kind, who in rules.items() if kind != STAY}
        touched = {part.row.folio.payer_id for part in seen} | opened | {stay_payer}
        for profile_id in sorted(touched):
            store.lock_guest(tx, profile_id)
        try:
            parts = store.open_parts(tx, booking_id, opened, touched)
        except Moved:
            continue
        moved = any(parts[part.name].row.folio.payer_id != part.row.folio.payer_id for part in seen)
        if moved or store.rules_of(tx, booking_id) != known:
            continue
        for profile_id in sorted(_move(tx, parts, rules, stay_payer, strict)):
            allocate(tx, [profile_id])
            tx.announce(BalanceChanged(profile_id=profile_id, booking_id=booking_id))
        store.keep_rules(tx, booking_id, rules)
        return
    raise Moved


def _checked(tx: Tx, request: SetRouting) -> dict[str, UUID]:
    """The payer of each kind; refuses, with pointers, kinds nobody knows, twice the same one, and what has none."""
    if len(request.rules) > _MOST_RULES:
        raise Invalid(errors=[Problem("/rules", f"More than {_MOST_RULES} rules.")])
    known = store.known_kinds(tx, [kind for rule in request.rules for kind in rule.kinds])
    payers: dict[str, UUID] = {}
    faults = []
    for n, rule in enumerate(request.rules):
        if not rule.kinds:
            faults.append(Problem(f"/rules/{n}/kinds", "Name at least one kind."))
        for m, kind in enumerate(rule.kinds):
            pointer = f"/rules/{n}/kinds/{m}"
            if kind in WITH_THE_STAY and kind != STAY:
                faults.append(Problem(pointer, "Owed with the stay, by its payer."))
            elif kind not in known:
                faults.append(Problem(pointer, "Not a kind of charges."))
            elif kind in payers:
                faults.append(Problem(pointer, "Named twice."))
            else:
                payers[kind] = rule.payer_profile_id
    if faults:
        raise Invalid(errors=faults)
    return payers


def _move(tx: Tx, parts: dict[str, Part], rules: dict[str, UUID], stay_payer: UUID, strict: bool) -> set[UUID]:
    """Bring every kind of charges, and the stay, to whoever owes it; answers those whose account or folios changed."""
    main = parts[MAIN]
    version = 1 + max(part.row.version for part in parts.values())  # so that revenue is told in order, whatever moved
    payers = {name: part.row.folio.payer_id for name, part in parts.items()} | {MAIN: stay_payer}
    charges = {name: dict(part.row.folio.charges) for name, part in parts.items()}
    earned = {name: dict(part.row.folio.earned) for name, part in parts.items()}
    staying = main.row.folio.owed()
    changed: set[UUID] = set()
    for name, part in parts.items():
        for kind in sorted({kind for kind, _ in part.row.folio.charges}):
            goes_to = domain.part_for(kind, rules)
            if goes_to == name:
                continue
            moving = []
            for key in [key for key in part.row.folio.charges if key[0] == kind]:
                amount = charges[name].pop(key)
                charges[goes_to][key] = charges[goes_to].get(key, 0) + amount
                earned[goes_to][key] = earned[goes_to].get(key, 0) + earned[name].pop(key, 0)
                moving.append(Money(amount_minor=amount, currency=key[1]))
                if name == MAIN:
                    staying[key[1]] = staying.get(key[1], 0) - amount
            if strict:
                _may_move(tx, (part, parts[goes_to]), kind, payers[goes_to], moving)
            entries = domain.transfer_entries(moving, part.row.folio.payer_id, payers[goes_to])
            store.move_charges(tx, part, parts[goes_to], kind, Journal("routing", entries) if entries else None)
            # also where both are the same payer's, who owes the same: its credit covers folios
            changed |= {part.row.folio.payer_id, payers[goes_to]}
    stay = [Money(amount_minor=amount, currency=currency) for currency, amount in staying.items()]
    entries = domain.transfer_entries(stay, main.row.folio.payer_id, stay_payer)
    if entries:
        if strict:
            _may_move(tx, (main, main), None, stay_payer, stay)
        store.move_charges(tx, main, main, None, Journal("routing", entries))
        changed |= {entry.profile_id for entry in entries if entry.profile_id}
    for name, part in parts.items():
        store.write_part(
            tx, part, charges[name], earned[name], version, payers[name], rules.get(STAY) if name == MAIN else None
        )
    return changed


def _may_move(tx: Tx, touched: tuple[Part, Part], kind: str | None, payer_id: UUID, moving: list[Money]) -> None:
    if any(money.amount_minor for money in moving) and any(part.closed for part in touched):
        raise FolioClosed
    if store.any_invoiced(tx, touched[0], kind):
        raise ChargeInvoiced(facts={"kind": kind or STAY})
    if touched[0].row.folio.payer_id != payer_id:
        for money in moving:
            if money.amount_minor > 0:
                store.check_limit(tx, payer_id, money)


def _routing(booking_id: UUID, payers: dict[str, UUID]) -> Routing:
    by_payer: dict[UUID, list[str]] = defaultdict(list)
    for kind, payer in sorted(payers.items()):
        if kind != REST:
            by_payer[payer].append(kind)
    rules = (RoutingRule(kinds=tuple(kinds), payer_profile_id=payer) for payer, kinds in sorted(by_payer.items()))
    return Routing(booking_id=booking_id, rules=tuple(rules))
