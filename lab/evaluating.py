"""`wardlight evaluate`: the rules and the score beside plain ways, as tables and as a report."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from lab import evaluation, reds
from lab.asking import asks_of
from lab.judging import CAVEAT, Judges, judged
from lab.narrowing import several_signs
from lab.reporting.oximeters import occult
from lab.reporting.printing import write
from lab.reporting.real import tihm_section
from lab.reporting.results import results, ways_of
from lab.reporting.study import study, watch
from lab.reporting.writing import Asked, written
from lab.scenarios import WORLDS
from lab.simulator import simulate
from monitoring.service import load_model, load_rulebook, load_site_rules

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lab.narrowing import Spoken
    from lab.reporting.document import Section
    from lab.reporting.people import Watched
    from lab.reporting.ways import Models
    from lab.simulator import Life
    from monitoring.rulebook import Rulebook

TRAINING_SEED, TRAINING_DAYS = 20260101, 365
HELD_OUT_SEED = 20270101  # other lives than those trained on, whatever the number of patients
PLAIN_WORLDS = ("base", "null")
QUICK = (12, 150, ("base", "older", "adversarial", "null"))


def progress() -> Progress:
    """Return a bar on the error stream, silent where nobody watches: output stays readable."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    return Progress(
        *columns, TimeRemainingColumn(), console=console, disable=not console.is_terminal
    )


@lru_cache(maxsize=1)
def shipped_rulebook() -> Rulebook:
    """Return the rulebook, read once: reading it takes as long as judging a month."""
    return load_rulebook()


Worlds = Annotated[
    list[str] | None,
    typer.Option(help=f"Any of: {', '.join(WORLDS)}; default base, null; in a report all."),
]
Scored = Annotated[
    bool | None, typer.Option(help="Judge the learned score too; in a report it is.")
]
Into = Annotated[Path | None, typer.Option(file_okay=False, help="Write a report into it.")]
Reference = Annotated[
    Path, typer.Option(envvar="WARDLIGHT_REFERENCE_DATA", help="The reference data (TIHM).")
]


def evaluate(  # noqa: PLR0913, PLR0917 (each option of the command is a parameter)
    patients: Annotated[int, typer.Option(min=5, help="Held-out simulated people.")] = 100,
    days: Annotated[int, typer.Option(min=60, help="Days each is observed.")] = 365,
    world: Worlds = None,
    rules: Annotated[bool, typer.Option(help="Judge the rulebook too (slower).")] = True,
    templates: Annotated[bool, typer.Option(help="With each person's templates.")] = False,
    score: Scored = None,
    each_rule: Annotated[bool, typer.Option(help="Also print each rule by itself.")] = False,
    artefact: Annotated[Path | None, typer.Option(help="Default: the one that ships.")] = None,
    seed: Annotated[int, typer.Option(help="Same seed, same numbers.")] = HELD_OUT_SEED,
    output: Into = None,
    reference: Reference = Path("../shared/data"),
    quick: Annotated[bool, typer.Option(help="A small run, to look at the report.")] = False,
    workers: Annotated[int, typer.Option(min=1, help="Processes that judge lives.")] = 1,
    kinds: Annotated[
        int, typer.Option(min=0, help="Fit other kinds of model on so many people, to compare.")
    ] = 0,
) -> None:
    """Compare rules and score with plain ways of alerting at equal burden, on held-out lives."""
    if quick:
        patients, days = min(patients, QUICK[0]), min(days, QUICK[1])
    worlds = tuple(world or (QUICK[2] if quick else WORLDS if output else PLAIN_WORLDS))
    _known(worlds)
    scored = output is not None if score is None else score
    used = load_site_rules() if templates else shipped_rulebook()
    judges = Judges(
        load_model(artefact) if scored else None, used if rules else None, output is not None
    )
    shown = Shown(patients, seed, each_rule)
    by_world = {name: _world(name, days, judges, (shown, workers)) for name in worlds}
    if output is not None:
        switches = {" --no-rules": not rules, " --templates": templates, " --no-score": not scored}
        switches[" --artefact FILE"] = artefact is not None
        switches[f" --kinds {kinds}"] = bool(kinds)
        asked = Asked(
            *(patients, days, seed, worlds),
            options="".join(option for option, on in switches.items() if on),
            more=real_data(reference, judges),
        )
        report_into(output, by_world, (judges, kinds), asked)
    typer.echo(CAVEAT)


def _world(name: str, days: int, judges: Judges, how: tuple[Shown, int]) -> list[Watched]:
    """Judge and tell one world, and return its people."""
    shown, asks = how[0], asks_of(shipped_rulebook())
    lives = simulate(shown.lives, days, world=WORLDS[name], seed=shown.seed, asks=asks)
    every = watched_by(f"World {name}", lives, judges, how)
    tell(f"World {name}", every, judges, shown)
    return every


def _known(worlds: Iterable[str]) -> None:
    for name in worlds:
        if name not in WORLDS:
            raise typer.BadParameter(f"no world {name!r}; there are {', '.join(WORLDS)}")


