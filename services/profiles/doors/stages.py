"""Stages of guests: looked at again when something is heard of them, when time has passed, when the rules change."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from services.contracts.bookings import BookingFacts
from services.contracts.profiles import (
    ProfileChanged,
    ReadStages,
    RecomputeStages,
    RecomputingStages,
    SetStage,
    StageChanged,
    StageHasChanged,
    StageRule,
    StageRulesFound,
    StagesToRecompute,
)
from services.kit.db import Tx
from services.kit.doors import command, every, query, subscribe
from services.kit.ids import new_id
from services.profiles.domain.stages import rule_of, standing
from services.profiles.store import stages as store
from services.profiles.store import timeline


class Stages:
    @query
    def read_stages(self, tx: Tx, request: ReadStages) -> StageRulesFound:
        return StageRulesFound(items=store.rules(tx))

    @command
    def set_stage(self, tx: Tx, request: SetStage) -> StageRule:
        """Texts of care alone move nobody to another stage."""
        before = store.lock_rule(tx, request.code)
        if before.version != request.version:
            raise StageHasChanged(facts={"version": str(before.version)})
        after = rule_of(request, before.code)
        if _conditions(after) == _conditions(before) and after.care == before.care:
            return before
        store.replace_rule(tx, after)
        if _conditions(after) != _conditions(before):
            tx.announce(StagesToRecompute(run=new_id()))
        return after

    @command
    def recompute_stages(self, tx: Tx, request: RecomputeStages) -> RecomputingStages:
        run = new_id()
        tx.announce(StagesToRecompute(run=run))
        return RecomputingStages(run=run)

    @subscribe(StagesToRecompute)
    def recompute(self, tx: Tx, event: StagesToRecompute) -> None:
        """A batch, and then the next one."""
        found = store.behind(tx, event.after)
        look_again(tx, found)
        if len(found) == store.AT_ONCE:
            tx.announce(StagesToRecompute(run=event.run, after=found[-1]))

    @every(seconds=2)
    def follow_stages(self, tx: Tx) -> None:
        """Of those of whom something was heard."""
        look_again(tx, store.due(tx))

    @every(seconds=3600)
    def review_stages(self, tx: Tx) -> None:
        """Of those for whom enough time has passed, also while nobody looked."""
        store.review(tx, tx.now.date())


def follow(tx: Tx, booking: BookingFacts, *left: UUID) -> None:
    """What bookings told of a stay may change the stage of its guests and of those who `left` it, soon."""
    store.hear_of_stay(tx, booking, {*booking.left_profile_ids, *left})


def follow_membership(tx: Tx, profile_id: UUID, version: int, tier: str | None = None) -> None:
    store.hear_of_membership(tx, profile_id, version, tier)


def look_again(tx: Tx, profile_ids: Sequence[UUID]) -> None:
    """Bring guests to the stage that the rules say, and announce it of those who were in another one."""
    if not profile_ids:
        return
    present = store.lock(tx, profile_ids)
    today, rules = tx.now.date(), store.rules(tx)
    found = store.facts(tx, present, today)
    standings = {who: standing(rules, facts, today) for who, (facts, _) in found.items()}
    news = {who: now for who, now in standings.items() if now != found[who][1] or now.stage != present[who][0]}
    versions = store.keep(tx, news)
    lines = []
    for who, now in news.items():
        stage, version, began = present[who]
        if who in versions:
            tx.announce(ProfileChanged(profile_id=who, version=versions[who]))
        told = found[who][1]
        before = stage if who in versions else told.stage if told else began
        if before == now.stage:
            continue
        version = versions.get(who, version)
        tx.announce(StageChanged(profile_id=who, version=version, stage=now.stage, before=before, why=now.why))
        facts = {"stage": now.stage, "before": before, "why": now.why}
        lines.append(timeline.Entry(profile_id=who, at=tx.now, kind="change", what="stage.changed", facts=facts))
    timeline.record(tx, *lines)


def _conditions(rule: StageRule) -> tuple[object, ...]:
    return rule.position, rule.bookings, rule.stays, rule.account, set(rule.tiers), rule.months_without_stay
