"""Turns Ctrl-C, SIGTERM and a closed terminal into one exception that comes only once."""

import contextlib
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

from deploy.local import processes

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(BaseException):
    """The user wants to stop. Not an Exception, so that no retry swallows it."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.exit_code = 128 + number


@contextlib.contextmanager
def stoppable() -> Iterator[None]:
    def stop(number: int, frame: FrameType | None) -> None:
        for each in SIGNALS:
            signal.signal(each, signal.SIG_IGN)
        raise Stopped(number)

    for each in SIGNALS:
        if each != signal.SIGHUP or _minds_the_terminal():
            signal.signal(each, stop)
    if _parent_is_make():
        processes.die_with_parent()
    yield


class Terminal:
    """Notices that the terminal was closed; make, where it leads the terminal's session, does not pass that on."""

    def __init__(self) -> None:
        self.shown_on = [number for number in (1, 2) if os.isatty(number) and _minds_the_terminal()]

    def check(self) -> None:
        """Raise Stopped if a terminal that showed our output is gone."""
        if not all(os.isatty(number) for number in self.shown_on):
            os.kill(os.getpid(), signal.SIGHUP)


def _minds_the_terminal() -> bool:
    """False under nohup."""
    return signal.getsignal(signal.SIGHUP) != signal.SIG_IGN


def say(text: str) -> None:
    """Print, also when the terminal is gone."""
    with contextlib.suppress(OSError, ValueError):
        print(text, file=sys.stderr, flush=True)


def _parent_is_make() -> bool:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{os.getppid()}/comm").read_text().strip() in ("make", "gmake")
    return False
