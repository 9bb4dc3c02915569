"""The inbox: who needs me now, why, and whose it is, in one look (UX-01, UX-02)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request, Response

import alerts.service
from alerts.inbox import GRAVE, InboxRow
from alerts.lifecycle import State
from app import health
from app.pages.done import notice
from app.pages.door import Door, Visit
from app.pages.holding import whose
from app.pages.people import facts
from app.pages.refusals import page_route
from app.pages.strip import Strip, is_silent, mark, strip
from app.pages.wording import Moment, Sentence, maybe, moment, plural, relative, spoken
from core.audit import Action, record
from core.vitals import MEASURES, Severity, Vital
from ingest import repository as people
from ingest.roster import PatientProfile
from monitoring.catalogue import ENGLISH
from reports import repository as account
from reports.charts import Frame, Point, Svg, describe, sparkline

SPARK_SPAN = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class RowView:
    """One printed row."""

    alert_id: UUID
    patient_id: UUID
    version: int
    severity: Severity
    name: str
    facts: str
    sentence: Sentence
    also: str
    picture: Svg | None
    no_picture: str
    owner: str
    next_step: str
    next_at: Moment | None
    opened: Moment
    last_reading: Moment | None
    can_take: bool
    put_off: bool
    grave: bool


@dataclass(frozen=True, slots=True)
class Screen:
    """What the rows of one screen are made from."""

    now: datetime
    zone: ZoneInfo
    identities: frozenset[object]
    profiles: Mapping[UUID, PatientProfile]
    points: Mapping[UUID, Sequence[Point]]
    language: str = ENGLISH


def router(door: Door) -> APIRouter:
    """Return `/`, `/inbox` and the fragment that keeps its strip true."""
    routes = APIRouter(route_class=page_route(door.pages), include_in_schema=False)

    @routes.get("/inbox")
    def inbox(request: Request, done: str = "", alert: UUID | None = None) -> Response:
        with door.visit(request) as visit:
            rows, profiles = read(visit)
            seen = [row.patient_id for row in rows] or (None,)
            record(visit.session, visit.caller, Action.READ, "inbox", now=visit.now, patients=seen)
            shown = _screen(door, visit, rows, profiles)
            return door.pages.page(
                "inbox.html",
                visit=visit,
                here="inbox",
                notice=notice(done, alert),
                strip=_strip(door, visit, profiles, seen=mark(rows)),
                heading=heading(rows),
                lede=lede(rows, visit.identities),
                rows=[row_view(row, shown) for row in rows],
                empty=empty(profiles, now=visit.now),
            )

    @routes.get("/inbox/strip")
    def fresh_strip(request: Request, seen: str = "") -> Response:
        with door.visit(request, present=False) as visit:
            rows, profiles = read(visit)
            line = _strip(
                door,
                visit,
                profiles,
                seen=seen if seen.isalnum() else "",
                changed=mark(rows) != seen,
            )
            return door.pages.page("strip.html", strip=line)

    return routes


def read(visit: Visit) -> tuple[list[InboxRow], list[PatientProfile]]:
    """Return the rows and the visible patients."""
    rows = alerts.service.inbox(visit.session, visit.caller, now=visit.now)
    profiles = people.profiles(visit.session, people.visible_to(visit.caller))
    return rows, profiles


def _strip(
    door: Door,
    visit: Visit,
    profiles: Sequence[PatientProfile],
    *,
    seen: str,
    changed: bool = False,
) -> Strip:
    """Return the strip that asks for its successor by itself, with the list's mark."""
    state = health.pipeline(visit.session, now=visit.now)
    line = strip(profiles, state, now=visit.now, zone=door.zone)
    return replace(line, poll=f"/inbox/strip?seen={seen}", changed=changed)


def _screen(
    door: Door, visit: Visit, rows: Sequence[InboxRow], profiles: Sequence[PatientProfile]
) -> Screen:
    wanted = {row.patient_id: row.finding.vital for row in rows if row.finding.vital}
    since = visit.now - SPARK_SPAN
    return Screen(
        now=visit.now,
        zone=door.zone,
        identities=visit.identities,
        profiles={profile.id: profile for profile in profiles},
        points=account.points(visit.session, wanted, since=since, until=visit.now),
        language=visit.language,
    )


