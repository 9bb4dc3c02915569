from __future__ import annotations

from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit
from uuid import uuid4

import msgspec
import pytest
from sqlalchemy import select

from app.fhir_api.paging import unseal
from app.fhir_api.service import Asked, continued, read, search
from core.errors import ForbiddenError, NotFoundError
from core.security import SYSTEM, Caller
from fhir.outcome import Refusal
from fhir.search_criteria import Criteria, Place
from fhir.search_parameters import read_search
from fhir.strict import check, decode
from monitoring.families import FAMILIES
from monitoring.tables import AssessmentRow
from tests.ward import Ward, open_ward

if TYPE_CHECKING:
    from core.database import Database

BASE = "https://w.example/fhir"
OF_ALERTS = ("DetectedIssue", "Flag", "Task", "Communication")
KINDS = (*OF_ALERTS, "RiskAssessment")


@pytest.fixture(scope="module")
def ward(database: Database) -> Ward:
    return open_ward(database)


def asked_by(ward: Ward, *pairs: tuple[str, str]) -> Asked:
    later = ward.now + timedelta(minutes=1)
    return Asked(pairs, Place(BASE, UTC, later), "secret", later, asof=later)


def found(
    database: Database, kind: str, ward: Ward, *pairs: tuple[str, str], caller: Caller = SYSTEM
) -> list[dict[str, Any]]:
    whose = ",".join(str(each) for each in ward.patients.values())
    asked = asked_by(ward, ("patient", whose), *pairs)
    resources: list[dict[str, Any]] = []
    while True:
        criteria = read_search(kind, asked.pairs, asked.place, strict=True)
        assert isinstance(criteria, Criteria), criteria
        with database.transaction() as session:
            bundle = msgspec.json.decode(search(session, caller, criteria, asked))
        resources += [each["resource"] for each in bundle.get("entry", ())]
        links = {each["relation"]: each["url"] for each in bundle["link"]}
        if "next" not in links:
            return resources
        (said,) = parse_qsl(urlsplit(links["next"]).query)
        onward = unseal(said[1], "secret", now=asked.now)
        assert onward is not None
        asked = continued(onward, asked)


@pytest.mark.parametrize("kind", KINDS)
def test_what_wardlight_writes_is_valid_and_read_by_id_fhir_25(
    database: Database, ward: Ward, kind: str
) -> None:
    resources = found(database, kind, ward)

    assert resources
    for each in resources:
        strict = decode(msgspec.json.encode(each))
        assert isinstance(strict, dict)
        assert check(strict) == ()
        with database.transaction() as session:
            again = read(session, SYSTEM, kind, each["id"], asked_by(ward))
        assert msgspec.json.decode(again.body) == each


@pytest.mark.parametrize("kind", KINDS)
def test_pages_give_each_once_and_another_team_gets_none_sec_11(
    database: Database, ward: Ward, kind: str
) -> None:
    whole = found(database, kind, ward)
    outsider = Caller("user", uuid4(), practitioner_id=uuid4())

    assert found(database, kind, ward, ("_count", "2")) == whole
    assert len({each["id"] for each in whole}) == len(whole)
    assert found(database, kind, ward, caller=outsider) == []
    with database.transaction() as session, pytest.raises(NotFoundError):
        read(session, outsider, kind, whole[0]["id"], asked_by(ward))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("key", ["date", "_lastUpdated"])
def test_what_is_written_is_sorted_as_asked_fhir_11(
    database: Database, ward: Ward, kind: str, key: str
) -> None:
    up = found(database, kind, ward, ("_sort", key), ("_count", "3"))
    down = found(database, kind, ward, ("_sort", f"-{key}"), ("_count", "3"))

    updated = [each["meta"]["lastUpdated"] for each in up]
    assert len(up) == len(found(database, kind, ward))
    assert {each["id"] for each in up} == {each["id"] for each in down}
    assert key == "date" or updated == sorted(updated)


def test_every_alert_of_a_clinical_tier_is_a_detected_issue_fhir_25(
    database: Database, ward: Ward
) -> None:
    issues = found(database, "DetectedIssue", ward)

    raised = {str(id_) for ids in ward.alerts.values() for id_ in ids}
    assert {each["id"] for each in issues} <= raised
    assert all(each["detail"] and each["severity"] for each in issues)
    with database.transaction() as session:
        known = set(session.scalars(select(AssessmentRow.rulebook_hash)))
    assert {each["code"]["coding"][0]["version"] for each in issues} <= known


def test_an_alert_of_the_score_carries_it_and_names_where_it_is_read_fhir_25(
    database: Database, ward: Ward
) -> None:
    issues = [each for each in found(database, "DetectedIssue", ward) if "contained" in each]
    scores = {each["id"]: each for each in found(database, "RiskAssessment", ward)}

    assert issues
    for issue in issues:
        [score] = issue["contained"]
        [evidence] = issue["evidence"]
        inside, outside = (each["reference"] for each in evidence["detail"])
        first = score["prediction"][0]
        assert inside == f"#{score['id']}"
        whole = scores[outside.removeprefix("RiskAssessment/")]
        assert score["method"] == whole["method"]
        assert first["outcome"]["coding"][0]["code"] in FAMILIES
        assert first in whole["prediction"]
        assert len(score["prediction"]) == len(whole["prediction"])


def test_an_open_episode_is_an_active_flag_and_a_task_with_its_end_fhir_25(
    database: Database, ward: Ward
) -> None:
    flags = found(database, "Flag", ward, ("status", "active"))
    tasks = {each["id"]: each for each in found(database, "Task", ward, ("status", "requested"))}

    assert flags
    assert all("end" not in each["period"] for each in flags)
    assert tasks.keys() <= {each["id"] for each in flags}
    assert any("period" in each.get("restriction", {}) for each in tasks.values())


def test_a_notification_names_who_was_told_and_no_content_sec_23(
    database: Database, ward: Ward
) -> None:
    told = found(database, "Communication", ward)

    assert all("payload" not in each and "note" not in each for each in told)
    assert any("reference" in each["recipient"][0] for each in told)


def test_a_score_is_a_risk_assessment_that_says_what_it_learned_on_fhir_25(
    database: Database, ward: Ward
) -> None:
    scores = found(database, "RiskAssessment", ward)

    for each in scores:
        spans = {p["whenRange"]["high"]["value"] // 24 for p in each["prediction"]}
        outcomes = [p["outcome"]["text"] for p in each["prediction"]]

        assert spans == {3, 7, 14}
        assert outcomes[0] == "worsening"
        assert "heart failure" in outcomes
        for prediction in each["prediction"]:
            assert 0 <= prediction["probabilityDecimal"] <= 1
            assert "trained on" in prediction["rationale"]
        assert "basis" not in each  # the ward's readings are of no Observation (`test_basis`)


def test_nobody_signed_in_reads_the_audit_trail(database: Database, ward: Ward) -> None:
    nurse = Caller("user", uuid4(), practitioner_id=uuid4())

    with database.transaction() as session, pytest.raises(ForbiddenError):
        read(session, nurse, "AuditEvent", "1", asked_by(ward))


def test_what_would_be_read_must_be_what_is_written(database: Database, ward: Ward) -> None:
    assert not isinstance(read_search("Task", [("status", "x")], asked_by(ward).place), Refusal)
    with database.transaction() as session, pytest.raises(ForbiddenError):
        read(session, SYSTEM, "Observation", "1", asked_by(ward))
