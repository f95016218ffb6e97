"""What other systems call the house's properties, room types and rates."""

from __future__ import annotations

from services.bookings.domain.mapping import checked
from services.bookings.store import mapping, properties
from services.contracts.bookings import Codes, NotACode, ReadCodes, SetCodes
from services.kit.db import Tx
from services.kit.doors import command, query
from services.kit.refusal import Problem


class Mapping:
    @command
    def set_codes(self, tx: Tx, request: SetCodes) -> Codes:
        house = properties.read(tx, request.property)
        codes = checked(request.codes, request.source, house)
        source = request.source.strip()
        taken = mapping.put(tx, house.id, source, codes)
        if taken:
            problems = [
                Problem(f"/codes/{n}/theirs", "Names another property already.")
                for n, code in enumerate(codes)
                if code.kind == "property" and code.theirs in taken
            ]
            raise NotACode(errors=problems)
        return Codes(property_id=house.id, codes=tuple(mapping.read(tx, house.id, source)))

    @query
    def read_codes(self, tx: Tx, request: ReadCodes) -> Codes:
        house = properties.read(tx, request.property)
        return Codes(property_id=house.id, codes=tuple(mapping.read(tx, house.id, request.source)))
