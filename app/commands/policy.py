"""`policy check|show`: the routing policy as it would be gone by, or why it is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import alerts.service
from alerts import policy_words
from core.settings import Settings

Given = Annotated[
    Path | None, typer.Option("--policy", help="A site's file; none: that of WARDLIGHT_POLICY.")
]


def register(cli: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help="Who is told, when, by which channel.", no_args_is_help=True)
    group.command("check")(check)
    group.command("show")(show)
    cli.add_typer(group, name="policy")


def check(policy: Given = None) -> None:
    """Refuse a policy that would lose an alert, with the place and the reason."""
    typer.echo(f"policy {_lines(policy)[0].removeprefix('policy ')} is in order")


def show(policy: Given = None) -> None:
    """Print hours, teams, budgets and the chain of every route."""
    for line in _lines(policy):
        typer.echo(line)


def _lines(path: Path | None) -> list[str]:
    settings = Settings()
    policy = alerts.service.load_policy(path=path or settings.policy, zone=settings.site_timezone)
    return list(policy_words.lines(policy, emergency=settings.emergency_number))
