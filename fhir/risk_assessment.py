"""Writes a learned risk as a FHIR R4 RiskAssessment, with the basis it rests on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fhir.detected_issue import coding

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

MODELS = "urn:wardlight:codesystem:model"
DECIMALS = 6  # so that small risks can still be ranked
FAMILIES = "urn:wardlight:codesystem:event-family"  # of events that are predicted apart


@dataclass(frozen=True, slots=True)
class Predicted:
    """A probability of an outcome within a horizon."""

    outcome: str
    probability: float  # 0 to 1
    horizon_hours: int | None = None
    rationale: str = ""
    code: str = ""  # of the family of events; "any" for all


@dataclass(frozen=True, slots=True)
class Remark:
    """What somebody said of a score, and when: it stands beside it and changes nothing in it."""

    text: str
    at: datetime


def risk_assessment(  # noqa: PLR0913 (each is an element of the resource)
    model: str,
    predicted: Sequence[Predicted],
    *,
    patient: str,
    occurred: datetime,
    basis: Sequence[str] = (),
    note: str = "",
    remarks: Sequence[Remark] = (),
) -> dict[str, Any]:
    """Return the resource; `patient` and `basis` are references, `occurred` is aware.

    The first prediction is the main one. Where there is none, `note` says why.
    """
    assessment: dict[str, Any] = {
        "resourceType": "RiskAssessment",
        "status": "final",
        "method": {"coding": [coding(MODELS, model)]},
        "subject": {"reference": patient},
        "occurrenceDateTime": occurred.isoformat(),
    }
    if predicted:
        assessment["prediction"] = [_prediction(each) for each in predicted]
    if basis:
        assessment["basis"] = [{"reference": each} for each in basis]
    notes = [{"text": note}] if note else []
    notes += [{"time": each.at.isoformat(), "text": each.text} for each in remarks]
    if notes:
        assessment["note"] = notes
    return assessment


def _prediction(predicted: Predicted) -> dict[str, Any]:
    prediction: dict[str, Any] = {
        "outcome": _outcome(predicted),
        "probabilityDecimal": round(predicted.probability, DECIMALS),
    }
    if predicted.horizon_hours is not None:
        prediction["whenRange"] = {"high": _hours(predicted.horizon_hours)}
    if predicted.rationale:
        prediction["rationale"] = predicted.rationale
    return prediction


def _outcome(predicted: Predicted) -> dict[str, Any]:
    said: dict[str, Any] = {"text": predicted.outcome}
    if not predicted.code:
        return said
    return {"coding": [coding(FAMILIES, predicted.code, predicted.outcome)]} | said


def _hours(number: int) -> dict[str, Any]:
    return {"value": number, "unit": "h", "system": "http://unitsofmeasure.org", "code": "h"}
