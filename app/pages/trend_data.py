"""What the trends of a person are made of, for their page and for its script."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

import alerts.service
from alerts.inbox import EpisodeView
from app.pages.door import Door, Visit
from app.pages.language import language
from app.pages.plan import site_of
from app.pages.refusals import page_route
from app.pages.trend_limits import limits_of
from app.pages.trend_words import ALL
from app.pages.trends import DAYS, LONGEST, RANGES, Canvas, Past, Trend, trends
from app.pages.units import COOKIE, Units, units
from core.audit import Action, record
from core.errors import InvalidError, NotFoundError
from core.vitals import Reading, Vital
from ingest import repository as people
from monitoring import repository as judgements
from monitoring.findings import Usual
from monitoring.plans.site_rules import SiteRules
from reports.trend_chart import Band, Mark, Strand

Bands = dict[Vital, list[Band]]


@dataclass(frozen=True, slots=True)
class Asked:
    """Which span is asked for, in which units and zone, and what the site judges by."""

    days: int
    units: Units
    zone: ZoneInfo
    site: SiteRules


def asked(door: Door, request: Request, days: int) -> Asked:
    """Return what a request asks for; raise `InvalidError` for a span that is not offered."""
    if days not in RANGES:
        raise InvalidError(
            "choose one of {offered} days",
            field="days",
            facts={"offered": ", ".join(map(str, RANGES))},
        )
    chosen = units(request.cookies.get(COOKIE, ""), door.settings.site_units)
    return Asked(days, chosen, door.zone, site_of(door.settings.plan))


def since(now: datetime, days: int) -> datetime:
    """Return where a span begins."""
    return now - (LONGEST if days == ALL else timedelta(days=days))


def trends_of(
    visit: Visit,
    patient_id: UUID,
    what: Asked,
    readings: Sequence[Reading],
    episodes: Sequence[EpisodeView],
) -> list[Trend]:
    """Return the charts of a person from their readings and alerts in a span."""
    start = since(visit.now, what.days)
    if what.days == ALL and readings:
        start = min(reading.effective for reading in readings)
    readings = [reading for reading in readings if reading.effective >= start]
    past = _past(visit, patient_id, what.site, episodes, start)
    said = language(visit.language)
    canvas = Canvas(visit.now, start, what.zone, said, what.days, what.units, past)
    return trends(readings, canvas)


def _past(
    visit: Visit,
    patient_id: UUID,
    site: SiteRules,
    episodes: Sequence[EpisodeView],
    start: datetime,
) -> Past:
    session, now = visit.session, visit.now
    ids = people.one_person(session, patient_id)
    known = judgements.usual_over(session, ids, since=start)
    history = [(at, usual) for at, usual in known if at <= now]  # a past week is seen from its end
    live = [each for each in episodes if not each.state.ended]
    current = dict(history[-1][1]) if history else {}
    for finding in _gravest_last(live):
        if finding.vital and finding.usual:
            current[finding.vital] = finding.usual
    return Past(
        usual=current,
        bands=_bands(history, current, now),
        limits=limits_of(visit, patient_id, site, start),
        marks=_marks(episodes),
        first=[f.vital for each in live for f in each.findings if f.vital],
    )


def _gravest_last(live: Sequence[EpisodeView]) -> Iterator[Any]:
    for episode in live:
        yield from reversed(episode.findings)


def _bands(
    history: Sequence[tuple[datetime, Mapping[Vital, Usual]]],
    current: Mapping[Vital, Usual],
    now: datetime,
) -> Bands:
    """Return what was usual from when to when.

    The first that is known stands since the days it was learnt from; what is usual now is what
    the page says of it.
    """
    found: Bands = {}
    spans = pairwise([*history, (now, {})])
    for (at, usual), (until, _) in spans:
        for vital, each in usual.items():
            if until >= now:
                each = current[vital]  # noqa: PLW2901 (of now there is one, whoever says it)
            steps = found.setdefault(vital, [])
            low, high = max(each.low, 0.0), each.high
            if steps and (steps[-1].low, steps[-1].high) == (low, high):
                steps[-1] = Band(steps[-1].since, until, low, high, each.provisional)
            else:
                begins = at if steps else at - timedelta(days=each.days)
                steps.append(Band(begins, until, low, high, each.provisional))
    for vital, each in current.items():
        if vital not in found:  # only an alert knows of it
            begins = now - timedelta(days=each.days)
            found[vital] = [Band(begins, now, max(each.low, 0.0), each.high, each.provisional)]
    return found


def _marks(episodes: Sequence[EpisodeView]) -> dict[Vital, list[Mark]]:
    found: dict[Vital, list[Mark]] = {}
    for episode in episodes:
        marks = [Mark(episode.opened_at, episode.severity, ended=False)]
        if episode.closed_at:
            marks.append(Mark(episode.closed_at, episode.severity, ended=True))
        for vital in {f.vital for f in episode.findings if f.vital}:
            found.setdefault(vital, []).extend(marks)
    return found


def router(door: Door) -> APIRouter:
    """Return `/patients/{id}/trends?days=30`, which the page's script asks."""
    routes = APIRouter(route_class=page_route(door.pages), include_in_schema=False)

    @routes.get("/patients/{patient_id}/trends")
    def data(request: Request, patient_id: UUID, days: int = DAYS) -> Response:
        with door.visit(request) as visit:
            what = asked(door, request, days)
            if not people.may_see(visit.session, visit.caller, patient_id):
                raise NotFoundError("no such patient")
            record(
                visit.session,
                visit.caller,
                Action.READ,
                "trends",
                now=visit.now,
                patients=[patient_id],
            )
            episodes = alerts.service.episodes(visit.session, visit.caller, patient_id)
            readings = people.readings(visit.session, patient_id, since=since(visit.now, days))
            found = trends_of(visit, patient_id, what, readings, episodes)
            return JSONResponse(as_json(found, visit.now, what))

    return routes


def as_json(found: Sequence[Trend], now: datetime, what: Asked) -> dict[str, Any]:
    """Return the charts as the script takes them: instants in seconds, values as shown."""
    return {
        "days": what.days,
        "now": now.timestamp(),
        "charts": [_chart(each) for each in found],
    }


def _chart(each: Trend) -> dict[str, Any]:
    return {
        "key": each.key,
        "title": each.title,
        "unit": each.unit,
        "decimals": each.decimals,
        "caption": each.caption,
        "count": each.count,
        "label": each.plot.label,
        "picture": each.picture,
        "start": each.plot.start.timestamp(),
        "end": each.plot.end.timestamp(),
        "strands": [_strand(strand) for strand in each.plot.strands],
        "marks": [[m.at.timestamp(), m.tier, m.ended, m.lift] for m in each.plot.marks],
        "keys": [[key.kind, key.words] for key in each.keys],
        "limits": [[r.limit, r.when, r.since, r.until, r.whose] for r in each.limits],
        "rows": [[r.iso, r.at, r.name, r.value, r.received, r.quality] for r in each.rows],
    }


def _strand(strand: Strand) -> dict[str, Any]:
    return {
        "name": strand.name,
        "points": [[p.at.timestamp(), p.value] for p in strand.points],
        "breaks": [at.timestamp() for at in strand.gaps()],
        "unused": [[p.at.timestamp(), p.value] for p in strand.unused],
        "bands": [
            [b.since.timestamp(), b.until.timestamp(), b.low, b.high, b.provisional]
            for b in strand.bands
        ],
        "limits": [
            [s.since.timestamp(), s.until.timestamp(), s.value, s.tier, s.words, s.given]
            for s in strand.limits
            if s.near
        ],
    }
