"""``profiles = Ask("profiles")``: how a service asks another one from inside its handlers."""

from __future__ import annotations

import json
import uuid
from typing import Any, TypeVar

from nameko.constants import AMQP_URI_CONFIG_KEY
from nameko.containers import WorkerContext
from nameko.extensions import DependencyProvider, SharedExtension

from services.kit import context, db, wire
from services.kit.client import Client, reply
from services.kit.ids import new_id

R = TypeVar("R")

__all__ = ["Ask", "Client"]

# Fixed for ever: it is part of every command id that was derived from a message.
_COMMANDS = uuid.UUID("6f1c6a0e-3b0a-5f7e-9d0c-5f5c1f0e7a11")


class _SharedClient(SharedExtension):
    """One client, and so one connection, for all of a container's asks."""

    client: Client

    def setup(self) -> None:
        self.client = Client(self.container.config[AMQP_URI_CONFIG_KEY], name=self.container.service_name)

    def stop(self) -> None:
        self.client.close()


class Ask(DependencyProvider):
    """Injects a callable that takes a request to the named service and returns its typed reply.

    It raises the service's Refusal, and RuntimeError inside an open transaction: no lock is held while
    another service is waited for.
    """

    shared = _SharedClient()

    def __init__(self, service: str) -> None:
        self.service = service

    def get_dependency(self, worker_ctx: WorkerContext) -> Asking:
        return Asking(self.shared.client, self.service, asker=self.container.service_name)


class Asking:
    def __init__(self, client: Client, service: str, *, asker: str) -> None:
        self._client = client
        self._service = service
        self._asker = asker

    def __call__(self, request: wire.Request[R]) -> R:
        name = type(request).__name__
        if request.rpc_service() != self._service:
            raise TypeError(f"{name} is answered by {request.rpc_service()}, not by {self._service}")
        if db.open_transaction.get():
            raise RuntimeError(f"{name} was asked inside an open transaction: ask before it begins")
        asked_by = context.current.get() or context.Context(actor=f"service:{self._asker}")
        body = wire.dump(request)
        result = self._client.ask_raw(
            self._service,
            request.rpc_method(),
            body,
            context=asked_by,
            command_id=_command_id(request, body),
        )
        return reply(request, result)


def _command_id(request: wire.Request[Any], body: dict[str, Any]) -> uuid.UUID:
    """The id of what is asked while a message is handled: the same again when it is redelivered.

    Two equal requests in the handling of one message are therefore one command. One with a secret in it is never the
    same again: who knows the message could find the secret by trying.
    """
    cause = context.cause.get()
    if cause is None or request.never_kept:
        return new_id()
    content = json.dumps(body, sort_keys=True)
    return uuid.uuid5(_COMMANDS, f"{cause} {request.rpc_service()}.{request.rpc_method()} {content}")
