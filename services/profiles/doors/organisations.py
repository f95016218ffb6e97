"""Companies and agencies, which a house looks through as a list."""

from __future__ import annotations

from uuid import UUID

from services.contracts.profiles import FindOrganisations, OrganisationsFound
from services.kit.cursors import position
from services.kit.db import Tx
from services.kit.doors import query
from services.kit.refusal import Invalid, Problem
from services.profiles.domain import names
from services.profiles.store import organisations, register

_MOST, _LONGEST = 200, 200


class Organisations:
    @query
    def find_organisations(self, tx: Tx, request: FindOrganisations) -> OrganisationsFound:
        if not 1 <= request.limit <= _MOST:
            raise Invalid(errors=[Problem("/limit", f"From 1 to {_MOST}.")])
        if len(request.q or "") > _LONGEST:
            raise Invalid(errors=[Problem("/q", f"Longer than {_LONGEST} characters.")])
        beginning = names.key_of_company(request.q)
        if request.q and not beginning:
            return OrganisationsFound(items=())
        found = organisations.find(tx, beginning, request.kind, position(request.cursor, UUID), request.limit + 1)
        page = found[: request.limit]
        shown = tuple(each.shown() for each in register.by_ids(tx, page))
        return OrganisationsFound(items=shown, next=str(page[-1]) if len(found) > request.limit else None)
