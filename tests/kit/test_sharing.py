"""Whose commands share a transaction: never those of callers who may not see the same."""

from __future__ import annotations

import json
import uuid
from types import SimpleNamespace
from typing import Any

import pytest

from services.kit.context import Context
from services.kit.delivery import Delivery
from tests.kit.toy import ToyService

pytestmark = pytest.mark.servers


def asked(context: Context) -> Any:
    """A call that waits for its turn, with the entrypoint it came to."""
    body = json.dumps({"args": [{"what": uuid.uuid4().hex}], "kwargs": {}}).encode()
    message = SimpleNamespace(body=body, headers=context.headers(), properties={"message_id": str(uuid.uuid4())})
    return SimpleNamespace(door=ToyService.share_effect.foyer_door), Delivery(message)  # type: ignore[attr-defined]


def test_who_is_limited_to_properties_goes_alone(toy_service):
    everywhere, limited = Context(actor="key:1"), Context(actor="key:2", properties=(str(uuid.UUID(int=1)),))
    batch = [asked(everywhere), asked(limited), asked(everywhere)]
    alone = batch[0][0].door.share(toy_service, batch)
    assert alone == [batch[1]]
    assert [delivery.reply is None for _, delivery in batch] == [False, True, False]
