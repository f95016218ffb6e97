"""Finding somebody in the register."""

from __future__ import annotations

from services.contracts.profiles import FindProfiles, ProfilesFound
from services.kit.db import Tx
from services.kit.doors import query
from services.profiles.domain.search import read_search
from services.profiles.store import register


class Finding:
    @query
    def find_profiles(self, tx: Tx, request: FindProfiles) -> ProfilesFound:
        wanted = read_search(request)
        if wanted.ids:
            return ProfilesFound(items=tuple(found.shown() for found in register.by_ids(tx, wanted.ids)))
        found = register.find(tx, wanted)
        page, more = found[: wanted.limit], found[wanted.limit :]
        return ProfilesFound(items=tuple(p.shown() for p in page), next=str(page[-1].id) if more else None)
