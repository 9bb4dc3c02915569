"""What `docs/clinical` says of the rules is true of the rulebook."""

from __future__ import annotations

import re
from pathlib import Path

from monitoring.service import load_rulebook

ROOT = Path(__file__).parent.parent
RULES = (ROOT / "docs/clinical/rules.md").read_text(encoding="utf-8")
DESIGNED = 86  # rules that the clinical design lists
ID = re.compile(r"`([A-Z][A-Z0-9]+(?:-[A-Z0-9]+)+)`")


def left_out() -> set[str]:
    table = RULES.partition("## Not in force yet")[2]
    first_cells = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    return {name for cell in first_cells for name in ID.findall(cell)}


def test_no_rule_in_force_is_called_left_out() -> None:
    assert left_out()
    assert not left_out() & set(load_rulebook().by_id)


def test_every_rule_that_the_document_names_is_in_force_or_left_out() -> None:
    assert set(ID.findall(RULES)) <= set(load_rulebook().by_id) | left_out()


def test_every_rule_of_the_clinical_design_is_in_force_or_left_out() -> None:
    """Nothing designed is forgotten; RISK is our own."""
    own = {"RISK"}

    assert len((set(load_rulebook().by_id) - own) | left_out()) == DESIGNED
