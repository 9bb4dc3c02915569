"""The weekly report of a care team, as a page that also prints well, and the lists behind it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query, Request, Response

from app.pages.done import notice
from app.pages.door import Door, Visit
from app.pages.language import language
from app.pages.refusals import page_route
from app.pages.report_acts import acts
from app.pages.report_front import lists
from app.pages.report_issue import issue_print
from app.pages.report_people import report_people
from app.pages.report_reasons import About, end_of, reasons, told_of
from app.pages.report_values import addresses, report_values, week_print, words_of
from app.pages.report_words import Words
from app.pages.site_policy import policy_of
from app.pages.strip import strip_of
from app.programme.service import summary_of
from app.weekly.service import clock_of, issued
from core.audit import Action, record
from core.errors import InvalidError
from reports.behind import ENDED, OPEN, OPENED, STATES, Which, alerts_behind
from reports.episodes import Episode
from reports.service import TeamWeek
from reports.week import Week

PAGE = 50
OF = (OPENED, OPEN, ENDED)
Short = Annotated[str, Query(max_length=64)]


@dataclass(frozen=True, slots=True)
class When:
    """Which week an address asks for, and which issue of it; none: the newest."""

    week: str
    version: int | None


@dataclass(frozen=True, slots=True)
class AlertPrint:
    """One alert behind a figure."""

    episode: Episode
    reason: Any


def router(door: Door) -> APIRouter:
    """Return `/reports/{team_id}?week=2026-W47&version=1` and the lists behind its figures."""
    routes = APIRouter(route_class=page_route(door.pages), include_in_schema=False)

    @routes.get("/reports/{team_id}")
    def report(
        request: Request, team_id: UUID, when: Annotated[When, Depends(_when)], done: str = ""
    ) -> Response:
        with door.visit(request) as visit:
            found = _read(door, visit, team_id, when)
            here = here_of(door, found)
            _audit(visit, found, list(found.names))
            return door.pages.page(
                "report.html",
                strip=strip_of(here, visit),
                talk=report_people(here, visit, found),
                notice=notice(done),
                issue=issue_print(here, visit, found),
                **values(visit, found),
            )

    _behind(door, routes)
    return routes


def _behind(door: Door, routes: APIRouter) -> None:
    """Add the lists behind the figures."""

    @routes.get("/reports/{team_id}/alerts")
    def alerts(
        request: Request,
        team_id: UUID,
        which: Annotated[Which, Depends(_which)],
        when: Annotated[When, Depends(_when)],
        page: Annotated[int, Query(ge=1, le=1000)] = 1,
    ) -> Response:
        with door.visit(request) as visit:
            found = _read(door, visit, team_id, when)
            listed = _alerts(visit, found, which, page)
            return door.pages.page(
                "report_list.html", **_around(here_of(door, found), visit), **listed
            )

    @routes.get("/reports/{team_id}/people")
    def persons(
        request: Request, team_id: UUID, when: Annotated[When, Depends(_when)], of: Short = "worse"
    ) -> Response:
        with door.visit(request) as visit:
            found = _read(door, visit, team_id, when)
            listed = _people(visit, found, of)
            return door.pages.page(
                "report_people_list.html", **_around(here_of(door, found), visit), **listed
            )

    @routes.get("/reports/{team_id}/acts")
    def work(
        request: Request,
        team_id: UUID,
        when: Annotated[When, Depends(_when)],
        of: Short = "reached",
        page: Annotated[int, Query(ge=1, le=1000)] = 1,
    ) -> Response:
        with door.visit(request) as visit:
            found = _read(door, visit, team_id, when)
            w = _words(visit, found)
            listed = acts(visit.session, found, w, of=of, page=page)
            _audit(visit, found, {each.patient_id for each in listed["acts"]})
            return door.pages.page(
                "report_acts.html", **_around(here_of(door, found), visit), **listed
            )


def _when(week: str = "", version: Annotated[int | None, Query(ge=1)] = None) -> When:
    return When(week, version)


def _which(  # noqa: PLR0913, PLR0917 (what the address may ask for)
    of: Short = "opened",
    tier: Short = "",
    problem: Short = "",
    outcome: Short = "",
    owner: Short = "",
    hours: Short = "",
    state: Short = "",
) -> Which:
    if state not in ("", *STATES) or hours not in ("", "in", "off") or of not in OF:
        raise InvalidError("there is no such figure", field="state")
    return Which(of, tier, problem, outcome, owner, hours, state)


def _read(door: Door, visit: Visit, team_id: UUID, when: When) -> TeamWeek:
    """Return the report asked for, as it was issued."""
    week, session, caller = week_of(door, visit, when.week, team_id), visit.session, visit.caller
    return issued(session, caller, team_id, week, now=visit.now, version=when.version)


def week_of(door: Door, visit: Visit, text: str, team_id: UUID) -> Week:
    """Return the week asked for, or the running one, by the clock of the team."""
    zone = clock_of(visit.session, policy_of(door.settings), team_id)
    return Week.parse(text, zone=zone) if text else Week.of(visit.now, zone=zone)


def values(visit: Visit, found: TeamWeek) -> dict[str, Any]:
    """Return what the report's template is filled with, on the screen and on paper."""
    shown = report_values(visit.session, found, _words(visit, found))
    programme = summary_of(visit.session, visit.caller, found.team.id, found.week, visit.now)
    zone = str(found.week.zone)
    head = {"visit": visit, "here": "reports", "zone_name": zone}
    return {**head, **shown, "programme": programme}


