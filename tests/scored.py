"""Scored people as rows: assessments with a risk, alerts with a label, stays in hospital."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from sqlalchemy import text

from alerts.tables import Alert
from app.follow_up.service import SLICES
from core.security import Caller, Role
from ingest.tables import Patient
from monitoring.contesting import repository, service
from monitoring.contesting.service import Asked
from monitoring.contests import Answer, By
from monitoring.features import FEATURES
from monitoring.followed import EVERY_DAYS
from monitoring.tables import COPIED, AssessmentRow, LastJudged

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.orm import Session

    from monitoring.contests import Ground, Ruling

MODEL = "risk-of-tests"


def people_of_day(session: Session, day: date, count: int) -> list[UUID]:
    """Add people of whom this is the day in seven that is followed up."""
    ids = [uuid4() for _ in range(count * EVERY_DAYS * 3)]
    query = text(
        "select id from unnest(cast(:ids as uuid[])) as known (id)"
        " where abs(hashtext(id::text) % :slots) / :slices = :part"
    )
    bound = {"ids": ids, "part": day.toordinal() % EVERY_DAYS, "slices": SLICES}
    found = session.scalars(query, bound | {"slots": EVERY_DAYS * SLICES}).all()
    chosen = list(found[:count])
    assert len(chosen) == count
    created = datetime.combine(day, time(), UTC) - timedelta(days=60)
    session.add_all(Patient(id=id_, created_at=created, zone="UTC") for id_ in chosen)
    session.flush()
    return chosen


def score(
    session: Session,
    patient: UUID,
    at: datetime,
    probability: float,
    *,
    model: str = MODEL,
    values: Mapping[str, float] | None = None,
    rules: str = "",
) -> UUID:
    """Add a judgement of somebody with a score."""
    id_ = uuid4()
    session.add(
        AssessmentRow(
            id=id_,
            patient_id=patient,
            key=str(id_),
            at=at,
            received_until=at,
            severity=None,
            findings=[],
            shadow=[],
            risk=risk(probability, model, values or {}),
            usual={},
            expected={},
            notes=[],
            rulebook_hash=rules,
            model_id=model,
        )
    )
    session.merge(LastJudged(patient_id=patient, at=at))
    session.flush()
    return id_


def brought(session: Session, patient: UUID, at: datetime, *, rules: str = "elsewhere") -> UUID:
    """Add a score that another system made of somebody, as a copy brings it."""
    id_ = uuid4()
    row = AssessmentRow(
        id=id_,
        patient_id=patient,
        key=f"{COPIED}{id_}",
        at=at,
        received_until=at,
        severity=None,
        findings=[],
        shadow=[],
        risk=risk(0.1, MODEL, {}),
        usual={},
        expected={},
        notes=[],
        rulebook_hash=rules,
        model_id=MODEL,
    )
    session.add(row)
    session.flush()
    return id_


def risk(probability: float, model: str, values: Mapping[str, float]) -> dict[str, Any]:
    """Return a score as it is stored."""
    return {
        "probability": probability,
        "log_odds": 0.0,
        "intercept": 0.0,
        "contributions": [
            {"feature": f.name, "label": f.label, "value": values.get(f.name), "points": 0.0}
            for f in FEATURES
        ],
        "horizon_days": 7,
        "model_id": model,
        "trained_on": "simulated data",
    }


def alert(session: Session, patient: UUID, at: datetime, label: str | None) -> None:
    """Add an alert of somebody that has ended, with its label or without."""
    session.add(
        Alert(
            id=uuid4(),
            patient_id=patient,
            problem="fluid",
            severity="AMBER",
            state="resolved",
            started_at=at,
            last_seen_at=at,
            last_found_at=at,
            opened_at=at,
            closed_at=at + timedelta(hours=1),
            outcome=label,
            policy_hash="",
            policy={},
        )
    )
    session.flush()


def contested(
    session: Session, patient: UUID, ground: Ground, ruling: Ruling | None, *, now: datetime
) -> None:
    """Contest the last score of somebody, and answer it unless nobody does."""
    asked = Asked(By.PATIENT, ground, "x")
    officer = Caller("user", uuid4(), Role.PRIVACY_OFFICER)
    made = service.contest(session, officer, patient, asked, now=now)
    if ruling is not None:
        repository.answer(session, made.id, Answer(ruling, "x", "", now), uuid4())
    session.flush()


def numbers(values: Sequence[float], feature: str) -> list[dict[str, float]]:
    """Return what each of some people is scored on, where one feature alone differs."""
    return [{feature: value} for value in values]
