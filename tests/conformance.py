"""Writes into two pages of docs/ which tests cite each requirement: `make conformance`.

A test cites a requirement by its own name (`…_fhir_05`) or in its docstring (FHIR-05).
"""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT = Path(__file__).parent.parent
PAGE, SECURITY = (ROOT / "docs" / name for name in ("conformance.md", "security.md"))
ROW = re.compile(r"^\| (?P<id>[A-Z]+-\d\d) \| (?P<what>.+?) \| (?P<cell>.*?) \|$", re.MULTILINE)
OWED = re.compile(r"not yet: \S.*")
_CITED = re.compile(r"(?i)(?<![a-z])(fhir|rel|sec|al|ft|ux)[_-](\d\d)(?!\d)")
_SUMMARY = re.compile(r"^(?:Still owed in part or whole: .*|Nothing is owed\.)$", re.MULTILINE)


def citations(folder: Path = ROOT / "tests") -> dict[str, list[str]]:
    """Return, by requirement, the tests that cite it as `path::name`, in order."""
    found: dict[str, list[str]] = {}
    for path in sorted(folder.rglob("test_*.py")):
        for test in _tests(path):
            words = f"{test.name} {ast.get_docstring(test) or ''}"
            for requirement in {f"{r.upper()}-{n}" for r, n in _CITED.findall(words)}:
                place = path.relative_to(folder.parent).as_posix()
                found.setdefault(requirement, []).append(f"{place}::{test.name}")
    return {requirement: sorted(set(tests)) for requirement, tests in found.items()}


def _tests(path: Path) -> Iterator[ast.FunctionDef]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            yield node


def owed(page: str) -> list[str]:
    """Return the requirements of which a part is said to be missing."""
    return [row["id"] for row in ROW.finditer(page) if OWED.search(row["cell"])]


def written(page: str, proofs: Mapping[str, list[str]]) -> str:
    """Return the page with each row's proofs, what is owed beside them, and the sum of it."""

    def row(found: re.Match[str]) -> str:
        missing = OWED.search(found["cell"])
        cell = [f"`{each}`" for each in proofs.get(found["id"], [])]
        cell += [missing[0]] if missing else []
        return f"| {found['id']} | {found['what']} | {'<br>'.join(cell)} |"

    page = ROW.sub(row, page)
    left = ", ".join(owed(page))
    summary = f"Still owed in part or whole: {left}." if left else "Nothing is owed."
    return _SUMMARY.sub(summary, page)


if __name__ == "__main__":
    for each in (PAGE, SECURITY):
        each.write_text(written(each.read_text(), citations()))
