"""Finding somebody in the register."""

from __future__ import annotations

from services.contracts.profiles import FindProfiles, Matched, ProfilesFound
from services.kit.db import Tx
from services.kit.doors import query
from services.profiles.domain.search import read_search
from services.profiles.store import finding, register


class Finding:
    @query
    def find_profiles(self, tx: Tx, request: FindProfiles) -> ProfilesFound:
        wanted = read_search(request)
        if wanted.ids:
            return ProfilesFound(items=tuple(found.shown() for found in register.by_ids(tx, wanted.ids)))
        found, end = finding.find(tx, wanted)
        return ProfilesFound(
            items=tuple(profile.shown() for profile, _ in found),
            next=str(end) if end else None,
            matched=tuple(Matched(field=hit.field, how=hit.how) for _, hit in found if hit),
        )
