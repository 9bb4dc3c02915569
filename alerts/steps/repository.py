"""The rows of an alert's steps: planned under a fence, due at a time, taken back or revived."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import and_, exists, func, select, tuple_, update

from alerts.escalation import Kind, StepState
from alerts.policy import To
from alerts.tables import Delivery, Step

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from alerts.escalation import Planned
    from alerts.tables import Alert

PAGE = 200  # steps
# Of the chain: what tells a new owner that they were asked stands beside it.
OF_THE_CHAIN = and_(Step.kind.in_([Kind.NOTIFY, Kind.REPEAT]), Step.to_kind != To.OWNER)


def plan(session: Session, alert: Alert, steps: Iterable[Planned]) -> list[Step]:
    """Write steps that hold for the alert as it stands now, by its fence."""
    rows = [
        Step(
            alert_id=alert.id,
            position=step.position,
            rung=step.rung,
            kind=step.kind,
            due_at=step.due_at,
            fence=alert.fence,
            state=StepState.WAITING,
            to_kind=step.to,
            channel=step.channel,
            reason=step.reason,
        )
        for step in steps
    ]
    session.add_all(rows)
    session.flush()
    return rows


def cancel_steps(session: Session, alert: Alert) -> None:
    """Take back every waiting step and make those in flight stale (REL-14)."""
    alert.fence += 1
    session.execute(
        update(Step)
        .where(Step.alert_id == alert.id, Step.state == StepState.WAITING)
        .values(state=StepState.CANCELLED)
    )


class Due(NamedTuple):
    """A step whose time has come, by what orders it among the others."""

    due_at: datetime
    position: int
    step_id: UUID
    alert_id: UUID


def due(session: Session, *, now: datetime, past: Due | None = None) -> list[Due]:
    """Return a page of the steps whose time has come, the longest overdue first.

    It begins after `past`: what could not act keeps its time, and would be first again.
    """
    order = (Step.due_at, Step.position, Step.id)
    query = select(*order, Step.alert_id).where(Step.state == StepState.WAITING, Step.due_at <= now)
    if past is not None:
        query = query.where(tuple_(*order) > tuple_(*past[:3]))
    return [Due(*row) for row in session.execute(query.order_by(*order).limit(PAGE))]


def step(session: Session, step_id: UUID) -> Step | None:
    """Return a step as it stands after the alert's lock was taken."""
    return session.get(Step, step_id, populate_existing=True)


def waiting(session: Session, alert: Alert) -> int:
    """Return how many steps of an alert still wait; the end of a claim is none of a chain."""
    query = select(func.count()).where(
        Step.alert_id == alert.id,
        Step.fence == alert.fence,
        Step.state == StepState.WAITING,
        Step.kind != Kind.LAPSE,
    )
    return session.scalar(query) or 0


def hasten(
    session: Session, alert: Alert, *, reason: str, now: datetime, repeats: bool = False
) -> int:
    """Make the next waiting notification due at once; return how many steps that are.

    A repeat is among them only if asked for: one that came early because the last one failed
    would fail in its turn, and bring the next (REL-29).
    """
    steps = upcoming(session, alert, repeats=repeats)
    for row in steps:
        row.due_at, row.reason = min(row.due_at, now), reason
    session.flush()
    return len(steps)


def upcoming(session: Session, alert: Alert, *, repeats: bool = False) -> Sequence[Step]:
    """Return the waiting notifications of the chain that are due first, all of one time."""
    waits = [
        Step.alert_id == alert.id,
        Step.fence == alert.fence,
        Step.state == StepState.WAITING,
        OF_THE_CHAIN,
    ]
    if not repeats:
        waits.append(Step.kind != Kind.REPEAT)
    first = session.scalar(select(func.min(Step.due_at)).where(*waits))
    query = select(Step).where(*waits, Step.due_at == first)
    return session.scalars(query.order_by(Step.position)).all()


def due_now(session: Session, alert: Alert, *, now: datetime) -> Sequence[Step]:
    """Return an alert's own notifications whose time has come."""
    query = select(Step).where(
        Step.alert_id == alert.id,
        Step.fence == alert.fence,
        Step.state == StepState.WAITING,
        OF_THE_CHAIN,
        Step.due_at <= now,
    )
    return session.scalars(query.order_by(Step.due_at, Step.position)).all()


def next_position(session: Session, alert: Alert) -> int:
    """Return the first place that no step under this fence takes."""
    query = select(func.max(Step.position)).where(
        Step.alert_id == alert.id, Step.fence == alert.fence
    )
    last = session.scalar(query)
    return 0 if last is None else last + 1


def reached(session: Session, alert: Alert) -> int | None:
    """Return the place in its chain of the last notification that acted, under any fence."""
    newest = (
        select(Step.rung)
        .where(
            Step.alert_id == alert.id,
            Step.rung.is_not(None),
            Step.state == StepState.FIRED,
        )
        .order_by(Step.fence.desc(), Step.rung.desc())
        .limit(1)
    )
    return session.scalar(newest)


def revive(session: Session, alert: Alert, fence: int, *, lapses: bool) -> None:
    """Let what an act took back wait again, under the alert's present fence.

    `lapses` says whether the end of a claim is among it.
    """
    kinds = list(Kind) if lapses else [kind for kind in Kind if kind is not Kind.LAPSE]
    session.execute(
        update(Step)
        .where(
            Step.alert_id == alert.id,
            Step.fence == fence,
            Step.state == StepState.CANCELLED,
            Step.kind.in_(kinds),
        )
        .values(state=StepState.WAITING, fence=alert.fence)
    )


def carry(
    session: Session, alert: Alert, since: int, *, knows: str = "", why: str = ""
) -> list[UUID]:
    """Bring what acted under a fence, or after it, under the alert's present one; return which.

    Their messages that are still on their way are not stale then (REL-14). What was told to
    nobody but whoever `knows` of the alert by now is left as it is, and so is what acted for
    another reason than `why`.
    """
    query = select(Step).where(
        Step.alert_id == alert.id,
        Step.fence >= since,
        Step.fence < alert.fence,
        Step.state == StepState.FIRED,
    )
    if knows:
        others = Delivery.step_id == Step.id, Delivery.recipient != knows
        query = query.where(exists().where(*others))
    if why:
        query = query.where(Step.reason == why)
    acted = session.scalars(query.order_by(Step.fence, Step.position)).all()
    first = next_position(session, alert)
    for position, row in enumerate(acted, start=first):
        row.fence, row.position = alert.fence, position
    session.flush()
    return [row.id for row in acted]
