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

from services.contracts.consent import Channel, ConsentState, NotAConsent, Permission, Purpose, RecordConsent
from services.kit.refusal import Problem

PURPOSES: tuple[Purpose, ...] = get_args(Purpose)
CHANNELS: tuple[Channel, ...] = get_args(Channel)
SINGLE_CHANNELS: tuple[Channel, ...] = tuple(c for c in CHANNELS if c != "any")

# Messages about the stay itself need no consent: GDPR art. 6(1)(b), performance of a contract.
CONTRACT: tuple[Purpose, ...] = ("stay",)

LABEL = 200  # the longest wording version or source, in characters
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8}){0,3}")


@dataclass(frozen=True)
class Act:
    """A grant or a withdrawal as recorded."""

    id: UUID
    purpose: Purpose
    channel: Channel
    granted: bool
    wording_version: str
    recorded_at: datetime

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
