from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from core.outbox import Outbox, Topic
from core.vitals import Quality, Severity, Vital
from ingest.tables import Patient, StoredReading
from monitoring import repository, service
from monitoring.artefacts import service as artefacts
from monitoring.findings import Awaited, Problem
from monitoring.tables import AssessmentRow, BaselineFreeze

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy.orm import Session

    from core.database import Database
    from monitoring.rulebook import Rulebook

NOW = datetime(2026, 3, 20, 9, tzinfo=UTC)


def enrol(session: Session) -> UUID:
    patient = Patient(id=uuid4(), created_at=NOW, zone="UTC")
    session.add(patient)
    session.flush()
    return patient.id


def measure(
    session: Session,
    patient: UUID,
    vital: Vital,
    value: float,
    *,
    at: datetime = NOW,
    received: datetime | None = None,
    history: bool = False,
) -> StoredReading:
    row = StoredReading(
        patient_id=patient,
        vital=vital,
        value=value,
        quality=Quality.SCORED,
        effective=at,
        precision="instant",
        received_at=received or at,
        resource_id=uuid4(),
        resource_version=1,
        history=history,
    )
    session.add(row)
    session.flush()
    return row


def offered(session: Session, topic: Topic, subject: UUID) -> list[Outbox]:
    query = select(Outbox).where(Outbox.topic == topic, Outbox.subject_id == subject)
    return list(session.scalars(query))


def assess(session: Session, patient: UUID, rulebook: Rulebook, now: datetime = NOW) -> UUID:
    return service.assess(session, patient, now=now, rulebook=rulebook, model=None)


def test_an_assessment_is_stored_with_the_work_that_follows_from_it(
    session: Session, rulebook: Rulebook
) -> None:
    patient = enrol(session)
    row = measure(session, patient, Vital.SPO2, 88.0)

    done = assess(session, patient, rulebook)

    stored = repository.assessment(session, done)
    assert stored == repository.latest(session, patient)
    assert stored.severity is Severity.RED
    assert stored.rulebook_hash == rulebook.hash
    [red] = [f for f in stored.findings if f.severity is Severity.RED]
    assert [e.reading_id for e in red.evidence] == [str(row.id)]
    assert [o.priority for o in offered(session, Topic.RAISE, done)] == [0]


def test_assessing_twice_has_the_effect_once(session: Session, rulebook: Rulebook) -> None:
    """REL-10."""
    patient = enrol(session)
    measure(session, patient, Vital.SPO2, 88.0)

    first = assess(session, patient, rulebook)
    second = assess(session, patient, rulebook, NOW + timedelta(seconds=30))

    count = select(func.count()).where(AssessmentRow.patient_id == patient)
    assert first == second
    assert session.scalar(count) == 1
    assert len(offered(session, Topic.RAISE, first)) == 1


def test_two_workers_at_once_store_one_assessment(database: Database, rulebook: Rulebook) -> None:
    """REL-10, REL-11: the second waits for the first and finds it done."""
    with database.transaction() as session:
        patient = enrol(session)
        measure(session, patient, Vital.SPO2, 88.0)

    def work(_: int) -> UUID:
        with database.transaction() as session:
            return assess(session, patient, rulebook)

    with ThreadPoolExecutor(4) as pool:
        done = set(pool.map(work, range(4)))

    assert len(done) == 1


def test_a_suspicious_value_is_looked_at_again_when_nobody_repeats_it(
    session: Session, rulebook: Rulebook
) -> None:
    """AL-20: even when the worker comes late."""
    patient = enrol(session)
    measure(session, patient, Vital.HEART_RATE, 115.0)
    assess(session, patient, rulebook)
    [again] = offered(session, Topic.ASSESS, patient)

    done = assess(session, patient, rulebook, NOW + timedelta(minutes=50))

    assert again.next_try_at == NOW + timedelta(minutes=30)
    found = repository.assessment(session, done).findings
    assert [(f.rule_id, f.at, f.confirmed) for f in found] == [("HR-HIGH2", NOW, False)]


def test_a_late_reading_changes_what_later_ones_mean(session: Session, rulebook: Rulebook) -> None:
    """REL-19: systolic 88 was AMBER until the heart rate of a minute before it arrived."""
    patient = enrol(session)
    measure(session, patient, Vital.SYSTOLIC_BP, 88.0)
    assess(session, patient, rulebook)
    before = NOW - timedelta(minutes=1)
    measure(
        session,
        patient,
        Vital.HEART_RATE,
        118.0,
        at=before,
        received=NOW + timedelta(minutes=5),
    )

    done = assess(session, patient, rulebook, NOW + timedelta(minutes=5))

    found = {f.rule_id: f.severity for f in repository.assessment(session, done).findings}
    assert found["SBP-LOW3"] is Severity.RED


