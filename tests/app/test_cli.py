"""The command line: one command is found without the others, and none is lost by it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer

from app.cli import COMMANDS, build

ROOT = Path(__file__).parent.parent.parent


def tree(command: Any) -> Any:
    """Return the names of a command's own commands, down to the options."""
    if hasattr(command, "commands"):
        return {name: tree(each) for name, each in command.commands.items()}
    return [each.name for each in command.params]


def commands(asked: str = "") -> dict[str, Any]:
    found: dict[str, Any] = tree(typer.main.get_command(build(asked)))
    return found


def test_every_command_is_named_where_it_is_found() -> None:
    assert set(COMMANDS) == set(commands()) - {"lab", "demo", "train", "evaluate"}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_alone_is_what_it_is_among_all(name: str) -> None:
    assert commands(name)[name] == commands()[name]


def test_what_is_not_known_is_looked_for_among_all() -> None:
    assert commands("no-such") == commands()


def test_a_token_is_asked_for_without_importing_the_system() -> None:
    """An integration calls it from a shell for each upload: it must not take seconds."""
    listed = "import sys, app.cli; app.cli.build('token'); print(*sys.modules)"
    found = subprocess.run(
        [sys.executable, "-c", listed], capture_output=True, text=True, check=True
    )
    assert "app.commands.tokens" in found.stdout.split()
    assert not {"celery", "fastapi", "alembic", "numpy"} & set(found.stdout.split())


def test_what_serves_nobody_starts_without_a_web_server() -> None:
    """Each start of such a process would cost half a second more."""
    script = "import sys, app.cli, app.scheduler, app.commands.rules, app.commands.worker"
    found = subprocess.run(
        [sys.executable, "-c", f"{script}; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )

    assert not {"fastapi", "app.pages"} & set(found.stdout.split())


def test_no_document_names_a_command_that_is_not_there() -> None:
    documents = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    named = {
        name
        for document in documents
        for name in re.findall(r"(?:`|^    )wardlight ([a-z]+)", document.read_text(), re.MULTILINE)
    }
    assert "workers" in named
    assert named <= set(commands())
