"""A service hears an event once: the inbox looks its door up by the event's type, and would pass over a second one."""

from __future__ import annotations

from collections import Counter

import pytest

from services.kit import topology
from services.kit.doors import doors_of


@pytest.mark.parametrize("service", topology.service_classes(), ids=lambda service: service.name)
def test_no_event_has_two_handlers_in_one_service(service: type) -> None:
    heard = Counter(door.event.__name__ for door in doors_of(service) if door.event)
    assert [name for name, handlers in heard.items() if handlers > 1] == []
