"""Finding somebody by whatever is known of them: what stands on their card, and on their bookings."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from flask import Response
from marshmallow import ValidationError, fields, validate, validates_schema

from gateway.access.callers import needs
from gateway.asking import DEADLINE, answered, ask, ask_all_within, command_within, reply
from gateway.blueprint import Blueprint
from gateway.outside import Strict, Text, WholeNumber, listing, page, schema_of
from services.contracts.bookings import (
    Booking,
    BookingsFound,
    FindBookings,
    FindByDocument,
    NoSuchBooking,
    ReadBooking,
    RegisteredGuest,
)
from services.contracts.profiles import FindByFields, FindProfiles, Matched, Profile, ProfilesFound
from services.kit.refusal import Unavailable

blueprint = Blueprint("finding", __name__, description="Finding somebody by anything that is known of them")

_PATIENCE: Final = 0.5  # seconds that a list waits for bookings, without which it is good too
_REFERENCE: Final = re.compile(r"(?=\S*\d)[^\s@]{4,64}")
_SHOWN: Final = re.compile(r"booking:(\d{1,3})")
_MOST_BOOKINGS, _MOST_PEOPLE = 20, 200
_BY_BOOKING: Final = Matched(field="booking", how="exact")
_BY_DOCUMENT: Final = Matched(field="document", how="exact")

Found = tuple[Profile, Matched | None]


class FoundProfile(schema_of(Profile)):  # type: ignore[misc]
    """`matched`: by which `field` they were found (name, email, phone, booking, document) and `how`. A name by all
    (`whole`), by `words`, the `beginning` or a `part` of words, or by words that are `similar`; others `exact`, by
    their `beginning` or their `tail`. Null where everybody is listed.
    """

    matched = fields.Nested(schema_of(Matched), allow_none=True)


FoundPage = listing(FoundProfile, "ProfilesPage")


class FoundByDocument(FoundPage):  # type: ignore[misc, valid-type]
    """`registered`, of a search by `document` alone: who was registered with it and has no profile on the booking, such
    as whom the desk alone met: the booking, and the position of the registration there.
    """

    registered = fields.List(fields.Nested(schema_of(RegisteredGuest)))


class Sought(Strict):
    """Exactly one of `q`, `email`, `phone`, `document`, `fields`."""

    q = Text(metadata={"description": "As one types: of a name, an e-mail, a telephone number, a booking's reference."})
    email = Text(most=254)
    phone = Text(most=40, metadata={"description": "E.164, or as written in `country`."})
    document = Text(most=60, metadata={"description": "The whole number of a document somebody was registered with."})
    country = Text(most=2, metadata={"description": "Where `phone` is read.", "example": "PT"})
    house_fields = fields.Dict(
        data_key="fields",
        attribute="fields",
        keys=Text(most=60),
        values=Text(),
        validate=validate.Length(min=1, max=20),
        metadata={"description": "Values of the house's own fields that are searchable, by code."},
    )
    limit = WholeNumber(load_default=50, validate=validate.Range(min=1, max=200))
    cursor = Text(load_default=None, allow_none=True, most=1000)

    @validates_schema
    def says_whom(self, said: dict[str, Any], **_: Any) -> None:
        if len({"q", "email", "phone", "document", "fields"} & said.keys()) != 1:
            raise ValidationError("Say one of q, email, phone, document and fields.", "q")


@blueprint.post("/profiles/search")
@needs("read", by_property=True)
@blueprint.arguments(Sought)
@blueprint.response(200, FoundByDocument)
def search_profiles(body: dict[str, Any]) -> Response:
    """As `GET /v1/profiles`, with nothing about anybody in the address. By `document`: that it was asked is noted."""
    if "fields" in body:
        return reply(page(ask(FindByFields(fields=body["fields"], limit=body["limit"], cursor=body["cursor"]))))
    return reply(_of_document(body["document"], body["limit"]) if "document" in body else find(**body))


def find(*, limit: int, cursor: str | None, booking: str | None = None, **wanted: Any) -> dict[str, Any]:
    """A page of the list, best first: who is on the booking that was named or typed, then what profiles found."""
    if booking is not None:
        return _page(_with_ids(_people_of(_named(booking)), _BY_BOOKING))
    reference = _typed(wanted.get("q"))
    if reference is None:
        return _page(*_among_profiles(ask(FindProfiles(limit=limit, cursor=cursor, **wanted)), wanted))
    shown, behind = _place(cursor)
    said = FindProfiles(limit=limit, cursor=behind, **wanted)
    answer, booked = ask_all_within(_PATIENCE, said, reference)
    people = _people_of(booked)
    first = people[shown:][:limit] if behind is None else []
    room = limit - len(first)
    found = ask(said) if isinstance(answer, Unavailable) else answered(answer)
    items, more = _among_profiles(found, wanted, apart_from=people)
    if room and len(items) > room:  # seldom: a reference that is also the end of a telephone number
        found = ask(FindProfiles(limit=room, cursor=behind, **wanted))
        items, more = _among_profiles(found, wanted, apart_from=people)
    elif not room and (items or more or len(people) > shown + limit):
        items, more = [], f"booking:{shown + limit}"
    return _page([*_with_ids(first, _BY_BOOKING), *items], more)


def _of_document(number: str, limit: int) -> dict[str, Any]:
    """Known by what it says alone: the digest that an Idempotency-Key leaves would be one of the number."""
    found = command_within(FindByDocument(document=number), DEADLINE)
    return {**_page(_with_ids(found.profile_ids[:limit], _BY_DOCUMENT)), "registered": found.registered[:limit]}


def _place(cursor: str | None) -> tuple[int, str | None]:
    """How many of those on the booking were shown before, where there were more than a page; else profiles' cursor."""
    before = _SHOWN.fullmatch(cursor) if cursor else None
    return (int(before[1]), None) if before else (0, cursor)


