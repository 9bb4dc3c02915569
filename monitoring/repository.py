"""What other rooms may ask about judgements, and the days they tell it not to learn from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from sqlalchemy import Select, func, or_, select, text, update
from sqlalchemy.dialects.postgresql import distinct_on, insert

from core.errors import NotFoundError
from core.rows import run
from ingest.repository import everybody
from monitoring.findings import Assessment
from monitoring.record import (
    read_expected,
    read_finding,
    read_note,
    read_risk,
    read_usuals,
)
from monitoring.tables import AssessmentRow, BaselineFreeze, LastJudged, made_here

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

    from core.vitals import Severity, Vital
    from monitoring.findings import Awaited, Finding, Problem, Usual

_LOCK_SPACE = 0x57415244  # keeps our advisory locks apart from anybody else's


def assessment(session: Session, assessment_id: UUID) -> Assessment:
    """Return a judgement as it was made; raise `NotFoundError`."""
    row = session.get(AssessmentRow, assessment_id)
    if row is None:
        raise NotFoundError("no such assessment")
    return _read(row)


def latest(session: Session, patient_id: UUID) -> Assessment | None:
    """Return the last judgement of a person, or None where none was made here."""
    row = session.scalar(_last(select(AssessmentRow), patient_id))
    return _read(row) if row else None


def latest_id(session: Session, patient_id: UUID) -> UUID | None:
    """Return which judgement of a person is the last."""
    found: UUID | None = session.scalar(_last(select(AssessmentRow.id), patient_id))
    return found


def _last(query: Select[Any], patient_id: UUID) -> Select[Any]:
    row = AssessmentRow
    theirs = query.where(row.patient_id == patient_id, made_here(row))
    return theirs.order_by(row.at.desc(), row.id).limit(1)


def expected_of(session: Session, patients: Collection[UUID]) -> dict[UUID, dict[Vital, Awaited]]:
    """Return what is expected of each patient by their last judgement, by vital."""
    row = AssessmentRow
    query = (
        select(row.patient_id, row.expected)
        .where(row.patient_id.in_(patients), made_here(row))
        .ext(distinct_on(row.patient_id))
        .order_by(row.patient_id, row.at.desc(), row.id)
    )
    return {patient: read_expected(expected) for patient, expected in session.execute(query)}


@dataclass(frozen=True, slots=True)
class Mark:
    """The last judgement of a person: how far it had read, what it waits for, its effect."""

    id: UUID
    key: str
    received_until: datetime
    recheck_at: datetime | None


def rulebook_at(session: Session, patient_id: UUID, at: datetime) -> str:
    """Return the hash of the rulebook that the last judgement up to an instant was made by."""
    query = _last(select(AssessmentRow.rulebook_hash), patient_id)
    return session.scalar(query.where(AssessmentRow.at <= at)) or ""


def latest_marks(session: Session, patients: Collection[UUID]) -> dict[UUID, Mark]:
    """Return the last judgement of each patient; who was never judged here is absent."""
    row = AssessmentRow
    query = (
        select(row.patient_id, row.id, row.key, row.received_until, row.recheck_at)
        .where(row.patient_id.in_(patients), made_here(row))
        .ext(distinct_on(row.patient_id))
        .order_by(row.patient_id, row.at.desc(), row.id)
    )
    return {row[0]: Mark(row[1], row[2], row[3], row[4]) for row in session.execute(query)}


def recent_findings(
    session: Session, patients: Collection[UUID], *, since: datetime, severity: Severity
) -> dict[UUID, list[Finding]]:
    """Return each patient's findings of one tier, of judgements made since an instant."""
    rows = run(session, _RECENT, severity.value, list(patients), since)
    known: dict[UUID, list[Finding]] = {}
    for patient, findings in rows:
        known.setdefault(patient, []).extend(read_finding(each) for each in findings)
    return known


# No other tier is opened, nor sent: a judgement may hold hundreds of findings.
_RECENT = """
select patient_id, wanted.found from assessment, lateral (
    select jsonb_agg(each.value order by each.place) as found
    from jsonb_array_elements(findings) with ordinality each (value, place)
    where each.value ->> 'severity' = %b
) wanted
where patient_id = any(%b::uuid[]) and at >= %b and severity is not null
    and wanted.found is not null
"""


def lock(session: Session, patients: Collection[UUID], *, wait: bool = True) -> list[UUID]:
    """Let one transaction at a time judge each person; return those that are ours.

    In one order, so that nobody waits in a circle; without `wait`, who is being judged by
    somebody else is left to them.
    """
    taking = "pg_advisory_xact_lock" if wait else "pg_try_advisory_xact_lock"
    statement = text(
        f"select id, {taking}(:space, hashtext(id::text))"  # noqa: S608 (one of two names above)
        " from unnest(cast(:patients as uuid[])) as known (id)"
    )
    rows = session.execute(statement, {"space": _LOCK_SPACE, "patients": sorted(patients)})
    return [id_ for id_, taken in rows if wait or taken]


