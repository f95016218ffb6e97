"""Which e-mail addresses and numbers say nothing of who somebody is: relays, agencies' own, placeholders; and which
mail domains nothing of a company; by rules that are data.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from services.contracts.profiles import AddIdentifierRule, ChangeIdentifierRule, IdentifierRule, NotAnIdentifierRule
from services.contracts.profiles.identifiers import Confidence, RuleKind, RuleMeans
from services.kit.refusal import Problem
from services.profiles.domain import names, relays
from services.profiles.domain.faults import Faults
from services.profiles.domain.names import Unfit
from services.profiles.domain.scripts import deceives

_NAME = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}")  # RFC 5322, 3.2.3
_NUMBER = re.compile(r"\+[0-9 ().-]{5,30}")
_SITE, _SOURCE = 100, 100


@dataclass(frozen=True)
class Rule:
    """`pattern` of a domain: ``.example.com`` is example.com and whatever is below it, ``example.com`` itself alone."""

    kind: RuleKind
    pattern: str
    means: RuleMeans
    site: str | None = None
    confidence: Confidence = "sure"


class Rules:
    """All rules that are in force. `edition` tells one state of them from another."""

    def __init__(self, rules: Iterable[Rule], edition: UUID | None = None) -> None:
        self.edition = edition
        rules = tuple(rules)
        self._by_pattern = {(rule.kind, rule.pattern): rule for rule in rules if rule.means != "public"}
        self._public = frozenset(rule.pattern for rule in rules if rule.means == "public")

    def is_public(self, domain: str) -> bool:
        """Whether anybody has a mailbox at this domain, as it stands in a key."""
        domain = domain if domain.isascii() else _ascii(domain)
        parts = domain.split(".")
        above = (f".{'.'.join(parts[n:])}" for n in range(len(parts)))
        return domain in self._public or any(each in self._public for each in above)

    def of_email(self, name: str, ascii_domain: str) -> Rule | None:
        """The rule on an address, else the nearest one on its domain, else the one on the part before the @."""
        name, domain = name.lower(), ascii_domain.lower()
        found = self._by_pattern.get(("address", f"{name}@{domain}")) or self._by_pattern.get(("domain", domain))
        above = domain
        while above and not found:
            found = self._by_pattern.get(("domain", f".{above}"))
            above = above.partition(".")[2]
        return found or self._by_pattern.get(("name", name))

    def of_number(self, number: str) -> Rule | None:
        """`number` in E.164."""
        return self._by_pattern.get(("number", number))

    def of_key(self, kind: str, key: str) -> Rule | None:
        """The rule on a contact point of the register, by its key."""
        if kind != "email":
            return self.of_number(key)
        name, _, domain = key.rpartition("@")
        return self.of_email(name, domain if domain.isascii() else _ascii(domain))


@cache
def seeded() -> Rules:
    """The rules that a new register begins with."""
    return Rules(Rule(**row) for row in _seed())


def _seed() -> list[dict[str, Any]]:
    return [*relays.seed(), *relays.public()]


def pattern_of(kind: RuleKind, said: str) -> str:
    """A pattern in its one written form: small letters, domains in ASCII (IDNA), numbers in E.164. Raises Unfit."""
    text = said.strip().lower()
    if len(text) > 254:
        raise Unfit("Longer than 254 characters.")
    if kind == "domain":
        dot = "." if text.startswith(".") else ""
        return dot + _ascii(text.removeprefix("."))
    if kind == "address":
        name, _, domain = text.rpartition("@")
        if not _NAME.fullmatch(name):
            raise Unfit("Not an e-mail address.")
        return f"{name}@{_ascii(domain)}"
    if kind == "name":
        if not _NAME.fullmatch(text):
            raise Unfit("Not what stands before the @ of an e-mail address.")
        return text
    return _number(text)


def new_rule(said: AddIdentifierRule) -> dict[str, Any]:
    """The columns of a rule. Raises NotAnIdentifierRule."""
    return _checked(said.kind, said.pattern, said.means, said.site, said.source or "house") | {
        "confidence": said.confidence,
        "enabled": said.enabled,
    }


def changed_rule(rule: IdentifierRule, said: ChangeIdentifierRule) -> dict[str, Any]:
    """The columns of `rule` with what was said; kind and pattern are what it is. Raises NotAnIdentifierRule."""
    site = None if "site" in said.clear else said.site if said.site is not None else rule.site
    faults = [
        Problem(f"/clear/{n}", "There is no such field, or it is given as well.")
        for n, field in enumerate(said.clear)
        if field != "site" or said.site is not None
    ]
    if faults:
        raise NotAnIdentifierRule(errors=faults)
    return _checked(rule.kind, rule.pattern, said.means or rule.means, site, said.source or rule.source) | {
        "confidence": said.confidence or rule.confidence,
        "enabled": rule.enabled if said.enabled is None else said.enabled,
    }


def _checked(kind: RuleKind, pattern: str, means: RuleMeans, site: str | None, source: str) -> dict[str, Any]:
    faults = Faults()
    if means == "public" and kind != "domain":
        faults.add("/means", "Only a domain is public.")
    kept = {
        "kind": kind,
        "means": means,
        "pattern": faults.check("/pattern", pattern_of, kind, pattern),
        "site": faults.check("/site", names.clean, site or "", _SITE),
        "source": faults.check("/source", names.clean, source, _SOURCE) or "house",
    }
    if faults.found:
        raise NotAnIdentifierRule(errors=faults.found)
    return kept


def _ascii(domain: str) -> str:
    try:
        found = validate_email(f"x@{domain}", check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        raise Unfit("Not a domain.") from None
    if deceives(found.domain):
        raise Unfit("A domain of letters that pass for others.")
    return str(found.ascii_domain).lower()


def _number(text: str) -> str:
    try:
        parsed = phonenumbers.parse(text if _NUMBER.fullmatch(text) else "")
    except phonenumbers.NumberParseException:
        raise Unfit("Not a telephone number with its country code.") from None
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
