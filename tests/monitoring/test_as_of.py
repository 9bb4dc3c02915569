"""A reading is judged with what was true of the person when it was taken."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest

from app.what_if import stored_pasts
from core.vitals import Vital
from ingest.context.tables import Medicine, PatientAbsence
from ingest.enrolment import Absence
from ingest.tables import Condition
from monitoring import eventtime, repository
from tests.monitoring.test_service import NOW, assess, enrol, measure

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from monitoring.rulebook import Rulebook

DAY = timedelta(days=1)
SICK = [["http://hl7.org/fhir/sid/icd-10", "E11.9"]]


def treated(session: Session, **times: Any) -> UUID:
    """Enrol somebody with diabetes who eats little today; the medicine has these times."""
    patient = enrol(session)
    session.add(Condition(id=uuid4(), patient_id=patient, codes=SICK, clinical_status="active"))
    taken = {"classes": ["insulin"], "taken": True} | times
    session.add(Medicine(id=uuid4(), patient_id=patient, **taken))
    measure(session, patient, Vital.POOR_INTAKE, 1.0)
    return patient


TIMES: list[tuple[dict[str, Any], bool]] = [
    ({}, True),
    ({"since": NOW - 10 * DAY}, True),
    ({"since": NOW + DAY}, False),
    ({"since": NOW - 10 * DAY, "until": NOW - DAY}, False),
    ({"since": NOW - 10 * DAY, "until": NOW + DAY}, True),  # over by now, not by then
    ({"heard": NOW - DAY}, True),
    ({"heard": NOW + DAY}, False),  # heard of after the reading had come and was judged
    ({"taken": False}, False),
]


@pytest.mark.parametrize(("times", "found"), TIMES)
def test_the_stored_past_is_judged_with_the_medicines_of_its_time(
    session: Session,
    rulebook: Rulebook,
    times: dict[str, Any],
    found: bool,  # noqa: FBT001 (a column of the table)
) -> None:
    patient = treated(session, **times)
    [past] = stored_pasts(session, since=NOW - DAY, patients=[patient])

    news = eventtime.run(past, rulebook=rulebook, model=None, until=NOW + timedelta(hours=1))

    assert ("GLU-NPO" in {each.finding.rule_id for each in news}) is found


def test_what_is_heard_of_late_is_true_of_the_readings_that_are_judged_then(
    session: Session, rulebook: Rulebook
) -> None:
    later = NOW + timedelta(hours=5)
    patient = treated(session, heard=later)

    done = assess(session, patient, rulebook, later)

    stored = repository.assessment(session, done)
    assert "GLU-NPO" in {each.rule_id for each in stored.findings}


def test_a_reading_of_before_the_medicine_is_judged_without_it(
    session: Session, rulebook: Rulebook
) -> None:
    patient = treated(session, since=NOW + timedelta(hours=1))

    done = assess(session, patient, rulebook, NOW + timedelta(hours=2))

    stored = repository.assessment(session, done)
    assert "GLU-NPO" not in {each.rule_id for each in stored.findings}


def test_a_stay_that_begins_later_says_nothing_of_the_days_before(
    session: Session, rulebook: Rulebook
) -> None:
    patient = enrol(session)
    measure(session, patient, Vital.HEART_RATE, 72.0, at=NOW - 4 * DAY)
    stay = {"why": Absence.ADMITTED, "since": NOW + DAY}
    session.add(PatientAbsence(id=uuid4(), patient_id=patient, **stay))
    [past] = stored_pasts(session, since=NOW - 5 * DAY, patients=[patient])

    news = list(eventtime.run(past, rulebook=rulebook, model=None, until=NOW))

    assert {each.finding.problem.value for each in news} == {"silence"}
