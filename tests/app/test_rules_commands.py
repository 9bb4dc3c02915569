from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from app.cli import build
from core.errors import InvalidError
from core.vitals import Severity
from monitoring.rule_words import lines, scope_words, tiers
from tests.rulebook import RULEBOOK

if TYPE_CHECKING:
    from pathlib import Path

    from typer.testing import Result


def rules(*arguments: str) -> Result:
    return CliRunner().invoke(build(), ["rules", *arguments])


def test_the_list_names_every_rule_and_the_hash_that_findings_bear() -> None:
    printed = rules("list").output

    assert {line.split()[0] for line in printed.splitlines()} >= RULEBOOK.by_id.keys()
    assert RULEBOOK.hash in printed


@pytest.mark.parametrize("rule", RULEBOOK.rules, ids=lambda rule: rule.id)
def test_each_rule_is_shown_with_source_confidence_and_both_sentences(rule: object) -> None:
    shown = dict(lines(rule))  # type: ignore[arg-type]  # a rule

    assert {"id", "kind", "problem", "source", "confidence", "clinician", "patient"} <= shown.keys()


def test_one_rule_is_printed_in_words() -> None:
    printed = rules("show", "SPO2-CRIT").output

    assert "severity RED, comparison at-most, limit 91" in printed
    assert "scale two no" in printed


def test_an_unknown_rule_is_said_to_be_none() -> None:
    done = rules("show", "NONE")

    assert isinstance(done.exception, InvalidError)
    assert "no rule NONE" in str(done.exception)


def test_the_rulebook_in_force_has_no_fault() -> None:
    done = rules("check")

    assert (done.exit_code, "no fault" in done.output) == (0, True)


def test_each_fault_of_a_proposed_rulebook_is_printed(tmp_path: Path) -> None:
    proposed = tmp_path / "rulebook.toml"
    proposed.write_text('version = "1"\n[[rule]]\nid = "X"\nkind = "guess"\n', encoding="utf-8")

    done = rules("check", str(proposed))

    assert done.exit_code == 1
    assert "X: unknown kind 'guess'" in done.output


def test_the_gravest_tier_stands_first_and_scope_is_in_words() -> None:
    rule = RULEBOOK.by_id["OH-1"]

    assert tiers(rule) == (Severity.AMBER, Severity.YELLOW)
    assert scope_words(RULEBOOK.by_id["HF-W3"].scope) == "conditions heart_failure"
    assert scope_words(rule.scope) == "anybody"


def test_a_tier_that_nothing_lifts_to_is_not_said() -> None:
    assert tiers(RULEBOOK.by_id["HF-MULTI"]) == (Severity.AMBER,)
    assert tiers(RULEBOOK.by_id["HF-SX"]) == (Severity.RED, Severity.AMBER)
