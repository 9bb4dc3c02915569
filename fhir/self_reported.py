"""Writes what a patient or carer typed on their own page as FHIR R4, for the same door as devices.

One Observation a measurement, both pressures in one panel; one QuestionnaireResponse for the
symptom questions. The identifier is the message that asked, so that a form sent twice is one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.vitals import MEASURES, Vital
from fhir.codes import LOINC
from fhir.own_codes import BY_CODE
from fhir.questionnaire import DAILY, OPTIONS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

PAGE = "urn:wardlight:patient-page"
UCUM = "http://unitsofmeasure.org"
CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
PRESSURES = (Vital.SYSTOLIC_BP, Vital.DIASTOLIC_BP)
PANEL = ("85354-9", "Blood pressure panel with all children optional")
# The LOINC of what somebody can read off a device at home, with LOINC's own name.
CODES: dict[Vital, tuple[str, str]] = {
    Vital.BODY_WEIGHT: ("29463-7", "Body weight"),
    Vital.SYSTOLIC_BP: ("8480-6", "Systolic blood pressure"),
    Vital.DIASTOLIC_BP: ("8462-4", "Diastolic blood pressure"),
    Vital.HEART_RATE: ("8867-4", "Heart rate"),
    Vital.RESTING_HEART_RATE: ("40443-4", "Heart rate --resting"),
    Vital.RESPIRATORY_RATE: ("9279-1", "Respiratory rate"),
    Vital.SPO2: ("59408-5", "Oxygen saturation in Arterial blood by Pulse oximetry"),
    Vital.BODY_TEMPERATURE: ("8310-5", "Body temperature"),
    Vital.GLUCOSE: ("2339-0", "Glucose [Mass/volume] in Blood"),
    Vital.PEAK_FLOW: ("19935-6", "Maximum expiratory gas flow by Peak flow meter"),
    Vital.FEV1: ("20150-9", "FEV1"),
}
MOLES = ("15074-8", "Glucose [Moles/volume] in Blood")
MOLE_UNIT = "mmol/L"
_CATEGORIES = {
    Vital.GLUCOSE: "laboratory",
    Vital.PEAK_FLOW: "procedure",
    Vital.FEV1: "procedure",
}
YES, NO, UNKNOWN = (option[1] for option in OPTIONS)


@dataclass(frozen=True, slots=True)
class Typed:
    """One number as it was typed: the text, and the UCUM code of its unit."""

    vital: Vital
    text: str
    unit: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """Whose form it is, when it was filled in, by whom, and what it is called."""

    patient: str  # the id
    at: datetime
    name: str  # of the message that asked
    carer: bool = False


def observation(sheet: Sheet, typed: Typed) -> dict[str, Any]:
    """Return one measurement as an Observation."""
    coded = MOLES if typed.unit == MOLE_UNIT else CODES[typed.vital]
    category = _CATEGORIES.get(typed.vital, "vital-signs")
    return _head(sheet, str(typed.vital), category, coded) | {"valueQuantity": _quantity(typed)}


def pressures(sheet: Sheet, upper: Typed, lower: Typed) -> dict[str, Any]:
    """Return both blood pressures of one measurement as one Observation."""
    parts = [
        {"code": _concept(LOINC, *CODES[each.vital]), "valueQuantity": _quantity(each)}
        for each in (upper, lower)
    ]
    return _head(sheet, "blood_pressure", "vital-signs", PANEL) | {"component": parts}


def response(sheet: Sheet, answers: Mapping[str, str]) -> dict[str, Any]:
    """Return the answers by the code of their question; each answer is the code of an option."""
    options = {option[1]: option for option in OPTIONS}
    items = [
        {
            "linkId": code,
            "text": BY_CODE[code].display,
            "answer": [
                {
                    "valueCoding": {
                        "system": options[said][0],
                        "code": said,
                        "display": options[said][2],
                    }
                }
            ],
        }
        for code, said in answers.items()
    ]
    return {
        "resourceType": "QuestionnaireResponse",
        "identifier": {"system": PAGE, "value": f"{sheet.name}:daily"},
        "questionnaire": DAILY,
        "status": "completed",
        "subject": {"reference": f"Patient/{sheet.patient}"},
        "authored": sheet.at.isoformat(),
        "author": _who(sheet),
        "source": _who(sheet),
        "item": items,
    }


def _head(sheet: Sheet, what: str, category: str, coded: tuple[str, str]) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "identifier": [{"system": PAGE, "value": f"{sheet.name}:{what}"}],
        "status": "final",
        "category": [{"coding": [{"system": CATEGORY, "code": category}]}],
        "code": _concept(LOINC, *coded),
        "subject": {"reference": f"Patient/{sheet.patient}"},
        "effectiveDateTime": sheet.at.isoformat(),
        "performer": [_who(sheet)],
    }


def _who(sheet: Sheet) -> dict[str, Any]:
    """Return who typed it. A carer is enrolled as no resource of their own."""
    if sheet.carer:
        return {"type": "RelatedPerson", "display": "A carer of the patient"}
    return {"reference": f"Patient/{sheet.patient}"}


def _concept(system: str, code: str, display: str) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code, "display": display}]}


def _quantity(typed: Typed) -> dict[str, Any]:
    shown = MEASURES[typed.vital]
    unit = shown.unit_display if typed.unit == shown.unit else typed.unit
    return {"value": _number(typed.text), "unit": unit, "system": UCUM, "code": typed.unit}


def _number(text: str) -> float | int:
    return float(text) if "." in text else int(text)
