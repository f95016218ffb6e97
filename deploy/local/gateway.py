"""The gateway's workers on one machine: they end with the process that started them, also if it is killed."""

from typing import Any

from deploy.local import processes


def create_app() -> Any:
    processes.die_with_parent()
    from gateway.app import create_app as create

    return create()
