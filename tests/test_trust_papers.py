"""What the papers on trust name is there: tests, rules, requirements (SEC-50)."""

from __future__ import annotations

import ast
import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from monitoring.service import load_rulebook
from tests import conformance

DOCS = Path(__file__).parent.parent / "docs"
PAPERS = ("threat-model.md", "hazards.md", "regulations.md", "asvs.md", "security.md")
NAMED = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")
REQUIREMENT = re.compile(r"\b((?:FHIR|REL|SEC|AL|UX|FT)-\d\d)\b")
MUST_BE = (
    "outage",
    "wrong patient",
    "unit error",
    "stale or poisoned baseline",
    "alert flood",
    "off hours",
    "leak",
    "over-trust in the score",
)


@cache
def functions(path: Path) -> frozenset[str]:
    return frozenset(
        node.name
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef)
    )


def rows(paper: str, first: str) -> list[list[str]]:
    """Return the cells of the rows of a table whose first cell begins with something."""
    lines = (DOCS / paper).read_text().splitlines()
    cells = ([each.strip() for each in line.strip("|").split("|")] for line in lines)
    return [row for row in cells if row[0].startswith(first)]


@pytest.mark.parametrize("paper", PAPERS)
def test_each_test_that_a_paper_names_exists_sec_50(paper: str) -> None:
    named = NAMED.findall((DOCS / paper).read_text())

    gone = [
        f"{path}::{name}"
        for path, name in named
        if not (DOCS.parent / path).is_file()
        or (name and name not in functions(DOCS.parent / path))
    ]

    assert named or paper == "regulations.md"
    assert not gone


@pytest.mark.parametrize("paper", PAPERS)
def test_each_requirement_that_a_paper_names_stands_in_a_table_of_requirements(paper: str) -> None:
    known = {
        row["id"]
        for page in (conformance.PAGE, conformance.SECURITY)
        for row in conformance.ROW.finditer(page.read_text())
    }

    assert not set(REQUIREMENT.findall((DOCS / paper).read_text())) - known


def test_each_hazard_has_its_rules_its_requirements_its_tests_and_what_is_left() -> None:
    rules = {rule.id for rule in load_rulebook().rules} | {"COMBO", "RISK"}
    hazards = rows("hazards.md", "HAZ-")

    assert [row[0] for row in hazards] == [f"HAZ-{n:02}" for n in range(1, len(hazards) + 1)]
    for id_, _, how, governed, required, tests, left in hazards:
        named = set(re.findall(r"\b[A-Z][A-Z0-9]+(?:-[A-Z0-9]+)*\b", governed)) - {"RED", "AMBER"}
        assert named <= rules, id_
        assert named or governed.startswith(("none", "all", "every")), id_
        assert REQUIREMENT.search(required), id_
        assert NAMED.search(tests), id_
        assert how, id_
        assert left, id_


@pytest.mark.parametrize("hazard", MUST_BE)
def test_the_hazards_that_every_reader_asks_about_are_there(hazard: str) -> None:
    assert any(hazard in row[1].lower() for row in rows("hazards.md", "HAZ-"))


def test_each_boundary_of_trust_names_a_requirement_and_a_test_that_covers_it() -> None:
    lines = (DOCS / "threat-model.md").read_text().splitlines()
    table = [line.strip("|").split("|") for line in lines if line.startswith("| ")][1:]

    assert len(table) >= 10
    for boundary, _, required, tests in table:
        assert REQUIREMENT.search(required), boundary
        assert NAMED.search(tests), boundary


def test_the_asvs_table_has_each_requirement_once_and_counts_its_verdicts_sec_50() -> None:
    """253 requirements of OWASP ASVS 5.0 are of level 1 or 2."""
    page = (DOCS / "asvs.md").read_text()
    found = re.findall(r"^\| (\d+\.\d+\.\d+) \| ([^|]+) \| ([^|]+) \|$", page, re.MULTILINE)
    numbers = [tuple(int(part) for part in id_.split(".")) for id_, _, _ in found]
    verdicts = Counter(verdict for _, verdict, _ in found)

    assert len(found) == 253
    assert numbers == sorted(set(numbers))
    assert {number[0] for number in numbers} == set(range(1, 18))
    assert all(why.strip() for _, _, why in found)
    said = ", ".join(f"{each} {verdicts[each]}" for each in ("yes", "no", "site", "does not apply"))
    assert f"Of 253: {said}." in page
