from __future__ import annotations

from datetime import UTC, datetime

from fhir.risk_assessment import Predicted, risk_assessment
from fhir.strict import check, decode
from tests.fhir.payloads import raw

AT = datetime(2026, 5, 4, 8, tzinfo=UTC)


def test_a_score_is_a_valid_risk_assessment_with_its_basis_fhir_25() -> None:
    predicted = [
        Predicted("deterioration", 0.12345678, 168, "weight rising"),
        Predicted("heart failure", 0.08, 168),
        Predicted("deterioration", 0.05, 72),
    ]

    resource = risk_assessment(
        "additive-1", predicted, patient="Patient/p1", occurred=AT, basis=["Observation/o1"]
    )

    strict = decode(raw(resource))
    assert isinstance(strict, dict)
    assert check(strict) == ()
    first, second, third = resource["prediction"]
    assert (first["probabilityDecimal"], first["rationale"]) == (0.123457, "weight rising")
    assert second["outcome"] == {"text": "heart failure"}
    assert third["whenRange"]["high"]["value"] == 72
    assert resource["basis"] == [{"reference": "Observation/o1"}]


def test_a_score_without_horizon_or_basis_is_valid_too_fhir_25() -> None:
    resource = risk_assessment("m", [Predicted("x", 1.0)], patient="Patient/p1", occurred=AT)

    strict = decode(raw(resource))
    assert isinstance(strict, dict)
    assert check(strict) == ()
