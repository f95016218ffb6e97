"""The only place that knows Twilio and SendGrid: sends one message, and says whether another attempt could help."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID

from services.contracts.notifier import MessageChannel
from services.kit import config

TIMEOUT = 10.0  # seconds; neither client has one of its own


class SendingFailed(Exception):
    """`why` is a code such as ``twilio-21211``: what the provider wrote may repeat an address."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(why)


class Rejected(SendingFailed):
    """The provider will never take this message."""


class Delayed(SendingFailed):
    """It may go later: no answer, too much at once, the provider's fault, or our account."""


@dataclass(frozen=True)
class Outgoing:
    message_id: UUID
    to: str
    text: str
    subject: str | None = None
    html: str | None = None


Sender = Callable[[Outgoing], None]


@dataclass(frozen=True)
class Senders:
    """A sender for each channel that has a provider; without one, messages of the channel stay in the local outbox."""

    by_channel: dict[MessageChannel, Sender] = field(default_factory=dict)

    def __contains__(self, channel: object) -> bool:
        return channel in self.by_channel

    @property
    def channels(self) -> list[str]:
        return list(self.by_channel)

    def send(self, channel: MessageChannel, message: Outgoing) -> None:
        """Raises Rejected or Delayed."""
        self.by_channel[channel](message)


def from_settings() -> Senders:
    """The senders whose accounts are in the environment. An account given by halves ends the process."""
    found: dict[MessageChannel, Sender] = {}
    if sid := config.setting("TWILIO_ACCOUNT_SID", ""):
        found["sms"] = twilio(
            sid,
            config.setting("TWILIO_AUTH_TOKEN"),
            config.setting("FOYER_SMS_FROM"),
            config.setting("FOYER_TWILIO_URL", ""),
        )
    if key := config.setting("SENDGRID_API_KEY", ""):
        found["email"] = sendgrid(
            key,
            config.setting("FOYER_MAIL_FROM"),
            config.setting("FOYER_SENDGRID_URL", ""),
        )
    return Senders(found)


def twilio(sid: str, token: str, sender: str, url: str = "", timeout: float = TIMEOUT) -> Sender:
    """Text messages. `sender` is a number, a name, or a messaging service (``MG…``); `url` another API address."""
    # imported here: it takes long and much memory, and most installations have no account
    from requests.exceptions import RequestException
    from twilio.base.exceptions import TwilioException, TwilioRestException
    from twilio.http.http_client import TwilioHttpClient
    from twilio.rest import Client

    _hush("twilio.http_client", "urllib3")
    client = Client(sid, token, http_client=TwilioHttpClient(timeout=timeout))
    if url:
        client.api.base_url = url
    origin = {"messaging_service_sid": sender} if sender.startswith("MG") else {"from_": sender}

    def send(message: Outgoing) -> None:
        try:
            client.messages.create(to=message.to, body=message.text, **origin)
        except TwilioRestException as fault:
            raise _judged(fault.status, f"twilio-{fault.code or fault.status}") from None
        except (TwilioException, RequestException, OSError) as fault:
            raise Delayed(f"twilio-{type(fault).__name__}") from None

    return send


def sendgrid(key: str, sender: str, url: str = "", timeout: float = TIMEOUT) -> Sender:
    """E-mail. `sender` is ``house@example.com`` or ``The House <house@example.com>``."""
    from email.utils import parseaddr
    from http.client import HTTPException

    from python_http_client.exceptions import HTTPError
    from sendgrid import SendGridAPIClient

    _hush("python_http_client")
    client = SendGridAPIClient(key, **({"host": url} if url else {}))
    client.client.timeout = timeout
    name, address = parseaddr(sender)
    origin = {"email": address, **({"name": name} if name else {})}

    def send(message: Outgoing) -> None:
        content = [{"type": "text/plain", "value": message.text}]
        if message.html:
            content.append({"type": "text/html", "value": message.html})
        mail = {
            "personalizations": [{"to": [{"email": message.to}]}],
            "from": origin,
            "subject": message.subject or "",
            "content": content,
            "custom_args": {"foyer_message": str(message.message_id)},
        }
        try:
            client.send(mail)
        except HTTPError as fault:
            raise _judged(fault.status_code, f"sendgrid-{fault.status_code}") from None
        except (OSError, HTTPException) as fault:
            raise Delayed(f"sendgrid-{type(fault).__name__}") from None

    return send


def _judged(status: int, why: str) -> SendingFailed:
    """A refused message is refused for good, except where the fault is in our account or in the moment."""
    passing = status >= 500 or status in (401, 402, 403, 408, 409, 425, 429)
    return Delayed(why) if passing else Rejected(why)


def _hush(*names: str) -> None:
    """These write addresses and texts to their logs at lower levels."""
    for name in names:
        logging.getLogger(name).setLevel(logging.WARNING)
