"""What stands behind the figures of the week's work: who did what, for whom, when."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from alerts.naming.repository import names
from app.pages.report_reasons import end_of
from app.pages.report_values import addresses, week_print
from app.pages.report_words import Words
from core.errors import InvalidError
from ingest import repository as people
from reports.service import TeamWeek, caseload_of
from reports.works.repository import ACTS, MINUTES, VISITS, Span, done

PAGE = 50
KINDS = (*ACTS, *VISITS, MINUTES)


def _span(session: Session, found: TeamWeek, heads: Mapping[UUID, UUID], *, now: datetime) -> Span:
    """Return the week without the time in which the team did not have them."""
    start, end = found.week.start, end_of(found.week, now)
    load = caseload_of(session, found.team.id, found.week, now=now, patients=[*found.names])
    into = people.survivors(session, heads)
    stand = {record: into.get(record, record) for record in heads}
    return Span(start, end, load.apart(stand, start, end))


def acts(session: Session, found: TeamWeek, w: Words, *, of: str, page: int) -> dict[str, Any]:
    """Return what the list of one figure prints; it is read now, whichever issue it is of."""
    if of not in KINDS:
        raise InvalidError("there is no such figure", field="of")
    records = people.everybody(session, list(found.names))
    heads = {record: who for who, each in records.items() for record in each}
    span = _span(session, found, heads, now=w.now)
    listed = done(session, heads, span, of)
    shown = listed[(page - 1) * PAGE : page * PAGE]
    to, said = addresses(found), {each.who for each in shown if each.who}
    return {
        "w": w.with_clinicians(names(session, said)),
        "to": to,
        "team": found.team.name,
        "week": week_print(found.week, w),
        "total": len(listed),
        "minutes": sum(each.minutes for each in listed),
        "acts": shown,
        "before": f"{to.acts(of)}&page={page - 1}" if page > 1 else "",
        "after": f"{to.acts(of)}&page={page + 1}" if page * PAGE < len(listed) else "",
    }
