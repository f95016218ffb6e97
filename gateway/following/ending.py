"""Tells streams that their process has been told to end: the server waits for them, and they would never end."""

from __future__ import annotations

import os
import signal
from typing import Final

_ENDS: Final[list[int]] = []


def listen() -> None:
    """Hear of signals beside the server, which sets handlers of its own. To be called in the main thread."""
    if not _ENDS:
        reading, writing = os.pipe()
        os.set_blocking(writing, False)
        signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
        _ENDS.append(reading)


def told_to_end() -> int | None:
    """A descriptor that can be read from once a signal has come; None where nobody listens."""
    return _ENDS[0] if _ENDS else None
