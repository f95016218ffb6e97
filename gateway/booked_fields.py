"""The house's own fields that are said with a booking: looked at before it is made, as nobody is told afterwards."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.asking import ask
from gateway.known import property_id_of
from services.contracts.bookings import NotABooking, Person
from services.contracts.profiles import CheckFields, FieldScreen, FieldsOfPerson, NotAProfile

_NOT_ASKED = ("/contact", "/payer")  # they do not stay


def check_own_fields(people: Mapping[str, Person], property_key: str, screen: FieldScreen | None = None) -> None:
    """Refuses with NotABooking what cannot be kept and, of who books and stays, what lacks on the screen.

    Nobody is asked where nothing is said. `people` by where they stand, as JSON pointers.
    """
    if screen is None and not any(person.fields for person in people.values()):
        return
    property_id = property_id_of(property_key)
    assert property_id
    said = tuple(
        FieldsOfPerson(
            at=pointer,
            kind="company" if person.company and not (person.given_name or person.family_name) else "person",
            profile_id=person.profile_id,
            country=person.country,
            fields=person.fields or {},
            asked=pointer not in _NOT_ASKED,
        )
        for pointer, person in people.items()
    )
    try:
        ask(CheckFields(property_id=property_id, people=said, screen=screen))
    except NotAProfile as refusal:
        raise NotABooking(errors=refusal.errors) from None
