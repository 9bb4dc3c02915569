"""How good the alerts are, and what is behind each figure (UX-08): tables, lists, a download."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from alerts.outcomes import WORDS
from app.pages.definitions import contests_mean
from app.pages.door import Door, Visit
from app.pages.language import Language, language
from app.pages.plan import site_of
from app.pages.quality_sheet import as_sheet
from app.pages.quality_span import CHOICES, Asked, weeks_of
from app.pages.quality_words import (
    NOT_KNOWN,
    TITLES,
    name_of,
    percent,
    printed,
    proposal_words,
    share,
    span,
)
from app.pages.refusals import page_route
from app.pages.rule_names import rule_name
from app.pages.site_policy import policy_of
from app.pages.strip import strip_of
from app.pages.wording import moment
from app.weekly.service import clock_of
from core.audit import Action, record
from core.errors import InvalidError
from core.first import First, first_of
from ingest import repository as people
from monitoring.rule_kinds import LimitRule
from reports.episodes import Episode
from reports.proposals import Proposal, propose
from reports.quality import By, Line, World, lines, values_of, whole
from reports.service import quality

PAGE = 50
MOST_DIGITS = 7
MOST_PROPOSED = 10
ENTITY = "quality"


@dataclass(frozen=True, slots=True)
class AlertLine:
    """One alert behind a figure."""

    patient_id: Any
    name: str
    severity: str
    problem: str
    opened: Any
    outcome: str


def asked(weeks: str = "12", first: str = "", last: str = "", team: str = "") -> Asked:
    """Return what an address asks for."""
    return Asked(weeks_of(weeks), first, last, team)


Asking = Annotated[Asked, Depends(asked)]


def router(door: Door) -> APIRouter:
    """Return `/quality`, the lists behind its figures, and its download."""
    routes = APIRouter(route_class=page_route(door.pages), include_in_schema=False)

    @routes.get("/quality")
    def page(request: Request, what: Asking) -> Response:
        with door.visit(request) as visit:
            here = here_of(door, visit, what)
            world = world_of(here, visit, what)
            return door.pages.page("quality.html", **_values(here, visit, what, world))

    @routes.get("/quality/alerts")
    def listed(  # noqa: PLR0913, PLR0917 (what the address may ask for)
        request: Request,
        what: Asking,
        by: str = By.RULE.value,
        key: str = "",
        label: str = "",
        page: str = "1",
    ) -> Response:
        with door.visit(request) as visit:
            if by not in tuple(By) or label not in ("", "any", *WORDS):
                raise InvalidError("there is no such figure", field="by")
            here = here_of(door, visit, what)
            world = world_of(here, visit, what, audited=False)
            found = _chosen(world, By(by), key, label)
            shown = [each for each in found if each.patient_id not in world.hidden]
            number = int(page) if page.isdecimal() and len(page) < MOST_DIGITS else 1
            chosen = (By(by), key, label, max(number, 1))
            return _list(here, visit, what, shown, chosen, absent=len(found) - len(shown))

    @routes.get("/quality.csv")
    def download(request: Request, what: Asking) -> Response:
        with door.visit(request) as visit:
            text = as_sheet(world_of(here_of(door, visit, what), visit, what))
        head = {"Content-Disposition": 'attachment; filename="quality.csv"'}
        return Response(text, media_type="text/csv; charset=utf-8", headers=head)

    return routes


def here_of(door: Door, visit: Visit, what: Asked) -> Door:
    """Return the door by the clock of the team that is asked for, as its weekly report has it."""
    if what.team_id is None:
        return door
    return door.by_clock(clock_of(visit.session, policy_of(door.settings), what.team_id))


def world_of(door: Door, visit: Visit, what: Asked, *, audited: bool = True) -> World:
    """Return what the figures are computed from, and write the read down."""
    since, until = what.span(visit.now, door.zone)
    world = quality(visit.session, visit.caller, team=what.team_id, since=since, until=until)
    if audited:
        seen = sorted(world.patients - world.hidden) or (None,)
        record(visit.session, visit.caller, Action.READ, ENTITY, now=visit.now, patients=seen)
    return world


def proposal_of(door: Door, world: World, line: Line) -> Proposal:
    """Return what is proposed for the rule of a line."""
    rule = site_of(door.settings.plan).rulebook.by_id.get(line.key)
    upward = isinstance(rule, LimitRule) and rule.levels[0].comparison.upward
    return propose(rule, line, values_of(world.said, line.key, upward=upward))


def _values(door: Door, visit: Visit, what: Asked, world: World) -> dict[str, Any]:
    said = language(visit.language)
    tables = {by: lines(world, by) for by in TITLES}
    noisy = first_of([line for line in tables[By.RULE] if line.noise], MOST_PROPOSED)
    everything = whole(world)
    last = (world.until.astimezone(UTC) - timedelta(microseconds=1)).astimezone(door.zone)
    return {
        "visit": visit,
        "here": "quality",
        "strip": strip_of(door, visit),
        "zone_name": door.zone.key,
        "what": what,
        "query": what.query(),
        "choices": CHOICES,
        "teams": people.care_teams(visit.session, visit.caller),
        "since": said.day(world.since.astimezone(door.zone).date(), today=visit.now.date()),
        "until": said.day(last.date(), today=visit.now.date()),
        "patients": len(world.patients),
        "hidden": len(world.hidden),
        "restricted": world.restricted,
        "contests": world.contests,
        "in_time": share(world.contests.in_time, said) if world.contests else None,
        "upheld": share(world.contests.upheld, said) if world.contests else None,
        "contests_mean": contests_mean(said),
        "alerts": len(everything.alerts),
        "unlabelled": percent(everything.unlabelled),
        "ppv": share(everything.ppv, said),
        "actionable": share(everything.actionable, said),
        "median": span(everything.median, said),
        "tables": [
            (by.value, TITLES[by](said), [printed(each, by, what, said) for each in found])
            for by, found in tables.items()
        ],
        "proposals": noisy.each(lambda line: _proposed(door, world, line, what, said)),
        "reasons": _reasons(everything),
    }


def _proposed(
    door: Door, world: World, line: Line, what: Asked, said: Any
) -> tuple[str, str, str, str]:
    """Return (rule, what it is called, what is proposed, where it is tried)."""
    found = proposal_of(door, world, line)
    trial = f"/quality/trial?{what.query(rule=line.key)}" if found.limit else ""
    return line.key, rule_name(line.key, said), proposal_words(found, said), trial


def _reasons(line: Line) -> First[tuple[str, int]]:
    """Return the reasons with which alerts were put off, as they were written, most often first."""
    counts: dict[str, int] = {}
    for why in line.put_off:
        counts[why.strip()] = counts.get(why.strip(), 0) + 1
    often = sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    return first_of(often, MOST_PROPOSED)


def _chosen(world: World, by: By, key: str, label: str) -> list[Any]:
    """Return the alerts behind one figure, the newest first."""
    wanted = "" if key == NOT_KNOWN else key
    line = next((each for each in lines(world, by) if each.key == wanted), None)
    found = [
        each
        for each in (line.alerts if line else ())
        if not label or each.outcome == label or (label == "any" and each.outcome)
    ]
    return sorted(found, key=lambda each: each.opened_at, reverse=True)


def _list(  # noqa: PLR0913 (for whom, of what, which of it)
    door: Door,
    visit: Visit,
    what: Asked,
    found: list[Any],
    chosen: tuple[By, str, str, int],
    *,
    absent: int,
) -> Response:
    by, key, label, number = chosen
    said = language(visit.language)
    shown = found[(number - 1) * PAGE : number * PAGE]
    who = sorted({each.patient_id for each in shown})
    profiles = people.profiles(visit.session, people.visible_to(visit.caller), who)
    names = {each.id: each.name for each in profiles}
    record(
        visit.session,
        visit.caller,
        Action.READ,
        ENTITY,
        now=visit.now,
        patients=who or (None,),
    )

    def href(page: int) -> str:
        return f"/quality/alerts?{what.query(by=by, key=key, label=label, page=str(page))}"

    return door.pages.page(
        "quality_alerts.html",
        visit=visit,
        here="quality",
        strip=strip_of(door, visit),
        zone_name=door.zone.key,
        group=name_of("" if key == NOT_KNOWN else key, by, said),
        title=TITLES[by](said),
        label=said.say(WORDS[label]) if label in WORDS else "",
        total=len(found),
        absent=absent,
        alerts=[_line(door, visit, each, names, said) for each in shown],
        back=f"/quality?{what.query()}",
        before=href(number - 1) if number > 1 else "",
        after=href(number + 1) if number * PAGE < len(found) else "",
    )


def _line(
    door: Door, visit: Visit, each: Episode, names: Mapping[UUID, str], said: Language
) -> AlertLine:
    return AlertLine(
        each.patient_id,
        names.get(each.patient_id, ""),
        each.severity,
        said.say(each.problem.replace("-", " ")),
        moment(each.opened_at, now=visit.now, zone=door.zone, language=visit.language),
        said.say(WORDS[each.outcome]) if each.outcome in WORDS else "",
    )
