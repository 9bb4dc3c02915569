"""Compares a model in shadow with the one that judges, in three queries however much was scored.

It counts everybody of the installation and names nobody: which model judges is one decision for
all teams. The synthetic person is in none of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Date, case, cast, exists, func, select, tuple_

from alerts.tables import Alert
from core.security import SYSTEM
from core.vitals import Severity
from ingest.repository import visible_to
from monitoring.models.tables import ShadowScore
from reports.quality import FALSE
from reports.rates import TRUE
from reports.shadow import BEFORE, MERGED, Comparison, Side

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement, Subquery
    from sqlalchemy.orm import Session

GRAVE = [Severity.AMBER, Severity.RED]
Fired = tuple[int, int]


def compared(session: Session, model_id: str, judging_id: str, *, now: datetime) -> Comparison:
    """Return how a model compares with one that judged beside it; all zero where it never did."""
    scored = _scored(model_id, judging_id, now)
    row = scored.c
    day = func.count(tuple_(row.patient_id, cast(row.at, Date)).distinct())
    alike = row.tier.is_not_distinct_from(row.judging_tier)
    found = session.execute(
        select(
            func.min(row.at),
            func.count(),
            func.count(row.patient_id.distinct()),
            day,
            func.count(case((alike, 1))),
            func.avg(func.abs(row.probability - row.judging_probability)),
        )
    ).one()
    if not found[1]:
        return Comparison(judging_id)
    own, others = _fired(session, scored, row.tier), _fired(session, scored, row.judging_tier)
    true, false = (_foreseen(session, scored, labels) for labels in (TRUE, FALSE))
    return Comparison(
        judging=judging_id,
        since=found[0],
        scored=found[1],
        patients=found[2],
        days=found[3],
        agreeing=found[4],
        apart=found[5],
        own=Side(*own, true[1], false[1]),
        others=Side(*others, true[2], false[2]),
        true=true[0],
        false=false[0],
    )


def _scored(model_id: str, judging_id: str, now: datetime) -> Subquery:
    row = ShadowScore
    return (
        select(row)
        .where(
            row.model_id == model_id,
            row.judging_id == judging_id,
            row.at <= now,
            row.patient_id.in_(visible_to(SYSTEM)),
        )
        .subquery()
    )


def _fired(session: Session, scored: Subquery, tier: ColumnElement[Any]) -> Fired:
    """Return the episodes of one side, and those of AMBER or worse among them."""
    return _episodes(session, scored, tier.is_not(None)), _episodes(
        session, scored, tier.in_(GRAVE)
    )


def _episodes(session: Session, scored: Subquery, fires: ColumnElement[bool]) -> int:
    before = func.lag(scored.c.at).over(partition_by=scored.c.patient_id, order_by=scored.c.at)
    fired = select(scored.c.at, before.label("before")).where(fires).subquery()
    opens = fired.c.before.is_(None) | (fired.c.at - fired.c.before > MERGED)
    return session.scalar(select(func.count()).select_from(fired).where(opens)) or 0


def _foreseen(
    session: Session, scored: Subquery, labels: frozenset[str] | tuple[str, ...]
) -> tuple[int, int, int]:
    """Return how many alerts with one of some labels were scored before, and each side foresaw."""
    row = scored.c
    near = (
        row.patient_id == Alert.patient_id,
        row.at <= Alert.opened_at,
        row.at >= Alert.opened_at - BEFORE,
    )
    seen, own, others = (
        exists(select(1).select_from(scored).where(*near, *more))
        for more in ((), (row.tier.is_not(None),), (row.judging_tier.is_not(None),))
    )
    query = select(func.count(), func.count(case((own, 1))), func.count(case((others, 1)))).where(
        Alert.outcome.in_(labels), seen
    )
    found = session.execute(query).one()
    return found[0], found[1], found[2]
