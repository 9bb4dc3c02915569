"""`plan show|set|withdraw|target|history|templates`: what one person is judged by, and whose it is.

The operator acts for a physician who is named and looks after the patient; every change is a
version that stays.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import groupby
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer
from rich.console import Console

import monitoring.service
from app.commands.people import PatientId, transaction
from core.audit import Action, record
from core.clock import utc_now
from core.errors import InvalidError, NotFoundError
from core.security import SYSTEM, Caller, Role
from core.settings import Settings
from core.vitals import MEASURES, Vital
from ingest.repository import clinicians, may_see
from monitoring.plans import service
from monitoring.plans.in_part import left_out
from monitoring.plans.limits import PlanLimit
from monitoring.plans.lines import whose, yielded
from monitoring.plans.service import Signed
from monitoring.plans.versions import TARGET
from monitoring.rule_words import scope_words
from monitoring.words import phrase

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session

    from monitoring.plans.lines import Line
    from monitoring.plans.showing import Shown
    from monitoring.plans.site_rules import SiteRules
    from monitoring.plans.versions import Version

out = Console(soft_wrap=True, highlight=False, markup=False)
By = Annotated[UUID, typer.Option(help="Id of the Practitioner who answers for it.")]
Reason = Annotated[str, typer.Option(help="Why; kept sealed.")]
Review = Annotated[
    datetime | None, typer.Option(formats=["%Y-%m-%d"], help="By when it must be looked at again.")
]
Measured = Annotated[Vital, typer.Option(help="What the limit is for.")]
Level = Annotated[float | None, typer.Option(help="In the canonical unit of the vital.")]
Usual = Annotated[
    bool, typer.Option("--from-usual", help="Levels are signed differences from the own usual.")
]


def register(cli: typer.Typer) -> None:
    """Add the group `plan`."""
    group = typer.Typer(help="What one patient is judged by.", no_args_is_help=True)
    for name, command in (
        ("show", show),
        ("set", set_),
        ("withdraw", withdraw),
        ("target", target),
        ("history", history),
        ("templates", templates),
    ):
        group.command(name)(command)
    cli.add_typer(group, name="plan")


def show(patient: PatientId) -> None:
    """Print every limit in force: level, value, whose, why, since, review by; and what gave way."""
    with transaction() as session:
        shown = _shown(session, patient, _site())
    for words in _limits(shown):
        out.print(words)
    for gone in shown.plan.gave_way:
        level, owner = phrase(yielded(gone)), phrase(whose(gone.limit))
        out.print(f"gave way: {level} of {owner}: {gone.why}")
    if shown.plan.replaced:
        out.print(f"silent below RED for a clinician's limit: {', '.join(shown.plan.replaced)}")
    for part in shown.plan.in_part:
        out.print(f"leaves one part to a clinician's limit: {phrase(left_out(part, part.rule))}")
    out.print(f"templates: {', '.join(t.name for t in shown.templates) or 'none applies'}")
    for line in _target(shown):
        out.print(line)
    for version in shown.overdue:
        out.print(f"OVERDUE for review since {version.review_by}: {_subject(version)}")
    out.print(f"judged by {shown.rulebook.version}, {shown.rulebook.hash}")


def set_(  # noqa: PLR0913, PLR0917 (what a limit can say)
    patient: PatientId,
    vital: Measured,
    reason: Reason,
    by: By,
    alert_low: Level = None,
    warn_low: Level = None,
    warn_high: Level = None,
    alert_high: Level = None,
    from_usual: Usual = False,
    readings: Annotated[int, typer.Option(min=1, help="So many must agree.")] = 1,
    within_minutes: Annotated[float, typer.Option(help="Within so many minutes.")] = 30.0,
    review_by: Review = None,
) -> None:
    """Set a clinician's limit for a patient, or change the one that stands."""
    limit = PlanLimit(
        vital=vital,
        reason=reason,
        alert_low=alert_low,
        warn_low=warn_low,
        warn_high=warn_high,
        alert_high=alert_high,
        from_usual=from_usual,
        readings=readings,
        within_minutes=within_minutes,
    )
    site = _site()
    with transaction() as session:
        signed = _signed(session, by, patient, reason, review_by)
        number = service.set_limit(session, signed, patient, limit, site=site, now=utc_now())
        plan = service.shown(session, patient, site, now=utc_now()).plan
    typer.echo(f"version {number} of the plan is in force; the patient is judged anew")
    if plan.replaced:
        typer.echo(f"silent below RED from now on: {', '.join(plan.replaced)}")
    for part in plan.in_part:
        typer.echo(f"leaves one part to it from now on: {phrase(left_out(part, part.rule))}")


def withdraw(
    patient: PatientId, vital: Measured, reason: Reason, by: By, from_usual: Usual = False
) -> None:
    """Take a clinician's limit out of the plan; what gave way to it is in force again."""
    with transaction() as session:
        signed = _signed(session, by, patient, reason, None)
        number = service.withdraw(
            session, signed, patient, vital, from_usual=from_usual, now=utc_now()
        )
    typer.echo(f"version {number} of the plan is in force; the patient is judged anew")


