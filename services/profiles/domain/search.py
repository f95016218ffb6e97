"""What somebody looks for in the register, checked and folded."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from services.contracts.profiles import FindProfiles
from services.kit.refusal import Invalid, Problem
from services.profiles.domain import codes, contacts, names
from services.profiles.domain.names import Unfit

MOST = 200
_WORDS = 8
_LONGEST = 200


@dataclass(frozen=True)
class Search:
    """`words` are parts of a name, `keys` whole addresses; `impossible`: nobody can have this."""

    words: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    ids: tuple[UUID, ...] = ()
    after: UUID | None = None
    limit: int = 50
    impossible: bool = False


def read_search(said: FindProfiles) -> Search:
    """Raises Invalid with pointers. An e-mail is looked for as written, so that a wrongly written one finds nobody."""
    faults = []
    country, after, keys = None, None, []
    if not 1 <= said.limit <= MOST:
        faults.append(Problem("/limit", f"From 1 to {MOST}."))
    if len(said.ids) > MOST:
        faults.append(Problem("/ids", f"At most {MOST}."))
    for field, text in (("q", said.q), ("email", said.email), ("phone", said.phone)):
        if text and len(text) > _LONGEST:
            faults.append(Problem(f"/{field}", f"Longer than {_LONGEST} characters."))
        elif text and "\0" in text:
            faults.append(Problem(f"/{field}", "Contains control characters."))
    if faults:
        raise Invalid(errors=faults)
    if said.cursor:
        try:
            after = UUID(said.cursor)
        except ValueError:
            raise Invalid(errors=[Problem("/cursor", "Not a cursor of this list.")]) from None
    pointer = "/country"
    try:
        country = codes.country_code(said.country) if said.country else None
        pointer = "/phone"
        if said.phone:
            keys.append(contacts.phone(said.phone, country).key)
    except Unfit as fault:
        raise Invalid(errors=[Problem(pointer, str(fault))]) from None
    if said.email:
        keys.append(contacts.email_key(said.email))
    words = tuple(dict.fromkeys(names.fold(said.q).split()))[:_WORDS]
    return Search(words, tuple(keys), said.ids, after, said.limit, impossible=bool(said.q) and not words)
