"""The inbox: who needs me now, why, and whose it is, in one look (UX-01, UX-02)."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy.orm import Session

from alerts.surveying.repository import newest_events
from alerts.surveying.service import case_of
from alerts.together.repository import MOST
from app.pages import listing
from app.pages.contesting import waits_line
from app.pages.door import Door, Visit
from app.pages.listing import PAGE, Printing
from app.pages.preferences import Preferences, keys, preferences
from app.pages.refusals import page_route
from app.pages.showing import Filter, read
from app.pages.situation import chips, empty, heading, lede, narrowed, outside, without_team
from app.pages.strip import Strip, mark, strip_of
from app.pages.together import Done, alike, told
from ingest.access.beyond import Beyond
from ingest.access.repository import beyond_wall


def router(door: Door) -> APIRouter:
    """Return `/inbox`, its rows one by one, and the fragment that keeps its strip true."""
    routes = APIRouter(route_class=page_route(door.pages), include_in_schema=False)

    @routes.get("/inbox")
    def inbox(request: Request, done: Annotated[Done, Depends(_done)]) -> Response:
        chosen = read(request.query_params.multi_items())
        with door.visit(request) as visit:
            here = replace(visit, path=chosen.address)
            return _page(door, here, chosen, preferences(request), done=done)

    @routes.get("/inbox/rows/{alert_id}")
    def row(request: Request, alert_id: UUID, place: int = 1) -> Response:
        """Return the row of whoever an alert is about, as it stands now."""
        chosen = read(request.query_params.multi_items())
        with door.visit(request, present=False) as visit:
            _, read_to = _newest(visit.session)  # before the row: what comes later is new
            how = Printing(preferences(request).private, place, read_to)
            patient, case = case_of(visit.session, visit.caller, alert_id)
            if case is None:
                name = listing.name_of(visit, patient, how)
                return door.pages.page(
                    "row_over.html",
                    visit=visit,
                    alert_id=alert_id,
                    patient_id=patient,
                    name=name,
                    read=read_to,
                )
            found = listing.rows(door, visit, [case], how, audit="inbox")
            return door.pages.page("row.html", visit=visit, row=found[0], back=chosen.address)

    @routes.get("/inbox/strip")
    def fresh_strip(request: Request, seen: str = "") -> Response:
        chosen = read(request.query_params.multi_items())
        with door.visit(request, present=False) as visit:
            found = listing.survey(visit, chosen)
            known = seen if seen.isalnum() else ""
            line = _strip(door, visit, chosen, seen=known)
            changed = mark(found.shown) != seen
            return door.pages.page(
                "strip.html", strip=replace(line, changed=changed), language=visit.language
            )

    return routes


def _done(
    done: str = "",
    alert: UUID | None = None,
    back: Annotated[int, Query(ge=0, le=MOST)] = 0,
    left: Annotated[int, Query(ge=0, le=MOST)] = 0,
) -> Done:
    return Done(done, alert, back, left)


def _page(
    door: Door,
    visit: Visit,
    chosen: Filter,
    kept: Preferences,
    *,
    done: Done,
) -> Response:
    settled, read_to = _newest(visit.session)  # before the rows: what comes later is new
    found = listing.survey(visit, chosen)
    said = found.reader.said
    line = _strip(door, visit, chosen, seen=mark(found.shown))
    alone = without_team(found.reader.teams, line, said)
    first = (chosen.page - 1) * PAGE + 1
    how = Printing(kept.private, first, read_to)
    shown = listing.rows(door, visit, found.on_page, how, audit="inbox")
    return door.pages.page(
        "inbox.html",
        visit=visit,
        here="inbox",
        notice=told(visit, done, chosen.address[1:]),
        strip=line,
        heading=alone or heading(found.everybody, said),
        lede="" if alone else lede(found.everybody, found.reader),
        alone=alone,
        contests=waits_line(visit),
        outside=outside(found.everybody, found.patients, said),
        narrowed=narrowed(chosen, len(found.shown), len(found.everybody), found.reader),
        chips=chips(chosen, found.everybody, found.reader),
        back=chosen.address,
        filter=chosen,
        rows=shown,
        alike=alike(shown),
        first=first,
        total=len(found.shown),
        following=chosen.on_page(chosen.page + 1).address,
        left=max(0, len(found.shown) - first + 1 - len(shown)),
        per_page=PAGE,
        kept=kept,
        read=settled,
        keys=keys(kept, said),
        empty=empty(line, said),
    )


def _strip(door: Door, visit: Visit, chosen: Filter, *, seen: str) -> Strip:
    """Return the strip that asks for its successor by itself, with the list's mark."""
    line = strip_of(door, visit, listing.heard(visit))
    asks = f"/inbox/strip?seen={seen}" + (f"&{chosen.query}" if chosen.query else "")
    return replace(line, poll=asks, here=chosen.address)


def _newest(session: Session) -> tuple[int, int]:
    """Return how far the lines of all timelines go: their gaps are others' lines else."""
    with beyond_wall(session, Beyond.NUMBERS):
        return newest_events(session)
