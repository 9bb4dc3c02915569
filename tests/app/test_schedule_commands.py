"""`wardlight schedule`: what it prints, and what it refuses."""

from __future__ import annotations

from uuid import uuid4

import pytest
from typer.testing import CliRunner

from app.cli import build
from core.errors import InvalidError


def test_an_unknown_weekday_is_refused_before_anything_is_opened() -> None:
    arguments = ["schedule", "set", str(uuid4()), "body_weight", "--days", "noday"]

    done = CliRunner().invoke(build(), arguments)

    assert isinstance(done.exception, InvalidError)


@pytest.mark.parametrize("command", ["set", "clear", "show"])
def test_each_command_says_what_it_does(command: str) -> None:
    printed = CliRunner().invoke(build(), ["schedule", command, "--help"]).output

    assert "patient" in printed.lower()
