"""What the two providers are told, and what their answers mean, against a small server that plays them."""

from __future__ import annotations

import base64
import json
import logging
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

import pytest

from services.notifier.senders import Delayed, Outgoing, Rejected, Sender, from_settings, sendgrid, twilio

MESSAGE = Outgoing(
    UUID("11111111-2222-4333-8444-555555555555"), "ana@example.org", "Bem-vinda", "Olá", "<p>Bem-vinda</p>"
)
TEXT = Outgoing(MESSAGE.message_id, "+351912345678", "Bem-vinda")


class Played:
    """Both providers: takes every request down and answers what it was told to."""

    def __init__(self) -> None:
        self.status, self.body, self.pause = 202, b"", 0.0
        self.heard: list[tuple[str, dict[str, str], bytes]] = []
        played = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                played.heard.append((self.path, dict(self.headers), body))
                played.released.wait(played.pause)
                try:
                    self.send_response(played.status)
                    self.send_header("Content-Type", "application/json")
                    self.send_header("Content-Length", str(len(played.body)))
                    self.end_headers()
                    self.wfile.write(played.body)
                except OSError:
                    return  # the caller has gone

            def log_message(self, *_: Any) -> None:
                return

        self.released = threading.Event()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def answers(self, status: int, body: dict[str, Any] | None = None) -> None:
        self.status, self.body = status, json.dumps(body).encode() if body is not None else b""


@pytest.fixture
def played() -> Iterator[Played]:
    provider = Played()
    thread = threading.Thread(target=provider.server.serve_forever, args=(0.01,))
    thread.start()
    yield provider
    provider.released.set()
    provider.server.shutdown()
    thread.join()
    provider.server.server_close()


def mail(url: str, timeout: float = 5) -> Sender:
    return sendgrid("SG.key", "Lisboa City <house@example.com>", url, timeout)


def sms(url: str, sender: str = "+351210000000", timeout: float = 5) -> Sender:
    return twilio("AC123", "token", sender, url, timeout)


def test_an_email_reaches_sendgrid_with_its_text_html_and_id(played: Played) -> None:
    mail(played.url)(MESSAGE)
    ((path, headers, body),) = played.heard
    assert path == "/v3/mail/send"
    assert headers["Authorization"] == "Bearer SG.key"
    assert json.loads(body) == {
        "personalizations": [{"to": [{"email": "ana@example.org"}]}],
        "from": {"email": "house@example.com", "name": "Lisboa City"},
        "subject": "Olá",
        "content": [
            {"type": "text/plain", "value": "Bem-vinda"},
            {"type": "text/html", "value": "<p>Bem-vinda</p>"},
        ],
        "custom_args": {"foyer_message": str(MESSAGE.message_id)},
    }


def test_a_text_message_reaches_twilio(played: Played) -> None:
    played.answers(201, {"sid": "SM1", "status": "queued"})
    sms(played.url)(TEXT)
    ((path, headers, body),) = played.heard
    assert path == "/2010-04-01/Accounts/AC123/Messages.json"
    assert base64.b64decode(headers["Authorization"].split()[1]) == b"AC123:token"
    assert parse_qs(body.decode()) == {"To": [TEXT.to], "From": ["+351210000000"], "Body": ["Bem-vinda"]}


def test_a_messaging_service_sends_in_place_of_a_number(played: Played) -> None:
    played.answers(201, {"sid": "SM1"})
    sms(played.url, "MG0123")(TEXT)
    assert parse_qs(played.heard[0][2].decode())["MessagingServiceSid"] == ["MG0123"]


@pytest.mark.parametrize("status", [401, 403, 429, 500, 503])
def test_what_may_pass_is_tried_again(played: Played, status: int) -> None:
    played.answers(status, {"code": 20429, "message": "Too many for +351912345678", "errors": []})
    with pytest.raises(Delayed) as by_mail:
        mail(played.url)(MESSAGE)
    with pytest.raises(Delayed) as by_sms:
        sms(played.url)(TEXT)
    assert (by_mail.value.why, by_sms.value.why) == (f"sendgrid-{status}", "twilio-20429")


