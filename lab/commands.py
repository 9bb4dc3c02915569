"""The bench's commands; they join `wardlight` through the group `wardlight.commands`."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lab import calibration, drifts, tihm, widening
from lab.demonstration import demo
from lab.evaluating import (
    HELD_OUT_SEED,
    TRAINING_SEED,
    Shown,
    compare,
    evaluate,
    print_table,
    progress,
)
from lab.judging import CAVEAT, Judges
from lab.plan_fit import SPLIT_HEADINGS, fit, split_rows, splits
from lab.plan_text import plan_text
from lab.planned import planned
from lab.reference import write
from lab.retraining import retrain
from lab.semisynthetic import glucose_lives, tihm_lives
from monitoring.service import load_model, load_plan, load_rulebook
from monitoring.widened import DAYS

if TYPE_CHECKING:
    pass


ARTEFACT = Path("monitoring") / "artefact.json"
PLAN = Path("examples") / "plans" / "tihm.toml"

lab = typer.Typer(no_args_is_help=True, help="The bench: reference data and comparisons.")


def register(app: typer.Typer) -> None:
    """Add the bench's commands to the command line."""
    app.command()(demo)
    app.command()(train)
    app.command()(evaluate)
    app.command(hidden=True)(retrain)
    app.add_typer(lab, name="lab")


def train(
    patients: Annotated[int, typer.Option(min=20, help="Simulated people.")] = 400,
    days: Annotated[int, typer.Option(min=60, help="Days each is observed.")] = 365,
    seed: Annotated[int, typer.Option(help="Same seed, same artefact.")] = TRAINING_SEED,
    output: Annotated[Path, typer.Option(help="Where the artefact goes.")] = ARTEFACT,
) -> None:
    """Train the learned risk on simulated lives and write it as plain numbers."""
    # By name: scikit-learn costs a second and 100 MB, which no other command should pay.
    run = import_module("lab.training_run")
    with progress() as bar:
        task = bar.add_task(
            "describing and fitting", total=run.people(patients) + run.STEPS_OF_FITTING
        )
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


@lab.command("semi-synthetic")
def semi_synthetic(
    folder: Annotated[
        Path, typer.Option(envvar="WARDLIGHT_REFERENCE_DATA", help="The reference data.")
    ] = Path("../shared/data"),
    held_out: Annotated[bool, typer.Option(help="The people kept for the report.")] = True,
    copies: Annotated[int, typer.Option(min=1, help="Times each person is lived.")] = 12,
    score: Annotated[bool, typer.Option(help="Judge the learned score too.")] = True,
    each_rule: Annotated[bool, typer.Option(help="Also print each rule by itself.")] = False,
) -> None:
    """Compare rules and score with plain ways on real readings into which episodes are laid."""
    judges = Judges(load_model() if score else None, load_rulebook())
    half = "held-out" if held_out else "development"
    for name, made in (("TIHM", tihm_lives), ("Shanghai diabetes", glucose_lives)):
        lives = list(made(folder, held_out=held_out, copies=copies))
        compare(f"{name}, {half}", lives, judges, Shown(len(lives), HELD_OUT_SEED, each_rule))
    typer.echo(CAVEAT)


@lab.command("calibrate")
def calibrate(
    patients: Annotated[int, typer.Option(min=20, help="People of each kind.")] = 400,
    seed: Annotated[int, typer.Option()] = TRAINING_SEED,
) -> None:
    """Hold the simulated lives against what was published of published rules."""
    table = calibration.rows(calibration.calibrated(patients, seed))
    print_table("Simulated lives against publications", calibration.HEADINGS, table)


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
        print_table(f"TIHM under {plan.name}", tihm.HEADINGS, tihm.rows(table))
        typer.echo(tihm.CAVEAT)
        return
    if fhir is not None:
        write(everybody, fhir)
    with progress() as bar:
        participants = bar.track(everybody, description="judging participants")
        table = tihm.compare(participants, load_rulebook(), load_model())
    title = f"TIHM: {table.days} patient-days with physiology, {table.labelled} labelled"
    print_table(title, tihm.HEADINGS, tihm.rows(table))
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
        print_table(
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
    with progress() as bar:
        bar.add_task("charting stable people", total=None)
        counts = drifts.measured(load_rulebook(), patients=patients, days=days, seed=seed)
    title = f"{patients} people with {len(drifts.SIGNALS)} stable signals, {days} days each"
    print_table(title, drifts.HEADINGS, drifts.rows(counts))


@lab.command("widening")
def measure_widening(
    lives: Annotated[int, typer.Option(min=1, help="Stable signals, each by itself.")] = 50,
    days: Annotated[int, typer.Option(min=30, help="Days each is watched.")] = 20_000,
    seed: Annotated[int, typer.Option()] = TRAINING_SEED,
) -> None:
    """Make the table of how much wider a spread learnt from few days is taken by the charts."""
    with progress() as bar:
        total = len(widening.PUBLISHED) * len(DAYS)
        found = widening.widenings(lives=lives, days=days, seed=seed)
        table = widening.rows(bar.track(found, total=total, description="widening"))
    print_table(f"{lives} stable signals, {days} days each", widening.HEADINGS, table)