def target(
    patient: PatientId,
    reason: Reason,
    by: By,
    on: Annotated[bool, typer.Option("--on/--off", help="Set it, or take it back.")] = True,
    review_by: Review = None,
) -> None:
    """Confirm the target SpO2 88-92 % (hypercapnic failure, scale 2) for a patient."""
    with transaction() as session:
        signed = _signed(session, by, patient, reason, review_by)
        number = service.confirm_target(session, signed, patient, on=on, now=utc_now())
        shown = service.shown(session, patient, _site(), now=utc_now())
    typer.echo(f"version {number} of the plan is in force; the patient is judged anew")
    for line in _target(shown):
        typer.echo(line)


def history(patient: PatientId) -> None:
    """Print every version of what clinicians set for a patient, the newest first."""
    with transaction() as session:
        shown = _shown(session, patient, _site())
    for each in shown.versions:
        who = f"{each.number}. {each.at:%Y-%m-%d %H:%M}, {each.clinician}: {each.change}"
        due = f"; review by {each.review_by}" if each.review_by else ""
        out.print(f"{who} {_subject(each)}: {_levels(each)}; {each.reason}{due}")
    if not shown.versions:
        out.print("no clinician has set anything for this patient")


def templates(
    name: Annotated[str, typer.Argument(help="One template; without it, all of them.")] = "",
) -> None:
    """Print the templates that this site uses: for whom, which limits, and their sources."""
    used = _site().templates
    chosen = [each for each in used.templates if name in ("", each.name)]
    if name and not chosen:
        raise InvalidError(f"there is no template {name}", field="name")
    for template in chosen:
        out.print(f"{template.name}: {template.display} ({scope_words(template.scope)})")
        for limit in template.limit:
            out.print(f"  {MEASURES[limit.vital].display}: {_of_limit(limit)}; {limit.reason}")
            out.print(f"    {limit.basis} ({limit.confidence})")
        if template.rules:
            out.print(f"  rules: {', '.join(template.rules)}")
        if template.note:
            out.print(f"  {template.note}")
    out.print(f"{len(used.templates)} templates, version {used.version}, {used.hash}")


def _site() -> SiteRules:
    return monitoring.service.load_site_rules(Settings().plan)


def _shown(session: Session, patient: UUID, site: SiteRules) -> Shown:
    now = utc_now()
    shown = service.shown(session, patient, site, now=now)
    record(session, SYSTEM, Action.READ, service.ENTITY, now=now, patients=[patient])
    return shown


def _signed(
    session: Session, by: UUID, patient: UUID, reason: str, review_by: datetime | None
) -> Signed:
    """Return who answers for a change: an enrolled practitioner who looks after the patient."""
    if not clinicians(session, [by]):
        raise NotFoundError("no such practitioner is enrolled")
    physician = Caller("user", None, role=Role.PHYSICIAN, practitioner_id=by)
    if not may_see(session, physician, patient):
        raise NotFoundError("this practitioner looks after no such patient")
    acting = Caller(SYSTEM.kind, None, practitioner_id=by)
    return Signed(acting, reason, review_by.replace(tzinfo=UTC).date() if review_by else None)


def _limits(shown: Shown) -> Iterator[str]:
    """Yield one line for each limit, under the name of its measurement."""
    for vital, found in groupby(shown.lines, key=lambda line: line.vital):
        yield MEASURES[vital].display
        for line in found:
            yield f"  {line.severity:6} {line.words()} | {_source(line, shown.today)}"


def _source(line: Line, today: date) -> str:
    """Return whose a limit is, why, since when and until when."""
    limit = line.limit
    if limit is None:
        return f"rule {line.rule}"
    since = f"since {limit.set_on}" if limit.set_on else ""
    late = " (OVERDUE)" if limit.review_by and limit.review_by < today else ""
    due = f"review by {limit.review_by}{late}" if limit.review_by else ""
    parts = (phrase(whose(limit)), limit.reason, limit.basis, since, due)
    return " | ".join(part for part in parts if part)


def _target(shown: Shown) -> Iterator[str]:
    if shown.target is None:
        return
    by = f"{shown.target.clinician}, {shown.target.at:%Y-%m-%d}: {shown.target.reason}"
    yield f"target SpO2 88-92 % set by {by}"
    if not shown.person.scale_two:
        yield "no chronic hypercapnic failure stands on the problem list: scale 1 is used"


def _subject(version: Version) -> str:
    if version.subject == TARGET:
        return "target SpO2 88-92 %"
    usual = ", from the usual" if version.from_usual else ""
    return MEASURES[Vital(version.subject)].display + usual


def _levels(version: Version) -> str:
    words = ("alert_low", "warn_low", "warn_high", "alert_high")
    said = ((word, version.content.get(word)) for word in words)
    return ", ".join(f"{word} {level:g}" for word, level in said if level is not None) or "-"


def _of_limit(limit: PlanLimit) -> str:
    words = ("alert_low", "warn_low", "warn_high", "alert_high")
    levels = [f"{w} {getattr(limit, w):g}" for w in words if getattr(limit, w) is not None]
    agree = f"{limit.readings} readings within {limit.within_minutes / 60:g} h"
    return ", ".join([*levels, agree if limit.readings > 1 else "one reading"])
