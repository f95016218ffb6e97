"""Groups and functions for those who write to their contacts, and whom somebody is the contact of."""

from __future__ import annotations

from typing import Final

from services.bookings.domain import occasions as rules
from services.bookings.store import functions, groups, properties
from services.bookings.store import occasions as store
from services.contracts.bookings import ContactOf, FindContactOf, Occasion, ReadOccasion
from services.kit.db import Tx
from services.kit.doors import query
from services.kit.refusal import Invalid, Problem

_MOST_IDS: Final = 200


class Occasions:
    @query
    def read_occasion(self, tx: Tx, request: ReadOccasion) -> Occasion:
        if (request.group_id is None) == (request.function_id is None):
            raise Invalid(errors=[Problem("/group_id", "Say either the group's id or the function's.")])
        if request.group_id is not None:
            group, property_id = groups.read(tx, groups.code_of(tx, request.group_id))
            return rules.of_group(group, properties.read(tx, str(property_id)))
        function = functions.read(tx, request.function_id)  # type: ignore[arg-type]
        names = functions.names(tx, function.property_id)
        return rules.of_function(function, names, groups.read(tx, function.group)[0] if function.group else None)

    @query
    def find_contact_of(self, tx: Tx, request: FindContactOf) -> ContactOf:
        if len(request.profile_ids) > _MOST_IDS:
            raise Invalid(errors=[Problem("/profile_ids", f"At most {_MOST_IDS}.")])
        return store.contact_of(tx, request.profile_ids)
