"""A confirmed target saturation goes out as a Goal, and a replay of it judges by scale 2."""

from __future__ import annotations

import json
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from app import replay_folder
from app.fhir_api.service import Asked, read, search
from app.replay import replay
from app.replay_past import person_of
from core.security import SYSTEM, Caller
from fhir.goal import goal, read_scale_two
from fhir.search_criteria import Criteria, Place
from fhir.search_parameters import read_search
from fhir.strict import check
from ingest.repository import condition_groups
from monitoring.plans import service
from monitoring.service import load_rulebook
from tests.app.test_replay import START, condition, observation, patient, write
from tests.monitoring.plans.conftest import LATER, looked_after, physician, signed
from tests.monitoring.test_service import NOW

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy.orm import Session

__all__ = ["physician"]  # the fixture
BASE = "https://w.example/fhir"
WHEN = LATER + timedelta(minutes=1)
OUTSIDER = Caller("user", uuid4(), practitioner_id=uuid4())


def goals(session: Session, *pairs: tuple[str, str], caller: Caller = SYSTEM) -> Any:
    asked = Asked(pairs, Place(BASE, UTC, WHEN), "secret", WHEN, asof=WHEN)
    criteria = read_search("Goal", asked.pairs, asked.place, strict=True)
    assert isinstance(criteria, Criteria), criteria
    bundle = json.loads(search(session, caller, criteria, asked))
    return [each["resource"] for each in bundle.get("entry", ())]


def test_a_confirmed_target_is_the_patients_goal_until_it_is_withdrawn(
    session: Session, physician: Caller
) -> None:
    who, other = (looked_after(session, physician, "J96.12") for _ in range(2))
    mine = ("patient", str(who))
    assert goals(session, mine) == []

    service.confirm_target(session, signed(physician), who, on=True, now=NOW)
    service.confirm_target(session, signed(physician), other, on=True, now=NOW)
    [standing] = goals(session, mine)
    service.confirm_target(session, signed(physician), who, on=False, now=LATER)
    [withdrawn] = goals(session, mine)

    assert check(standing) == ()
    assert read_scale_two(standing) is True
    assert standing["expressedBy"] == {"reference": f"Practitioner/{physician.practitioner_id}"}
    assert "lives at 115" not in json.dumps(standing)  # the reason stays in the plan
    assert (withdrawn["id"], withdrawn["lifecycleStatus"]) == (standing["id"], "cancelled")
    assert withdrawn["meta"]["lastUpdated"] == LATER.isoformat()
    assert read_scale_two(withdrawn) is False
    assert len(goals(session, mine, ("lifecycle-status", "active"))) == 0
    assert goals(session, ("patient", f"{who},{other}"), caller=OUTSIDER) == []
    again = read(session, SYSTEM, "Goal", withdrawn["id"], asked())
    assert json.loads(again.body) == withdrawn


def asked() -> Asked:
    return Asked((), Place(BASE, UTC, WHEN), "secret", WHEN, asof=WHEN)


@pytest.mark.parametrize(
    ("status", "by", "told"),
    [
        ("active", "Practitioner/d", False),
        ("cancelled", "Practitioner/d", True),
        ("active", "Patient/anna", True),
        (None, "", True),
    ],
)
def test_a_folder_with_the_target_is_judged_by_scale_two(
    tmp_path: Path, status: str | None, by: str, *, told: bool
) -> None:
    """90 % is RED by scale 1, and within the target by scale 2."""
    write(
        tmp_path,
        [
            patient("anna"),
            condition("anna", "J96.12"),
            observation("anna", "59408-5", 90, START),
        ],
    )
    if status is not None:
        (tmp_path / "Goal.ndjson").write_text(json.dumps(target(status, by)) + "\n")

    output = tmp_path / "out.ndjson"
    replay(tmp_path, output, per_day=False, rulebook=load_rulebook(), model=None)

    assert ("SPO2-CRIT" in output.read_text()) is told
    member = replay_folder.read(tmp_path).members["anna"]
    assert person_of(member, condition_groups()).scale_two is not told


def test_without_the_diagnosis_a_target_changes_nothing(tmp_path: Path) -> None:
    write(tmp_path, [patient("anna"), observation("anna", "59408-5", 90, START)])
    (tmp_path / "Goal.ndjson").write_text(json.dumps(target("active", "Practitioner/d")) + "\n")

    member = replay_folder.read(tmp_path).members["anna"]

    assert not person_of(member, condition_groups()).scale_two


def target(status: str, by: str) -> dict[str, Any]:
    made = goal(patient="Patient/anna", clinician=by, status="active", day=START.date())
    return made | {"id": "g", "lifecycleStatus": status}
