from __future__ import annotations

from datetime import UTC, datetime

from fhir.risk_assessment import Predicted, risk_assessment
from fhir.strict import check, decode
from tests.fhir.payloads import raw

AT = datetime(2026, 5, 4, 8, tzinfo=UTC)


def test_a_score_is_a_valid_risk_assessment_with_its_basis_fhir_25() -> None:
    predicted = Predicted("additive-1", "deterioration", 0.123456, "weight rising", 168)

    resource = risk_assessment(
        predicted, patient="Patient/p1", occurred=AT, basis=["Observation/o1"]
    )

    strict = decode(raw(resource))
    assert isinstance(strict, dict)
    assert check(strict) == ()
    assert resource["prediction"][0]["probabilityDecimal"] == 0.1235
    assert resource["basis"] == [{"reference": "Observation/o1"}]


def test_a_score_without_horizon_or_basis_is_valid_too_fhir_25() -> None:
    resource = risk_assessment(Predicted("m", "x", 1.0), patient="Patient/p1", occurred=AT)

    strict = decode(raw(resource))
    assert isinstance(strict, dict)
    assert check(strict) == ()
