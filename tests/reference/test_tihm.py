"""TIHM through the pure pipeline: the alignment first, then the table of the command."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import typer
from typer.testing import CliRunner

from lab import tihm
from lab.commands import register
from lab.tihm import Comparison

if TYPE_CHECKING:
    from pathlib import Path

    from typer.testing import Result

pytestmark = pytest.mark.reference


@pytest.fixture(scope="module")
def printed(reference_data: Path) -> tuple[Result, Comparison]:
    """Return what the command printed, and the comparison that it made for that."""
    cli, made, compare = typer.Typer(), list[Comparison](), tihm.compare
    register(cli)

    def kept(*given: Any) -> Comparison:
        made.append(compare(*given))
        return made[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tihm, "compare", kept)
        result = CliRunner().invoke(cli, ["lab", "tihm", "--folder", str(reference_data)])
    [table] = made
    return result, table


@pytest.fixture(scope="module")
def table(printed: tuple[Result, Comparison]) -> Comparison:
    return printed[1]


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


def test_the_command_prints_the_table(printed: tuple[Result, Comparison]) -> None:
    result, _ = printed

    assert result.exit_code == 0, result.output
    for name in (*tihm.FIXED, "rules: RED, AMBER", "rules and score"):
        assert name in result.stdout
    assert "0.775" in result.stdout
    assert "not outcomes" in result.stdout
