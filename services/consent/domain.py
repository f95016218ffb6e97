"""What somebody has agreed to: the state at an instant is what the acts up to then come to.

The latest act wins, per purpose and channel; an act for ``any`` is one for every channel. Acts are read in the order in
which they were recorded, and their instants grow with it, so what was true at a past instant stays true.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import get_args
from uuid import UUID

from services.contracts.consent import (
    Channel,
    ConsentRecord,
    ConsentState,
    NotAConsent,
    Permission,
    Purpose,
    RecordConsent,
)
from services.kit.refusal import Problem

PURPOSES: tuple[Purpose, ...] = get_args(Purpose)
CHANNELS: tuple[Channel, ...] = get_args(Channel)
SINGLE_CHANNELS: tuple[Channel, ...] = tuple(c for c in CHANNELS if c != "any")

# Messages about the stay itself need no consent: GDPR art. 6(1)(b), performance of a contract.
CONTRACT: tuple[Purpose, ...] = ("stay",)

NOT_SAID = "not said"  # the wording, where a source tells only what was answered
LABEL = 200  # the longest wording version or source, in characters
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8}){0,3}")


@dataclass(frozen=True)
class Act:
    """A grant or a withdrawal as recorded; `stated_at` where a notice of another system said it."""

    id: UUID
    purpose: Purpose
    channel: Channel
    granted: bool
    wording_version: str
    recorded_at: datetime
    stated_at: datetime | None = None

    def reaches(self, purpose: Purpose, channel: Channel) -> bool:
        return self.purpose == purpose and self.channel in (channel, "any")


def latest(acts: Iterable[Act], purpose: Purpose, channel: Channel) -> Act | None:
    """The act that decides for one channel; `acts` in the order in which they were recorded.

    For ``any`` it is the one that forbids a channel, if there is one, as ``any`` asks whether all are allowed.
    """
    acts = list(acts)
    if channel != "any":
        found = None
        for act in acts:
            if act.reaches(purpose, channel) and (found is None or act.recorded_at >= found.recorded_at):
                found = act
        return found
    deciding = [latest(acts, purpose, single) for single in SINGLE_CHANNELS]
    said = [act for act in deciding if act is not None]
    withdrawn = [act for act in said if not act.granted]
    if withdrawn or len(said) == len(deciding):
        return max(withdrawn or said, key=lambda act: act.recorded_at)
    return None


def states(acts: Iterable[Act], at: datetime) -> tuple[ConsentState, ...]:
    """Every purpose on every channel at that instant; an act of that very instant counts."""
    acts = [act for act in acts if act.recorded_at <= at]
    return tuple(_state(acts, purpose, channel) for purpose in PURPOSES for channel in CHANNELS)


def may_contact(acts: Iterable[Act], purpose: Purpose, channel: Channel) -> Permission:
    """Without a consent there is no permission; messages about the stay are part of the contract."""
    if purpose in CONTRACT:
        return Permission(allowed=True, why="contract")
    act = latest(acts, purpose, channel)
    if act is None:
        return Permission(allowed=False, why="no-consent")
    return Permission(allowed=act.granted, why="consent" if act.granted else "withdrawn", record_id=act.id)


def follows(acts: Iterable[Act], purpose: Purpose, channel: Channel, granted: bool, stated_at: datetime) -> bool:
    """Does what a notice of another system says change anything?

    A withdrawal always does. A grant does not once the guest has withdrawn: who has taken a consent back, or refused
    one to the house itself, is not subscribed again by an import, however new, but by themselves (GDPR art. 7(3),
    21(3)). Who has only left the box empty in earlier bookings takes nothing back by ticking it.
    """
    heard = [act for act in acts if act.reaches(purpose, channel)]
    deciding = latest(heard, purpose, channel)
    if not granted or deciding is None or deciding.granted:
        return True
    return all(not act.granted and act.stated_at and act.stated_at < stated_at for act in heard)


def repeated(granted: bool, wording: str, before: ConsentRecord | None) -> bool:
    """Is it what this booking said last? Each notice about a booking says everything again, and it is one act."""
    return before is not None and (before.granted, before.wording_version) == (granted, wording)


def checked(said: RecordConsent) -> RecordConsent:
    """Raises NotAConsent where the act proves nothing: no wording, no source, an address that is none."""
    faults = []
    if said.purpose in CONTRACT:
        faults.append(Problem("/purpose", "Messages about the stay rest on the contract, not on consent."))
    for field, text in (("wording_version", said.wording_version), ("source", said.source)):
        if not text.strip() or len(text) > LABEL or not text.isprintable():
            faults.append(Problem(f"/{field}", f"From 1 to {LABEL} printable characters."))
    if said.language is not None and not _LANGUAGE.fullmatch(said.language):
        faults.append(Problem("/language", "Not a language code such as pt or pt-BR."))
    if said.address is not None:
        try:
            ipaddress.ip_address(said.address)
        except ValueError:
            faults.append(Problem("/address", "Not an IP address."))
    if faults:
        raise NotAConsent(errors=faults)
    return said


def _state(acts: list[Act], purpose: Purpose, channel: Channel) -> ConsentState:
    if purpose in CONTRACT:
        return ConsentState(purpose=purpose, channel=channel, granted=True, ground="contract")
    act = latest(acts, purpose, channel)
    return ConsentState(
        purpose=purpose,
        channel=channel,
        granted=act is not None and act.granted,
        ground="consent",
        since=act.recorded_at if act else None,
        wording_version=act.wording_version if act else None,
    )