def here_of(door: Door, found: TeamWeek) -> Door:
    """Return the door by the clock that a week is counted by: every time of its pages is."""
    return door.by_clock(ZoneInfo(str(found.week.zone)))


def _audit(visit: Visit, found: TeamWeek, patients: Collection[UUID]) -> None:
    """Write down who is shown of a report (SEC-16)."""
    record(
        visit.session,
        visit.caller,
        Action.READ,
        "weekly-report",
        now=visit.now,
        entity_id=found.team.id,
        patients=patients or (None,),
    )


def _words(visit: Visit, found: TeamWeek) -> Words:
    return words_of(visit.session, found, language(visit.language), now=visit.now)


def _around(door: Door, visit: Visit) -> dict[str, Any]:
    head = {"visit": visit, "here": "reports", "zone_name": door.zone.key}
    return {**head, "strip": strip_of(door, visit)}


def _alerts(visit: Visit, found: TeamWeek, which: Which, page: int) -> dict[str, Any]:
    w, end = _words(visit, found), end_of(found.week, visit.now)
    behind = alerts_behind(found.report, which, end=end)
    shown = behind[(page - 1) * PAGE : page * PAGE]
    _audit(visit, found, {each.patient_id for each in shown})
    about = [About(each.id, each.patient_id, each.problem) for each in shown]
    why = reasons(visit.session, about, end=end, zone=w.zone, said=w.said)
    to = addresses(found)
    pages = {n: f"{to.alerts(**which.facts)}&page={n}" for n in (page - 1, page + 1)}
    return {
        "w": w,
        "team": found.team.name,
        "to": to,
        "week": week_print(found.week, w),
        "total": len(behind),
        "narrowed": w.which(which),
        "alerts": [AlertPrint(each, why.get(each.id)) for each in shown],
        "before": pages[page - 1] if page > 1 else "",
        "after": pages[page + 1] if page * PAGE < len(behind) else "",
    }


def _people(visit: Visit, found: TeamWeek, of: str) -> dict[str, Any]:
    w, end = _words(visit, found), end_of(found.week, visit.now)
    why = reasons(visit.session, told_of(found.report), end=end, zone=w.zone, said=w.said)
    wanted = next((each for each in lists(found.report, w, why) if each.key == of), None)
    if wanted is None:
        raise InvalidError("there is no such figure", field="of")
    _audit(visit, found, {each.id for each in wanted.all})
    return {
        "w": w,
        "team": found.team.name,
        "to": addresses(found),
        "week": week_print(found.week, w),
        "list": wanted,
    }
