"""The table of requirements and their proofs is complete, and every proof in it exists."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "conformance.md").read_text()
ROW = re.compile(r"^\| ((?:FHIR|REL|SEC)-\d\d) \| (.+?) \| (.*) \|$", re.MULTILINE)
PROOF = re.compile(r"`(tests/[^`]+?\.py)::(test_\w+)`")
OWED = re.compile(r"not yet: \S")
ROWS = {row[1]: row[3] for row in ROW.finditer(PAGE)}
ASKED = [
    *(f"FHIR-{number:02}" for number in range(1, 28)),
    *(f"REL-{number:02}" for number in (*range(1, 10), *range(19, 24), *range(25, 29))),
    *(f"SEC-{number:02}" for number in (1, 2, 3, 4, 27, 28, 32, 33, 36, 37)),
]


@cache
def functions_of(path: Path) -> frozenset[str]:
    tree = ast.parse(path.read_text())
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


@cache
def citations() -> dict[str, list[str]]:
    """Return, by requirement, the tests whose own name cites it."""
    found: dict[str, list[str]] = {}
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for name in functions_of(path):
            for room, number in re.findall(r"_(fhir|rel|sec)_(\d\d)(?!\d)", name):
                found.setdefault(f"{room.upper()}-{number}", []).append(f"{path.name}::{name}")
    return found


def test_every_requirement_stands_in_the_table_once_and_in_order() -> None:
    assert [row[1] for row in ROW.finditer(PAGE)] == ASKED


@pytest.mark.parametrize("requirement", ASKED)
def test_every_row_names_tests_that_exist_or_says_what_is_owed(requirement: str) -> None:
    cell = ROWS[requirement]
    proofs = PROOF.findall(cell)

    absent = [
        f"{path}::{name}"
        for path, name in proofs
        if not (ROOT / path).is_file() or name not in functions_of(ROOT / path)
    ]

    assert not absent
    assert proofs or OWED.search(cell), "neither a proof nor what is owed"


@pytest.mark.parametrize("requirement", ASKED)
def test_a_row_without_proof_is_not_already_proven(requirement: str) -> None:
    known = citations().get(requirement, [])

    assert PROOF.search(ROWS[requirement]) or not known, "name these tests in the row"


def test_what_is_owed_is_said_above_the_table_as_in_its_rows() -> None:
    owed = [requirement for requirement in ASKED if OWED.search(ROWS[requirement])]
    summary = next(line for line in PAGE.splitlines() if line.startswith("Still owed"))

    assert re.findall(r"[A-Z]+-\d\d", summary) == owed
