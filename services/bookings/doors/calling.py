"""What a house knows at once of the stays of whoever calls."""

from __future__ import annotations

from typing import Final

from services.bookings.store import calling
from services.contracts.bookings import ReadStaysOf, StaysOfGuests
from services.kit.db import Tx
from services.kit.doors import query
from services.kit.refusal import Invalid, Problem

_MOST: Final = 20


class Calling:
    @query
    def read_stays_of(self, tx: Tx, request: ReadStaysOf) -> StaysOfGuests:
        if len(request.profile_ids) > _MOST:
            raise Invalid(errors=[Problem("/profile_ids", f"At most {_MOST}.")])
        return StaysOfGuests(items=calling.stays_of(tx, request.profile_ids))
