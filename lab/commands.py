"""The bench's commands; they join `wardlight` through the group `wardlight.commands`."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from lab import drifts, evaluation, tihm
from lab.demonstration import demo
from lab.plan_fit import SPLIT_HEADINGS, fit, split_rows, splits
from lab.plan_text import plan_text
from lab.planned import planned
from lab.reference import write
from lab.scenarios import WORLDS
from lab.simulator import simulate
from monitoring.service import load_model, load_plan, load_rulebook

TRAINING_SEED = 20260101
HELD_OUT_SEED = 20270101  # other lives than those trained on, whatever the number of patients
ARTEFACT = Path("monitoring") / "artefact.json"
PLAN = Path("examples") / "plans" / "tihm.toml"

lab = typer.Typer(no_args_is_help=True, help="The bench: reference data and comparisons.")


def register(app: typer.Typer) -> None:
    """Add the bench's commands to the command line."""
    app.command()(demo)
    app.command()(train)
    app.command()(evaluate)
    app.add_typer(lab, name="lab")


def _progress() -> Progress:
    # Told on the error stream, and not at all where nobody watches: output stays readable.
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    return Progress(
        *columns, TimeRemainingColumn(), console=console, disable=not console.is_terminal
    )


def train(
    patients: Annotated[int, typer.Option(min=20, help="Simulated people.")] = 400,
    days: Annotated[int, typer.Option(min=60, help="Days each is observed.")] = 365,
    seed: Annotated[int, typer.Option(help="Same seed, same artefact.")] = TRAINING_SEED,
    output: Annotated[Path, typer.Option(help="Where the artefact goes.")] = ARTEFACT,
) -> None:
    """Train the learned risk on simulated lives and write it as plain numbers."""
    # By name: scikit-learn costs a second and 100 MB, which no other command should pay.
    run = import_module("lab.training_run")
    with _progress() as bar:
        task = bar.add_task("describing and fitting", total=patients + 1)
        artefact = run.trained(patients, days, seed=seed, progress=lambda: bar.advance(task))
    output.write_text(json.dumps(artefact, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    _say_trained(artefact, output)


def _say_trained(artefact: dict[str, Any], output: Path) -> None:
    card = artefact["training"]
    typer.echo(f"{card['patients']} patients, {card['rows']} patient-days, {card['trained_on']}")
    for tier in artefact["thresholds"]:
        typer.echo(
            f"{tier['tier']} from {tier['probability']:.3f}:"
            f" {tier['per_patient_year']:g} alert episodes a patient-year"
        )
    typer.echo(f"written to {output} ({output.stat().st_size // 1024} kB)")


def evaluate(  # noqa: PLR0913, PLR0917 (each option of the command is a parameter)
    patients: Annotated[int, typer.Option(min=5, help="Held-out simulated people.")] = 100,
    days: Annotated[int, typer.Option(min=60, help="Days each is observed.")] = 365,
    world: Annotated[
        list[str] | None, typer.Option(help=f"Any of: {', '.join(WORLDS)}; default base, null.")
    ] = None,
    rules: Annotated[bool, typer.Option(help="Judge the rulebook too (slower).")] = True,
    artefact: Annotated[Path | None, typer.Option(help="Default: the one that ships.")] = None,
    seed: Annotated[int, typer.Option()] = HELD_OUT_SEED,
) -> None:
    """Compare score, rules and the guideline weight rule on held-out simulated lives."""
    judges = evaluation.Judges(load_model(artefact), load_rulebook() if rules else None)
    for name in world or ["base", "null"]:
        if name not in WORLDS:
            raise typer.BadParameter(f"no world {name!r}; there are {', '.join(WORLDS)}")
        lives = simulate(patients, days, world=WORLDS[name], seed=seed)
        with _progress() as bar:
            watched = bar.track(lives, total=patients, description=f"judging world {name}")
            cards = evaluation.evaluate(watched, judges, seed=seed)
        title = (
            f"World {name}: {cards[0].events} events in {cards[0].patient_years:.0f}"
            f" patient-years, look-back {evaluation.LOOK_BACK:.0f} days"
        )
        _print_table(title, evaluation.HEADINGS, evaluation.rows(cards))
        headings = ("event", *(card.name for card in cards))
        _print_table("Found, by kind of event", headings, evaluation.kind_rows(cards))
    typer.echo(evaluation.CAVEAT)


def _print_table(title: str, headings: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    console = Console(width=None if Console().is_terminal else 120)
    table = Table(title=title, title_justify="left")
    for number, heading in enumerate(headings):
        table.add_column(heading, justify="right" if number else "left")
    for row in rows:
        table.add_row(*row)
    console.print(table)


@lab.command("tihm")
def replay_tihm(
    folder: Annotated[
        Path, typer.Option(envvar="WARDLIGHT_REFERENCE_DATA", help="The reference data.")
    ] = Path("../shared/data"),
    fhir: Annotated[
        Path | None, typer.Option(help="Also write them here as FHIR NDJSON for replay.")
    ] = None,
    plan: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="Judge by a site's plan.")
    ] = None,
) -> None:
    """Replay the TIHM development patients against their clinician-validated labels."""
    everybody = tihm.read(folder / "tihm")
    if plan is not None:
        table = planned(everybody, load_plan(plan, load_rulebook()), load_rulebook())
        _print_table(f"TIHM under {plan.name}", tihm.HEADINGS, tihm.rows(table))
        typer.echo(tihm.CAVEAT)
        return
    if fhir is not None:
        write(everybody, fhir)
    with _progress() as bar:
        participants = bar.track(everybody, description="judging participants")
        table = tihm.compare(participants, load_rulebook(), load_model())
    title = f"TIHM: {table.days} patient-days with physiology, {table.labelled} labelled"
    _print_table(title, tihm.HEADINGS, tihm.rows(table))
    typer.echo(tihm.CAVEAT)


@lab.command("fit-plan")
def fit_plan(
    folder: Annotated[
        Path, typer.Option(envvar="WARDLIGHT_REFERENCE_DATA", help="The reference data.")
    ] = Path("../shared/data"),
    output: Annotated[Path, typer.Option(help="Where the plan goes.")] = PLAN,
    repeats: Annotated[int, typer.Option(help="Random halves of the patients, to check.")] = 20,
) -> None:
    """Fit the plan of the TIHM service, and say how it does on patients it was not fitted on."""
    everybody = tihm.read(folder / "tihm")
    output.write_text(plan_text(fit(everybody), patients=len(everybody)), encoding="utf-8")
    typer.echo(f"written to {output}")
    if repeats:
        _print_table(
            f"Fitted on a random half of the patients, scored on the other, {repeats} times",
            SPLIT_HEADINGS,
            split_rows(list(splits(everybody, repeats=repeats, seed=tihm.SEED))),
        )


@lab.command("drifts")
def measure_drifts(
    patients: Annotated[int, typer.Option(min=1, help="Stable people.")] = 20,
    days: Annotated[int, typer.Option(min=30, help="Days each is watched.")] = 365,
    seed: Annotated[int, typer.Option()] = HELD_OUT_SEED,
) -> None:
    """Count the false signals of the charts of slow drifts, beside what is published of them."""
    with _progress() as bar:
        bar.add_task("charting stable people", total=None)
        counts = drifts.measured(load_rulebook(), patients=patients, days=days, seed=seed)
    title = f"{patients} people with {len(drifts.SIGNALS)} stable signals, {days} days each"
    _print_table(title, drifts.HEADINGS, drifts.rows(counts))
