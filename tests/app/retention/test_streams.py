"""Dense streams are thinned by the schedule: told of, held, named, and written down (SEC-48)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from app.programme import repository as programme
from app.retention import service
from app.retention.tables import RetentionPass
from app.retention.terms import stated
from core.audit import AuditEvent
from core.security import SYSTEM, Caller, Role
from core.vitals import Vital
from ingest.choices import Purpose
from ingest.choosing.service import Asked, choose
from ingest.merging.service import merge
from ingest.rolling.service import roll_up
from ingest.rollup import WHOLE_FOR
from ingest.tables import Patient
from monitoring.contests import Ground
from monitoring.findings import Evidence
from monitoring.reach import READ_BACK
from monitoring.record import read_risk, write_risk
from monitoring.tables import AssessmentRow
from reports.attendance.repository import readings
from reports.programme import Window
from reports.works.repository import Span
from tests.app.retention.conftest import NOW, judgement, run_through
from tests.app.retention.test_movements import alert, request
from tests.ingest.summing.lives import rows_of, store
from tests.scored import contested, score

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

DAY = timedelta(days=1)
OLD = (NOW - 130 * DAY).replace(hour=0)
BEAT = (70, 71, 69, 70, 75, 72, 71, 66, 68, 70, 71, 70)  # of an hour, one each five minutes
GONE = 9  # of two hours of one day: five of the first and, since its middle is there, four


@pytest.fixture
def worn(session: Session, someone: UUID) -> UUID:
    """Somebody with a watch in two hours long ago, and in one that is young enough."""
    for start in (OLD, OLD + timedelta(hours=5), NOW - 119 * DAY):
        times = [start.replace(minute=5 * n) for n in range(12)]
        beats = zip(times, BEAT, strict=True)
        store(session, someone, [(Vital.HEART_RATE, at, float(v), "watch") for at, v in beats])
    assert roll_up(session, someone, since=NOW - 200 * DAY, now=NOW)
    return someone


def told(session: Session) -> list[tuple[object, ...]]:
    return service.keys(session, "minute-streams", now=NOW)["reading"]


def test_a_dry_run_tells_of_what_a_run_takes_and_the_pass_is_audited_sec_48(
    session: Session, worn: UUID
) -> None:
    before = {(r.effective, r.vital) for r in rows_of(session, worn)}
    said = told(session)
    counted = {d.term.name: sum(g.rows for g in d.going) for d in service.dry_run(session, now=NOW)}

    run_through(session, now=NOW, most=4)

    left = rows_of(session, worn)
    assert before - {(r.effective, r.vital) for r in left} == {key[1:3] for key in said}
    assert counted["minute-streams"] == len(said) == GONE
    assert sum(1 + r.summed for r in left) == 3 * len(BEAT)
    assert not told(session)
    passes = {p.kind: p.removed for p in session.scalars(select(RetentionPass))}
    query = select(AuditEvent).where(AuditEvent.entity == "retention/minute-streams")
    row = session.scalars(query.order_by(AuditEvent.id.desc())).first()
    assert passes["minute-streams"] == GONE
    assert row is not None
    assert (row.outcome, row.patient_id) == (f"success, {GONE} rows", None)


def test_of_whom_is_held_or_restricted_every_reading_stays_sec_45_sec_48(
    session: Session, worn: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(service, "held", lambda _: frozenset({worn}))
        held = told(session)
        run_through(session, now=NOW)
    with session.begin_nested() as said:
        survivor = Patient(id=uuid4(), created_at=NOW)
        session.add(survivor)
        session.flush()
        merge(session, SYSTEM, survivor.id, worn, reason="one card", now=NOW)
        no = Asked(Purpose.USE, allowed=False, comment="no")
        doctor = Caller("user", uuid4(), Role.SUPERVISOR, None)
        choose(session, doctor, survivor.id, no, now=NOW - 2000 * DAY)
        restricted = told(session)
        run_through(session, now=NOW + DAY)
        kept = len(rows_of(session, worn))
        said.rollback()

    assert (held, restricted) == ([], [])
    assert kept == len(rows_of(session, worn)) == 3 * len(BEAT)
    assert len(told(session)) == GONE


def test_what_a_finding_an_alert_or_a_request_names_stays_sec_48(
    session: Session, worn: UUID
) -> None:
    """Whichever record of the person the judgement is of."""
    at = {key[1] for key in told(session)}
    whole = [r for r in rows_of(session, worn) if r.effective in at]
    found, shadow, told_of, asked = whole[:4]
    survivor = Patient(id=uuid4(), created_at=NOW)
    session.add(survivor)
    session.flush()
    merge(session, SYSTEM, survivor.id, worn, reason="one card", now=NOW)
    row = judgement(session, survivor.id, OLD + DAY)
    assert isinstance(row, AssessmentRow)
    row.findings = [{"evidence": [{"reading_id": found.id}]}]
    row.shadow = [{"evidence": [{"reading_id": shadow.id}]}]
    alert(session, survivor.id, told_of)
    session.add(request(worn, asked))
    session.flush()

    run_through(session, now=NOW)

    gone = at - {r.effective for r in rows_of(session, worn)}
    assert gone == at - {r.effective for r in (found, shadow, told_of, asked)}


def test_what_a_contested_score_rests_on_stays_while_others_go_sec_46_sec_48(
    session: Session, worn: UUID
) -> None:
    at = {key[1] for key in told(session)}
    first, second, free = [r for r in rows_of(session, worn) if r.effective in at][:3]
    for days, reading in ((1, free), (2, second), (3, first)):
        row = session.get_one(AssessmentRow, score(session, worn, OLD + days * DAY, 0.3))
        rests = Evidence(reading.id, Vital.HEART_RATE, reading.value or 0.0, reading.effective)
        row.risk = write_risk(replace(read_risk(row.risk or {}), basis=(rests,)))
        if reading is not free:
            contested(session, worn, Ground.READING, None, now=OLD + days * DAY + DAY / 2)

    kept = {first.effective, second.effective}

    run_through(session, now=NOW)

    assert at - {r.effective for r in rows_of(session, worn)} == at - kept


def test_weeks_and_days_of_a_programme_count_as_many_as_before_sec_48(
    session: Session, worn: UUID
) -> None:
    window = Window(OLD.date() - 9 * DAY, OLD.date() + 20 * DAY)
    asked = programme.Asked(worn, [worn], "UTC", window)

    def counted() -> tuple[object, ...]:
        session.expire_all()
        each = programme.measured(session, asked)
        return (
            readings(session, {worn: worn}, Span(OLD - DAY, OLD + 6 * DAY)),
            programme.days(session, [asked]),
            programme.left_out(session, asked),
            [(m.day, m.device, m.vital, m.count, m.first, m.last) for m in each],
        )

    before = counted()

    run_through(session, now=NOW)

    assert len(rows_of(session, worn)) == 3 * len(BEAT) - GONE
    assert counted() == before
    assert before[3]


def test_what_is_stated_is_older_than_all_that_is_judged_sec_48() -> None:
    kept = stated().kinds["minute-streams"].kept

    assert kept is not None
    assert kept - READ_BACK > DAY  # whatever the zone
    assert kept > WHOLE_FOR
