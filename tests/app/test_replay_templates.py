from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from app.cli import build
from tests.app.test_replay import START, Resource, condition, observation, patient, write

if TYPE_CHECKING:
    from pathlib import Path


def fast_heart(name: str = "anna") -> list[Resource]:
    """A pulse of 104 on two days: nothing to the rulebook, a warning in heart failure."""
    pulses = [74.0, 76.0, 73.0, 104.0, 105.0]
    return [
        patient(name, "Europe/Berlin"),
        condition(name, "I50.9"),
        *(
            observation(name, "8867-4", pulse, START + timedelta(days=day))
            for day, pulse in enumerate(pulses)
        ),
    ]


@pytest.mark.parametrize("templates", [True, False])
def test_the_command_judges_by_each_persons_templates_unless_told_not_to(
    tmp_path: Path, *, templates: bool
) -> None:
    write(tmp_path, fast_heart())
    output = tmp_path / "out.ndjson"

    done = CliRunner().invoke(
        build(),
        [
            *("replay", "--input", str(tmp_path), "--output", str(output)),
            *([] if templates else ["--no-templates"]),
        ],
    )

    assert done.exit_code == 0, done.output
    said = [json.loads(line) for line in output.read_text(encoding="utf-8").splitlines()]
    rules = {each["code"]["coding"][0]["code"] for each in said}
    assert ("PLAN-HEART_FAILURE-HEART_RATE-HIGH" in rules) is templates
