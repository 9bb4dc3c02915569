"""Writes a learned risk as a FHIR R4 RiskAssessment, with the basis it rests on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fhir.detected_issue import coding

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

MODELS = "urn:wardlight:codesystem:model"


@dataclass(frozen=True, slots=True)
class Predicted:
    """A probability of an outcome within a horizon."""

    outcome: str
    probability: float  # 0 to 1
    horizon_hours: int | None = None
    rationale: str = ""


def risk_assessment(
    model: str,
    predicted: Sequence[Predicted],
    *,
    patient: str,
    occurred: datetime,
    basis: Sequence[str] = (),
) -> dict[str, Any]:
    """Return the resource; `patient` and `basis` are references, `occurred` is aware.

    The first prediction is the main one.
    """
    assessment: dict[str, Any] = {
        "resourceType": "RiskAssessment",
        "status": "final",
        "method": {"coding": [coding(MODELS, model)]},
        "subject": {"reference": patient},
        "occurrenceDateTime": occurred.isoformat(),
        "prediction": [_prediction(each) for each in predicted],
    }
    if basis:
        assessment["basis"] = [{"reference": each} for each in basis]
    return assessment


def _prediction(predicted: Predicted) -> dict[str, Any]:
    prediction: dict[str, Any] = {
        "outcome": {"text": predicted.outcome},
        "probabilityDecimal": round(predicted.probability, 4),
    }
    if predicted.horizon_hours is not None:
        prediction["whenRange"] = {"high": _hours(predicted.horizon_hours)}
    if predicted.rationale:
        prediction["rationale"] = predicted.rationale
    return prediction


def _hours(number: int) -> dict[str, Any]:
    return {"value": number, "unit": "h", "system": "http://unitsofmeasure.org", "code": "h"}
