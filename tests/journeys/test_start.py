"""The whole system starts, answers, and its parts can be lost and come back."""

from __future__ import annotations

import pytest

from tests.system import System

pytestmark = pytest.mark.servers


def test_everything_is_ready_and_the_gateway_knows_its_key(system: System) -> None:
    status, _ = system.call("GET", "/v1/properties")

    assert status == 200


def test_without_a_key_nothing_is_told(system: System) -> None:
    status, problem = system.call("GET", "/v1/properties", headers={"Authorization": "Bearer foyer_nobody"})

    assert (status, problem["status"]) == (401, 401)


@pytest.mark.parametrize("name", ["billing", "view", "relay", "gateway"])
def test_a_part_that_is_killed_comes_back(system: System, name: str) -> None:
    system.restart(name)

    system.wait_ready(name)
    system.wait_quiet()
