"""Who belongs to whom: family, companions, assistants, companies and their people."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from services.contracts.profiles.cards import Kind, Profile
from services.kit.refusal import Conflict, Invalid, NotFound
from services.kit.wire import Request, request, value

RelationWord = Literal[
    "parent",
    "child",
    "spouse",
    "sibling",
    "companion",
    "assistant",
    "principal",
    "employee",
    "employer",
    "agency",
    "client",
    "other",
]


@value
class Relation:
    """What the profile `profile_id` is to the one that was asked about: their `parent`, their `employer`.

    `function` is what an employee does there. `contact`: automatic messages for the company go to this employee; one of
    a company's employees at most. `label` says what an `other` one is, in the house's words. The names are the other
    profile's.
    """

    id: UUID
    profile_id: UUID
    relation: RelationWord
    label: str | None = None
    function: str | None = None
    contact: bool = False
    since: datetime
    kind: Kind
    given_name: str | None = None
    family_name: str | None = None
    name: str | None = None


@value
class RelationsFound:
    """By relation and name."""

    items: tuple[Relation, ...]


@request
class ReadRelations(Request[RelationsFound]):
    """Refuses with NoSuchProfile."""

    profile_id: UUID


@value
class RelationKept:
    """`created` is false where the two were in this relation before."""

    relation: Relation
    created: bool


@request
class AddRelation(Request[RelationKept]):
    """`other` is the `relation` of `profile_id`: ``profile_id=Ana, other=ACME, relation="employer"``.

    It is one relation that is seen from both sides. The same again changes its `function` and `contact` if they are
    said. `label` is what an `other` one is called, `inverse_label` what this profile is called from there (the same,
    if not said). Who becomes a company's contact takes the place of whoever was. Refuses with NoSuchProfile,
    RetiredProfile, NotARelation.
    """

    profile_id: UUID
    other: UUID
    relation: RelationWord
    label: str | None = None
    inverse_label: str | None = None
    function: str | None = None
    contact: bool | None = None


@value
class RelationRemoved:
    id: UUID


@request
class RemoveRelation(Request[RelationRemoved]):
    """From both sides. Refuses with NoSuchRelation."""

    profile_id: UUID
    relation_id: UUID


@value
class ContactPerson:
    """`profile` is None where the company has named nobody."""

    profile: Profile | None = None


@request
class ReadContactPerson(Request[ContactPerson]):
    """Who gets the messages that are meant for a company or an agency."""

    profile_id: UUID


@value
class Represented:
    """A company or an agency whose automatic messages somebody gets, and what they do there."""

    profile_id: UUID
    kind: Kind
    name: str | None = None
    function: str | None = None


@value
class RepresentedFound:
    """By name. `profile_ids` are all ids of the guest: their own, and those of the cards that were retired into it."""

    profile_ids: tuple[UUID, ...]
    items: tuple[Represented, ...]


@request
class ReadRepresented(Request[RepresentedFound]):
    """Of which companies somebody is the contact person. Refuses with NoSuchProfile."""

    profile_id: UUID


class NotARelation(Invalid):
    """The relation is not complete or not valid."""


class NoSuchRelation(NotFound):
    """There is no such relation of this profile."""


class RetiredProfile(Conflict):
    """This profile was merged into the one that `facts` name: go on with that."""
