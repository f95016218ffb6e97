"""Codes that show whether an address reaches its owner: made up here, sent, and kept nowhere."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from math import ceil
from typing import Final

from services.contracts.bookings import Property
from services.contracts.notifier import MessageState
from services.contracts.profiles import CodeKept, CodeWanted
from services.kit.refusal import Unavailable
from services.notifier import letters
from services.notifier.domain import Draft, language_for
from services.notifier.senders import Delayed, Outgoing, Rejected, Senders

TEMPLATE: Final = "verification_code"
_MINUTE: Final = timedelta(minutes=1)
_COVERED: Final = "••••••"


def new_code() -> str:
    """Six digits, each as likely as any other."""
    return f"{secrets.randbelow(1_000_000):06}"


def send(
    code: str, event: CodeWanted, kept: CodeKept, house: Property | None, senders: Senders, now: datetime
) -> Draft:
    """Send it, and answer the record of that, in which the code is covered.

    Where the channel has no provider, the record is the message: it shows the code until that is good no more. Raises
    Unavailable where another attempt could help; that will be with another code.
    """
    language = language_for(kept.language, house.country if house else None)
    write = letters.email if kept.channel == "email" else letters.sms
    minutes = max(1, ceil((kept.expires_at - now) / _MINUTE))
    words = {"house": house.name if house else "", "minutes": minutes}
    letter = write(TEMPLATE, language, {**words, "code": code})
    state: MessageState = "outbox"
    why = None
    if kept.channel in senders:
        try:
            sent = Outgoing(event.verification_id, kept.to, letter.text, letter.subject, letter.html)
            senders.send(kept.channel, sent)
            state = "sent"
        except Rejected as fault:
            state, why = "failed", fault.why
        except Delayed as fault:
            raise Unavailable(f"The code could not be sent: {fault.why}.") from None
        letter = write(TEMPLATE, language, {**words, "code": _COVERED})
    return Draft(
        profile_id=kept.profile_id,
        channel=kept.channel,
        purpose="stay",
        template=TEMPLATE,
        language=language,
        to=kept.to,
        text=letter.text,
        subject=letter.subject,
        html=letter.html,
        state=state,
        why=why,
        wipe_at=kept.expires_at if state == "outbox" else None,
    )
