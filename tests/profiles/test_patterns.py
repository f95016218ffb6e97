"""Patterns that the house writes: what they match, and that none takes long."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.profiles.domain import patterns
from services.profiles.domain.names import Unfit

CHARACTERS = st.sampled_from(["a", "b", r"\d", "[ab]", "[^a]", ".", r"\.", "-"])
TIMES = st.sampled_from(["", "?", "*", "+", "{2}", "{0,2}", "{1,}", "{2,3}"])
ALTERNATIVE = st.lists(st.tuples(CHARACTERS, TIMES).map("".join), max_size=5).map("".join)
PATTERNS = st.lists(ALTERNATIVE, min_size=1, max_size=3).map("|".join).filter(bool)


@given(PATTERNS, st.text("ab1.-", max_size=8))
def test_a_pattern_matches_what_the_regular_expression_matches(pattern, text):
    assert patterns.fits(pattern, text) == bool(re.fullmatch(f"(?:{pattern})", text, re.ASCII))


@pytest.mark.parametrize(
    "pattern",
    ["", "(a+)+", "a**", "a{3,1}", "a{0}", "[z-a]", "[]", "a(?=b)", r"\1", r"\p{L}", "^a", "a$", "[a", "a{", "*",
     "a" * 201, "a{999}", "[a--b]", "a{1,200}b", "[[:alpha:]]", "(?i)a"],
)  # fmt: skip
def test_what_can_take_long_or_means_different_things_is_no_pattern(pattern):
    with pytest.raises(Unfit):
        patterns.checked(pattern)


@pytest.mark.parametrize("pattern", [r"[A-Z]{2}\d{6,8}", r"\d{3}-?\d{4}", "yes|no", r"[^\s]+", r"[\w.-]+"])
def test_usual_ones_are(pattern):
    assert patterns.checked(pattern) == pattern


def test_the_work_is_bounded_by_the_places_and_the_text():
    nasty = "a*" * 100 + "b"
    assert not patterns.fits(nasty, "a" * 500)
    assert not patterns.fits("a", "a" * 501)