@pytest.mark.parametrize("status", [400, 404, 413])
def test_what_the_provider_will_never_take_is_not(played: Played, status: int) -> None:
    played.answers(status, {"code": 21211, "message": "Invalid 'To' number +351912345678", "errors": []})
    with pytest.raises(Rejected) as by_mail:
        mail(played.url)(MESSAGE)
    with pytest.raises(Rejected) as by_sms:
        sms(played.url)(TEXT)
    assert (by_mail.value.why, by_sms.value.why) == (f"sendgrid-{status}", "twilio-21211")


@pytest.mark.parametrize(("make", "message"), [(mail, MESSAGE), (sms, TEXT)])
def test_a_provider_that_does_not_answer_is_not_waited_for_long(played: Played, make: Any, message: Outgoing) -> None:
    played.pause = 30
    started = time.monotonic()
    with pytest.raises(Delayed):
        make(played.url, timeout=0.3)(message)
    assert time.monotonic() - started < 5


@pytest.mark.parametrize(("make", "message"), [(mail, MESSAGE), (sms, TEXT)])
def test_a_provider_that_is_not_there_is_tried_again(make: Any, message: Outgoing) -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))  # bound, but nobody listens
        with pytest.raises(Delayed):
            make(f"http://127.0.0.1:{reserved.getsockname()[1]}")(message)


@pytest.mark.parametrize("body", [b"", b"<html>busy</html>", b"[1]"])
def test_an_answer_that_is_no_json_breaks_nothing(played: Played, body: bytes) -> None:
    played.status, played.body = 502, body
    for make, message in ((mail, MESSAGE), (sms, TEXT)):
        with pytest.raises(Delayed):
            make(played.url)(message)


def test_the_clients_write_no_addresses_to_the_log(played: Played, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    played.answers(400, {"code": 21211, "message": "Invalid number +351912345678"})
    for make, message in ((mail, MESSAGE), (sms, TEXT)):
        with pytest.raises(Rejected) as refused:
            make(played.url)(message)
        assert message.to not in str(refused.value)
        assert message.to not in caplog.text


_GREEN = """
from services.kit.serve import go_green
go_green()
import sys, time, uuid
from concurrent.futures import ThreadPoolExecutor
from services.notifier.senders import Outgoing, sendgrid, twilio
mail, sms = sendgrid("SG.key", "house@example.com", sys.argv[1]), twilio("AC1", "token", "+351210000000", sys.argv[1])
mail(Outgoing(uuid.uuid4(), "a@example.org", "x", "x"))
sms(Outgoing(uuid.uuid4(), "+351912345678", "x"))
started = time.monotonic()
with ThreadPoolExecutor(8) as pool:
    list(pool.map(lambda n: (mail, sms)[n % 2](Outgoing(uuid.uuid4(), "a@example.org", "x", "x")), range(8)))
print(time.monotonic() - started)
"""


def test_in_a_process_of_green_threads_many_are_sent_at_once(played: Played) -> None:
    played.answers(201, {"sid": "SM1"})
    played.pause = 0.5
    run = [sys.executable, "-c", _GREEN, played.url]
    done = subprocess.run(run, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) < 8 * 0.5
    assert len(played.heard) == 10


# ── settings ─────────────────────────────────────────────────────────────────────────────────────────────────────────

_NAMES = ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "FOYER_SMS_FROM", "SENDGRID_API_KEY", "FOYER_MAIL_FROM")


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in _NAMES:
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


def test_without_accounts_there_are_no_senders(settings: pytest.MonkeyPatch) -> None:
    assert from_settings().channels == []


def test_each_account_brings_its_sender(settings: pytest.MonkeyPatch) -> None:
    for name in _NAMES:
        settings.setenv(name, "AC123")
    assert from_settings().channels == ["sms", "email"]


def test_half_an_account_is_said_at_the_start(settings: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    settings.setenv("SENDGRID_API_KEY", "SG.key")
    with pytest.raises(SystemExit):
        from_settings()
    assert "FOYER_MAIL_FROM" in capsys.readouterr().err
