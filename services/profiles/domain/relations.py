"""Relations between two profiles: one fact, with a word for each of its sides."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from services.contracts.profiles import AddRelation, NotARelation, RelationWord
from services.kit.refusal import Problem
from services.profiles.domain.names import Unfit, clean

MOST = 500  # of one profile
_LABEL, _FUNCTION = 60, 100  # characters

# Of the two words for a relation, the one whose bearer stands first in a row; then what is said from the other side.
_WORDS: Final[Mapping[RelationWord, RelationWord]] = {
    "parent": "child",
    "spouse": "spouse",
    "sibling": "sibling",
    "companion": "companion",
    "assistant": "principal",
    "employee": "employer",
    "agency": "client",
    "other": "other",
}
INVERSE: Final[Mapping[RelationWord, RelationWord]] = {**_WORDS, **{second: first for first, second in _WORDS.items()}}
_ALIKE: Final = frozenset(("spouse", "sibling", "companion"))
_OF_PEOPLE: Final = frozenset(("parent", "spouse", "sibling", "companion", "assistant"))


@dataclass(frozen=True)
class Tie:
    """As it is stored: `first` is the `kind` of `second`. `label` is what an `other` one is called from the other side:
    `first_label` names the first.
    """

    kind: RelationWord
    first: UUID
    second: UUID
    first_label: str | None = None
    second_label: str | None = None
    function: str | None = None
    contact: bool | None = None

    @property
    def is_mutual(self) -> bool:
        """Both bear the same word: it does not matter who stands first."""
        return self.kind in _ALIKE

    def other_than(self, profile_id: UUID) -> UUID:
        return self.second if profile_id == self.first else self.first


def tie(said: AddRelation) -> Tie:
    """The one stored form of what was said from either side. Raises NotARelation."""
    faults: list[Problem] = []
    if said.other == said.profile_id:
        faults.append(Problem("/profile_id", "Nobody has a relation to themselves."))
    label, inverse, function = (
        _text(pointer, text, longest, faults)
        for pointer, text, longest in (
            ("/label", said.label, _LABEL),
            ("/inverse_label", said.inverse_label, _LABEL),
            ("/function", said.function, _FUNCTION),
        )
    )
    if said.relation == "other" and not (label or faults):
        faults.append(Problem("/label", "Say what the other one is."))
    if said.relation != "other" and (label or inverse):
        faults.append(Problem("/label", "Only the relation `other` has a label."))
    if said.relation not in ("employee", "employer"):
        if function:
            faults.append(Problem("/function", "An employee has a function, nobody else."))
        if said.contact is not None:
            faults.append(Problem("/contact", "A company's contact is one of its employees."))
    if faults:
        raise NotARelation(errors=faults)
    inverse = inverse or label
    ends = (said.other, label), (said.profile_id, inverse)
    kind = said.relation
    if kind not in _WORDS:
        kind, ends = INVERSE[kind], ends[::-1]
    elif kind in _ALIKE or kind == "other":
        ends = (ends[0], ends[1]) if ends[0][0] < ends[1][0] else (ends[1], ends[0])
    (first, first_label), (second, second_label) = ends
    return Tie(kind, first, second, first_label, second_label, function, said.contact)


def refuse_unfit(made: Tie, is_person: Callable[[UUID], bool], other: UUID) -> None:
    """Families are of people, and companies employ. Raises NotARelation."""
    fits = True
    if made.kind in _OF_PEOPLE:
        fits = is_person(made.first) and is_person(made.second)
    elif made.kind == "employee":
        fits = is_person(made.first) and not is_person(made.second)
    elif made.kind == "agency":
        fits = not is_person(made.first)
    if not fits:
        what = "company" if is_person(other) else "person"
        raise NotARelation(errors=[Problem("/relation", f"One of the two is no {what}.")])


def _text(pointer: str, said: str | None, longest: int, faults: list[Problem]) -> str | None:
    try:
        return None if said is None else clean(said, longest)
    except Unfit as fault:
        faults.append(Problem(pointer, str(fault)))
        return None
