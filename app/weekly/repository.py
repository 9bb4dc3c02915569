"""Queries for the rows of weekly reports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

from sqlalchemy import exists, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import aliased

from app.weekly.states import PENDING, Row, State, Why
from app.weekly.tables import WeeklyReport
from core.outbox import Outbox, Topic, stands
from core.outbox import State as Work
from ingest.tables import CareTeam, Patient
from ingest.teams.tables import PatientStay

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import date, datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from core.security import Caller

COLUMNS = (
    *(WeeklyReport.id, WeeklyReport.team_id, WeeklyReport.monday, WeeklyReport.zone),
    *(WeeklyReport.version, WeeklyReport.state, WeeklyReport.due_at, WeeklyReport.started_at),
    *(WeeklyReport.made_at, WeeklyReport.late, WeeklyReport.people, WeeklyReport.done),
    *(WeeklyReport.attempts, WeeklyReport.why, WeeklyReport.reason, WeeklyReport.asked_by),
)
LIVE = (Work.OPEN, Work.LEASED)


def newest_mondays(session: Session) -> dict[UUID, date]:
    """Return the newest week of each team that has a row."""
    query = select(WeeklyReport.team_id, func.max(WeeklyReport.monday))
    return {row[0]: row[1] for row in session.execute(query.group_by(WeeklyReport.team_id))}


def first_enrolled(session: Session) -> dict[UUID, datetime]:
    """Return since when each team had anybody."""
    row = PatientStay
    begun = func.min(func.greatest(row.since, Patient.created_at))  # which counts no null
    query = select(row.care_team_id, begun).join(Patient, Patient.id == row.patient_id)
    query = query.group_by(row.care_team_id)
    return {row[0]: row[1] for row in session.execute(query)}


def plan(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write first issues that are to be made; one whose hour was changed meanwhile moves.

    However many write at once, there is one row of a team and week.
    """
    if not rows:
        return
    values = [{"id": uuid4(), "version": 1, "state": State.DUE, **_EMPTY, **row} for row in rows]
    added = insert(WeeklyReport).values(values)
    table, new = WeeklyReport, added.excluded
    moved = (table.begin_at != new.begin_at) | (table.due_at != new.due_at)
    session.execute(
        added.on_conflict_do_update(
            index_elements=["team_id", "monday", "version"],
            set_={name: new[name] for name in ("zone", "begin_at", "due_at")},
            where=(table.state == State.DUE) & (table.attempts == 0) & moved,
        )
    )


_EMPTY: Mapping[str, Any] = {
    "late": False,
    **dict.fromkeys(("people", "done", "attempts", "format", "forgotten"), 0),
    **dict.fromkeys(("why", "detail", "asked_by_kind", "reason", "digest"), ""),
    "patients": [],
}


def ready(session: Session, *, now: datetime) -> list[UUID]:
    """Return the rows to be made that nobody has in hand: of each team the oldest week alone."""
    row, earlier = WeeklyReport, aliased(WeeklyReport)
    before = exists().where(
        earlier.team_id == row.team_id,
        earlier.state.in_(PENDING),
        (earlier.monday < row.monday)
        | ((earlier.monday == row.monday) & (earlier.version < row.version)),
    )
    # What was given up before a person had it tried again keeps it from nobody.
    parked = stands(Work.PARKED) & (Outbox.created_at >= row.begin_at)
    in_hand = exists().where(
        Outbox.topic == Topic.REPORT, Outbox.subject_id == row.id, stands(*LIVE) | parked
    )
    query = (
        select(row.id)
        .join(CareTeam, CareTeam.id == row.team_id)
        .where(row.state.in_(PENDING), row.begin_at <= now, CareTeam.active, ~before, ~in_hand)
        .order_by(row.due_at, row.id)
    )
    return list(session.scalars(query))


def given_up(session: Session) -> list[tuple[UUID, int]]:
    """Return (row, attempts) of those whose work was parked: its worker ended again and again."""
    row, more = WeeklyReport, aliased(Outbox)
    query = (
        select(row.id, func.max(Outbox.attempts))
        .join(Outbox, (Outbox.subject_id == row.id) & (Outbox.topic == Topic.REPORT))
        .where(row.state.in_(PENDING), stands(Work.PARKED), Outbox.created_at >= row.begin_at)
        .where(
            ~exists().where(
                more.topic == Topic.REPORT, more.subject_id == row.id, more.state.in_(LIVE)
            )
        )
        .group_by(row.id)
    )
    return [(each[0], each[1]) for each in session.execute(query)]


def attempts_of(session: Session, row_id: UUID) -> int:
    """Return how often the work that is out for a row was begun."""
    query = select(func.max(Outbox.attempts)).where(
        Outbox.topic == Topic.REPORT, Outbox.subject_id == row_id, stands(Work.LEASED)
    )
    return session.scalar(query) or 1


