"""What the documents say about the program is true of the program."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from core.settings import Settings

ROOT = Path(__file__).parent.parent
DOCUMENTS = [
    *sorted(ROOT.glob("*.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
]


def test_every_setting_is_documented_and_no_other() -> None:
    written = set(re.findall(r"`WARDLIGHT_([A-Z_]+)`", (ROOT / "docs/operations.md").read_text()))

    assert {name.lower() for name in written} == set(Settings.model_fields)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_relative_link_of_a_document_leads_somewhere(path: Path) -> None:
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", path.read_text())

    missing = [link for link in links if not (path.parent / link).exists()]

    assert not missing


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_path_that_a_document_names_exists(path: Path) -> None:
    named = re.findall(
        r"`((?:core|fhir|ingest|monitoring|alerts|reports|app|lab|tests|docs|deploy|bench|examples)"
        r"/[\w./-]*\w/?)`",
        path.read_text(),
    )

    missing = [name for name in named if not (ROOT / name).exists()]

    assert not missing
