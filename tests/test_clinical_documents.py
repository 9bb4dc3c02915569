"""What `docs/clinical` says of the rules is true of the rulebook."""

from __future__ import annotations

import csv
import re
from pathlib import Path

from monitoring.service import load_rulebook

ROOT = Path(__file__).parent.parent
DOCUMENTS = [
    (ROOT / "docs/clinical" / name).read_text(encoding="utf-8")
    for name in ("rules.md", "left-out.md")
]
ID = re.compile(r"`([A-Z][A-Z0-9]+(?:-[A-Z0-9]+)+)`")
# Ours, not of the clinical design, or a second half of one of its rows.
OWN = {
    "RISK",
    "DQ-CUFF",
    "DQ-COLD",
    "DQ-TWICE",
    "DQ-MOVED",
    "SIL-MISSED",
    "RHR-HIGH",
    "RHR-LOW",
    "HF-WDOWN-BP",
    "BP-OVERTX-TWO",
    "CKD-FLUID-PCT",
    "MULTI-2",
    "MULTI-DRIFT",
}
MAY_BE_LEFT_OUT = ("INFO", "YELLOW", "note", "n/a")
# The rules of the clinical design and the gravest tier of each.
DESIGNED = dict(
    line.split()
    for line in (ROOT / "tests/tables/designed.txt").read_text(encoding="utf-8").splitlines()
)


def left_out() -> dict[str, str]:
    lines = [line.split("|") for line in DOCUMENTS[1].splitlines() if line.startswith("| `")]
    return {name: cells[2].strip() for cells in lines for name in ID.findall(cells[1])}


def test_no_rule_in_force_is_called_left_out() -> None:
    assert left_out()
    assert not left_out().keys() & load_rulebook().by_id.keys()


def test_every_rule_that_a_document_names_is_in_force_or_left_out() -> None:
    known = load_rulebook().by_id.keys() | left_out().keys()

    assert {name for text in DOCUMENTS for name in ID.findall(text)} <= known


def test_every_rule_of_the_clinical_design_is_in_force_or_left_out() -> None:
    assert (load_rulebook().by_id.keys() - OWN) | left_out().keys() == DESIGNED.keys()


def test_only_what_is_info_or_yellow_is_left_out() -> None:
    for name, tier in left_out().items():
        assert DESIGNED[name] in MAY_BE_LEFT_OUT, name
        assert set(tier.replace(",", "").split()) <= set(MAY_BE_LEFT_OUT), name


def test_the_list_of_designed_rules_is_that_of_the_design(reference_data: Path) -> None:
    with (reference_data.parent / "clinical" / "rules.csv").open(encoding="utf-8") as table:
        rows = {row["id"]: row["severity"] for row in csv.DictReader(table)}

    assert {name: gravest(severity) for name, severity in rows.items()} == DESIGNED


def gravest(severity: str) -> str:
    return next(
        tier for tier in ("RED", "AMBER", "YELLOW", "INFO", "DQ", "n/a") if tier in severity
    )
