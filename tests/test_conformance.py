"""The table of requirements is complete, and each row says by which tests it is proven."""

from __future__ import annotations

import pytest

from tests import conformance

PAGES = {path.name: path.read_text() for path in (conformance.PAGE, conformance.SECURITY)}
ROWS = {row["id"]: row["cell"] for page in PAGES.values() for row in conformance.ROW.finditer(page)}
ASKED = {
    conformance.PAGE.name: [
        *(f"FHIR-{number:02}" for number in range(1, 28)),
        *(f"REL-{number:02}" for number in range(1, 41)),
        *(f"AL-{number:02}" for number in range(1, 23)),
        *(f"UX-{number:02}" for number in range(1, 19)),
        *(f"FT-{number:02}" for number in range(1, 35)),
    ],
    conformance.SECURITY.name: [f"SEC-{number:02}" for number in range(1, 51)],
}


@pytest.mark.parametrize("name", PAGES)
def test_every_requirement_stands_in_its_table_once_and_in_order_sec_50(name: str) -> None:
    assert [row["id"] for row in conformance.ROW.finditer(PAGES[name])] == ASKED[name]


@pytest.mark.parametrize("requirement", [each for asked in ASKED.values() for each in asked])
def test_every_row_names_a_proof_or_says_what_is_owed(requirement: str) -> None:
    assert "`tests/" in ROWS[requirement] or conformance.OWED.search(ROWS[requirement])


@pytest.mark.parametrize("name", PAGES)
def test_a_page_names_the_tests_that_cite_each_requirement_and_no_other(name: str) -> None:
    """`make conformance` writes it anew."""
    assert conformance.written(PAGES[name], conformance.citations()) == PAGES[name]
