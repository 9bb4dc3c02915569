"""What other rooms may ask about judgements, and the days they tell it not to learn from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert

from core.errors import NotFoundError
from core.vitals import Vital
from ingest.repository import one_person
from monitoring.findings import Assessment
from monitoring.record import (
    read_finding,
    read_risk,
    read_usual,
    write_finding,
    write_risk,
    write_usual,
)
from monitoring.tables import AssessmentRow, BaselineFreeze

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from core.vitals import Severity
    from monitoring.findings import Finding, Problem

_LOCK_SPACE = 0x57415244  # keeps our advisory locks apart from anybody else's


def assessment(session: Session, assessment_id: UUID) -> Assessment:
    """Return a judgement as it was made; raise `NotFoundError`."""
    row = session.get(AssessmentRow, assessment_id)
    if row is None:
        raise NotFoundError("no such assessment")
    return _read(row)


def latest(session: Session, patient_id: UUID) -> Assessment | None:
    """Return the last judgement of a person, or None where there is none."""
    query = select(AssessmentRow).where(AssessmentRow.patient_id == patient_id)
    newest = query.order_by(AssessmentRow.at.desc(), AssessmentRow.id).limit(1)
    row = session.scalar(newest)
    return _read(row) if row else None


@dataclass(frozen=True, slots=True)
class Mark:
    """How far the last judgement of a person had read, and what it waits for."""

    received_until: datetime
    recheck_at: datetime | None


def latest_mark(session: Session, patient_id: UUID) -> Mark | None:
    """Return how far the last judgement had read, or None where there is none."""
    columns = (AssessmentRow.received_until, AssessmentRow.recheck_at)
    query = select(*columns).where(AssessmentRow.patient_id == patient_id)
    newest = query.order_by(AssessmentRow.at.desc(), AssessmentRow.id).limit(1)
    row = session.execute(newest).one_or_none()
    return Mark(row.received_until, row.recheck_at) if row else None


def recent_findings(
    session: Session, patient_id: UUID, *, since: datetime, severity: Severity
) -> list[Finding]:
    """Return the findings of one tier, of judgements made since an instant."""
    rows = session.scalars(
        select(AssessmentRow.findings).where(
            AssessmentRow.patient_id == patient_id,
            AssessmentRow.at >= since,
            AssessmentRow.severity.is_not(None),
        )
    )
    return [read_finding(f) for findings in rows for f in findings if f["severity"] == severity]


def lock(session: Session, patient_id: UUID) -> None:
    """Let one transaction at a time judge this person."""
    session.execute(
        text("select pg_advisory_xact_lock(:space, hashtext(:patient))"),
        {"space": _LOCK_SPACE, "patient": str(patient_id)},
    )


def store(
    session: Session, found: Assessment, *, key: str, received_until: datetime
) -> UUID | None:
    """Store a judgement; None where one with this key was stored before (REL-10)."""
    row = insert(AssessmentRow).values(
        id=uuid4(),
        patient_id=UUID(found.person_id),
        key=key,
        at=found.at,
        received_until=received_until,
        severity=found.severity,
        findings=[write_finding(finding) for finding in found.findings],
        risk=write_risk(found.risk) if found.risk else None,
        usual={str(vital): write_usual(usual) for vital, usual in found.usual.items()},
        notes=list(found.notes),
        rulebook_hash=found.rulebook_hash,
        model_id=found.model_id,
        recheck_at=found.recheck_at,
    )
    unique = row.on_conflict_do_nothing(index_elements=["patient_id", "key"])
    return session.scalar(unique.returning(AssessmentRow.id))


def by_key(session: Session, patient_id: UUID, key: str) -> UUID:
    """Return the judgement that has a key."""
    query = select(AssessmentRow.id).where(
        AssessmentRow.patient_id == patient_id, AssessmentRow.key == key
    )
    return session.scalars(query).one()


def _read(row: AssessmentRow) -> Assessment:
    return Assessment(
        person_id=str(row.patient_id),
        at=row.at,
        findings=tuple(read_finding(each) for each in row.findings),
        risk=read_risk(row.risk) if row.risk else None,
        rulebook_hash=row.rulebook_hash,
        model_id=row.model_id,
        usual={Vital(vital): read_usual(usual) for vital, usual in row.usual.items()},
        notes=tuple(str(note) for note in row.notes),
        recheck_at=row.recheck_at,
    )


def freeze(session: Session, patient_id: UUID, problem: Problem, since: datetime) -> None:
    """Keep the days from `since` on out of the baseline; once frozen, nothing changes."""
    row = insert(BaselineFreeze).values(
        id=uuid4(), patient_id=patient_id, problem=problem, since=since
    )
    session.execute(
        row.on_conflict_do_nothing(
            index_elements=["patient_id", "problem"], index_where=text("until is null")
        )
    )


def thaw(session: Session, patient_id: UUID, problem: Problem, until: datetime) -> None:
    """Let the baseline learn again from `until` on; the span itself stays out."""
    session.execute(
        update(BaselineFreeze)
        .where(
            BaselineFreeze.patient_id == patient_id,
            BaselineFreeze.problem == problem,
            BaselineFreeze.until.is_(None),
        )
        .values(until=until)
    )


def frozen(session: Session, patient_id: UUID) -> list[tuple[float, float]]:
    """Return the frozen spans in seconds since the epoch; an open one ends at infinity."""
    query = select(BaselineFreeze.since, BaselineFreeze.until).where(
        BaselineFreeze.patient_id.in_(one_person(session, patient_id))
    )
    return [
        (since.timestamp(), until.timestamp() if until else float("inf"))
        for since, until in session.execute(query.order_by(BaselineFreeze.since))
    ]
