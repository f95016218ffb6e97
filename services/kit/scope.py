"""What a caller who is limited to some properties may see and change: one answer for the rows of every service.

A row that belongs to a property carries its id; one without belongs to the whole organisation and is everybody's. Where
rows are read the statement has `HOUSES`'s condition with `houses(tx)` as its parameter; where one is written or read by
its id alone, `sees`, `is_theirs` and `permit` decide.

One rule holds everywhere: what a caller may not see is not there for them, whatever is done with its id (404, as for an
id that nobody knows). What they see but may not change, and a property that they name themselves, is refused (403).
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

from services.kit.context import Context
from services.kit.db import Tx
from services.kit.refusal import Forbidden, Refusal

# With the column in place of {}: rows of the permitted properties, and those of none.
HOUSES: Final = "(CAST(:houses AS uuid[]) IS NULL OR {0} IS NULL OR {0} = ANY(CAST(:houses AS uuid[])))"


class NotYourProperty(Forbidden):
    """The caller is limited to other properties than this one."""


def houses(tx: Tx) -> list[UUID] | None:
    """The parameter ``:houses`` of a statement: the properties whose rows the caller may see; None for all."""
    limit = tx.context.properties
    return None if limit is None else [UUID(each) for each in limit]


def sees(context: Context, property_id: UUID | str | None) -> bool:
    """Whether a row of this property, None for the whole organisation's, is one the caller may see."""
    return context.properties is None or property_id is None or str(property_id) in context.properties


def is_theirs(context: Context, property_id: UUID | str | None) -> bool:
    """As `sees`, but what is the whole organisation's is nobody's who is limited.

    For what is changed, and where money of several properties flows together.
    """
    return context.properties is None or str(property_id) in context.properties


def permit(tx: Tx, property_id: UUID | None, refusal: type[Refusal] = NotYourProperty) -> None:
    """Refuses a caller to whom it does not belong, as in `is_theirs`.

    `refusal` is for rows that are named by their ids: what is said where there is no such row.
    """
    if not is_theirs(tx.context, property_id):
        raise refusal
