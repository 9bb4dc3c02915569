"""Movements are summed up by the schedule: told of, held, named, and written down (SEC-48)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from alerts.tables import Alert, AlertFinding
from app.erasure.holds import hold, release
from app.retention import service
from app.retention.tables import RetentionPass
from core.audit import AuditEvent
from core.security import SYSTEM, Caller, Role
from core.vitals import Vital
from ingest.choices import Purpose
from ingest.merging.service import merge
from ingest.tables import Patient
from monitoring.asking.tables import RepeatRequest
from monitoring.tables import AssessmentRow
from tests.app.retention.conftest import NOW, judgement, run_through
from tests.choosing import say
from tests.ingest.summing.lives import rows_of, store

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from ingest.tables import StoredReading

KINDS = ("movements", "movement-hours", "movement-days")
AGES = (3, 8, 60, 121, 500, 731)


@pytest.fixture
def still(session: Session, someone: UUID) -> UUID:
    """Somebody who moved five times in an hour, and twice in the next, on some days."""
    store(
        session,
        someone,
        [
            (Vital.MOTION, NOW.replace(minute=0) - timedelta(days=days, minutes=-minute), 1.0, "h")
            for days in AGES
            for minute in (1, 10, 20, 30, 50, 61, 100)
        ],
    )
    return someone


def told(session: Session) -> dict[str, list[tuple[object, ...]]]:
    return {kind: service.keys(session, kind, now=NOW)["reading"] for kind in KINDS}


def left(session: Session, patient: UUID) -> dict[int, list[int]]:
    """Return by how many days ago it was what each kept movement counts for."""
    found: dict[int, list[int]] = {}
    for row in rows_of(session, patient):
        days = (NOW.replace(minute=0) - row.effective) // timedelta(days=1) + 1
        found.setdefault(days, []).append(1 + row.summed)
    return found


def test_a_dry_run_tells_of_each_movement_once_and_a_run_takes_just_these_sec_48(
    session: Session, still: UUID
) -> None:
    before = {(r.effective, r.vital) for r in rows_of(session, still)}
    said = told(session)
    counted = {d.term.name: sum(g.rows for g in d.going) for d in service.dry_run(session, now=NOW)}

    run_through(session, now=NOW, most=4)

    kept = {(r.effective, r.vital) for r in rows_of(session, still)}
    assert {kind: len(rows) for kind, rows in said.items()} == {
        "movements": 6,
        "movement-hours": 12,
        "movement-days": 7,
    }
    assert before - kept == {key[1:3] for rows in said.values() for key in rows}
    assert {kind: counted[kind] for kind in KINDS} == {k: len(rows) for k, rows in said.items()}
    assert left(session, still) == {
        3: [1] * 7, 8: [1, 4, 1, 1], 60: [1, 4, 1, 1], 121: [7], 500: [7]
    }  # fmt: skip
    assert not any(told(session).values())


def test_a_pass_is_audited_with_its_count_and_names_nobody_sec_48(
    session: Session, still: UUID
) -> None:
    run_through(session, now=NOW, most=4)

    passes = {p.kind: p.removed for p in session.scalars(select(RetentionPass))}
    said = select(AuditEvent).where(AuditEvent.entity == "retention/movements")
    row = session.scalars(said.order_by(AuditEvent.id.desc())).first()
    assert [passes[kind] for kind in KINDS] == [6, 12, 14]  # and of each its key
    assert row is not None
    assert (row.outcome, row.patient_id) == ("success, 6 rows", None)
    assert str(still) not in str(row.outcome)


def test_of_whom_is_held_every_movement_stays_sec_48(
    session: Session, still: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(service, "held", lambda _: frozenset({still}))
        kept = told(session)
        run_through(session, now=NOW)

    assert not any(kept.values())
    assert len(rows_of(session, still)) == 7 * len(AGES)
    assert any(told(session).values())


def test_whoever_restricts_the_use_keeps_every_movement_until_they_allow_it_again_sec_45(
    session: Session, still: UUID
) -> None:
    """SEC-45: stored and not used; to sum up is to use."""
    long_ago = datetime(2026, 1, 2, tzinfo=UTC)
    say(session, still, Purpose.USE, allowed=False, at=long_ago)
    kept = told(session)
    run_through(session, now=NOW)

    assert not any(kept.values())
    assert len(rows_of(session, still)) == 7 * len(AGES)

    say(session, still, Purpose.USE, allowed=True, at=long_ago + timedelta(days=1))

    assert any(told(session).values())


def merged_into(session: Session, record: UUID) -> UUID:
    """Return the record that stands for another from now on."""
    survivor = uuid4()
    session.add(Patient(id=survivor, created_at=NOW))
    session.flush()
    merge(session, SYSTEM, survivor, record, reason="One person", now=NOW)
    return survivor


def test_a_legal_hold_keeps_the_movements_of_a_merged_record_too_sec_48(
    session: Session, still: UUID
) -> None:
    """SEC-48: of one person, whichever record the hold was written down for."""
    survivor = merged_into(session, still)
    privacy = Caller("user", uuid4(), Role.PRIVACY_OFFICER)
    held = hold(session, privacy, survivor, "A lawsuit.", None, now=NOW)
    run_through(session, now=NOW)

    assert len(rows_of(session, still)) == 7 * len(AGES)

    release(session, privacy, held, now=NOW)

    assert any(told(session).values())


def test_what_a_finding_of_the_survivor_names_in_a_merged_record_stays_sec_28(
    session: Session, still: UUID
) -> None:
    survivor = merged_into(session, still)
    whole = [r for r in rows_of(session, still) if r.effective < NOW - timedelta(days=59)][-7:]
    row = judgement(session, survivor, NOW - timedelta(days=59))
    assert isinstance(row, AssessmentRow)
    row.findings = [{"evidence": [{"reading_id": whole[2].id}]}]
    session.flush()

    run_through(session, now=NOW)

    assert left(session, still)[60] == [1, 1, 3, 1, 1]


def test_what_a_finding_an_alert_or_a_request_names_stays_by_itself_sec_48(
    session: Session, still: UUID
) -> None:
    whole = [r for r in rows_of(session, still) if r.effective < NOW - timedelta(days=59)][-7:]
    found, told_of, asked = whole[1:4]
    row = judgement(session, still, NOW - timedelta(days=59))
    assert isinstance(row, AssessmentRow)
    row.findings = [{"evidence": [{"reading_id": found.id}]}]
    alert(session, still, told_of)
    session.add(request(still, asked))
    session.flush()

    run_through(session, now=NOW)

    assert left(session, still)[60] == [1, 1, 1, 1, 1, 1, 1]
    assert left(session, still)[8] == [1, 4, 1, 1]


def request(patient: UUID, reading: StoredReading) -> RepeatRequest:
    return RepeatRequest(
        patient_id=patient,
        vital="motion",
        reading_id=reading.id,
        rule_id="R",
        taken_at=reading.effective,
        asked_at=reading.effective,
        until=reading.effective,
        critical=False,
        tip="",
    )


def alert(session: Session, patient: UUID, reading: StoredReading) -> None:
    at = reading.effective
    row = Alert(
        id=uuid4(),
        patient_id=patient,
        problem="welfare",
        severity="AMBER",
        state="open",
        started_at=at,
        last_seen_at=at,
        last_found_at=at,
        opened_at=at,
        policy_hash="",
        policy={},
    )
    session.add(row)
    session.flush()
    session.add(
        AlertFinding(
            id=uuid4(),
            alert_id=row.id,
            assessment_id=uuid4(),
            rule_id="MOT-GAP",
            severity="AMBER",
            at=at,
            seen_at=at,
            source="",
            confidence="",
            evidence=[[reading.id, "motion", 1.0, at.isoformat()]],
            missing=[],
            confirmed=True,
            back_in_range=False,
        )
    )
