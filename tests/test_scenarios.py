"""Every failure that the page of scenarios tells of is replayed by a test that exists."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "scenarios.md").read_text()
NAMED = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", PAGE)
ROWS = [line for line in PAGE.splitlines() if line.startswith("| ")][1:]


@pytest.mark.parametrize(("path", "name"), NAMED)
def test_the_test_that_is_named_exists(path: str, name: str) -> None:
    functions = (n for n in ast.walk(ast.parse((ROOT / path).read_text())))

    assert name in {n.name for n in functions if isinstance(n, ast.FunctionDef)}


@pytest.mark.parametrize("row", ROWS)
def test_every_scenario_names_a_test(row: str) -> None:
    assert "::test_" in row