class Shown(NamedTuple):
    """How many lives a comparison waits for, its seed, and whether each rule is shown."""

    lives: int
    seed: int
    each_rule: bool


def watched_by(
    title: str, lives: Iterable[Life], judges: Judges, how: tuple[Shown, int]
) -> list[Watched]:
    """Judge lives once each, with a bar."""
    shown, workers = how
    with progress() as bar:
        each = watch(lives, judges, workers)
        return list(bar.track(each, total=shown.lives, description=f"judging {title}"))


def compare(title: str, lives: Iterable[Life], judges: Judges, shown: Shown) -> None:
    """Judge lives and print every comparison."""
    with progress() as bar:
        watched = bar.track(lives, total=shown.lives, description=f"judging {title}")
        every = list(judged(watched, judges))
    tell(title, every, judges, shown)


def compared_models(patients: int) -> Models | None:
    """Return other kinds of model on the same features, by name, or None where nobody asked."""
    if not patients:
        return None
    # By name: scikit-learn costs a second and 100 MB, which no other command should pay.
    kinds = import_module("lab.model_kinds")
    with progress() as bar:
        task = bar.add_task("fitting other kinds of model", total=patients)
        models: Models = kinds.model_kinds(
            patients, TRAINING_DAYS, seed=TRAINING_SEED, progress=lambda: bar.advance(task)
        )
    return models


def report_into(
    folder: Path, by_world: dict[str, list[Watched]], how: tuple[Judges, int], asked: Asked
) -> None:
    """Write the report of judged lives; `how` is who judges, and the people of other models."""
    rulebook = shipped_rulebook()
    judges, kinds = how
    if judges.model is not None:
        asked = replace(asked, model=judges.model.id, trained_on=judges.model.trained_on)
    if judges.rules is not None:
        asked = replace(asked, rulebook=rulebook.hash[:12])
    whole = study(by_world, judges, compared_models(kinds), several_signs(rulebook))
    with progress() as bar:
        steps = len(ways_of(whole)) + len(whole.worlds) + 1
        task = bar.add_task("counting and drawing", total=steps)
        found = results(whole, asked.seed, lambda: bar.advance(task))
    seen = occult(asked.worlds, asked.patients, asked.days, asked.seed)
    found = replace(found, occult=seen)
    write(folder, written(found, asked), {"asked": asked.numbers(), "results": found})
    typer.echo(f"written to {folder / 'report.html'}, report.md and figures.json")


def tell(title: str, every: Sequence[Spoken], judges: Judges, shown: Shown) -> None:
    """Print every comparison of judged lives."""
    found = evaluation.report(
        every,
        seed=shown.seed,
        ruled=judges.rules is not None,
        several=several_signs(shipped_rulebook()),
    )
    first = found.alone[0]
    print_table(
        f"{title}: {first.events} events in {first.patient_years:.0f} patient-years",
        evaluation.HEADINGS,
        evaluation.rows(found.alone),
    )
    if found.equal:
        heading = f"As often as the rules: {first.burden:.1f} episodes a patient-year"
        print_table(heading, evaluation.EQUAL_HEADINGS, evaluation.equal_rows(found.equal))
        heading = f"In cases (AL-02): {found.case_burden:.1f} a patient-year"
        print_table(heading, evaluation.EQUAL_HEADINGS, evaluation.equal_rows(found.cases))
        heading = f"RED, and AMBER of several signs: {found.narrow[0].target:.1f} a patient-year"
        print_table(heading, evaluation.EQUAL_HEADINGS, evaluation.equal_rows(found.narrow))
    if found.scored:
        heading = f"As often as the learned score: {found.scored[0].target:.1f} a patient-year"
        print_table(heading, evaluation.SCORED_HEADINGS, evaluation.equal_rows(found.scored))
    if found.foreseen:
        heading = f"Without falls and the fall detector: {found.foreseen[0].card.events} events"
        print_table(heading, evaluation.EQUAL_HEADINGS, evaluation.equal_rows(found.foreseen))
    print_table("Found, by kind", evaluation.kind_headings(found), evaluation.kind_rows(found))
    if judges.rules is not None:
        print_table("RED, rule by rule", reds.HEADINGS, reds.rows(reds.reds(every)))
    if shown.each_rule:
        print_table("Each rule alone", evaluation.RULE_HEADINGS, evaluation.rule_rows(found.rules))


def print_table(title: str, headings: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    """Print rows as a table."""
    console = Console(width=None if Console().is_terminal else 120)
    table = Table(title=title, title_justify="left")
    for number, heading in enumerate(headings):
        table.add_column(heading, justify="right" if number else "left")
    for row in rows:
        table.add_row(*row)
    console.print(table)


def real_data(folder: Path, judges: Judges) -> Sequence[Section]:
    """Return what real data can support, or say that they are not there."""
    return (tihm_section(folder / "tihm", judges),)
