"""TIHM through the pure pipeline: the alignment first, then the table of the command."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import typer
from typer.testing import CliRunner

from lab import tihm
from lab.commands import register
from monitoring.service import load_model, load_rulebook

if TYPE_CHECKING:
    from pathlib import Path

    from lab.tihm import Comparison

pytestmark = pytest.mark.reference


@pytest.fixture(scope="module")
def table(reference_data: Path) -> Comparison:
    return tihm.compare(tihm.read(reference_data / "tihm"), load_rulebook(), load_model())


def test_days_and_labels_align_as_documented(table: Comparison) -> None:
    assert (table.days, table.labelled) == (1007, 142)


@pytest.mark.parametrize(
    ("name", "sensitivity", "ppv", "f1", "fired"),
    [
        ("fixed limits as printed", 0.401, 0.626, 0.489, 9.0),
        ("fixed limits as in force", 0.775, 0.859, 0.815, 12.7),
    ],
)
def test_fixed_limits_reproduce_the_documented_figures(
    table: Comparison, name: str, sensitivity: float, ppv: float, f1: float, fired: float
) -> None:
    row = next(each for each in table.agreements if each.name == name)

    assert row.sensitivity == pytest.approx(sensitivity, abs=5e-4)
    assert row.ppv == pytest.approx(ppv, abs=5e-4)
    assert row.f1 == pytest.approx(f1, abs=5e-4)
    assert row.fired_per_100 == pytest.approx(fired, abs=0.05)


def test_the_rulebook_is_quieter_than_fixed_limits_and_beats_chance(table: Comparison) -> None:
    """A day drawn at random is labelled 14.1 times in 100."""
    paged = next(each for each in table.agreements if each.name == "rules: RED, AMBER")

    assert 0 < paged.fired_per_100 < 9.0
    assert paged.ppv > 3 * table.labelled / table.days


def test_the_command_prints_the_table(reference_data: Path) -> None:
    cli = typer.Typer()
    register(cli)

    result = CliRunner().invoke(cli, ["lab", "tihm", "--folder", str(reference_data)])

    assert result.exit_code == 0, result.output
    for name in (*tihm.FIXED, "rules: RED, AMBER", "rules and score"):
        assert name in result.stdout
    assert "0.775" in result.stdout
    assert "not outcomes" in result.stdout
