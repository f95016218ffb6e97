"""pika's connection, writing less often: it makes a write to the socket of each of a message's three frames."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pika
from pika import frame, spec


class Connection(pika.SelectConnection):
    """A message in one write, and all that is published within `in_one_write` in one."""

    def __init__(self, *given: Any, **more: Any) -> None:
        self._gathered: list[bytes] | None = None
        self._openings: dict[tuple[int, str, str], bytes] = {}
        super().__init__(*given, **more)

    def publish(
        self, channel: int, exchange: str, routing_key: str, properties: pika.BasicProperties, body: bytes
    ) -> None:
        """As the channel's `basic_publish` with `mandatory`, which makes and checks the same first frame every time."""
        opening = self._openings.get((channel, exchange, routing_key))
        if opening is None:
            method = spec.Basic.Publish(exchange=exchange, routing_key=routing_key, mandatory=True)
            opening = self._openings[channel, exchange, routing_key] = frame.Method(channel, method).marshal()
        longest = self._body_max_length
        bodies = (body[at : at + longest] for at in range(0, len(body), longest))
        header = frame.Header(channel, len(body), properties).marshal()
        self._output_marshaled_frames([opening, header, *(frame.Body(channel, part).marshal() for part in bodies)])

    @contextmanager
    def in_one_write(self) -> Iterator[None]:
        self._gathered = []
        try:
            yield
        finally:
            gathered, self._gathered = self._gathered, None
            if gathered and self.is_open:
                super()._output_marshaled_frames([b"".join(gathered)])

    def _output_marshaled_frames(self, marshaled_frames: Sequence[bytes]) -> None:
        if self._gathered is None:
            super()._output_marshaled_frames([b"".join(marshaled_frames)])
        else:
            self._gathered += marshaled_frames
