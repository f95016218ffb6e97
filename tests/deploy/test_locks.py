"""The lock files name versions and hashes, and no place of anybody's machine or network."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_a_lock_holds_nothing_but_versions_and_their_hashes(name: str) -> None:
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    odd = [s for line in lines if (s := line.strip()) and not (s.startswith(("#", "--hash=sha256:")) or "==" in s)]
    assert odd == []
