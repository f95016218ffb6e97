"""The stage of a guest: the first rule, in the house's order, that is true of them."""

from __future__ import annotations

import calendar
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from services.contracts.profiles import NotAStage, SetStage, Stage, StageRule, StageWhy
from services.profiles.domain import names, wording
from services.profiles.domain.faults import Faults

_CARE, _TIER, _MOST_TIERS = 4000, 60, 50


@dataclass(frozen=True)
class Facts:
    """What is known of a guest. `bookings` hold or held rooms, `stays` are over; `last_stay` is the day on which the
    latest one ended or will end, `coming_until` the end of the last one that is still to come.
    """

    bookings: int = 0
    stays: int = 0
    last_stay: date | None = None
    coming_until: date | None = None
    account: bool = False
    tier: str | None = None


@dataclass(frozen=True)
class Standing:
    """`review_on`: the first day on which it may be another one though nothing happens."""

    stage: Stage
    why: StageWhy
    review_on: date | None = None


def standing(rules: Iterable[StageRule], facts: Facts, today: date) -> Standing:
    """By the rules in the house's order; whom none of them is true of is a lead."""
    rules = sorted(rules, key=lambda rule: (rule.position, rule.code))
    reviews = [day for rule in rules if (day := _review(rule, facts, today))]
    review_on = min(reviews, default=None)
    for rule in rules:
        if why := _true(rule, facts, today):
            return Standing(rule.code, why, review_on)
    return Standing("lead", "nothing", review_on)


def rule_of(said: SetStage, code: Stage) -> StageRule:
    """As it is to be kept, its version that of the request and one. Raises NotAStage."""
    faults = Faults()
    faults.within("/position", said.position, 0, 1000)
    faults.within("/bookings", said.bookings, 1, 1000)
    faults.within("/stays", said.stays, 1, 1000)
    faults.within("/months_without_stay", said.months_without_stay, 1, 600)
    tiers = _tiers(said.tiers, faults)
    care = wording.in_languages(faults, "/care", said.care, _CARE, names.clean_lines)
    faults.refuse(NotAStage)
    return StageRule(
        code=code,
        version=said.version + 1,
        position=said.position,
        bookings=said.bookings,
        stays=said.stays,
        account=said.account,
        tiers=tiers,
        months_without_stay=said.months_without_stay,
        care=care,
    )


def months_later(day: date, months: int) -> date:
    """The same day so many months later, or the last of that month where it is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _true(rule: StageRule, facts: Facts, today: date) -> StageWhy | None:
    conditions: list[tuple[bool, bool, StageWhy]] = [
        (bool(rule.tiers), facts.tier in rule.tiers, "tier"),
        (rule.account, facts.account, "account"),
        (rule.stays is not None, facts.stays >= (rule.stays or 0), "stays"),
        (rule.bookings is not None, facts.bookings >= (rule.bookings or 0), "bookings"),
    ]
    asked = [(met, why) for wanted, met, why in conditions if wanted]
    met = next((why for met, why in asked if met), None)
    if asked and met is None:
        return None
    if rule.months_without_stay is None:
        return met or "nothing"
    return "months-without-stay" if _lapsed(rule.months_without_stay, facts, today) else None


def _lapsed(months: int, facts: Facts, today: date) -> bool:
    coming = facts.coming_until is not None and facts.coming_until >= today
    return facts.last_stay is not None and not coming and months_later(facts.last_stay, months) <= today


def _review(rule: StageRule, facts: Facts, today: date) -> date | None:
    """When months without a stay will have passed, or when what is to come should have been."""
    if rule.months_without_stay is None or facts.last_stay is None:
        return None
    lapses_on = months_later(facts.last_stay, rule.months_without_stay)
    if lapses_on > today:
        return lapses_on
    coming = facts.coming_until
    return coming + timedelta(days=1) if coming is not None and coming >= today else None


def _tiers(said: Sequence[str], faults: Faults) -> tuple[str, ...]:
    found = []
    for place, each in enumerate(faults.at_most("/tiers", said, _MOST_TIERS)):
        tier = faults.check(f"/tiers/{place}", names.clean, each, _TIER)
        if tier:
            found.append(tier)
        elif not each.strip():
            faults.add(f"/tiers/{place}", "The name of a tier.")
    return tuple(dict.fromkeys(found))
