"""The weekly report of a care team, as a page that also prints well."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from alerts.outcomes import WORDS
from alerts.views.repository import headlines
from app.pages.definitions import DEFINITIONS
from app.pages.done import notice
from app.pages.door import Door, Visit
from app.pages.refusals import page_route
from app.pages.report_people import report_people
from app.pages.report_issue import issue_print
from app.pages.site_policy import policy_of
from app.pages.strip import strip_of
from app.pages.wording import amount, plural, relative
from app.weekly.service import clock_of, issued
from core.audit import Action, record
from core.vitals import Severity
from monitoring import words
from reports.adherence import Adherence
from reports.courses import Change
from reports.episodes import Episode
from reports.rates import Rate
from reports.response import ProblemLine, TierLine
from reports.service import TeamWeek
from reports.week import Week

FULL_WEEK = 7


@dataclass(frozen=True, slots=True)
class Who:
    """Somebody in one of the lists of people, with the reason for being there."""

    id: UUID
    name: str
    severity: Severity | None
    why: str
    reason: str = ""  # what the gravest alert says


@dataclass(frozen=True, slots=True)
class Figure:
    """One large number, with what it rests on."""

    name: str
    value: str
    detail: str
    few: bool = False


@dataclass(frozen=True, slots=True)
class TierPrint:
    """One line of the table by tier."""

    severity: Severity
    opened: int
    acknowledged: int
    median: str
    on_time: str
    few: bool


@dataclass(frozen=True, slots=True)
class ProblemPrint:
    """One line of the table by reason."""

    problem: str
    opened: int
    labelled: int
    actionable: str
    ppv: str
    few: bool


@dataclass(frozen=True, slots=True)
class OutcomePrint:
    """One outcome and how often it was recorded."""

    words: str
    count: int


@dataclass(frozen=True, slots=True)
class DaysPrint:
    """One person's days with a reading."""

    id: UUID
    name: str
    days: int
    possible: int
    before: int


@dataclass(frozen=True, slots=True)
class WeekPrint:
    """Which week, in words, and where its neighbours are."""

    words: str
    span: str
    before: str
    after: str
    running: bool


def router(door: Door) -> APIRouter:
    """Return `/reports/{team_id}?week=2026-W47&version=1`."""
    routes = APIRouter(route_class=page_route(door.pages), include_in_schema=False)

    @routes.get("/reports/{team_id}")
    def report(
        request: Request,
        team_id: UUID,
        week: str = "",
        version: Annotated[int | None, Query(ge=1)] = None,
        done: str = "",
    ) -> Response:
        with door.visit(request) as visit:
            wanted = week_of(door, visit, week, team_id)
            found = issued(
                visit.session, visit.caller, team_id, wanted, now=visit.now, version=version
            )
            record(
                visit.session,
                visit.caller,
                Action.READ,
                "weekly-report",
                now=visit.now,
                entity_id=team_id,
                patients=list(found.names) or (None,),
            )
            return door.pages.page(
                "report.html",
                strip=strip_of(door, visit),
                talk=report_people(door, visit, found),
                notice=notice(done),
                issue=issue_print(door, visit, found),
                **values(visit, found),
            )

    return routes


def week_of(door: Door, visit: Visit, text: str, team_id: UUID) -> Week:
    """Return the week asked for, or the running one, by the clock of the team."""
    zone = clock_of(visit.session, policy_of(door.settings), team_id)
    return Week.parse(text, zone=zone) if text else Week.of(visit.now, zone=zone)


def values(visit: Visit, found: TeamWeek) -> dict[str, Any]:
    """Return what the report's template is filled with, on the screen and on paper."""
    report, names = found.report, found.names
    return {
        "visit": visit,
        "here": "reports",
        "team": found.team.name,
        "team_id": found.team.id,
        "report": report,
        "week": week_print(found.week, now=visit.now),
        "worse": [_changed(change, names[change.patient_id]) for change in report.worse],
        "better": [_changed(change, names[change.patient_id]) for change in report.better],
        "silent": [_silent(each.patient_id, found, now=visit.now) for each in report.silent],
        "still_open": _still_open(visit, found),
        "figures": figures(found),
        "tiers": [_tier(line) for line in report.tiers],
        "reasons": [_problem(line) for line in report.problems],
        "outcomes": [
            OutcomePrint(WORDS.get(label, label), count)
            for label, count in sorted(report.outcomes.items(), key=lambda item: -item[1])
        ],
        "adherence": [_days(line, found) for line in report.adherence],
        "definitions": DEFINITIONS,
    }


