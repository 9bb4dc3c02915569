"""`make licences`: writes under which licence each part of a release stands (SEC-41)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.supply.locked import ROOT, front_end_components, python_components

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.supply.locked import Component

DOCUMENT = ROOT / "docs/licences.md"
HEAD = """# Licences

What a release consists of besides Wardlight itself (Apache-2.0), by its lock files; written by
`make licences`, held by `tests/supply/test_licences.py`. Packages that are only tested with are not
in a release. Nothing here obliges whoever runs Wardlight to publish their own changes.

| part | version | licence |
|---|---|---|
"""


def strong(licence: str) -> bool:
    """Return whether there is no way to take it but under a licence that reaches our own code."""
    ways = re.split(r"\sor\s(?!later)", licence, flags=re.IGNORECASE)
    return all(
        re.search("GPL|General Public", re.sub("LGPL|Lesser General Public", "", each))
        for each in ways
    )


def document(components: Iterable[Component]) -> str:
    """Return the document."""
    lines = sorted(f"| {each.name} | {each.version} | {each.licence} |" for each in components)
    return HEAD + "\n".join(lines) + "\n"


def everything() -> list[Component]:
    """Return all parts of a release."""
    return [*python_components(), *front_end_components()]


if __name__ == "__main__":
    DOCUMENT.write_text(document(everything()))
