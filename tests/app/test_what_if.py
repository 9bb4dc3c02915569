from __future__ import annotations

import json
from datetime import timedelta
from importlib.resources import files
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from typer.testing import CliRunner

from alerts.tables import Alert
from app.cli import build
from app.fhir_api.alerting import Tasks
from app.what_if import folder_pasts, labels, stored_pasts, what_if
from core.errors import InvalidError
from core.security import Caller
from core.vitals import Severity, Vital
from fhir.strict import check
from ingest.repository import condition_groups
from monitoring.findings import Problem
from monitoring.plans import service as plans
from monitoring.plans.limits import PlanLimit
from monitoring.plans.service import Signed
from monitoring.rule_change import changed
from monitoring.service import load_rulebook, load_site_rules
from tests.app.test_replay import START, fluid, write
from tests.app.test_replay_templates import fast_heart
from tests.monitoring.test_service import NOW, enrol, measure
from tests.people import clinician

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path
    from uuid import UUID

    from sqlalchemy.orm import Session

    from monitoring.rulebook import Rulebook

SINCE = NOW - timedelta(days=20)


def proposed(text: str) -> Rulebook:
    in_force = files("monitoring").joinpath("rulebook.toml").read_text(encoding="utf-8")
    return changed(in_force, text, conditions=frozenset(condition_groups()))


def resolved(
    session: Session,
    patient: UUID,
    label: str,
    *,
    problem: Problem = Problem.BREATHING,
    at: datetime = NOW,
) -> Alert:
    times = dict.fromkeys(("started_at", "last_seen_at", "last_found_at", "opened_at"), at)
    alert = Alert(
        id=uuid4(),
        patient_id=patient,
        problem=problem,
        severity=Severity.RED,
        state="resolved",
        outcome=label,
        outcome_detail="call",
        policy_hash="",
        policy={},
        **times,
    )
    session.add(alert)
    session.flush()
    return alert


def test_the_stored_past_says_which_confirmed_episodes_a_change_would_lose(
    session: Session,
) -> None:
    patient = enrol(session)
    measure(session, patient, Vital.SPO2, 88.0)
    resolved(session, patient, "true-actionable")
    pasts = stored_pasts(session, since=SINCE, patients=[patient])
    mine = [each for each in labels(session, since=SINCE) if each.patient == str(patient)]

    found = what_if(
        pasts,
        load_rulebook(),
        proposed('off = ["SPO2-CRIT", "SPO2-LOW", "NEWS2-S3"]'),
        model=None,
        since=SINCE,
        until=NOW + timedelta(days=1),
        labelled=mine,
    )

    assert ("SPO2-CRIT", Severity.RED) in {(a.rule, a.severity) for a in found.removed}
    assert found.lost == tuple(mine)
    assert found.concerned() == [(str(patient), 0, 1)]
    assert found.patient_weeks == pytest.approx(1 / 7)


def test_the_stored_past_is_everybodys_where_nobody_is_named(session: Session) -> None:
    later = NOW + timedelta(days=9000)  # other tests' readings are of before
    measured = [enrol(session), enrol(session)]
    for patient in measured:
        measure(session, patient, Vital.SPO2, 88.0, at=later)
    enrol(session)

    pasts = stored_pasts(session, since=later)

    assert {past.person.id for past in pasts} == {str(patient) for patient in measured}


def test_a_label_that_says_nothing_of_right_or_wrong_is_left_out(session: Session) -> None:
    patient = enrol(session)
    resolved(session, patient, "unsure")

    assert [each for each in labels(session, since=SINCE) if each.patient == str(patient)] == []


