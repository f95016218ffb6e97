"""Makers for the tests of consent."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

from services.contracts.consent import RecordConsent

ANA = UUID("a0a0a0a0-0000-4000-8000-000000000001")
BRUNO = UUID("b0b0b0b0-0000-4000-8000-000000000002")


def grant(**other: Any) -> RecordConsent:
    """Ana ticks the box for the newsletter on the confirmation page."""
    said = RecordConsent(
        profile_id=ANA,
        purpose="marketing",
        channel="email",
        granted=True,
        wording_version="2026-11",
        source="confirmation-page",
        language="pt",
        address="203.0.113.7",
    )
    return replace(said, **other)


def withdrawal(**other: Any) -> RecordConsent:
    return grant(**{"granted": False, "source": "preference-page", **other})
