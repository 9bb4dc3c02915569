"""Why somebody stands in a list of the weekly report, in one sentence, as an inbox row says it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from alerts.inbox import FindingView
from alerts.views.repository import headlines
from app.pages.briefly import brief
from app.pages.course import Subject
from app.pages.language import Language
from app.pages.wording import Sentence
from core.vitals import Vital
from monitoring.findings import Problem
from monitoring.grounds.repository import grounds_of
from monitoring.leading import UNKNOWN, Grounds, leading_vital
from reports import repository as account
from reports.charts import Point
from reports.courses import Change
from reports.overdue import Due
from reports.week import Week
from reports.weekly import Report

COURSE = timedelta(days=14)
SCORED = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class About:
    """One alert of somebody who stands in a list."""

    alert_id: UUID
    patient_id: UUID
    problem: Problem


def told_of(report: Report) -> list[About]:
    """Return the alerts whose reason is told on the first page."""
    named: tuple[Change | Due, ...] = (*report.worse, *report.better, *report.overdue)
    found = [
        About(each.alert_id, each.patient_id, each.problem)
        for each in named
        if each.alert_id is not None and each.problem is not None
    ]
    return list(dict.fromkeys(found))


def reasons(
    session: Session, about: Iterable[About], *, end: datetime, zone: ZoneInfo, said: Language
) -> dict[UUID, Sentence]:
    """Return what each alert says, as it was known at the end of the week.

    The patients are those of a report that the caller was given.
    """
    listed = list(about)
    found = headlines(session, {each.alert_id: each.problem for each in listed}, until=end)
    findings = {alert: views[0] for alert, views in found.items()}
    several = [each.assessment_id for each in findings.values() if each.vital is None]
    grounds = grounds_of(session, several)
    drawn = _drawn(session, listed, findings, grounds, end=end)
    return {
        each.alert_id: brief(
            Subject(
                finding=findings[each.alert_id],
                grounds=grounds.get(findings[each.alert_id].assessment_id, UNKNOWN),
                points=drawn.get(each.alert_id, ()),
                since=end - COURSE,
                week=end - SCORED,
                now=end,
                zone=zone,
                said=said,
            )
        ).sentence
        for each in listed
        if each.alert_id in findings
    }


def _drawn(
    session: Session,
    listed: Iterable[About],
    findings: Mapping[UUID, FindingView],
    grounds: Mapping[UUID, Grounds],
    *,
    end: datetime,
) -> dict[UUID, list[Point]]:
    """Return the readings that each alert speaks of: one query for each vital of one person."""
    wanted: dict[tuple[UUID, Vital], list[UUID]] = {}
    for each in listed:
        finding = findings.get(each.alert_id)
        if finding is None:
            continue
        vital = leading_vital(finding, grounds.get(finding.assessment_id, UNKNOWN))
        if vital is not None:
            wanted.setdefault((each.patient_id, vital), []).append(each.alert_id)
    drawn: dict[UUID, list[Point]] = {}
    while wanted:
        now = dict(wanted.keys())
        points = account.points(session, now, since=end - COURSE, until=end)
        for who, vital in now.items():
            for alert in wanted.pop((who, vital)):
                drawn[alert] = points.get(who, [])
    return drawn


def end_of(week: Week, now: datetime) -> datetime:
    """Return up to when a report of a week looks."""
    return min(week.end, now)
