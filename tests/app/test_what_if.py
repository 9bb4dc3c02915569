from __future__ import annotations

from datetime import timedelta
from importlib.resources import files
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from typer.testing import CliRunner

from alerts.tables import Alert
from app.cli import build
from app.what_if import folder_pasts, labels, stored_pasts, what_if
from core.errors import InvalidError
from core.vitals import Severity, Vital
from ingest.repository import condition_groups
from monitoring.findings import Problem
from monitoring.rule_change import changed
from monitoring.service import load_rulebook
from tests.app.test_replay import fluid, write
from tests.monitoring.test_service import NOW, enrol, measure

if TYPE_CHECKING:
    from pathlib import Path
    from uuid import UUID

    from sqlalchemy.orm import Session

    from monitoring.rulebook import Rulebook

SINCE = NOW - timedelta(days=20)


def proposed(text: str) -> Rulebook:
    in_force = files("monitoring").joinpath("rulebook.toml").read_text(encoding="utf-8")
    return changed(in_force, text, conditions=frozenset(condition_groups()))


def resolved(session: Session, patient: UUID, label: str) -> None:
    times = dict.fromkeys(("started_at", "last_seen_at", "last_found_at", "opened_at"), NOW)
    session.add(
        Alert(
            id=uuid4(),
            patient_id=patient,
            problem=Problem.BREATHING,
            severity=Severity.RED,
            state="resolved",
            outcome=label,
            policy_hash="",
            policy={},
            **times,
        )
    )
    session.flush()


def test_the_stored_past_says_which_confirmed_episodes_a_change_would_lose(
    session: Session,
) -> None:
    patient = enrol(session)
    measure(session, patient, Vital.SPO2, 88.0)
    resolved(session, patient, "true-actionable")
    pasts = [p for p in stored_pasts(session, since=SINCE) if p.person.id == str(patient)]
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


def test_a_folder_without_patients_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidError, match=r"no Patient\.ndjson"):
        folder_pasts(tmp_path)
