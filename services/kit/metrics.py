"""What a process counts, for Prometheus. Labels are names from the code, never data of guests."""

from __future__ import annotations

from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, Counter, Histogram, generate_latest

# Seconds. From a statement's time to beyond the deadline of an ask (2 s).
_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

_doors = Histogram(
    "foyer_door_seconds",
    "Seconds a door was at work, with its transaction",
    ("service", "door", "name", "outcome"),
    buckets=_BUCKETS,
)
_refusals = Counter("foyer_refusals", "Refusals given, by their code", ("service", "name", "code"))
_retries = Counter("foyer_retries", "Messages sent to a wait queue to be tried again", ("service", "name"))
_parked = Counter("foyer_parked", "Messages parked, by the kind of their reason", ("service", "name", "reason_kind"))


def observe(service: str, kind: str, name: str, outcome: str, seconds: float) -> None:
    """One message or timer went through a door.

    `kind` is query, command, subscribe, inbound or every; `outcome` is one of a few words (done, refused …).
    """
    _doors.labels(service, kind, name, outcome).observe(seconds)


def refused(service: str, name: str, code: str) -> None:
    """A door answered with a refusal of this code (``no-room-left``)."""
    _refusals.labels(service, name, code).inc()


def retried(service: str, name: str) -> None:
    """A message failed and waits to be tried again."""
    _retries.labels(service, name).inc()


def parked(service: str, name: str, reason_kind: str) -> None:
    """A message was set aside for people; `reason_kind` is a refusal's code or an exception's class name."""
    _parked.labels(service, name, reason_kind).inc()


def exposition() -> tuple[str, bytes]:
    """Content type and body of ``/metrics``."""
    return CONTENT_TYPE_LATEST, generate_latest(REGISTRY)
