"""All services behind their real doors and on their real databases, in this process: an asker without a broker."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

from nameko.testing.services import worker_factory

from services.billing.service import BillingService
from services.bookings.service import BookingsService
from services.consent.service import ConsentService
from services.kit import config, context, wire
from services.kit.ask import Asking
from services.kit.client import reply
from services.kit.context import Context
from services.kit.delivery import Delivery
from services.kit.doors import Service, doors_of
from services.kit.refusal import Broken, Refusal
from services.loyalty.service import LoyaltyService
from services.notifier.senders import Senders
from services.notifier.service import NotifierService
from services.profiles.service import ProfilesService
from tests.databases import Databases

_CLASSES: tuple[type[Service], ...] = (
    ProfilesService,
    BookingsService,
    BillingService,
    ConsentService,
    LoyaltyService,
    NotifierService,
)


class AllServices:
    """What one says to another crosses as the bytes that would cross the bus. `faults` is what broke behind a door."""

    def __init__(self, databases: Databases) -> None:
        self.faults: list[BaseException] = []
        self._databases = databases
        self._services = {each.name: self._begin(each) for each in _CLASSES}

    def ask(
        self,
        request: Any,
        *,
        context: Context,
        command_id: uuid.UUID | str | None = None,
        digest: str | None = None,
        deadline: float | None = None,
    ) -> Any:
        body = self.ask_raw(
            request.rpc_service(),
            request.rpc_method(),
            wire.dump(request),
            context=context,
            command_id=command_id,
            digest=digest,
        )
        return reply(request, body)

    def ask_all(self, requests: Sequence[Any], *, context: Context, deadline: float | None = None) -> list[Any]:
        answers: list[Any] = []
        for request in requests:
            try:
                answers.append(self.ask(request, context=context))
            except Refusal as refusal:
                answers.append(refusal)
        return answers

    def ask_raw(
        self,
        service: str,
        method: str,
        body: Any,
        *,
        context: Context,
        command_id: uuid.UUID | str | None = None,
        digest: str | None = None,
    ) -> Any:
        command = str(command_id or uuid.uuid4())
        said = json.dumps({"args": [body], "kwargs": {}}, separators=(",", ":"), ensure_ascii=False).encode()
        headers = {**context.headers(), "foyer-command-id": command, "foyer-command-digest": digest}
        done = self._carry(getattr(self._services[service], method), said, headers, command)
        if done.refusal is not None:
            raise Refusal.from_wire(json.loads(json.dumps(done.refusal.to_wire())))
        if done.fault is not None:
            raise Broken
        return json.loads(done.reply or "null")

    def settle(self) -> None:
        """Deliver what has been announced, and what is announced because of it, until all is quiet."""
        while sum(self._relay(service) for service in config.SERVICES):
            pass

    def _relay(self, announcer: str) -> int:
        outbox = self._databases.admin(announcer)
        rows = outbox.execute(WAITING).fetchall()
        for seq, event_id, routing_key, body, headers in rows:
            for service in self._services.values():
                for door in doors_of(type(service)):
                    if door.event is not None and door.event.routing_key() == routing_key:
                        self._carry(getattr(service, door.name), body.encode(), headers, str(event_id))
            outbox.execute("UPDATE outbox SET published_at = now() WHERE seq = %s", [seq])
        return len(rows)

    def _begin(self, kind: type[Service]) -> Any:
        given: dict[str, Any] = {"db": self._databases.empty(kind.name)}
        for name in (*config.SERVICES, "senders"):
            if hasattr(kind, name):
                given[name] = Asking(self, name, asker=kind.name)  # type: ignore[arg-type]
        if "senders" in given:
            given["senders"] = Senders()
        return worker_factory(kind, **given)

    def _carry(self, door: Any, body: bytes, headers: Any, message_id: str) -> Delivery:
        asked_by, cause = context.current.get(), context.cause.get()
        delivery = Delivery(SimpleNamespace(body=body, headers=headers, properties={"message_id": message_id}))
        door(delivery)
        context.current.set(asked_by)
        context.cause.set(cause)
        if delivery.fault is not None:
            self.faults.append(delivery.fault)
        return delivery


WAITING = "SELECT seq, event_id, routing_key, body, headers FROM outbox WHERE published_at IS NULL ORDER BY seq"