@pytest.mark.parametrize(
    ("days_old", "history"), [(31, False), (2, True)], ids=["too old", "a history load"]
)
def test_old_readings_feed_the_baseline_and_raise_nothing(
    session: Session, rulebook: Rulebook, days_old: int, *, history: bool
) -> None:
    patient = enrol(session)
    measure(session, patient, Vital.SPO2, 97.0, at=NOW - timedelta(days=3), received=NOW)
    at = NOW - timedelta(days=days_old)
    measure(session, patient, Vital.SPO2, 85.0, at=at, received=NOW, history=history)

    done = assess(session, patient, rulebook)

    assert not [
        f for f in repository.assessment(session, done).findings if f.severity is Severity.RED
    ]


def test_a_frozen_span_opens_once_and_ends_once(session: Session) -> None:
    patient = enrol(session)

    repository.freeze(session, patient, Problem.FLUID, NOW)
    repository.freeze(session, patient, Problem.FLUID, NOW + timedelta(days=1))
    repository.freeze(session, patient, Problem.RHYTHM, NOW)
    repository.thaw(session, patient, Problem.FLUID, NOW + timedelta(days=2))
    repository.thaw(session, patient, Problem.FLUID, NOW + timedelta(days=9))

    start = NOW.timestamp()
    assert sorted(repository.frozen(session, patient)) == [
        (start, start + 2 * 86_400),
        (start, float("inf")),
    ]
    assert session.scalar(select(func.count()).where(BaselineFreeze.patient_id == patient)) == 2


def test_a_freeze_keeps_an_episode_out_of_the_baseline(
    session: Session, rulebook: Rulebook
) -> None:
    patient = enrol(session)
    for day in range(1, 41):
        value = 80.0 if day > 20 else 85.0  # heavier for the last twenty days
        measure(session, patient, Vital.BODY_WEIGHT, value, at=NOW - timedelta(days=day))
    repository.freeze(session, patient, Problem.FLUID, NOW - timedelta(days=20))

    done = assess(session, patient, rulebook)

    assert repository.assessment(session, done).usual[Vital.BODY_WEIGHT].centre == 80.0


@pytest.mark.parametrize("content", [None, "{", json.dumps({"format": 0})])
def test_a_missing_or_damaged_model_leaves_the_rules_at_work(
    tmp_path: Path, content: str | None
) -> None:
    """FT-33."""
    path = tmp_path / "model.json"
    if content is not None:
        path.write_text(content)

    assert service.load_model(path) is None


def test_a_model_file_that_never_answers_leaves_the_rules_at_work_ft_33(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "model.json"
    os.mkfifo(path)  # nobody ever writes to it, as a share that is away
    monkeypatch.setattr(artefacts, "MODEL_SECONDS", 0.1)

    assert service.load_model(path) is None


def test_the_model_that_ships_is_sound() -> None:
    assert service.load_model() is not None


def test_who_was_judged_is_known_even_where_nothing_changed_al_22(
    session: Session, rulebook: Rulebook
) -> None:
    patient, later = enrol(session), NOW + timedelta(minutes=15)
    measure(session, patient, Vital.SPO2, 97.0)
    first = assess(session, patient, rulebook)

    again = service.assess_all(session, [patient], now=later, rulebook=rulebook, model=None)

    assert again == {patient: first}
    assert repository.judged_at(session, [patient]) == {patient: later}


def test_what_is_expected_of_somebody_is_stored_with_why_it_is_missing(
    session: Session, rulebook: Rulebook
) -> None:
    patient = enrol(session)
    for day in range(20):
        measure(session, patient, Vital.BODY_WEIGHT, 80.0, at=NOW - timedelta(days=day + 4))

    assess(session, patient, rulebook)

    expected = repository.expected_of(session, [patient])[patient]
    assert expected == {
        Vital.BODY_WEIGHT: Awaited(datetime(2026, 3, 19, tzinfo=UTC), 1, "as usual", "not measured")
    }


def test_a_still_home_is_looked_at_when_it_has_been_still_too_long(
    session: Session, rulebook: Rulebook
) -> None:
    """A RED of time alone waits for no round: twelve hours are over at 09:10."""
    patient = enrol(session)
    session.get_one(Patient, patient).lives_alone = True
    for hour in range(1, 400):
        measure(session, patient, Vital.MOTION, 1.0, at=NOW - timedelta(hours=hour))
    measure(session, patient, Vital.MOTION, 1.0, at=NOW)
    due = NOW + timedelta(hours=12)

    assess(session, patient, rulebook, due - timedelta(minutes=20))
    assert not offered(session, Topic.ASSESS, patient)
    assess(session, patient, rulebook, due - timedelta(minutes=10))

    assert [row.next_try_at for row in offered(session, Topic.ASSESS, patient)] == [due]
    red = assess(session, patient, rulebook, due)
    assert repository.assessment(session, red).severity is Severity.RED
