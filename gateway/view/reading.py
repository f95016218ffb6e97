"""Reading a guest's view: one SELECT while it is fresh; what is old is asked of all its owners at once."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from gateway.asking import Asking
from gateway.outside import instant, text
from gateway.view import store
from gateway.view.sections import SECTIONS
from services.contracts.profiles import NoSuchProfile, Profile
from services.kit.context import Context
from services.kit.db import Database, Tx
from services.kit.refusal import Refusal, Unavailable

BUDGET: Final = 0.3  # seconds for all owners together

_log = logging.getLogger(__name__)
_NAMES: Final = tuple(SECTIONS)
_UNKNOWN: Final = store.Kept(None, None, -1, False)
_STORE_FAILS = (DBAPIError, PoolTimeout)


class _Retired(Exception):
    """The profile is another one now."""

    def __init__(self, into: UUID) -> None:
        super().__init__()
        self.into = into


class Views:
    def __init__(self, database: Database, asking: Asking) -> None:
        self._database = database
        self._asking = asking

    def of(self, profile_id: UUID, context: Context) -> str:
        """The complete view as JSON text.

        An owner who does not answer in time is represented by what it last said, marked stale. Refuses with
        NoSuchProfile, and with Unavailable where nothing at all is known.

        What is kept is of all properties: for whoever is limited to some, the owners are asked, and nothing is kept.
        A retired profile is seen as whom it is now.
        """
        try:
            return self._of(profile_id, context)
        except _Retired as retired:
            view = json.loads(self._of(retired.into, context))
            return text({**view, "profile": {**view["profile"], "merged_into": str(retired.into)}})

    def _of(self, profile_id: UUID, context: Context) -> str:
        if context.properties is not None:
            return _composed(self._asked_for(profile_id, context))
        try:
            with self._database.reading(context) as tx:
                kept = store.read(tx, profile_id)
        except _STORE_FAILS as fault:
            _log.warning("the store of views failed: %s", type(fault).__name__)
            kept = {}
        if len(kept) == len(_NAMES) and all(section.fresh for section in kept.values()):
            return _composed(kept)
        return _composed(self._refreshed(profile_id, kept, context))

    def _asked_for(self, profile_id: UUID, context: Context) -> dict[str, store.Kept]:
        """As the owners show it to this caller alone."""
        nothing = dict.fromkeys(_NAMES, _UNKNOWN)
        answers = self._asked(profile_id, _NAMES, nothing, context)
        if not answers:
            raise Unavailable("No part of this guest's view could be had.")
        return nothing | {name: store.Kept(said.body, said.as_of, -1, True) for name, said in answers.items()}

    def _refreshed(self, profile_id: UUID, kept: Mapping[str, store.Kept], context: Context) -> dict[str, store.Kept]:
        """Ask the owners of what is old, keep their answers, and return all sections."""
        known = self._opened(profile_id, kept, context)
        old = [name for name in _NAMES if not known[name].fresh]
        answers = self._asked(profile_id, old, known, context)
        for name, answer in answers.items():
            known[name] = replace(known[name], body=answer.body, as_of=answer.as_of, fresh=True)
        storable = {name: answer for name, answer in answers.items() if answer.generation >= 0}
        if storable:
            self._write(context, lambda tx: store.keep(tx, profile_id, storable))
        if all(section.body is None for section in known.values()):
            raise Unavailable("No part of this guest's view could be had.")
        return known

    def _opened(self, profile_id: UUID, kept: Mapping[str, store.Kept], context: Context) -> dict[str, store.Kept]:
        """All sections with their generations as they are before anybody is asked."""
        missing = [name for name in _NAMES if name not in kept]
        if missing:
            seen: dict[str, store.Kept] = {}

            def work(tx: Tx) -> None:
                store.open_sections(tx, profile_id, missing)
                seen.update(store.read(tx, profile_id))

            self._write(context, work)
            kept = seen or kept
        return {name: kept.get(name, _UNKNOWN) for name in _NAMES}

    def _asked(
        self, profile_id: UUID, names: Iterable[str], known: Mapping[str, store.Kept], context: Context
    ) -> dict[str, store.Answer]:
        names = list(names)
        as_of = datetime.now(UTC)
        requests = [SECTIONS[name].request(profile_id) for name in names]
        answers: dict[str, store.Answer] = {}
        try:
            said = self._asking.ask_all(requests, context, BUDGET)
        except Unavailable as refusal:
            said = [refusal] * len(names)
        for name, answer in zip(names, said, strict=True):
            if isinstance(answer, NoSuchProfile) and name == "profile":
                self._write(context, lambda tx: store.forget(tx, profile_id))
                raise answer
            if isinstance(answer, Profile) and answer.merged_into:
                self._write(context, lambda tx: store.forget(tx, profile_id))
                raise _Retired(answer.merged_into)
            if isinstance(answer, Refusal):
                _log.info("%s of a view is stale: %s", name, answer.code())
                continue
            body = text(SECTIONS[name].show(answer))
            answers[name] = store.Answer(body, as_of, known[name].generation)
        return answers

    def _write(self, context: Context, work: object) -> None:
        """A view is answered even where it cannot be kept."""
        try:
            self._database.writing(context, work)  # type: ignore[arg-type]
        except _STORE_FAILS as fault:
            _log.warning("the store of views failed: %s", type(fault).__name__)


def _composed(known: Mapping[str, store.Kept]) -> str:
    """The sections' texts as they are, side by side: nothing is parsed again."""
    bodies = [f'"{name}":{known[name].body or "null"}' for name in _NAMES]
    marks = [
        f'"{name}":{{"as_of":{_moment(known[name].as_of)},"stale":{"false" if known[name].fresh else "true"}}}'
        for name in _NAMES
    ]
    return f'{{{",".join(bodies)},"sections":{{{",".join(marks)}}}}}'


def _moment(as_of: datetime | None) -> str:
    return f'"{instant(as_of)}"' if as_of is not None else "null"