def row_view(row: InboxRow, screen: Screen) -> RowView:
    """Return a row as it is printed."""
    return RowView(
        alert_id=row.alert_id,
        patient_id=row.patient_id,
        version=row.version,
        severity=row.severity,
        name=row.patient_name,
        facts=facts(screen.profiles[row.patient_id], today=screen.now.date()),
        sentence=spoken(row.finding, screen.language),
        also=also(row),
        picture=picture(row, screen),
        no_picture=_no_picture(row.finding.vital),
        owner=whose(row, screen.identities, partial(moment, now=screen.now, zone=screen.zone)),
        next_step=row.next_step,
        next_at=maybe(row.next_step_at, now=screen.now, zone=screen.zone),
        opened=moment(row.opened_at, now=screen.now, zone=screen.zone),
        last_reading=maybe(row.last_reading_at, now=screen.now, zone=screen.zone),
        can_take=row.state.waits,
        put_off=row.state is State.SNOOZED,
        grave=row.severity in GRAVE,
    )


def also(row: InboxRow) -> str:
    """Return what else the row must say in small: other problems, doubt, lateness."""
    words = []
    if row.untaken:
        left = ", ".join(f"{s} {p.replace('-', ' ')}" for s, p in row.untaken)
        words.append(f"nobody has taken: {left}")
    if row.other_problems:
        words.append("also: " + ", ".join(p.replace("-", " ") for p in row.other_problems))
    if row.put_off:
        words.append("put off: " + ", ".join(f"{s} {p.replace('-', ' ')}" for s, p in row.put_off))
    if row.held:
        words.append(row.held)
    if row.late:
        words.append("arrived late, nobody was paged")
    return " · ".join(words)


def picture(row: InboxRow, screen: Screen) -> Svg | None:
    """Return the row's sparkline, or None where its vital has no reading to draw."""
    points = screen.points.get(row.patient_id, ())
    finding = row.finding
    if finding.vital is None or not points:
        return None
    frame = Frame(screen.now - SPARK_SPAN, screen.now, "", finding.usual, finding.limit)
    return sparkline(points, _labelled(frame, points, finding.vital))


def _no_picture(vital: Vital | None) -> str:
    if vital is None:
        return "several measurements: open to see them"
    return f"no {MEASURES[vital].display} drawn"


def _labelled(frame: Frame, points: Sequence[Point], vital: Vital) -> Frame:
    measure = MEASURES[vital]
    words = describe(points, frame, unit=measure.unit_display, decimals=measure.decimals)
    label = f"{measure.display}, {SPARK_SPAN.days} days: {words}"
    return Frame(frame.start, frame.end, label, frame.usual, frame.limit)


def heading(rows: Sequence[InboxRow]) -> str:
    """Return how many people need somebody now: RED and AMBER that nobody has taken."""
    urgent = sum(bool(row.untaken) or (row.severity in GRAVE and row.state.waits) for row in rows)
    if not urgent:
        return "Nobody waits for you now"
    return f"{plural(urgent, 'person needs', 'people need')} you now"


def lede(rows: Sequence[InboxRow], identities: frozenset[object]) -> str:
    """Return the rest in one line."""
    waiting = sum(row.state.waits and row.severity not in GRAVE for row in rows)
    mine = sum(row.owner_id in identities for row in rows)
    put_off = sum(row.state is State.SNOOZED for row in rows)
    others = sum(row.state.owned for row in rows) - mine
    counts = {
        "more can wait": waiting,
        "yours to conclude": mine,
        "with colleagues": others,
        "put off": put_off,
    }
    parts = [f"{count} {words}" for words, count in counts.items() if count]
    return " · ".join(parts) or "Nothing else is open."


def empty(profiles: Sequence[PatientProfile], *, now: datetime) -> str:
    """Return what an empty list says, so that silence is never taken for health (UX-14)."""
    newest = max((p.last_reading_at for p in profiles if p.last_reading_at), default=None)
    silent = sum(is_silent(person, now=now) for person in profiles)
    last = f"last reading {relative(now - newest)}" if newest else "no reading yet"
    reporting = f"{len(profiles) - silent} of {plural(len(profiles), 'patient', 'patients')}"
    return f"None open; {last}; {reporting} reporting; {silent} silent."