def change(session: Session, row_id: UUID, *states: State, **values: Any) -> bool:
    """Change a row that is in one of these states; False where it is in another."""
    row = WeeklyReport
    changed = update(row).where(row.id == row_id, row.state.in_(states)).values(**values)
    return session.execute(changed.returning(row.id)).first() is not None


def retry(session: Session, row_id: UUID, *, now: datetime) -> bool:
    """Have a failed report tried again, its attempts counted anew."""
    values = {"state": State.DUE, "begin_at": now, "attempts": 0, "done": 0}
    return change(session, row_id, State.FAILED, **values)


def another(
    session: Session, row: WeeklyReport, caller: Caller, reason: str, *, now: datetime
) -> bool:
    """Write down that a week is to be issued once more; False where somebody was first."""
    values = {
        "id": uuid4(),
        "state": State.DUE,
        **_EMPTY,
        "team_id": row.team_id,
        "monday": row.monday,
        "zone": row.zone,
        "version": row.version + 1,
        "begin_at": now,
        "due_at": now,
        "reason": reason,
        "asked_by_kind": caller.kind,
        "asked_by": caller.id,
    }
    added = insert(WeeklyReport).values(values).on_conflict_do_nothing()
    return session.execute(added.returning(WeeklyReport.id)).first() is not None


def one(session: Session, row_id: UUID) -> WeeklyReport | None:
    """Return a row as it stands now."""
    query = select(WeeklyReport).where(WeeklyReport.id == row_id)
    return session.scalar(query, execution_options={"populate_existing": True})


def rows(
    session: Session, teams: Collection[UUID], *, since: date, until: date | None = None
) -> list[Row]:
    """Return the rows of some teams from one week on, the newest week and version first."""
    row = WeeklyReport
    query = (
        select(*COLUMNS)
        .where(row.team_id.in_(teams), row.monday >= since)
        .order_by(row.monday.desc(), row.version.desc())
    )
    if until is not None:
        query = query.where(row.monday <= until)
    return [_read(each) for each in session.execute(query)]


def made(session: Session, team_id: UUID, monday: date) -> list[WeeklyReport]:
    """Return the issues of a week that are there to be read, the first one first."""
    row = WeeklyReport
    query = select(row).where(row.team_id == team_id, row.monday == monday)
    query = query.where(row.state == State.MADE).order_by(row.version)
    return list(session.scalars(query, execution_options={"populate_existing": True}))


def punctual(
    session: Session, *, first: date, last: date, now: datetime, team_id: UUID | None = None
) -> tuple[int, int]:
    """Return how many first issues of some weeks came in time, and of how many that is.

    One that is still due counts once its hour has passed.
    """
    row = WeeklyReport
    counted = row.state.in_((State.MADE, State.FAILED)) | (row.due_at < now)
    in_time = func.count().filter(row.state == State.MADE, ~row.late)
    query = (
        select(in_time, func.count())
        .join(CareTeam, CareTeam.id == row.team_id)
        .where(row.version == 1, row.monday.between(first, last), counted, CareTeam.active)
    )
    if team_id is not None:
        query = query.where(row.team_id == team_id)
    found = session.execute(query).one()
    return found[0], found[1]


def counts(session: Session, *, since: date, now: datetime) -> dict[str, int]:
    """Return how many first issues since a week came in time, late, not at all, or are awaited."""
    row = WeeklyReport
    query = (
        select(
            func.count().filter(row.state == State.MADE, ~row.late),
            func.count().filter(row.state == State.MADE, row.late),
            func.count().filter(row.state == State.FAILED),
            func.count().filter(row.state.in_(PENDING), row.due_at < now),
        )
        .join(CareTeam, CareTeam.id == row.team_id)
        .where(row.version == 1, row.monday >= since, CareTeam.active)
    )
    named = ("on-time", "late", "failed", "overdue")
    return dict(zip(named, session.execute(query).one(), strict=True))


def overdue_since(session: Session, *, now: datetime) -> datetime | None:
    """Return when the report that is longest awaited was due."""
    row = WeeklyReport
    query = (
        select(func.min(row.due_at))
        .join(CareTeam, CareTeam.id == row.team_id)
        .where(row.state != State.MADE, row.due_at < now, CareTeam.active)
    )
    return session.scalar(query)


def holding(session: Session, people: Iterable[UUID]) -> list[WeeklyReport]:
    """Return the stored reports in which somebody stands, locked."""
    query = select(WeeklyReport).where(WeeklyReport.patients.overlap(list(people)))
    return list(session.scalars(query.order_by(WeeklyReport.id).with_for_update()))


def _read(row: Any) -> Row:
    return Row(
        id=row.id,
        team_id=row.team_id,
        monday=row.monday,
        zone=row.zone,
        version=row.version,
        state=State(row.state),
        due_at=row.due_at,
        started_at=row.started_at,
        made_at=row.made_at,
        late=row.late,
        people=row.people,
        done=row.done,
        attempts=row.attempts,
        why=Why(row.why) if row.why else None,
        reason=row.reason,
        asked_by=row.asked_by,
    )
