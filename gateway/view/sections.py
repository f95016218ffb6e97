"""The sections of a guest's view: what each asks of its owner, and how the answer is shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from gateway import shapes
from gateway.outside import shown
from services.contracts.billing import Account, ReadAccount
from services.contracts.bookings import BookingsFound, FindBookings
from services.contracts.consent import ReadConsents
from services.contracts.loyalty import ReadLoyalty
from services.contracts.notifier import FindMessages, MessagesFound
from services.contracts.profiles import FindTasks, ReadProfile, TasksFound
from services.kit import wire

_BOOKINGS: Final = 50  # the latest arrivals; older ones are in the list of bookings
_MESSAGES: Final = 20
_TASKS: Final = 50  # open ones, due first


@dataclass(frozen=True)
class Section:
    request: Callable[[UUID], wire.Request[Any]]
    show: Callable[[Any], Any]


def _bookings(found: BookingsFound) -> list[dict[str, Any]]:
    return [shapes.booking(booking) for booking in found.items]


def _balance(account: Account) -> dict[str, Any]:
    return {"balances": shown(account.balances), "bookings": shown(account.bookings)}


def _messages(found: MessagesFound) -> list[dict[str, Any]]:
    """Without their texts: those are in the list of messages."""
    return [
        {name: value for name, value in shown(message).items() if name not in ("text", "html")}
        for message in found.items
    ]


def _tasks(found: TasksFound) -> list[dict[str, Any]]:
    return [shown(task) for task in found.items]


SECTIONS: Final[dict[str, Section]] = {
    "profile": Section(lambda who: ReadProfile(profile_id=who), shown),
    "bookings": Section(lambda who: FindBookings(profile_id=who, limit=_BOOKINGS), _bookings),
    "balance": Section(lambda who: ReadAccount(profile_id=who, limit=1), _balance),
    "consents": Section(lambda who: ReadConsents(profile_id=who), shown),
    "loyalty": Section(lambda who: ReadLoyalty(profile_id=who), shown),
    "messages": Section(lambda who: FindMessages(profile_id=who, limit=_MESSAGES), _messages),
    "tasks": Section(lambda who: FindTasks(profile_id=who, limit=_TASKS), _tasks),
}
