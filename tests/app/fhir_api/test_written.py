from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

import msgspec
import pytest

from app.fhir_api.written import page, query_of
from core.security import SYSTEM, Caller
from fhir.outcome import Refusal
from fhir.search_parameters import Criteria
from fhir.strict import check, decode
from tests.ward import Ward, open_ward

if TYPE_CHECKING:
    from app.fhir_api.repository import After
    from core.database import Database


@pytest.fixture(scope="module")
def ward(database: Database) -> Ward:
    return open_ward(database)


def found(
    database: Database, kind: str, ward: Ward, *, size: int = 50, caller: Caller = SYSTEM
) -> list[dict[str, Any]]:
    resources: list[dict[str, Any]] = []
    after = None
    patients = (set(ward.patients.values()),)
    with database.transaction() as session:
        while True:
            query = query_of(caller, Criteria(kind), patients, asof=ward.now)
            rows: list[tuple[After, Any]] = page(session, query, kind, after, limit=size)
            if not rows:
                return resources
            after = rows[-1][0]
            for _, hit in rows:
                strict = decode(hit.body)
                assert isinstance(strict, dict)
                assert not isinstance(check(strict), Refusal)
                resources.append(msgspec.json.decode(hit.body))


def test_every_alert_of_a_clinical_tier_is_a_detected_issue_fhir_25(
    database: Database, ward: Ward
) -> None:
    issues = found(database, "DetectedIssue", ward)

    raised = {str(id_) for ids in ward.alerts.values() for id_ in ids}
    assert issues
    assert {each["id"] for each in issues} <= raised
    assert all(each["detail"] and each["severity"] for each in issues)


@pytest.mark.parametrize("kind", ["DetectedIssue", "RiskAssessment"])
def test_pages_give_each_once_and_another_team_gets_none_sec_11(
    database: Database, ward: Ward, kind: str
) -> None:
    whole = found(database, kind, ward)
    outsider = Caller("user", uuid4(), practitioner_id=uuid4())

    assert found(database, kind, ward, size=2) == whole
    assert len({each["id"] for each in whole}) == len(whole)
    assert found(database, kind, ward, caller=outsider) == []


def test_a_score_is_a_risk_assessment_that_says_what_it_learned_on_fhir_25(
    database: Database, ward: Ward
) -> None:
    scores = found(database, "RiskAssessment", ward)

    assert scores
    for each in scores:
        (prediction,) = each["prediction"]

        assert 0 <= prediction["probabilityDecimal"] <= 1
        assert "trained on" in prediction["rationale"]
