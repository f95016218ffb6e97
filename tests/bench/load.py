"""HTTP clients that cost little beside what they measure: plain keep-alive sockets, one request at a time on each."""

from __future__ import annotations

import selectors
import socket
import time
from collections import Counter
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from tests.bench.rounds import Run


class Load:
    """So many clients of one server. `statuses` counts the answers of all turns by their status."""

    def __init__(self, url: str, clients: int) -> None:
        parts = urlsplit(url)
        self._address = (parts.hostname or "127.0.0.1", parts.port or 80)
        self._clients = clients
        self.statuses: Counter[int] = Counter()

    def run(self, next_request: Callable[[], bytes], seconds: float) -> Run:
        """Every client asks at once, and again as soon as it is answered; the last answers are waited for."""
        latencies: list[float] = []
        with selectors.DefaultSelector() as waiting:
            begun = time.perf_counter()
            for _ in range(self._clients):
                client = _Client(self._address)
                waiting.register(client.socket, selectors.EVENT_READ, client)
                client.send(next_request())
            busy = self._clients
            while busy:
                ready = waiting.select(timeout=30)
                if not ready:
                    raise RuntimeError("the server has not answered for 30 seconds")
                for key, _ in ready:
                    client = key.data
                    status = client.receive()
                    if status is None:
                        continue
                    now = time.perf_counter()
                    latencies.append(now - client.sent_at)
                    self.statuses[status] += 1
                    if now - begun < seconds:
                        client.send(next_request())
                    else:
                        waiting.unregister(client.socket)
                        client.socket.close()
                        busy -= 1
            return Run.of(latencies, time.perf_counter() - begun)

    def run_open(self, next_request: Callable[[], bytes], rate: float, seconds: float) -> Run:
        """Requests fall due `rate` times a second whatever the server does; each is timed from when it fell due."""
        latencies: list[float] = []
        count = int(rate * seconds)
        with selectors.DefaultSelector() as waiting:
            idle = [_Client(self._address) for _ in range(self._clients)]
            for client in idle:
                waiting.register(client.socket, selectors.EVENT_READ, client)
            begun = time.perf_counter()
            sent = 0
            while len(latencies) < count:
                now = time.perf_counter()
                while idle and sent < count and begun + sent / rate <= now:
                    client = idle.pop()
                    client.send(next_request())
                    client.sent_at = begun + sent / rate
                    sent += 1
                pause = begun + sent / rate - now if idle and sent < count else 30
                for key, _ in waiting.select(max(0.0, pause)):
                    client = key.data
                    status = client.receive()
                    if status is not None:
                        latencies.append(time.perf_counter() - client.sent_at)
                        self.statuses[status] += 1
                        idle.append(client)
            for client in idle:
                client.socket.close()
            return Run.of(latencies, time.perf_counter() - begun)


class _Client:
    def __init__(self, address: tuple[str, int]) -> None:
        self.socket = socket.create_connection(address)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sent_at = 0.0
        self._received = b""

    def send(self, request: bytes) -> None:
        self.sent_at = time.perf_counter()
        self.socket.sendall(request)

    def receive(self) -> int | None:
        """Read what is there; the status once the whole answer is."""
        data = self.socket.recv(262144)
        if not data:
            raise RuntimeError("the server closed a connection")
        self._received += data
        head, found, body = self._received.partition(b"\r\n\r\n")
        if not found or len(body) < _length(head):
            return None
        self._received = b""
        return int(head[9:12])


def _length(head: bytes) -> int:
    name, found, rest = head.lower().partition(b"\r\ncontent-length:")
    if not found:
        raise RuntimeError("the server said no Content-Length")
    return int(rest.split(b"\r\n", 1)[0])


def http(method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> bytes:
    """A request's bytes."""
    lines = [f"{method} {path} HTTP/1.1", "Host: bench", *(f"{k}: {v}" for k, v in (headers or {}).items())]
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + body
