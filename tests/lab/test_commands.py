from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import typer
from typer.testing import CliRunner

from lab.commands import register
from monitoring.risk import load

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def cli() -> typer.Typer:
    app = typer.Typer()
    register(app)
    return app


def test_train_writes_an_artefact_that_loads(cli: typer.Typer, tmp_path: Path) -> None:
    output = tmp_path / "artefact.json"

    result = CliRunner().invoke(
        cli, ["train", "--patients", "24", "--days", "80", "--output", str(output)]
    )

    assert result.exit_code == 0, result.output
    assert "simulated data" in result.stdout
    assert load(json.loads(output.read_text())).trained_on == "simulated data"


def test_evaluate_prints_sensitivity_beside_chance_and_says_what_it_is_not(
    cli: typer.Typer,
) -> None:
    result = CliRunner().invoke(
        cli,
        ["evaluate", "--patients", "5", "--days", "70", "--world", "base", "--no-rules", "--score"],
    )

    assert result.exit_code == 0, result.output
    assert "chance" in result.stdout
    assert "learned score" in result.stdout
    assert "not clinical evidence" in result.stdout


def test_an_unknown_world_is_refused(cli: typer.Typer) -> None:
    result = CliRunner().invoke(cli, ["evaluate", "--world", "elsewhere"])

    assert result.exit_code == 2
