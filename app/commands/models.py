"""`models list|show|add|shadow|promote|rollback|retire`: which learned model judges, and why."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from app.commands.people import transaction
from app.learned import Learned
from core.clock import utc_now
from core.errors import InvalidError
from core.security import SYSTEM
from core.settings import Settings
from monitoring.models import repository, service
from monitoring.risk import ArtefactError
from reports.shadowing.repository import compared

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sqlalchemy.orm import Session

    from monitoring.models.standing import By, Entry, Happened
    from reports.shadow import Comparison

out = Console(soft_wrap=True, highlight=False)
SHIPS = "the one that ships"
Id = Annotated[str, typer.Argument(help="The model's id, as `models list` prints it.")]
Why = Annotated[str, typer.Option("--reason", help="Why; kept with the model and shown.")]


def register(cli: typer.Typer) -> None:
    """Add the group `models`."""
    group = typer.Typer(help="Learned models: which judges, which are tried.", no_args_is_help=True)
    for name, command in (
        *(("list", listed), ("show", show), ("add", add), ("shadow", shadow)),
        *(("promote", promote), ("rollback", rollback), ("retire", retire)),
    ):
        group.command(name)(command)
    cli.add_typer(group, name="models")


def listed() -> None:
    """Print every model of the registry, and which one judges."""
    with transaction() as session:
        entries = repository.entries(session)
        judging = Learned(Settings().model_path).scorers(session).judging
    table = Table(box=None, pad_edge=False)
    for name in ("id", "state", "since", "trained on", "reason"):
        table.add_column(name)
    for each in entries:
        since = f"{each.since:%Y-%m-%d %H:%M}"
        table.add_row(each.id, each.state, since, str(each.card.get("trained_on", "")), each.reason)
    if entries:
        out.print(table)
    out.print(f"{judging.id} judges" if judging else "no model judges: the rules do alone")


def show(model: Id) -> None:
    """Print a model's card, what happened to it, and how it compares where it was in shadow."""
    with transaction() as session:
        entry = repository.entry(session, model)
        happened = repository.history(session, model)
        fault = _fault(session, model)
        judging = Learned(Settings().model_path).scorers(session).judging
        found = compared(session, model, judging.id if judging else "", now=utc_now())
    for line in _lines(entry, fault, found):
        out.print(line, markup=False)
    for each in happened:
        out.print(_said(each), markup=False)


def add(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The artefact.")],
    reason: Why,
) -> None:
    """Add an artefact that loads; it scores nobody until it is put in shadow or promoted."""
    try:
        payload: Mapping[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as fault:
        raise InvalidError(f"{file} is not an artefact: {fault}", field="file") from fault
    with transaction() as session:
        model = service.add(session, SYSTEM, payload, reason=reason, now=utc_now())
    typer.echo(f"{model} is added")


def shadow(model: Id, reason: Why = "to be compared") -> None:
    """Let a model score beside the one that judges; nobody is told (AL-21)."""
    with transaction() as session:
        service.put_in_shadow(session, SYSTEM, model, reason=reason, now=utc_now())
    typer.echo(f"{model} is in shadow from the next judgement on")


def promote(
    model: Id,
    reason: Why,
    without_shadow: Annotated[
        bool, typer.Option("--without-shadow", help="Though it was never in shadow; say why.")
    ] = False,
) -> None:
    """Let a model judge from the next judgement on, in every process."""
    with transaction() as session:
        service.promote(
            session, SYSTEM, model, reason=reason, without_shadow=without_shadow, now=utc_now()
        )
    typer.echo(f"{model} judges from now on")


def rollback(
    reason: Why,
    judging: Annotated[
        str | None, typer.Option("--from", help="The model to be left; refused if another judges.")
    ] = None,
) -> None:
    """Take the last promotion back: the model before it judges again."""
    with transaction() as session:
        model = service.roll_back(session, SYSTEM, reason=reason, judging=judging, now=utc_now())
    typer.echo(f"{model or SHIPS} judges again from now on")


def retire(model: Id, reason: Why) -> None:
    """Let a model score nobody any more; where it judged, the one that ships does."""
    with transaction() as session:
        service.retire(session, SYSTEM, model, reason=reason, now=utc_now())
    typer.echo(f"{model} is retired")


def _fault(session: Session, model: str) -> str:
    try:
        service.stored(session, model)
    except ArtefactError as fault:
        return str(fault)
    return ""


def _lines(entry: Entry, fault: str, found: Comparison) -> Iterator[str]:
    yield f"{entry.id}: {entry.state} since {entry.since:%Y-%m-%d %H:%M} UTC"
    if fault:
        yield f"! does not load: {fault}"
    for name, value in entry.card.items():
        if name != "features":
            yield f"{name}: {json.dumps(value, ensure_ascii=False)}"
    if not found.scored:
        return
    yield (
        f"in shadow: {found.scored} judgements of {found.patients} patients, beside "
        f"{found.judging or 'no model'}; the same tier in {found.agreeing}"
    )
    for named, each in (("it would have alerted", found.own), ("that one alerted", found.others)):
        yield (
            f"{named}: {each.episodes} episodes ({each.grave} AMBER or worse); spoke before "
            f"{each.true} of {found.true} true alerts and {each.false} of {found.false} false ones"
        )


def _said(each: Happened) -> str:
    other = f" ({each.other or SHIPS})" if each.change.about_another else ""
    return f"{each.at:%Y-%m-%d %H:%M} {each.change}{other} by {_who(each.by)}: {each.reason}"


def _who(by: By) -> str:
    return "the command line" if by.kind == "system" else f"{by.kind} {by.id}"