def shadowed(session: Session, *, since: datetime) -> list[tuple[UUID, Finding]]:
    """Return what rules in shadow mode found since an instant, each finding once (AL-21)."""
    rows = session.execute(
        select(AssessmentRow.patient_id, AssessmentRow.shadow).where(
            AssessmentRow.at >= since, func.jsonb_array_length(AssessmentRow.shadow) > 0
        )
    )
    found = ((patient, read_finding(each)) for patient, listed in rows for each in listed)
    return list({(p, f.rule_id, f.problem, f.at): (p, f) for p, f in found}.values())


def rulebooks(session: Session, assessments: Collection[UUID]) -> dict[UUID, str]:
    """Return the hash of the rules by which each judgement was made."""
    query = select(AssessmentRow.id, AssessmentRow.rulebook_hash)
    rows = session.execute(query.where(AssessmentRow.id.in_(assessments)))
    return {row[0]: row[1] for row in rows}


def _read(row: AssessmentRow) -> Assessment:
    return Assessment(
        person_id=str(row.patient_id),
        at=row.at,
        findings=tuple(read_finding(each) for each in row.findings),
        shadow=tuple(read_finding(each) for each in row.shadow),
        risk=read_risk(row.risk) if row.risk else None,
        rulebook_hash=row.rulebook_hash,
        model_id=row.model_id,
        usual=read_usuals(row.usual),
        expected=read_expected(row.expected),
        notes=tuple(read_note(note) for note in row.notes),
        recheck_at=row.recheck_at,
        judged_from=row.judged_from,
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


def refreeze(session: Session, patient_id: UUID, problem: Problem, until: datetime) -> None:
    """Take the end of a frozen span back, the one that `thaw` put at `until`."""
    session.execute(
        update(BaselineFreeze)
        .where(
            BaselineFreeze.patient_id == patient_id,
            BaselineFreeze.problem == problem,
            BaselineFreeze.until == until,
        )
        .values(until=None)
    )


def frozen(session: Session, patient_id: UUID) -> list[tuple[float, float]]:
    """Return the frozen spans in seconds since the epoch; an open one ends at infinity."""
    return frozen_of(session, everybody(session, [patient_id])).get(patient_id, [])


def frozen_of(
    session: Session, people: Mapping[UUID, Collection[UUID]]
) -> dict[UUID, list[tuple[float, float]]]:
    """Return each person's frozen spans; `people` has all records of each."""
    heads = {each: head for head, ids in people.items() for each in ids}
    query = select(BaselineFreeze.patient_id, BaselineFreeze.since, BaselineFreeze.until)
    found: dict[UUID, list[tuple[float, float]]] = {}
    rows = session.execute(
        query.where(BaselineFreeze.patient_id.in_(heads)).order_by(BaselineFreeze.since)
    )
    for patient, since, until in rows:
        span = (since.timestamp(), until.timestamp() if until else float("inf"))
        found.setdefault(heads[patient], []).append(span)
    return found


def mark_judged(session: Session, patients: Collection[UUID], *, now: datetime) -> None:
    """Remember that these people were judged now, even where nothing changed (AL-22)."""
    if patients:
        row = insert(LastJudged.__table__)  # type: ignore[arg-type]  # a table, by its declaration
        later = func.greatest(LastJudged.at, row.excluded.at)
        upsert = row.on_conflict_do_update(index_elements=["patient_id"], set_={"at": later})
        session.execute(upsert, [{"patient_id": id_, "at": now} for id_ in patients])


def judged_at(session: Session, patients: Collection[UUID]) -> dict[UUID, datetime]:
    """Return when each of these people was last judged; who never was is absent."""
    query = select(LastJudged.patient_id, LastJudged.at)
    rows = session.execute(query.where(LastJudged.patient_id.in_(patients)))
    return {row[0]: row[1] for row in rows}


def unjudged(session: Session, patients: Select[UUID], *, before: datetime) -> int:
    """Return how many of these people were not judged since an instant."""
    ids = patients.subquery()
    query = (
        select(func.count())
        .select_from(ids)
        .join(LastJudged, LastJudged.patient_id == ids.c[0], isouter=True)
        .where(or_(LastJudged.at.is_(None), LastJudged.at < before))
    )
    return session.scalar(query) or 0


def usual_over(
    session: Session, patients: Collection[UUID], *, since: datetime
) -> list[tuple[datetime, Mapping[Vital, Usual]]]:
    """Return what was usual for one person over time: of each day (UTC) the last judgement's.

    With the last one before `since`, whose word stood at its beginning; oldest first.
    """
    row = AssessmentRow
    day = func.date_trunc("day", row.at, "UTC")
    before = (
        select(func.max(row.at))
        .where(row.patient_id.in_(patients), row.at < since, made_here(row))
        .scalar_subquery()
    )
    query = (
        select(row.at, row.usual)
        .where(row.patient_id.in_(patients), row.at >= func.coalesce(before, since), made_here(row))
        .ext(distinct_on(day))
        .order_by(day, row.at.desc(), row.id)
    )
    return [(at, read_usuals(usual)) for at, usual in session.execute(query)]
