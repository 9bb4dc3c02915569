"""`rules list|show|check`: the rulebook in force, printed; and a proposed one, tried for faults."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

import monitoring.service
from core.errors import InvalidError
from core.settings import Settings
from ingest.context.repository import medicine_classes
from monitoring.rule_words import kind_name, lines, scope_words, tiers

out = Console(soft_wrap=True)
FAULTY = 1


def register(cli: typer.Typer) -> None:
    """Add the group `rules`; what-if joins it."""
    group = typer.Typer(help="The rulebook.", no_args_is_help=True)
    group.command("list")(list_rules)
    group.command("show")(show)
    group.command("check")(check)
    group.command("messages")(messages_lacking)
    cli.add_typer(group, name="rules")


def list_rules() -> None:
    """Print every rule in force: its tiers, its kind, for whom it is, and how sure its source."""
    rulebook = monitoring.service.site_rulebook(Settings().plan)
    table = Table(box=None, pad_edge=False)
    for name in ("id", "tiers", "kind", "problem", "for", "confidence"):
        table.add_column(name)
    for rule in rulebook.rules:
        said = " ".join(tier.value for tier in tiers(rule)) or "-"
        shadow = f"{said} (shadow)" if rule.shadow else said
        about = (rule.problem.value, scope_words(rule.scope), rule.confidence)
        table.add_row(rule.id, shadow, kind_name(rule), *about)
    out.print(table)
    out.print(f"{len(rulebook.rules)} rules, version {rulebook.version}, {rulebook.hash}")


def show(rule_id: Annotated[str, typer.Argument(help="The rule's id, as list prints it.")]) -> None:
    """Print everything that one rule says, with its source and both sentences."""
    rule = monitoring.service.site_rulebook(Settings().plan).by_id.get(rule_id)
    if rule is None:
        raise InvalidError(f"the rulebook has no rule {rule_id}", field="rule_id")
    table = Table(box=None, pad_edge=False, show_header=False)
    for name, words in lines(rule):
        table.add_row(name, words)
    out.print(table)


def messages_lacking(
    language: Annotated[str, typer.Option(help="A language of explanations.")] = "ko",
) -> None:
    """Print the messages that a language lacks, with the facts in each; exit code 1 for any."""
    # Among the messages are those of all pages, which take longer to import than all else here.
    from app.messages import untranslated  # noqa: PLC0415 (as said above)

    rulebook = monitoring.service.site_rulebook(Settings().plan)
    lacking = untranslated(rulebook, medicine_classes(), language)
    for each in lacking:
        typer.echo(f"{each.id}\n  {each.plural}" if each.plural else each.id)
    if lacking:
        raise typer.Exit(FAULTY)


def check(
    file: Annotated[
        Path | None, typer.Argument(exists=True, dir_okay=False, help="Default: the one in force.")
    ] = None,
) -> None:
    """Try a rulebook for faults and print each; exit code 1 where there are any."""
    try:
        rulebook = monitoring.service.load_rulebook(file)
    except InvalidError as fault:
        for each in str(fault).removeprefix("rulebook refused: ").split("; "):
            typer.echo(each, err=True)
        raise typer.Exit(FAULTY) from fault
    typer.echo(f"{len(rulebook.rules)} rules, version {rulebook.version}: no fault")
