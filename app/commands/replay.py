"""`replay`: judge a folder of FHIR NDJSON in event time, without database or broker."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

import monitoring.service
from app.replay import Summary
from app.replay import replay as run
from core.settings import Settings
from monitoring.plans.site_rules import site_rules
from monitoring.plans.templates import Templates

console = Console(stderr=True)


def register(cli: typer.Typer) -> None:
    """Add the command."""
    cli.command("replay")(replay)


def replay(  # noqa: PLR0913, PLR0917 (each option of the command is a parameter)
    input: Annotated[  # noqa: A002 (the option is called --input)
        Path, typer.Option(exists=True, file_okay=False, help="Folder with the NDJSON files.")
    ],
    output: Annotated[Path, typer.Option(dir_okay=False, help="DetectedIssues, one a line.")],
    per_day: Annotated[
        bool, typer.Option("--per-day", help="A line a patient, problem and day with a finding.")
    ] = False,
    plan: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="A site's plan: limits it has chosen."),
    ] = None,
    scores: Annotated[
        Path | None,
        typer.Option(dir_okay=False, help="RiskAssessments: the last score of each day."),
    ] = None,
    templates: Annotated[
        bool, typer.Option(help="Judge by the templates of each person's conditions too.")
    ] = True,
) -> None:
    """Write one FHIR DetectedIssue for each alert that would have opened or risen.

    DIR holds Patient.ndjson and Observation.ndjson (FHIR R4), and of Condition,
    MedicationStatement, MedicationRequest, Encounter, EpisodeOfCare, Goal (a clinician's target
    of 88 to 92 %) and QuestionnaireResponse what there is. An alert uses only what had arrived by
    its time, and what was true of the person then. With --plan, the rulebook is that of the site:
    its limits, without the rules it switched off (never RED), read in its hours. Limits that
    clinicians set for single patients are in no folder. With --scores, the learned score of each
    patient and local day, as it was last on it; where it abstained, that it did and why.
    """
    rulebook = monitoring.service.load_rulebook()
    used = monitoring.service.load_templates(rulebook) if templates else Templates()
    chosen = monitoring.service.load_plan(plan, rulebook) if plan else None
    model = monitoring.service.load_model(Settings().model_path)
    with Progress(console=console, disable=not console.is_terminal, transient=True) as bar:
        task = bar.add_task("replaying", total=None)
        summary = run(
            input,
            output,
            per_day=per_day,
            rulebook=site_rules(rulebook, used, chosen),
            model=model,
            hours=chosen.hours if chosen else None,
            scores=scores,
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )
    tell(summary)
    if model is None:
        typer.echo("the learned score was unavailable: rules only", err=True)


def tell(summary: Summary) -> None:
    """Say what was read, what was refused and why, and what was written."""
    typer.echo(f"{summary.patients} patients")
    for kind, count in sorted(summary.taken.items()):
        typer.echo(f"{count} {kind} lines taken")
    for reason, count in summary.refused.most_common():
        typer.echo(f"{count} lines refused: {reason}")
    for severity, count in sorted(summary.written.items(), key=lambda item: -item[0].rank):
        typer.echo(f"{count} {severity} written")
    if summary.scored:
        told, silent = summary.scored[True], summary.scored[False]
        typer.echo(f"{told} scored days written, and {silent} on which the score abstained")
