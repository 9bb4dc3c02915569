"""How long each kind of data is kept, why, and what would go now: for who answers for privacy."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from fastapi import APIRouter, Request, Response

from app.pages.door import Door, Visit
from app.pages.refusals import page_route
from app.pages.wording import maybe
from app.retention import service
from app.retention.terms import Term, stated
from core.audit import Action, record

if TYPE_CHECKING:
    from app.pages.wording import Moment
    from app.retention.tables import RetentionPass


# Whence a period comes; beside a reason, which is English as it was reviewed.
GROUNDS = {
    "L": "law",
    "V": "as the cited text says",
    "E": "our own default, for the site to review",
}


class Line(NamedTuple):
    """One kind as the page shows it: what would go, since when it is over, and the last pass."""

    term: Term
    rows: int
    oldest: Moment | None
    last: RetentionPass | None
    ended: Moment | None


def router(door: Door) -> APIRouter:
    """Return `/privacy/retention`; the door lets in who guards privacy and nobody else."""
    routes = APIRouter(route_class=page_route(door.pages), include_in_schema=False)

    @routes.get("/privacy/retention")
    def kept(request: Request) -> Response:
        with door.visit(request) as visit:
            record(visit.session, visit.caller, Action.READ, "retention", now=visit.now)
            return door.pages.page(
                "retention.html",
                visit=visit,
                here="privacy",
                terms=stated(),
                grounds=GROUNDS,
                lines=_lines(door, visit),
                others=[each for each in stated().kinds.values() if each.kept is None],
            )

    return routes


def _lines(door: Door, visit: Visit) -> list[Line]:
    last = {each.kind: each for each in service.passes(visit.session)}
    said = partial(maybe, now=visit.now, zone=door.zone, language=visit.language)

    lines = []
    for due in service.dry_run(visit.session, now=visit.now):
        oldest = min((each.oldest for each in due.going if each.oldest), default=None)
        done = last.get(due.term.name)
        ended = done.ended_at if done else None
        rows = sum(each.rows for each in due.going)
        lines.append(Line(due.term, rows, said(oldest), done, said(ended)))
    return lines
