"""Payloads as devices, phones and records send them, and what `fhir.md` says becomes of each.

Each is one way to say a pulse of 72, a pressure of 120/80, a weight or a temperature.
"""

from __future__ import annotations

from typing import Any

from tests.door import patient
from tests.fhir.payloads import (
    CATEGORY,
    LOINC,
    MDC,
    UCUM,
    absent,
    component,
    concept,
    half,
    observation,
    pressure,
    quantity,
)

Found = dict[str, str]
ODD = {"url": "https://maker.example/negated", "valueBoolean": True}
CUFF = {"resourceType": "Device", "id": "cuff", "serialNumber": "made-up-1"}
SCORED = {"heart_rate": "scored"}
BOTH = {"systolic_bp": "scored", "diastolic_bp": "scored"}


def coded(system: str, code: str = "8867-4") -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code} if system else {"code": code}]}


def weight(value: float, unit: str, code: str = "") -> dict[str, Any]:
    said = {"value": value, "unit": unit} | ({"system": UCUM, "code": code} if code else {})
    return observation("29463-7", valueQuantity=said)


# Name, what is sent, the readings with their quality, and words of the answer's first issue.
TAKEN: list[tuple[str, dict[str, Any], Found, str]] = [
    ("scale of a phone's maker", weight(81.65, "kg", "kg"), {"body_weight": "scored"}, ""),
    ("scale in pounds", weight(180, "lb", "[lb_av]"), {"body_weight": "scored"}, "converted"),
    ("scale with a text only", weight(180, "lbs"), {"body_weight": "unit-unsure"}, "expected kg"),
    ("scale with kg as text", weight(81, "kg"), {"body_weight": "scored"}, "unit-from-text"),
    (
        "thermometer in Fahrenheit",
        observation("8310-5", valueQuantity=quantity(98.6, "[degF]", "°F")),
        {"body_temperature": "scored"},
        "",
    ),
    (
        "contained device",
        observation(contained=[CUFF], device={"reference": "#cuff"}),
        SCORED,
        "",
    ),
    (
        "a health record's flowsheet",
        observation(
            code=concept(("urn:oid:1.2.840.114350.1.13.0.1.7.2.707679", "8"), (LOINC, "8867-4")),
            category=[
                {"coding": [{"system": "urn:oid:1.2.840.114350", "code": "smartdata"}]},
                concept((CATEGORY, "vital-signs")),
                {"text": "Vitals"},
            ],
            encounter={"reference": "Encounter/e1"},
            interpretation=[{"text": "Normal"}],
            referenceRange=[{"text": "60-100"}],
            note=[{"text": "at rest"}],
        ),
        SCORED,
        "",
    ),
    (
        "US Core pulse oximetry with oxygen",
        observation(
            code=concept((LOINC, "59408-5"), (LOINC, "2708-6")),
            valueQuantity=quantity(95, "%"),
            component=[
                component((LOINC, "3151-8"), valueQuantity=quantity(2, "L/min")),
                component((LOINC, "3150-0"), valueQuantity=quantity(28, "%")),
            ],
        ),
        {"spo2": "scored", "oxygen_flow": "scored", "oxygen_concentration": "scored"},
        "",
    ),
    (
        "personal health gateway, MDC throughout",
        observation(
            code=concept((MDC, "150020")),
            valueQuantity=None,
            component=[
                component((MDC, "150021"), valueQuantity=quantity(120, "mm[Hg]")),
                component((MDC, "150022"), valueQuantity=quantity(80, "mm[Hg]")),
            ],
        ),
        BOTH,
        "",
    ),
    (
        "MDC halves under a LOINC panel",
        pressure(
            component((MDC, "150021"), valueQuantity=quantity(120, "mm[Hg]")),
            component((MDC, "150022"), valueQuantity=quantity(80, "mm[Hg]")),
        ),
        BOTH,
        "",
    ),
    (
        "a cuff that also counts the pulse",
        pressure(
            half("8480-6", 120),
            half("8462-4", 80),
            half("8867-4", 72, "/min"),
        ),
        BOTH | SCORED,
        "",
    ),
    (
        "an upper half alone, with the reason",
        pressure(half("8480-6", 120), component((LOINC, "8462-4"), dataAbsentReason=absent())),
        {"systolic_bp": "scored", "diastolic_bp": "absent"},
        "",
    ),
    (
        "MDC unit",
        observation(valueQuantity={"value": 72, "system": MDC, "code": "264864"}),
        {"heart_rate": "unit-unsure"},
        "not a UCUM code",
    ),
    (
        "whole number",
        observation(valueQuantity=None, valueInteger=72),
        {"heart_rate": "meaning-unsure"},
        "not a Quantity",
    ),
    (
        "number in a text",
        observation(valueQuantity=None, valueString="72 bpm"),
        {"heart_rate": "meaning-unsure"},
        "not a Quantity",
    ),
    ("LOINC without system", observation(code=coded("")), {}, "its system is not http://loinc.org"),
    ("LOINC over https", observation(code=coded("https://loinc.org")), {}, "its system is not"),
    ("LOINC by name", observation(code=coded("LOINC")), {}, "its system is not"),
    (
        "LOINC by its OID",
        observation(code=coded("urn:oid:2.16.840.1.113883.6.1")),
        {},
        "its system is not",
    ),
    ("words for a code", observation(code={"text": "Heart rate"}), {}, "not a monitored"),
    (
        "unit in words",
        observation(valueQuantity={"value": 72, "unit": "bpm"}),
        {"heart_rate": "unit-unsure"},
        "expected /min",
    ),
    ("no unit", observation(valueQuantity={"value": 72}), {"heart_rate": "unit-unsure"}, "/min"),
    (
        "changed meaning",
        observation(modifierExtension=[ODD]),
        {"heart_rate": "meaning-unsure"},
        "changed meaning",
    ),
    (
        "changed meaning of one half",
        pressure(half("8480-6", 120) | {"modifierExtension": [ODD]}, half("8462-4", 80)),
        {"systolic_bp": "meaning-unsure", "diastolic_bp": "scored"},
        "changed meaning",
    ),
    (
        "share sent as per cent",
        observation("59408-5", valueQuantity=quantity(0.97, "%")),
        {"spo2": "implausible"},
        "please repeat",
    ),
]
REFUSED: list[tuple[str, dict[str, Any], int, str, str]] = [
    (
        "bpm as code",
        observation(valueQuantity=quantity(72, "bpm")),
        422,
        "Observation.valueQuantity.code",
        "expected /min",
    ),
    (
        "a phone's count/min",
        observation(valueQuantity=quantity(72, "count/min")),
        422,
        "Observation.valueQuantity.code",
        "expected /min",
    ),
    (
        "degF as code",
        observation("8310-5", valueQuantity=quantity(98.6, "degF")),
        422,
        "Observation.valueQuantity.code",
        "expected Cel or [degF]",
    ),
    ("lbs as code", weight(180, "lbs", "lbs"), 422, "Observation.valueQuantity.code", "[lb_av]"),
    (
        "number as text",
        observation(valueQuantity=quantity("72", "/min")),
        400,
        "Observation.valueQuantity.value",
        "JSON number",
    ),
    (
        "no zone",
        observation(effectiveDateTime="2026-03-02T08:00:00"),
        400,
        "Observation.effectiveDateTime",
        "needs seconds and zone: 2026-03-02T08:00:00+01:00",
    ),
    ("no time", observation(effectiveDateTime=None), 422, "Observation.effective", "day"),
    ("null member", observation() | {"note": None}, 400, "Observation.note", "leave"),
    (
        "contained patient",
        observation(
            contained=[{"resourceType": "Patient", "id": "p"}], subject={"reference": "#p"}
        ),
        422,
        "Observation.subject",
        "",
    ),
    ("status in capitals", observation(status="Final"), 400, "Observation.status", "final"),
    (
        "category as one object",
        observation(category=concept((CATEGORY, "vital-signs"))),
        400,
        "Observation.category",
        "an array is needed",
    ),
    # FHIR-26
    ("DSTU2 comments", observation(comments="x"), 400, "Observation.comments", "DSTU2"),
    ("DSTU2 reliability", observation(reliability="ok"), 400, "Observation.reliability", "DSTU2"),
    ("STU3 comment", observation(comment="x"), 400, "Observation.comment", "STU3"),
    (
        "STU3 context",
        observation(context={"reference": "Encounter/1"}),
        400,
        "Observation.context",
        "STU3",
    ),
    (
        "STU3 related",
        observation(related=[{"target": {"reference": "Observation/1"}}]),
        400,
        "Observation.related",
        "STU3",
    ),
    ("STU3 animal", patient(animal={"species": {"text": "dog"}}), 400, "Patient.animal", "STU3"),
    (
        "R5 triggeredBy",
        observation(triggeredBy=[{"type": "reflex"}]),
        400,
        "Observation.triggeredBy",
        "R5",
    ),
    (
        "R5 bodyStructure",
        observation(bodyStructure={"reference": "BodyStructure/1"}),
        400,
        "Observation.bodyStructure",
        "R5",
    ),
    (
        "R5 valueAttachment",
        observation(valueQuantity=None, valueAttachment={"title": "x"}),
        400,
        "Observation.valueAttachment",
        "R5",
    ),
    (
        "R5 device name",
        {"resourceType": "Device", "displayName": "Cuff"},
        400,
        "Device.displayName",
        "R5",
    ),
    (
        "STU3 device",
        {"resourceType": "Device", "udi": {"deviceIdentifier": "x"}},
        400,
        "Device.udi",
        "STU3",
    ),
]
