"""The table of requirements is complete, and each row says by which tests it is proven."""

from __future__ import annotations

import pytest

from tests import conformance

PAGE = conformance.PAGE.read_text()
ROWS = {row["id"]: row["cell"] for row in conformance.ROW.finditer(PAGE)}
SECURITY = (*range(1, 18), *range(22, 29), 32, 33, *range(36, 41))
ASKED = [
    *(f"FHIR-{number:02}" for number in range(1, 28)),
    *(f"REL-{number:02}" for number in range(1, 41)),
    *(f"SEC-{number:02}" for number in SECURITY),
    *(f"AL-{number:02}" for number in range(1, 23)),
    *(f"UX-{number:02}" for number in range(1, 19)),
    *(f"FT-{number:02}" for number in range(1, 35)),
]


def test_every_requirement_stands_in_the_table_once_and_in_order() -> None:
    assert [row["id"] for row in conformance.ROW.finditer(PAGE)] == ASKED


@pytest.mark.parametrize("requirement", ASKED)
def test_every_row_names_a_proof_or_says_what_is_owed(requirement: str) -> None:
    assert "`tests/" in ROWS[requirement] or conformance.OWED.search(ROWS[requirement])


def test_the_page_names_the_tests_that_cite_each_requirement_and_no_other() -> None:
    """`make conformance` writes it anew."""
    assert conformance.written(PAGE, conformance.citations()) == PAGE
