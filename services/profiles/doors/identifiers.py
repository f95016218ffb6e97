"""Rules about identifiers, and what becomes of the register when they change."""

from __future__ import annotations

from dataclasses import replace

from services.contracts.profiles import (
    AddIdentifierRule,
    ChangeIdentifierRule,
    ContactsChanged,
    IdentifierRule,
    IdentifierRuleRemoved,
    IdentifierRules,
    ProfileChanged,
    ReadIdentifierRule,
    ReadIdentifierRules,
    RemoveIdentifierRule,
)
from services.kit.db import Tx
from services.kit.doors import command, every, query
from services.kit.refusal import Invalid, Problem
from services.profiles.domain.identifiers import Rules, changed_rule, new_rule
from services.profiles.store import identifiers as store
from services.profiles.store import timeline
from services.profiles.store.identifiers import Judged
from services.profiles.store.timeline import Entry

_MOST = 200


class Identifiers:
    @query
    def read_identifier_rules(self, tx: Tx, request: ReadIdentifierRules) -> IdentifierRules:
        if not 1 <= request.limit <= _MOST:
            raise Invalid(errors=[Problem("/limit", f"From 1 to {_MOST}.")])
        found = store.find(tx, request)
        page = tuple(found[: request.limit])
        following = str(page[-1].id) if len(found) > request.limit else None
        return IdentifierRules(items=page, next=following, settled=store.is_settled(tx))

    @query
    def read_identifier_rule(self, tx: Tx, request: ReadIdentifierRule) -> IdentifierRule:
        return store.read(tx, request.rule_id)

    @command
    def add_identifier_rule(self, tx: Tx, request: AddIdentifierRule) -> IdentifierRule:
        return store.add(tx, new_rule(request))

    @command
    def change_identifier_rule(self, tx: Tx, request: ChangeIdentifierRule) -> IdentifierRule:
        """A change that changes nothing leaves the version as it is."""
        before = store.lock(tx, request.rule_id, request.version)
        columns = changed_rule(before, request)
        if all(getattr(before, name) == value for name, value in columns.items()):
            return before
        return store.change(tx, before.id, columns)

    @command
    def remove_identifier_rule(self, tx: Tx, request: RemoveIdentifierRule) -> IdentifierRuleRemoved:
        store.lock(tx, request.rule_id, request.version)
        store.remove(tx, request.rule_id)
        return IdentifierRuleRemoved(id=request.rule_id)

    @every(seconds=2)
    def judge_again(self, tx: Tx) -> None:
        """A page of contact points by the rules as they are now; where it was stopped it goes on."""
        if store.walk(tx) is None:
            return
        page = store.next_page(tx)
        if not page:
            store.end_walk(tx)
            return
        judge(tx, page, store.rules(tx))
        store.walked_to(tx, page[-1].profile_id)


def judge(tx: Tx, page: list[Judged], rules: Rules) -> None:
    """Keep and announce what is something else now than it was."""
    others = [now for seen in page if (now := judged(seen, rules)) != seen]
    if not others:
        return
    fields = {(each.profile_id, f"{each.kind}s") for each in others}
    for profile_id, version in store.keep_judged(tx, others).items():
        tx.announce(ProfileChanged(profile_id=profile_id, version=version))
        tx.announce(ContactsChanged(profile_id=profile_id, version=version))
        said = {"fields": sorted(name for who, name in fields if who == profile_id), "why": "identifier-rules"}
        timeline.record(tx, Entry(profile_id, tx.now, "change", "profile.changed", ref=None, facts=said))


def judged(seen: Judged, rules: Rules) -> Judged:
    """A number that is forwarded by its extension stays one, whatever the rules say of it."""
    rule = rules.of_key(seen.kind, seen.key)
    forwarded = seen.kind == "phone" and seen.relay and seen.means is None
    return replace(seen, relay=rule is not None or forwarded, means=rule.means if rule else None)
