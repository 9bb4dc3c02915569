"""The weekly report as a page for paper: the same parts as on the screen, whole by itself."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from app.pages.language import language
from app.pages.report import here_of, values
from app.pages.report_issue import issue_print
from app.pages.report_people import report_people

if TYPE_CHECKING:
    from app.pages.door import Door, Visit
    from reports.service import TeamWeek

ASSETS = Path(__file__).parent.parent / "assets"
STYLES = (
    "tokens.css",
    "page.css",
    "inbox.css",
    "patient.css",
    "trends.css",
    "report.css",
    "report-people.css",
)

CLOSED = re.compile(r"<details(?=[\s>])(?! open)")


class Styles(str):
    """Our own stylesheets, which a template prints as they are."""

    __slots__ = ()

    def __html__(self) -> str:
        """Tell an autoescaping template that this is markup."""
        return f"<style>{self}</style>"


@dataclass(frozen=True, slots=True)
class Paper:
    """What a page for paper says of itself."""

    title: str
    running: str  # at the foot of every page
    home: str  # where its links lead
    styles: Styles


def report_on_paper(door: Door, visit: Visit, found: TeamWeek) -> str:
    """Return the report as HTML that needs nothing else, without navigation."""
    said, door = language(visit.language), here_of(door, found)
    paper = Paper(
        title=said.say(
            "Weekly report of {team}, week {week}", team=found.team.name, week=str(found.week)
        ),
        running=_running(door, visit, found),
        home=door.settings.base_url.rstrip("/") + "/",
        styles=styles(door.settings.report_paper),
    )
    shown = {
        **values(visit, found),
        "talk": report_people(door, visit, found),
        "issue": replace(issue_print(door, visit, found), may=False),  # nobody acts on paper
    }
    page = door.pages.html("report.html", layout="paper.html", paper=paper, strip=None, **shown)
    return CLOSED.sub("<details open", page)  # nobody unfolds a paper


def _running(door: Door, visit: Visit, found: TeamWeek) -> str:
    """Return what stands at the foot of every page: whose week, and as of when."""
    said = language(visit.language)
    at = (found.issue.made_at if found.issue else visit.now).astimezone(door.zone)
    facts: dict[str, object] = {
        "team": found.team.name,
        "week": str(found.week),
        "time": f"{said.day(at.date(), today=date.min)} {at:%H:%M}",
    }
    if found.issue is None:
        return said.say("{team}, week {week} · as of {time}, not issued", **facts)
    facts["version"] = found.issue.version
    return said.say("{team}, week {week} · version {version}, made {time}", **facts)


@cache
def styles(paper: str) -> Styles:
    """Return the page's styles, and behind them those of a kind of paper."""
    sheets = [(ASSETS / name).read_text(encoding="utf-8") for name in (*STYLES, "paper.css")]
    return Styles("\n".join([*sheets, f"@page {{ size: {paper} }}"]))
