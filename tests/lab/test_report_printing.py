"""The report as files: whole, escaped, readable without a script, and the same twice over."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from lab import contest, scorecard
from lab.commands import register
from lab.reporting import daily, operating, tally
from lab.reporting.document import Document, Picture, Section, Table, Words, html, markdown
from lab.reporting.plots import Axes, Bar, Line, bars, chart
from lab.reporting.printing import plain
from lab.reporting.results import THREE
from lab.reporting.tally import Figure
from lab.reporting.targets import Target
from lab.reporting.wording import number, percent, points

if TYPE_CHECKING:
    from pathlib import Path

AXES = Axes("burden", "found", (0.0, 10.0), (0.0, 1.0))


def a_document() -> Document:
    lines = [Line("a < b", [(0.0, 0.0), (5.0, 0.5)], main=True), Line("p", [(2, 0.2)], alone=True)]
    return Document(
        "Title & more",
        (Words("First <words>", strong=True),),
        (
            Section(
                "Numbers",
                (
                    Picture("curve", "A curve", chart("A curve", lines, AXES, ceiling=0.4)),
                    Table("A table", ("way", "value"), [("x|y", "1")]),
                ),
            ),
        ),
    )


def test_the_page_needs_nothing_else_runs_no_script_and_escapes_what_it_is_told() -> None:
    page = html(a_document())

    assert "<script" not in page
    assert "http://" not in page.replace("http://www.w3.org/2000/svg", "")
    assert "https://" not in page
    assert "First &lt;words&gt;" in page
    assert "a &lt; b" in page
    assert "prefers-color-scheme: dark" in page
    assert "@media print" in page
    assert 'role="img"' in page
    assert 'aria-label="A curve"' in page


def test_markdown_holds_the_same_tables_and_names_its_pictures() -> None:
    text = markdown(a_document())

    assert "**First <words>**" in text
    assert "![A curve](figures/curve.svg)" in text
    assert "| x\\|y | 1 |" in text


def test_a_bar_that_nobody_can_tell_says_so() -> None:
    drawn = bars("gaps", [Bar("few", math.nan, math.nan, math.nan)], "share", (0.0, 1.0))

    assert "cannot tell" in drawn
    assert "<circle" not in drawn


def test_figures_are_written_with_their_intervals_or_as_unknown() -> None:
    assert percent(Figure(0.214, 0.1, 0.35)) == "21 % (10 to 35)"
    assert points(Figure(-0.001, -0.02, 0.03)) == "0 (-2 to +3)"
    assert number(Figure(math.nan)) == "cannot tell"
    assert plain({"a": Figure(math.nan, 1 / 3), "b": np.array([1, 2])}) == {
        "a": {"value": None, "low": 0.333333, "high": None},
        "b": [1, 2],
    }


@pytest.mark.parametrize(
    ("figure", "missed", "sure"),
    [
        (Figure(0.30, 0.29, 0.40), 0.0, True),
        (Figure(0.30, 0.20, 0.40), 0.0, False),
        (Figure(0.20, 0.10, 0.27), 0.08, True),
        (Figure(0.20, 0.10, 0.40), 0.08, False),
    ],
)
def test_a_target_says_by_how_much_it_is_missed_and_whether_that_is_sure(
    figure: Figure, missed: float, *, sure: bool
) -> None:
    target = Target("lift", 0.28, 1.0, figure, "")

    assert target.missed_by == pytest.approx(missed)
    assert target.sure is sure


@pytest.fixture
def few_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw as little as a test needs: what is checked is not how narrow intervals are."""
    monkeypatch.setattr(scorecard, "DRAWS", 20)
    monkeypatch.setattr(daily, "DRAWS", 4)
    monkeypatch.setattr(operating, "TIMES", 2)
    monkeypatch.setattr(tally, "LEAD_DRAWS", 4)
    monkeypatch.setattr(contest, "STEPS", 6)


@pytest.mark.usefixtures("few_draws")
def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    """Proves issue 7 part 5: every figure is reproducible from a seed."""
    cli = typer.Typer()
    register(cli)
    small = ["--patients", "5", "--days", "75", "--world", "base", "--world", "shifted"]
    asked = ["evaluate", *small, "--no-rules", "--reference", str(tmp_path / "none"), "--output"]

    for name in ("first", "second"):
        result = CliRunner().invoke(cli, [*asked, str(tmp_path / name)])
        assert result.exit_code == 0, result.output

    files = sorted(p.relative_to(tmp_path / "first") for p in (tmp_path / "first").rglob("*.*"))
    assert {"report.html", "report.md", "figures.json"} < {str(file) for file in files}
    for file in files:
        assert (tmp_path / "first" / file).read_bytes() == (tmp_path / "second" / file).read_bytes()
    page = (tmp_path / "first" / "report.html").read_text(encoding="utf-8")
    assert "The worst of the worlds that nothing was trained on, shifted:" in page
    assert page.index("worst of the worlds") < page.index("All of these together")
    assert "TIHM data were not there" in page
    numbers = json.loads((tmp_path / "first" / "figures.json").read_text(encoding="utf-8"))
    card = numbers["results"]["settings"]["shifted"]["cards"][THREE]["learned score"]
    assert set(card["sensitivity"]) == {"value", "low", "high"}
