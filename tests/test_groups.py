"""Tests that share one running system are given to one test process."""

from __future__ import annotations

import os

import pytest


@pytest.mark.xdist_group("kept-together")
@pytest.mark.skipif("PYTEST_XDIST_WORKER" not in os.environ, reason="one process runs all tests")
def test_a_group_of_tests_is_kept_together(request: pytest.FixtureRequest) -> None:
    """xdist tells groups by the ends of ids; where those get lost, it spreads the tests, and says nothing."""
    options = request.config.option
    if getattr(options, "loadgroup", False):
        assert request.node.nodeid.endswith("@kept-together")
