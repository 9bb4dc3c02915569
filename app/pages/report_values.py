"""What the templates of a weekly report print: the report, and how it is said.

The page and every other form of the report are made of these values.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from alerts.naming.repository import names
from app.pages.definitions import definitions
from app.pages.language import Language
from app.pages.report_front import lists
from app.pages.report_reasons import end_of, reasons, told_of
from app.pages.report_words import Words
from reports.adherence import Adherence
from reports.behind import Which
from reports.burden import MOST_A_DAY, MOST_A_YEAR
from reports.rates import FEW, Rate
from reports.service import TeamWeek
from reports.week import Week
from reports.weekly import Report


@dataclass(frozen=True, slots=True)
class WeekPrint:
    """Which week, in words, and where its neighbours are."""

    words: str
    span: str
    before: str
    after: str
    running: bool


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where one report is, and the lists behind its figures; `version` of an earlier issue."""

    team: UUID
    week: Week
    version: int | None = None

    @property
    def report(self) -> str:
        """Return the report itself."""
        return self._at("")

    def alerts(self, **which: str) -> str:
        """Return the list of the alerts of a figure; `of`, `tier`, `problem` and so on."""
        return self._at("/alerts", **Which(**which).facts)

    def people(self, which: str) -> str:
        """Return the list of everybody in one of the lists of people."""
        return self._at("/people", of=which)

    def acts(self, of: str) -> str:
        """Return what was done behind a figure of the week's work."""
        return self._at("/acts", of=of)

    def quality(self, by: str, key: str) -> str:
        """Return the alerts of one group, as the page of quality has them of the same week."""
        return f"/quality/alerts?{urlencode({**self._span(), 'by': by, 'key': key or 'none'})}"

    @property
    def quality_page(self) -> str:
        """Return the page of quality of the same week."""
        return f"/quality?{urlencode(self._span())}"

    @property
    def inbox(self) -> str:
        """Return what is open for the team now."""
        return f"/inbox?{urlencode({'team': str(self.team)})}"

    def _at(self, path: str, **facts: str) -> str:
        issue = {"version": str(self.version)} if self.version else {}
        query = urlencode({"week": str(self.week), **issue, **facts})
        return f"/reports/{self.team}{path}?{query}"

    def _span(self) -> dict[str, str]:
        first, last = self.week.monday, self.week.monday + timedelta(days=6)
        return {"first": first.isoformat(), "last": last.isoformat(), "team": str(self.team)}


def addresses(found: TeamWeek) -> Addresses:
    """Return where a report and its lists are; of the newest issue the address names none."""
    issue = found.issue
    version = issue.version if issue and issue.version != issue.newest else None
    return Addresses(found.team.id, found.week, version)


def words_of(session: Session, found: TeamWeek, said: Language, *, now: datetime) -> Words:
    """Return how a report is said, with the clinicians that it speaks of."""
    report = found.report
    who = {each.practitioner_id for each in report.burden.clinicians}
    who |= {each.by for each in report.changes if each.by}
    who |= {each.owner_id for each in report.alerts if each.owner_id}
    zone = ZoneInfo(str(found.week.zone))
    return Words(said, zone, now, found.names, names(session, who))


def report_values(session: Session, found: TeamWeek, w: Words) -> dict[str, Any]:
    """Return what the templates print of a report."""
    report, end = found.report, end_of(found.week, w.now)
    why = reasons(session, told_of(report), end=end, zone=w.zone, said=w.said)
    return {
        "w": w,
        "to": addresses(found),
        "team": found.team.name,
        "team_id": found.team.id,
        "report": report,
        "week": week_print(found.week, w),
        "lists": lists(report, w, why),
        "few": FEW,
        "hours": hours(report, w),
        "at_risk": at_risk(report),
        "days": total_days(report),
        "most_a_year": MOST_A_YEAR,
        "most_a_day": MOST_A_DAY,
        "definitions": definitions(w.said),
    }


def week_print(week: Week, w: Words) -> WeekPrint:
    """Return a week in words."""
    later = week.shifted(1)
    return WeekPrint(
        words=str(week),
        span=w.week(week),
        before=str(week.shifted(-1)),
        after=str(later) if later.start <= w.now else "",
        running=w.now < week.end,
    )


def hours(report: Report, w: Words) -> list[tuple[str, str, Any]]:
    """Return (code, name, lines by tier) of all alerts, and of those in and out of hours."""
    said = w.said
    found = [("", said.say("All hours"), report.tiers)]
    if any(line.opened for line in report.in_hours) and any(
        each.opened for each in report.off_hours
    ):
        found.append(("in", said.say("In service hours"), report.in_hours))
        found.append(("off", said.say("Out of hours"), report.off_hours))
    elif any(line.opened for line in report.off_hours):
        found = [("", said.say("All of them out of hours"), report.tiers)]
    return [(code, name, _shown(lines)) for code, name, lines in found]


def _shown(lines: Any) -> list[Any]:
    return [line for line in lines if line.opened]


def at_risk(report: Report) -> list[Adherence]:
    """Return who may drop out, the longest gap first."""
    found = [line for line in report.adherence if line.risk is not None]
    return sorted(found, key=lambda line: (-line.gap, line.days, str(line.patient_id)))


def total_days(report: Report) -> Rate:
    """Return on how many of the expected days of the week something was sent."""
    return report.adherence_trend[-1] if report.adherence_trend else Rate(0, 0)


def unlinked(w: Words) -> Words:
    """Return the words of a form in which addresses lead nowhere: paper."""
    return replace(w, linked=False)