def _typed(q: str | None) -> FindBookings | ReadBooking | None:
    """What to ask bookings, where what was typed may be a booking's reference."""
    q = (q or "").strip()
    return _reference(q) if _REFERENCE.fullmatch(q) else None


def _reference(said: str) -> FindBookings | ReadBooking:
    try:
        return ReadBooking(booking_id=UUID(said))
    except ValueError:
        return FindBookings(external_ref=said, limit=_MOST_BOOKINGS)


def _named(booking: str) -> Booking | BookingsFound | None:
    """Refuses where bookings does not answer."""
    reference = _reference(booking)
    try:
        return ask(reference) if isinstance(reference, ReadBooking) else ask(reference)
    except NoSuchBooking:
        return None


def _people_of(answer: Any) -> list[UUID]:
    """Those on the bookings that were found; nobody where none was, or bookings is silent."""
    found: Sequence[Booking] = (
        answer.items if isinstance(answer, BookingsFound) else [answer] if isinstance(answer, Booking) else ()
    )
    people = [person.profile_id for booking in found for person in booking.people]
    return list(dict.fromkeys(who for who in people if who is not None))[:_MOST_PEOPLE]


def _with_ids(ids: Sequence[UUID], why: Matched) -> list[Found]:
    return [(profile, why) for profile in ask(FindProfiles(ids=tuple(ids))).items] if ids else []


def _among_profiles(
    found: ProfilesFound, wanted: Mapping[str, Any], apart_from: Collection[UUID] = ()
) -> tuple[list[Found], str | None]:
    exactly = next((Matched(field=field, how="exact") for field in ("email", "phone") if wanted.get(field)), None)
    why = found.matched or [exactly] * len(found.items)
    items = zip(found.items, why, strict=True)
    return [(profile, matched) for profile, matched in items if profile.id not in apart_from], found.next


def _page(items: Iterable[Found], more: str | None = None) -> dict[str, Any]:
    return {"items": [{**vars(profile), "matched": matched} for profile, matched in items], "next": more}
