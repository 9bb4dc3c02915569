"""Everybody is judged in slices, a few queries for each; one faulty person stops nobody."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import event, select

import monitoring.service
from alerts.notify.outlets import Outlets
from app import tasks, timetable
from app.learned import Learned
from app.runtime import Runtime
from core.outbox import Outbox, Topic
from core.security import SYSTEM
from core.settings import Environment, Settings
from core.slices import slices
from core.vitals import Vital
from monitoring.models import service as models
from monitoring.plans.site_rules import SiteRules
from monitoring.tables import AssessmentRow
from tests.artefacts import artefact
from tests.monitoring.test_service import NOW, enrol, measure, offered
from tests.rulebook import RULEBOOK

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.orm import Session

    from core.database import Database


@pytest.fixture
def runtime(database: Database) -> Runtime:
    settings = Settings(environment=Environment.TEST)
    return Runtime(
        settings=settings,
        database=database,
        rules=SiteRules(RULEBOOK),
        learned=Learned(Path("nowhere")),
        policy=None,  # type: ignore[arg-type]  # nothing is raised here
        outlets=Outlets(),
        addresses=None,  # type: ignore[arg-type]  # nobody is told here
    )


def judged(session: Session, patient: UUID) -> list[AssessmentRow]:
    query = select(AssessmentRow).where(AssessmentRow.patient_id == patient)
    return list(session.scalars(query))


def test_many_are_judged_as_each_alone(session: Session) -> None:
    people = [enrol(session) for _ in range(3)]
    for patient, spo2 in zip(people, (88.0, 92.0, 97.0), strict=True):
        measure(session, patient, Vital.SPO2, spo2)

    with session.begin_nested() as undone:
        alone = {
            patient: judged(session, patient)[0].key
            for patient in people
            if monitoring.service.assess(session, patient, now=NOW, rulebook=RULEBOOK, model=None)
        }
        undone.rollback()
    monitoring.service.assess_all(session, people, now=NOW, rulebook=RULEBOOK, model=None)

    assert {patient: judged(session, patient)[0].key for patient in people} == alone


def test_a_second_round_over_quiet_people_stores_nothing(session: Session) -> None:
    people = [enrol(session) for _ in range(3)]
    for patient in people:
        measure(session, patient, Vital.SPO2, 97.0)

    for _ in range(2):
        monitoring.service.assess_all(session, people, now=NOW, rulebook=RULEBOOK, model=None)

    assert [len(judged(session, patient)) for patient in people] == [1, 1, 1]


def test_a_round_takes_as_many_queries_for_many_as_for_few(session: Session) -> None:
    assert queries(session, 2) == queries(session, 12)


def queries(session: Session, count: int) -> int:
    """Return how many queries a quiet round over so many people takes."""
    people = [enrol(session) for _ in range(count)]
    for patient in people:
        measure(session, patient, Vital.SPO2, 97.0)
    monitoring.service.assess_all(session, people, now=NOW, rulebook=RULEBOOK, model=None)
    asked: list[str] = []

    def note(*arguments: object) -> None:
        asked.append(str(arguments[2]))

    event.listen(session.connection(), "before_cursor_execute", note)
    monitoring.service.assess_all(session, people, now=NOW, rulebook=RULEBOOK, model=None)
    event.remove(session.connection(), "before_cursor_execute", note)
    return len(asked)


def test_the_slices_together_are_everybody(session: Session, runtime: Runtime) -> None:
    people = [enrol(session) for _ in range(7)]
    for patient in people:
        measure(session, patient, Vital.SPO2, 97.0)

    for subject in slices(120):
        tasks.make_round(session, subject, NOW, runtime)

    assert [len(judged(session, patient)) for patient in people] == [1] * 7


def test_where_a_slice_fails_each_of_its_people_is_judged_alone(
    session: Session, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    patient = enrol(session)

    def fails(*_: object, **__: object) -> None:
        raise ValueError("one person's record is broken")

    monkeypatch.setattr(monitoring.service, "assess_all", fails)
    [whole] = slices(1)

    tasks.make_round(session, whole, NOW, runtime)

    assert len(offered(session, Topic.ASSESS, patient)) == 1


def test_each_quarter_of_an_hour_everybody_is_due_once(session: Session) -> None:
    enrol(session)

    for _ in range(2):
        timetable.look_for_silence(session, now=NOW)

    rounds = session.scalars(select(Outbox).where(Outbox.topic == Topic.ROUND)).all()
    assert len(rounds) == len({row.subject_id for row in rounds}) >= 1


def test_a_promotion_judges_from_the_next_round_on_in_the_same_process(
    session: Session, runtime: Runtime
) -> None:
    """The model is looked up with each batch, live and in rounds."""
    patient = enrol(session)
    for day in range(30):
        for vital, value in ((Vital.SPO2, 96.0), (Vital.HEART_RATE, 70.0)):
            measure(session, patient, vital, value, at=NOW - timedelta(days=day, minutes=5))
    id_ = models.add(session, SYSTEM, artefact("mine"), reason="a test", now=NOW)

    [whole] = slices(1)
    tasks.assess(session, patient, NOW, runtime)
    models.promote(session, SYSTEM, id_, reason="a test", without_shadow=True, now=NOW)
    tasks.make_round(session, whole, NOW + timedelta(minutes=5), runtime)
    models.roll_back(session, SYSTEM, reason="a test", now=NOW)
    tasks.assess(session, patient, NOW + timedelta(minutes=10), runtime)

    rows = sorted(judged(session, patient), key=lambda row: row.at)
    assert [row.model_id for row in rows] == ["", id_, ""]
    assert [row.risk is not None for row in rows] == [False, True, False]
