"""Reads of every live alert only what orders, counts and filters it."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from alerts.lifecycle import LIVE, State
from alerts.survey import Brief, Changed
from alerts.tables import Alert, AlertEvent
from core.rows import read
from core.vitals import Severity
from ingest.repository import survivors
from monitoring.findings import Problem

if TYPE_CHECKING:
    from collections.abc import Collection
    from uuid import UUID

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

LATE = timedelta(seconds=60)  # a number that did not come by then was given up
LOOKED_BACK = 500  # lines: more than are written in that time while nothing is the matter
MOST_CHANGES = 5_000  # at one look; more come at the next
_TIERS = {each.value: each for each in Severity}
_STATES = {each.value: each for each in State}
_PROBLEMS = {each.value: each for each in Problem}


def briefs(
    session: Session, visible: Select[UUID], patients: Collection[UUID] | None = None
) -> list[Brief]:
    """Return the live alerts of visible people, or of some of them.

    Those of merged records stand under who stands for them.
    """
    query = _brief().where(Alert.state.in_(LIVE), Alert.patient_id.in_(visible))
    if patients is not None:
        query = query.where(Alert.patient_id.in_(patients))
    return _briefs(session, query)


def _brief() -> Select[Any]:
    columns: tuple[Any, ...] = (
        *(Alert.id, Alert.patient_id, Alert.version, Alert.severity, Alert.state),
        *(Alert.opened_at, Alert.owner_id, Alert.owner_team_id, Alert.claimed_by, Alert.problem),
    )
    return select(*columns)


def _briefs(session: Session, query: Select[Any]) -> list[Brief]:
    rows = read(session, query)
    heads = survivors(session, {row.patient_id for row in rows})
    return [
        Brief(
            id_,
            heads.get(patient, patient),
            version,
            _TIERS[severity],
            _STATES[state],
            *(opened, owner, team, claimed),
            _PROBLEMS[problem],
        )
        for id_, patient, version, severity, state, opened, owner, team, claimed, problem in rows
    ]


def changed(session: Session, after: int, also: Collection[int] = ()) -> list[Changed]:
    """Return the lines of timelines after a number, and those of some numbers, oldest first.

    A number below one that was read may come later, when its transaction ends: whoever follows
    the timelines asks for the missing ones again.
    """
    row = AlertEvent
    query = select(row.id, row.alert_id, row.kind).where((row.id > after) | row.id.in_(also))
    rows = session.execute(query.order_by(row.id).limit(MOST_CHANGES))
    return [Changed(*each) for each in rows]


def versions(session: Session, visible: Select[UUID], alerts: Collection[UUID]) -> list[Brief]:
    """Return those of some alerts whose patients are visible, ended ones too."""
    query = _brief().where(Alert.id.in_(alerts), Alert.patient_id.in_(visible))
    return _briefs(session, query)


def patient_of(session: Session, visible: Select[UUID], alert_id: UUID) -> UUID | None:
    """Return whom an alert is about, None where the caller may not see them."""
    query = select(Alert.patient_id)
    return session.scalar(query.where(Alert.id == alert_id, Alert.patient_id.in_(visible)))


def newest_events(session: Session) -> tuple[int, int]:
    """Return up to which number no line of a timeline is still to come, and the newest number.

    Numbers are given before transactions end. A number that is not there yet may come later, so
    whoever wants to miss nothing goes on from before it; one that is not there after a minute
    was given up with its transaction.
    """
    query = select(AlertEvent.id, AlertEvent.at).order_by(AlertEvent.id.desc()).limit(LOOKED_BACK)
    lines = session.execute(query).all()
    if not lines:
        return 0, 0
    newest, latest = lines[0]
    settled = newest
    for (number, at), (before, _) in pairwise(lines):
        if latest - at > LATE:
            break
        if number - before > 1:
            settled = before
    return settled, newest