def test_the_command_prints_the_comparison_and_draws_it(tmp_path: Path) -> None:
    write(tmp_path, fluid())
    change, drawn = tmp_path / "change.toml", tmp_path / "weeks.svg"
    fluid_rules = '["HF-W1", "HF-W3", "HF-W7", "HF-WPCT", "HF-WTREND", "HF-W30", "PB-Z"]'
    change.write_text(f"off = {fluid_rules}", encoding="utf-8")

    done = CliRunner().invoke(
        build(),
        [
            *("rules", "replay", "--change", str(change)),
            *("--input", str(tmp_path), "--picture", str(drawn)),
        ],
    )

    assert done.exit_code == 0, done.output
    assert "HF-W3" in done.output
    assert "anna" in done.output
    assert drawn.read_text(encoding="utf-8").startswith("<svg")


def test_an_exported_past_says_which_confirmed_episodes_a_change_would_lose(
    session: Session, tmp_path: Path
) -> None:
    """An alert's Task bears its outcome (alerting design, section 9), and a folder holds it."""
    sent = fluid()
    fired = START + timedelta(days=13)
    alert = resolved(session, enrol(session), "true-actionable", problem=Problem.FLUID, at=fired)
    [task] = Tasks().render(session, [alert])
    write(tmp_path, sent)
    mine = task | {"for": {"reference": "Patient/anna"}}
    (tmp_path / "Task.ndjson").write_text(json.dumps(mine) + "\n", encoding="utf-8")

    pasts, known = folder_pasts(tmp_path)
    fluid_rules = [r.id for r in load_rulebook().rules if r.problem is Problem.FLUID]
    found = what_if(
        pasts,
        load_rulebook(),
        proposed(f"off = {json.dumps(fluid_rules)}"),
        model=None,
        since=None,
        until=START + timedelta(days=30),
        labelled=known,
    )

    assert check(task) == ()
    assert [(each.patient, each.label, each.started) for each in known] == [
        ("anna", "true-actionable", fired)
    ]
    assert found.lost == tuple(known)


def test_a_task_without_an_outcome_labels_nothing(session: Session, tmp_path: Path) -> None:
    alert = resolved(session, enrol(session), "true-actionable")
    alert.outcome = None
    [task] = Tasks().render(session, [alert])
    write(tmp_path, fluid())
    mine = task | {"for": {"reference": "Patient/anna"}}
    (tmp_path / "Task.ndjson").write_text(json.dumps(mine) + "\n", encoding="utf-8")

    _, known = folder_pasts(tmp_path)

    assert known == []


def test_a_folder_without_patients_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidError, match=r"no Patient\.ndjson"):
        folder_pasts(tmp_path)


def test_a_proposed_limit_of_one_person_is_tried_on_the_past(tmp_path: Path) -> None:
    write(tmp_path, [*fast_heart("anna"), *fast_heart("otto")])
    change = tmp_path / "change.toml"
    limit = '[[limit]]\npatient = "anna"\nvital = "heart_rate"\nalert_high = 102\nreason = "r"\n'
    change.write_text(limit, encoding="utf-8")

    done = CliRunner().invoke(
        build(), ["rules", "replay", "--change", str(change), "--input", str(tmp_path)]
    )

    assert done.exit_code == 0, done.output
    assert "PLAN-OWN-HEART_RATE-HIGH" in done.output
    assert "anna" in done.output
    assert "otto" not in done.output


def test_the_stored_past_is_judged_by_the_limits_that_clinicians_set(session: Session) -> None:
    physician = clinician(session, uuid4(), "Dr Han", "han@clinic.example")
    session.add(physician)
    session.flush()
    patient = enrol(session)
    measure(session, patient, Vital.HEART_RATE, 115.0)
    caller = Caller("system", None, practitioner_id=physician.id)
    wide = PlanLimit(vital=Vital.HEART_RATE, reason="r", alert_high=125)
    site = load_site_rules()
    plans.set_limit(session, Signed(caller, "lives at 115"), patient, wide, site=site, now=NOW)
    pasts = stored_pasts(session, since=SINCE, patients=[patient])

    found = what_if(
        pasts,
        site,
        proposed('off = ["SPO2-DRIFT"]'),
        model=None,
        since=SINCE,
        until=NOW + timedelta(days=1),
    )

    assert found.before == found.after == ()
