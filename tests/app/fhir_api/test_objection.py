"""Who objects to automated scoring has no score found or read, also none of before (SEC-46)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import SecretStr

from app.copies.service import copy
from core.security import SYSTEM
from core.settings import Environment, Settings
from ingest.choices import Purpose
from monitoring.tables import AssessmentRow
from tests.choosing import say
from tests.door import BASE, NOW, SECRET, Gateway
from tests.score_alert import TOLD, UNTOLD, scored
from tests.ward import SOOJA, Ward, open_ward

if TYPE_CHECKING:
    from uuid import UUID

    from core.database import Database

AT = NOW - timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Case:
    """Of whom, and by which judgement the score opened which alert."""

    who: UUID
    judged: UUID
    alert: UUID


@pytest.fixture
def case(database: Database) -> Case:
    ward: Ward = open_ward(database, now=AT, people=(SOOJA,))
    who = ward.patients[SOOJA.name]
    with database.transaction() as session:
        return Case(who, *scored(session, who, now=AT))


def object_to_it(database: Database, case: Case, purpose: Purpose = Purpose.SCORING) -> None:
    with database.transaction() as session:
        say(session, case.who, purpose, allowed=False, at=AT)


def found(gateway: Gateway, path: str) -> list[dict[str, Any]]:
    answer = gateway.get(f"/fhir/{path}")
    assert answer.status_code == 200
    return [each["resource"] for each in answer.json().get("entry", ())]


@pytest.mark.parametrize("purpose", [Purpose.SCORING, Purpose.USE])
def test_no_score_of_before_is_found_or_read(
    gateway: Gateway, database: Database, case: Case, purpose: Purpose
) -> None:
    search = f"RiskAssessment?patient={case.who}"
    by_id = f"RiskAssessment?_id={case.judged}"
    before = {each["id"] for each in found(gateway, search)}
    assert str(case.judged) in before
    assert found(gateway, by_id)
    assert gateway.get(f"/fhir/RiskAssessment/{case.judged}").status_code == 200

    object_to_it(database, case, purpose)

    assert found(gateway, search) == []
    assert found(gateway, by_id) == []
    assert gateway.get(f"/fhir/RiskAssessment/{case.judged}").status_code == 404
    with database.transaction() as session:
        assert session.get_one(AssessmentRow, case.judged).risk is not None  # stored all the same


def test_the_alert_of_a_score_says_that_it_is_one_and_nothing_of_the_score(
    gateway: Gateway, database: Database, case: Case
) -> None:
    path = f"/fhir/DetectedIssue/{case.alert}"
    before = gateway.get(path).json()
    assert TOLD in before["detail"]
    assert "RiskAssessment" in json.dumps(before)

    object_to_it(database, case)

    after = gateway.get(path).json()
    assert UNTOLD in after["detail"]
    assert "RiskAssessment" not in json.dumps(after)
    assert "%" not in after["detail"]
    assert TOLD not in json.dumps(found(gateway, f"DetectedIssue?patient={case.who}"))


def test_the_copy_of_their_own_data_still_holds_it_sec_43(database: Database, case: Case) -> None:
    object_to_it(database, case)
    settings = Settings(environment=Environment.TEST, secret_key=SecretStr(SECRET), base_url=BASE)

    with database.transaction() as session:
        made = copy(session, SYSTEM, case.who, settings, now=NOW)

    kinds = {each["resource"]["resourceType"]: each["resource"]["id"] for each in made.entries}
    assert "RiskAssessment" in kinds