def week_print(week: Week, *, now: datetime) -> WeekPrint:
    """Return a week in words."""
    sunday = week.monday + timedelta(days=6)
    later = week.shifted(1)
    return WeekPrint(
        words=str(week),
        span=f"{week.monday.day} {week.monday:%B} to {sunday.day} {sunday:%B %Y}",
        before=str(week.shifted(-1)),
        after=str(later) if later.start <= now else "",
        running=now < week.end,
    )


def _changed(change: Change, name: str) -> Who:
    before = change.before or "no alert"
    now = change.now or "no alert"
    return Who(change.patient_id, name, change.now, f"{before} the week before, {now} this week")


def _silent(who: UUID, found: TeamWeek, *, now: datetime) -> Who:
    last = found.last.get(who)
    why = f"last reading {relative(now - last)}" if last else "no reading was ever received"
    return Who(who, found.names[who], None, why)


def _still_open(visit: Visit, found: TeamWeek) -> list[Who]:
    """Return one entry per person, the gravest first, with all that is open and its reason."""
    ordered = sorted(found.report.still_open, key=lambda e: (-e.severity.rank, e.opened_at))
    people = {e.patient_id: [o for o in ordered if o.patient_id == e.patient_id] for e in ordered}
    gravest = {mine[0].id: mine[0].problem for mine in people.values()}
    said = headlines(visit.session, gravest, until=found.week.end)
    reasons = {alert: words.clinician(f[0], visit.language) for alert, f in said.items()}
    return [
        Who(
            who,
            found.names[who],
            mine[0].severity,
            _open_words(mine, now=visit.now),
            reasons.get(mine[0].id, ""),
        )
        for who, mine in people.items()
    ]


def _open_words(mine: list[Episode], *, now: datetime) -> str:
    problems = ", ".join(e.problem.replace("-", " ") for e in mine)
    since = relative(now - min(e.opened_at for e in mine))
    untaken = sum(e.acknowledged_at is None for e in mine)
    return f"{problems}; since {since}; " + (f"{untaken} not taken" if untaken else "all taken")


def figures(found: TeamWeek) -> list[Figure]:
    """Return the large numbers of the week's work."""
    report = found.report
    weeks = report.patients * report.possible_days / FULL_WEEK
    per_week = f"{report.opened / weeks:.2f}" if weeks else "none"
    busiest = max(report.per_clinician.values(), default=0)
    sent = sum(line.days for line in report.adherence)
    days = Rate(sent, report.patients * report.possible_days)
    return [
        Figure("Alerts opened", str(report.opened), f"{report.grave} RED or AMBER"),
        Figure("Alerts ended", str(report.closed), f"{len(report.still_open)} still open"),
        Figure("Per patient-week", per_week, plural(report.patients, "patient", "patients")),
        Figure("Most for one clinician", str(busiest), f"{len(report.per_clinician)} took alerts"),
        _share("PPV-actionable", report.actionable, "led to an action"),
        _share("PPV", report.ppv, "were true"),
        _share("Days with a reading", days, "patient-days"),
    ]


def _share(name: str, rate: Rate, what: str) -> Figure:
    return Figure(
        name, percent(rate), f"{rate.hits} of {rate.of} {what}", few=bool(rate.of) and rate.few
    )


def percent(rate: Rate) -> str:
    """Return a share in words, or that there is nothing to share."""
    return "none yet" if rate.share is None else f"{rate.share * 100:.0f} %"


def _tier(line: TierLine) -> TierPrint:
    return TierPrint(
        severity=line.severity,
        opened=line.opened,
        acknowledged=line.acknowledged,
        median="" if line.median is None else amount(line.median),
        on_time=f"{line.on_time.hits} of {line.on_time.of}" if line.on_time.of else "",
        few=bool(line.on_time.of) and line.on_time.few,
    )


def _problem(line: ProblemLine) -> ProblemPrint:
    return ProblemPrint(
        problem=line.problem.replace("-", " "),
        opened=line.opened,
        labelled=line.ppv.of,
        actionable=percent(line.actionable),
        ppv=percent(line.ppv),
        few=bool(line.ppv.of) and line.ppv.few,
    )


def _days(line: Adherence, found: TeamWeek) -> DaysPrint:
    name = found.names[line.patient_id]
    return DaysPrint(line.patient_id, name, line.days, found.report.possible_days, line.before)
