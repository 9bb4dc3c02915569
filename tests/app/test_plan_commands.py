from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from app.cli import build
from app.commands import plan as commands
from core.audit import AuditEvent
from core.clock import utc_now
from core.errors import NotFoundError
from ingest.tables import CareTeam, CareTeamParticipant, CareTeamPatient, Condition
from tests.monitoring.test_service import enrol
from tests.people import clinician

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session
    from typer.testing import Result


@pytest.fixture
def physician(session: Session, monkeypatch: pytest.MonkeyPatch) -> UUID:
    """Return a physician; the commands work in the test's own transaction."""

    @contextmanager
    def ours() -> Iterator[Session]:
        yield session

    monkeypatch.setattr(commands, "transaction", ours)
    who = clinician(session, uuid4(), "Dr Han", "han@clinic.example")
    session.add(who)
    session.flush()
    return who.id


@pytest.fixture
def patient(session: Session, physician: UUID) -> UUID:
    id_, team = enrol(session), uuid4()
    session.add(CareTeam(id=team, name="team"))
    session.flush()
    session.add(CareTeamParticipant(care_team_id=team, practitioner_id=physician))
    session.add(CareTeamPatient(care_team_id=team, patient_id=id_))
    session.add(
        Condition(
            patient_id=id_,
            codes=[["http://hl7.org/fhir/sid/icd-10-cm", "I50.9"]],
            clinical_status="active",
        )
    )
    session.flush()
    return id_


def plan(*arguments: str) -> Result:
    return CliRunner().invoke(build(), ["plan", *arguments], catch_exceptions=False)


def set_wide(patient: UUID, physician: UUID) -> Result:
    return plan(
        *("set", str(patient), "--vital", "heart_rate", "--alert-high", "125"),
        *("--reason", "lives at 115", "--by", str(physician), "--review-by", "2099-01-31"),
    )


def test_a_limit_is_set_shown_with_what_gave_way_and_withdrawn(
    session: Session, patient: UUID, physician: UUID
) -> None:
    done = set_wide(patient, physician)
    shown = plan("show", str(patient)).output

    assert "version 1" in done.output
    assert "HR-HIGH2" in done.output
    [line] = [x for x in shown.splitlines() if "Dr Han" in x]
    assert line.startswith("  AMBER  Heart rate at least 125 /min; one reading is enough | Dr Han")
    assert "lives at 115" in line
    assert "review by 2099-01-31" in line
    assert "gave way: YELLOW Heart rate at or above 100 /min of template heart_failure" in shown
    assert "a clinician's limit for this patient goes first" in shown
    assert "  RED    Heart rate at least 131 /min" in shown
    assert "rule HR-HIGH3" in shown
    withdrawn = plan(
        *("withdraw", str(patient), "--vital", "heart_rate"),
        *("--reason", "slower now", "--by", str(physician)),
    )
    assert "version 2" in withdrawn.output
    assert "gave way" not in plan("show", str(patient)).output
    reads = select(AuditEvent.action).where(AuditEvent.patient_id == patient)
    assert sorted(session.scalars(reads)) == ["C", "R", "R", "U"]


def test_the_history_keeps_each_version_with_its_reason(patient: UUID, physician: UUID) -> None:
    set_wide(patient, physician)
    plan(
        *("target", str(patient), "--reason", "confirmed by gases", "--by", str(physician)),
    )

    told = plan("history", str(patient)).output

    assert told.index("confirmed by gases") < told.index("lives at 115")
    assert "alert_high 125" in told
    assert "target SpO2 88-92 %" in told


def test_a_target_without_the_diagnosis_says_that_it_has_no_effect(
    patient: UUID, physician: UUID
) -> None:
    done = plan("target", str(patient), "--reason", "r", "--by", str(physician))

    assert "scale 1 is used" in done.output


def test_a_limit_past_its_review_is_told_to_be_overdue(
    patient: UUID, physician: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_wide(patient, physician)
    now = utc_now()
    monkeypatch.setattr(commands, "utc_now", lambda: now.replace(year=2100))

    shown = plan("show", str(patient)).output

    assert "OVERDUE for review since 2099-01-31: Heart rate" in shown
    assert "Dr Han" in shown


def test_who_does_not_look_after_the_patient_changes_nothing(
    session: Session, patient: UUID
) -> None:
    stranger = clinician(session, uuid4(), "Dr Lim", "lim@clinic.example")
    session.add(stranger)
    session.flush()

    with pytest.raises(NotFoundError, match="looks after no such patient"):
        set_wide(patient, stranger.id)
    with pytest.raises(NotFoundError, match="no such practitioner"):
        set_wide(patient, uuid4())
    assert "no clinician has set anything" in plan("history", str(patient)).output


def test_the_templates_are_printed_with_their_sources() -> None:
    told = plan("templates").output

    assert "heart_failure: heart failure" in told
    assert "RACE II" in told
    assert "11 templates, version" in told
    assert "PARADIGM" not in plan("templates", "copd").output
