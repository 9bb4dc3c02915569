"""`rules replay|shadow`: what a proposed rule would have changed, or said while it is tried."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

import monitoring.service
from app.commands.people import transaction
from app.learned import Learned
from app.what_if import folder_pasts, labels, stored_pasts, what_if
from core.clock import utc_now
from core.settings import Settings
from core.vitals import Severity
from ingest.context.repository import medicine_classes
from ingest.repository import condition_groups
from monitoring.plans.plan_change import InForce, Proposed, proposed
from monitoring.repository import shadowed
from reports.difference import TIERS, picture, words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from monitoring.eventtime import Past
    from monitoring.risk import Model
    from monitoring.what_if import Alerted, Difference, Labelled

LOOKED_BACK = timedelta(days=90)
SHADOWED = timedelta(days=30)
console = Console(stderr=True)
out = Console(soft_wrap=True)


def register(cli: typer.Typer) -> None:
    """Add the commands to the group `rules`, which is there already."""
    groups = (each.typer_instance for each in cli.registered_groups if each.name == "rules")
    group = next(filter(None, groups))
    group.command("replay")(replay)
    group.command("shadow")(shadow)


def replay(
    change: Annotated[
        Path, typer.Option(exists=True, dir_okay=False, help="The proposed rulebook or change.")
    ],
    since: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="First day (UTC); stored past: 90 days ago."),
    ] = None,
    input: Annotated[  # noqa: A002 (the option is called --input)
        Path | None,
        typer.Option(exists=True, file_okay=False, help="A folder of NDJSON instead of the store."),
    ] = None,
    picture_file: Annotated[
        Path | None, typer.Option("--picture", dir_okay=False, help="Write an SVG of the weeks.")
    ] = None,
) -> None:
    """Show which alerts a change would add and take away, per patient-week, and for whom.

    CHANGE is a whole rulebook, a site's plan, or only what differs: off = [ids], [[rule]]
    tables that replace or add a rule, [change.ID] tables with new values, [[template]] tables
    and templates_off = [names], [[limit]] tables of the site or, with patient = id, of one
    person. Limits that clinicians set stand in both. Nothing is stored and nobody
    is told. Of an exported folder, outcomes are read from its Task.ndjson.
    """
    planned = proposed(change.read_text(encoding="utf-8"), _in_force())
    start = since.replace(tzinfo=UTC) if since else None
    with _source(input, start) as source:
        found = _compare(source, planned)
    tell(found)
    if picture_file is not None:
        picture_file.write_text(picture(found, title=f"What if: {change.name}"), encoding="utf-8")


def shadow(
    since: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="First day (UTC); 30 days ago.")
    ] = None,
) -> None:
    """Show what rules in shadow mode (shadow = true in the rulebook) would have said."""
    start = since.replace(tzinfo=UTC) if since else utc_now() - SHADOWED
    with transaction() as session:
        found = shadowed(session, since=start)
    table = _table("rule", "tier", "findings", "people")
    for rule, tier in sorted({(f.rule_id, f.severity) for _, f in found}):
        own = [who for who, f in found if (f.rule_id, f.severity) == (rule, tier)]
        table.add_row(rule, tier.value, str(len(own)), str(len(set(own))))
    out.print(table if found else "no rule in shadow mode has found anything")


@dataclass(frozen=True, slots=True)
class Source:
    """A past to judge: of whom, from when until when, by which model, what its alerts were."""

    pasts: Iterable[Past]
    since: datetime | None
    until: datetime
    model: Model | None
    labelled: Sequence[Labelled] = ()


@contextmanager
def _source(folder: Path | None, since: datetime | None) -> Iterator[Source]:
    learned = Learned(Settings().model_path)
    if folder is not None:
        pasts, told = folder_pasts(folder)
        received = (v.reading.received for past in pasts for v in past.versions)
        known = [each for each in told if since is None or each.started >= since]
        yield Source(pasts, since, max(received, default=utc_now()), learned.file(), known)
        return
    until = utc_now()
    first = since or until - LOOKED_BACK
    with transaction() as session:
        model = learned.scorers(session).judging
        told = labels(session, since=first)
        yield Source(stored_pasts(session, since=first), first, until, model, told)


def _in_force() -> InForce:
    room = files("monitoring")
    plan = Settings().plan
    return InForce(
        room.joinpath("rulebook.toml").read_text(encoding="utf-8"),
        room.joinpath("plans", "templates.toml").read_text(encoding="utf-8"),
        frozenset(condition_groups()),
        medicine_classes(),
        monitoring.service.load_plan(plan, monitoring.service.load_rulebook()) if plan else None,
    )


def _compare(source: Source, planned: Proposed) -> Difference:
    with _counting() as count:
        return what_if(
            source.pasts,
            monitoring.service.load_site_rules(Settings().plan),
            planned,
            model=source.model,
            since=source.since,
            until=source.until,
            labelled=source.labelled,
            progress=count,
        )


@contextmanager
def _counting() -> Iterator[Callable[[], None]]:
    with Progress(console=console, disable=not console.is_terminal, transient=True) as bar:
        task = bar.add_task("people judged twice", total=None)
        yield lambda: bar.advance(task)


def tell(found: Difference) -> None:
    """Print the comparison: by tier, by rule, what was labelled, and the people concerned."""
    out.print(words(found))
    out.print(_by_tier(found))
    out.print(_by_rule(found))
    shifts = [abs(each) for each in found.moved if each]
    if shifts:
        hours = median(each / timedelta(hours=1) for each in shifts)
        out.print(f"{len(shifts)} alerts stay but come at another time, by {hours:.1f} h (median)")
    for each in found.lost:
        out.print(f"lost: {each.label} {each.problem} of {each.started:%Y-%m-%d}, {each.patient}")
    if found.labelled:
        out.print(
            f"{len(found.spared)} labelled false alarms would not have been; of {found.unseen} "
            "labelled episodes the rulebook in force says nothing either"
        )
    out.print(_people(found))


def _by_tier(found: Difference) -> Table:
    table = _table("tier", "in force", "proposed", "added", "removed", "per patient-week")
    for tier in TIERS:
        groups = [_of(each, tier) for each in (found.before, found.after)]
        changes = [_of(each, tier) for each in (found.added, found.removed)]
        weekly = " to ".join(f"{found.per_week(each):.3f}" for each in groups)
        table.add_row(tier.value, *(str(len(each)) for each in (*groups, *changes)), weekly)
    return table


def _of(alerts: Sequence[Alerted], tier: Severity) -> list[Alerted]:
    return [each for each in alerts if each.severity is tier]


def _by_rule(found: Difference) -> Table:
    table = _table("rule", "added", "removed")
    added = Counter(each.rule for each in found.added)
    removed = Counter(each.rule for each in found.removed)
    for rule in sorted({*added, *removed}, key=lambda r: (-added[r] - removed[r], r)):
        table.add_row(rule, str(added[rule]), str(removed[rule]))
    return table


def _people(found: Difference) -> Table:
    table = _table("patient", "added", "removed")
    for patient, added, removed in found.concerned():
        table.add_row(patient, str(added), str(removed))
    return table


def _table(first: str, *others: str) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column(first)
    for name in others:
        table.add_column(name, justify="right")
    return table
