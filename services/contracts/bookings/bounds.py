"""How large a contract may be before it is looked at."""

from __future__ import annotations

from typing import Any

import marshmallow


def at_most(count: int, *names: str) -> Any:
    """Lists of a contract that are counted before they are looked at item by item.

    A few megabytes of empty guests would keep a service busy for minutes.
    """

    def bounded(_schema: Any, said: Any, **_: Any) -> Any:
        given = {name: said.get(name) for name in names} if isinstance(said, dict) else {}
        long = [name for name, items in given.items() if isinstance(items, list) and len(items) > count]
        if long:
            raise marshmallow.ValidationError({name: [f"More than {count}."] for name in long})
        return said

    return marshmallow.pre_load(bounded)
