"""Rules about identifiers: which e-mail addresses and numbers belong to a booking, an agency or nobody, and at which
domains anybody has a mailbox, so that they tell nothing of a company.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from services.kit.refusal import Conflict, Invalid, NotFound
from services.kit.wire import Request, request, value

RuleKind = Literal["domain", "address", "name", "number"]
RuleMeans = Literal["relay", "agency", "placeholder", "public"]
Confidence = Literal["sure", "likely"]


@value
class IdentifierRule:
    """`pattern` of a domain: ``.example.com`` is example.com and whatever is below it, ``example.com`` itself alone; of
    a name: what stands before the @; of a number: E.164. In small letters, domains in ASCII (IDNA). Only a domain is
    `public`: its addresses are good for everything, but two companies that have one there need not be one.
    """

    id: UUID
    version: int
    kind: RuleKind
    pattern: str
    means: RuleMeans
    site: str | None = None
    confidence: Confidence = "sure"
    source: str = "house"
    enabled: bool = True
    created_at: datetime
    changed_at: datetime


@value
class IdentifierRules:
    """In the order of kind and pattern. `next` is an opaque cursor; `settled`: the whole register has been judged by
    the rules as they are now.
    """

    items: tuple[IdentifierRule, ...]
    next: str | None = None
    settled: bool = True


@request
class ReadIdentifierRules(Request[IdentifierRules]):
    kind: RuleKind | None = None
    means: RuleMeans | None = None
    enabled: bool | None = None
    limit: int = 50
    cursor: str | None = None


@request
class ReadIdentifierRule(Request[IdentifierRule]):
    """Refuses with NoSuchIdentifierRule."""

    rule_id: UUID


@request
class AddIdentifierRule(Request[IdentifierRule]):
    """Refuses with NotAnIdentifierRule, and with IdentifierRuleExists for a pattern that has one."""

    kind: RuleKind
    pattern: str
    means: RuleMeans
    site: str | None = None
    confidence: Confidence = "sure"
    source: str | None = None
    enabled: bool = True


@request
class ChangeIdentifierRule(Request[IdentifierRule]):
    """Fields that are given replace. Refuses with IdentifierRuleHasChanged if `version` is not the present one."""

    rule_id: UUID
    version: int
    means: RuleMeans | None = None
    site: str | None = None
    confidence: Confidence | None = None
    source: str | None = None
    enabled: bool | None = None
    clear: tuple[str, ...] = ()


@value
class IdentifierRuleRemoved:
    id: UUID


@request
class RemoveIdentifierRule(Request[IdentifierRuleRemoved]):
    """Refuses with IdentifierRuleHasChanged if `version` is not the present one."""

    rule_id: UUID
    version: int


class NoSuchIdentifierRule(NotFound):
    """There is no such rule about identifiers."""


class IdentifierRuleExists(Conflict):
    """There is a rule about this pattern already."""


class IdentifierRuleHasChanged(Conflict):
    """Somebody else has changed this rule since it was read."""


class NotAnIdentifierRule(Invalid):
    """The rule is not valid."""
