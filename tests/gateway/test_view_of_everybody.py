"""The guest view when a field is defined in another way: old for everybody at once, not shown, and swept away."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from gateway.view.sections import SECTIONS
from services.contracts.profiles import FieldChanged, ProfileChanged, ReadProfile
from services.kit.refusal import Unavailable
from tests.gateway.guests import ANA, BEN, ana_silva
from tests.gateway.test_view import look, rows, stale

pytestmark = pytest.mark.servers


def masked() -> FieldChanged:
    return FieldChanged(code="passport", version=2)


def test_a_field_that_is_defined_in_another_way_makes_the_profiles_of_all_old(views, owners, hears):
    owners.will_answer(ReadProfile, lambda said: ana_silva(id=said.profile_id))
    for who in (ANA, BEN):
        look(views, who)
    owners.asked.clear()
    hears.mark_all_profiles(masked())
    for who in (ANA, BEN, ANA, BEN):
        assert stale(look(views, who)) == set()
    assert owners.asked == [ReadProfile(profile_id=ANA), ReadProfile(profile_id=BEN)]


def test_after_that_marks_of_one_guest_count_as_before(views, owners, hears):
    hears.mark_all_profiles(masked())
    look(views)
    hears.mark_all_profiles(masked())
    look(views)
    owners.asked.clear()
    hears.mark_profile(ProfileChanged(profile_id=ANA, version=5))
    look(views)
    look(views)
    assert [type(request) for request in owners.asked] == [ReadProfile]


def test_what_may_show_too_much_is_not_shown_while_profiles_is_silent(views, owners, hears):
    look(views)
    hears.mark_all_profiles(masked())
    owners.will_answer(ReadProfile, Unavailable())
    seen = look(views)
    assert (seen["profile"], stale(seen)) == (None, {"profile"})
    assert seen["bookings"]


def test_a_definition_that_changes_while_profiles_is_asked_leaves_the_section_old(views, owners, hears):
    def answer_and_then_change(_request):
        hears.mark_all_profiles(masked())
        return ana_silva()

    owners.will_answer(ReadProfile, answer_and_then_change)
    look(views)
    owners.will_answer(ReadProfile, ana_silva(given_name="Anna"))
    assert look(views)["profile"]["given_name"] == "Anna"


def test_what_was_kept_before_is_swept_away_and_what_was_asked_since_stays(views, hears, gateway_db):
    look(views)
    hears.mark_all_profiles(masked())
    hears.sweep()
    assert rows(gateway_db) == len(SECTIONS) - 1
    look(views)
    hears.sweep()
    assert rows(gateway_db) == len(SECTIONS)
    with gateway_db.engine.connect() as connection:
        assert connection.execute(sa.text("SELECT swept FROM section_generations")).scalars().all() == [True]
