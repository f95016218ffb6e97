"""What is no cursor of a list is refused, and never reaches a statement."""

from __future__ import annotations

from uuid import UUID

import pytest

from services.kit.cursors import before, position
from services.kit.refusal import Invalid

ID = UUID("01a1ffe6-380b-7568-894a-88f8aaa1e042")


def test_a_list_begins_at_its_beginning_without_a_cursor():
    assert position(None, UUID) is None
    assert position("", UUID) is None
    assert before(None) == 2**63 - 1


def test_a_cursor_is_what_it_stands_for():
    assert position(str(ID), UUID) == ID
    assert (before("0"), before("9" * 18)) == (0, 10**18 - 1)


@pytest.mark.parametrize("said", ["-1", "1.5", "1_0", " 1", "\u0661", "9" * 19, "9" * 5000, "x"])
def test_what_is_no_number_is_no_cursor_of_a_numbered_list(said):
    with pytest.raises(Invalid) as refused:
        before(said)
    assert [problem.pointer for problem in refused.value.errors] == ["/cursor"]


def test_what_cannot_be_read_is_no_cursor():
    with pytest.raises(Invalid):
        position("x", UUID)
