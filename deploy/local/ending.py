"""`make stop` and `make clean`: end what runs in this checkout, and remove what it left."""

import os
import shutil
import signal
import time

from deploy.local import processes, run, throwaway
from deploy.local.home import CHECKOUT, Home
from deploy.local.stopping import say


def stop(home: Home, lock: str) -> None:
    """Ask the process that holds the lock to end everything; end what is left without it."""
    holder = home.holder(lock)
    if holder:
        say(f"Stopping process {holder}")
        os.kill(holder, signal.SIGTERM)
        deadline = time.monotonic() + 20
        while home.holder(lock) == holder and time.monotonic() < deadline:
            time.sleep(0.1)
    left = processes.end(home.path)
    if left:
        say(f"Ended {left} processes that had lost their supervisor")


def stop_run() -> None:
    stop(Home.of_checkout(), run.LOCK)


def clean() -> None:
    """Stop everything of this checkout, and remove its data, its environment and its caches."""
    folder = CHECKOUT / ".foyer"
    stop(Home(folder), run.LOCK)
    for each in folder.glob("test-*"):
        stop(Home(each), throwaway.LOCK)
    processes.end(folder, below=True)
    shutil.rmtree(folder, ignore_errors=True)
