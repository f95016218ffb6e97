"""Money is whole minor units: nothing in billing computes with fractions of them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import services.billing
import services.contracts.billing

FOLDERS = (Path(services.billing.__file__).parent, Path(services.contracts.billing.__file__).parent)
FILES = sorted(path for folder in FOLDERS for path in folder.rglob("*.py"))
# Where lengths on paper are drawn, and no money is computed.
PAPER = FOLDERS[0] / "pdf"
_SQL_FRACTIONS = ("double precision", " AS real", " AS float", "float8", "float4")


def fractions_in(source: str) -> Iterator[str]:
    """Every float, every true division, and every type of PostgreSQL that rounds, with its line."""
    for node in ast.walk(ast.parse(source)):
        line = getattr(node, "lineno", 0)
        if isinstance(node, ast.Constant) and isinstance(node.value, float):
            yield f"{line}: {node.value}"
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from (f"{line}: {said}" for said in _SQL_FRACTIONS if said.lower() in node.value.lower())
        elif isinstance(node, ast.Name) and node.id == "float":
            yield f"{line}: float"
        elif isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div):
            yield f"{line}: a true division"


@pytest.mark.parametrize(
    "path", [p for p in FILES if PAPER not in p.parents], ids=lambda p: f"{p.parent.name}/{p.name}"
)
def test_there_are_no_fractions_of_money(path: Path) -> None:
    assert list(fractions_in(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    "source",
    [
        "x = 0.23",
        "x = float(y)",
        "x = total / 3",
        "total /= 3",
        "def f(x: float) -> None: ...",
        "x = 'CAST(y AS real)'",
    ],
)
def test_a_fraction_would_be_found(source: str) -> None:
    assert list(fractions_in(source))
