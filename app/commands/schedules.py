"""`schedule set|clear|show`: what the programme asked somebody to measure, and when."""

from __future__ import annotations

from typing import Annotated

import typer

from app.commands.people import PatientId, transaction
from core.clock import utc_now
from core.security import SYSTEM
from core.vitals import MEASURES, Vital
from ingest.asked import GRACE_HOURS, asked
from ingest.schedules import service
from ingest.schedules.repository import asked_of

VitalName = Annotated[Vital, typer.Argument(help="What is measured, such as body_weight.")]


def register(cli: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help="When people are expected to measure.", no_args_is_help=True)
    group.command("set")(set_)
    group.command("clear")(clear)
    group.command("show")(show)
    cli.add_typer(group, name="schedule")


def set_(
    patient: PatientId,
    vital: VitalName,
    days: Annotated[str, typer.Option(help="Weekdays such as mon,thu; none means every day.")] = "",
    at: Annotated[str, typer.Option(help="Local hours such as 08:00,20:00; none: any.")] = "",
    grace: Annotated[float, typer.Option(help="Hours after which it is late.")] = GRACE_HOURS,
) -> None:
    """Ask a patient for a measurement; in their own zone, whatever the clocks do."""
    now = utc_now()
    wanted = asked(vital, _listed(days), _listed(at), grace=grace, since=now)
    with transaction() as session:
        service.ask(session, SYSTEM, patient, wanted, now=now)
    typer.echo(wanted.words())


def clear(patient: PatientId, vital: VitalName) -> None:
    """Ask for a vital no more; then the patient's own habit counts."""
    with transaction() as session:
        gone = service.ask_no_more(session, SYSTEM, patient, vital, now=utc_now())
    name = MEASURES[vital].display
    typer.echo(f"{name}: by their own habit from now on" if gone else f"{name} was not asked for")


def show(patient: PatientId) -> None:
    """Say what a patient is asked to measure."""
    with transaction() as session:
        listed = asked_of(session, [patient]).get(patient, ())
        for each in listed:
            typer.echo(each.words())
    if not listed:
        typer.echo("nothing asked for: their own habit counts, where they have one")


def _listed(text: str) -> list[str]:
    return [each.strip() for each in text.split(",") if each.strip()]
