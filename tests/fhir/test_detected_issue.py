from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Literal

import pytest

from fhir.detected_issue import Raised, detected_issue
from fhir.strict import check, decode
from tests.fhir.payloads import raw

AT = datetime(2026, 5, 4, 8, tzinfo=timezone(timedelta(hours=2)))


@pytest.mark.parametrize("severity", ["high", "moderate", "low"])
def test_an_alert_is_a_valid_detected_issue_fhir_25(
    severity: Literal["high", "moderate", "low"],
) -> None:
    raised = Raised("spo2-low", "Low oxygen", "SpO2 86 %, usual 94", severity, ["Observation/o1"])

    issue = detected_issue(raised, patient="Patient/p1", identified=AT, id="a1")

    assert check(decoded(issue)) == ()
    assert issue["severity"] == severity
    assert issue["identifiedDateTime"] == "2026-05-04T08:00:00+02:00"
    assert issue["implicated"] == [{"reference": "Observation/o1"}]
    assert issue["detail"] == "SpO2 86 %, usual 94"


def test_an_alert_of_silence_leaves_out_what_it_lacks_fhir_25() -> None:
    raised = Raised("silence", "", "", "low")

    issue = detected_issue(raised, patient="Patient/p1", identified=AT.astimezone(UTC))

    assert check(decoded(issue)) == ()
    assert not {"id", "implicated", "detail"} & issue.keys()


def decoded(resource: dict[str, object]) -> dict[str, object]:
    strict = decode(raw(resource))
    assert isinstance(strict, dict)
    return strict
