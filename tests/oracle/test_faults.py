"""The deliberate faults of `fhir.md` section 7 before the panel and before us: none slips by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from core.vitals import Quality
from fhir.bundle import read_bundle
from fhir.measurement import ParsedObservation
from fhir.observation import parse
from fhir.outcome import Refusal
from tests.fhir.payloads import (
    absent,
    component,
    concept,
    half,
    observation,
    pressure,
    quantity,
    raw,
)
from tests.oracle.panel import panel

if TYPE_CHECKING:
    from tests.oracle.panel import Objection

LOINC = "http://loinc.org"
PATIENT = {"resourceType": "Patient"}
POST = {"method": "POST", "url": "Patient"}


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault, what we must answer (201 is accepted with a warning or kept), who sees it."""

    name: str
    resource: dict[str, Any]
    status: int
    seen: bool = True  # by the panel; the rest is ours alone


def transaction(*entries: dict[str, Any]) -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": "transaction", "entry": list(entries)}


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in observation().items() if key != name}


FAULTS = [
    Fault("a status that R4 lacks", observation(status="done"), 400),
    Fault(
        "an unknown comparator",
        observation(valueQuantity=quantity(72, "/min") | {"comparator": "~~"}),
        422,
    ),
    Fault("text for a decimal", observation(valueQuantity=quantity("72", "/min")), 400),
    Fault("obs-6", observation(dataAbsentReason=absent()), 422),
    Fault("obs-7", observation(component=[half("8867-4", 70, "/min")]), 422),
    Fault("qty-3", observation(valueQuantity={"value": 72, "code": "/min"}), 422),
    Fault("null", observation(issued=None) | {"issued": None}, 400),
    Fault("an empty array", observation(note=[]), 400),
    Fault("an empty object", observation(bodySite={}), 400),
    Fault("a subject that is no person", observation(subject={"reference": "Medication/m"}), 422),
    Fault("bdl-3", transaction({"resource": PATIENT}), 400),
    Fault(
        "a method that does not exist",
        transaction({"resource": PATIENT, "request": POST | {"method": "POKE"}}),
        400,
    ),
    Fault(
        "bdl-7",
        transaction(*({"fullUrl": "urn:uuid:1", "resource": PATIENT, "request": POST},) * 2),
        400,
    ),
    Fault("vs-1", observation(effectiveDateTime="2026"), 422),
    Fault("vs-2", without("valueQuantity"), 422),
    Fault("no category", without("category"), 201),
    Fault("no subject", without("subject"), 422),
    Fault("the unit bpm", observation(valueQuantity=quantity(72, "bpm")), 422),
    Fault("a pressure without halves", pressure(), 422),
    Fault("one half without a reason", pressure(half("8480-6", 120)), 201),
    Fault(
        "kPa called mmHg",
        pressure(half("8480-6", 16, "kPa", "mmHg"), half("8462-4", 80)),
        201,
        seen=False,
    ),
    Fault("a day there is not", observation(effectiveDateTime="2026-02-30"), 400, seen=False),
    Fault("24 o'clock", observation(effectiveDateTime="2026-03-02T24:00:00Z"), 400),
    Fault("no zone", observation(effectiveDateTime="2026-03-02T10:00:00"), 400),
    Fault("two values", observation(valueString="72"), 400),
    Fault("an unknown property", observation(colour="red"), 400),
    Fault("no code", without("code"), 400),
    Fault("no status", without("status"), 400),
]
VALID = [
    observation(),
    observation("2708-6", valueQuantity=quantity(97, "%")),
    observation("8310-5", valueQuantity=quantity(36.7, "Cel")),
    observation("29463-7", valueQuantity=quantity(72.5, "kg")),
    pressure(half("8480-6", 120), half("8462-4", 80)),
    transaction({"fullUrl": "urn:uuid:1", "resource": PATIENT, "request": POST}),
    without("valueQuantity") | {"dataAbsentReason": absent()},
    pressure(half("8480-6", 120), component((LOINC, "8462-4"), dataAbsentReason=absent())),
]


@pytest.fixture(scope="module")
def verdicts() -> dict[str, list[Objection]]:
    found = panel([fault.resource for fault in FAULTS])
    return {fault.name: verdict for fault, verdict in zip(FAULTS, found, strict=True)}


def answered(resource: dict[str, Any]) -> tuple[int, str]:
    """Return our status and what was said."""
    if resource["resourceType"] == "Bundle":
        bundle = read_bundle(raw(resource))
        return (bundle.status, bundle.issues[0].text) if isinstance(bundle, Refusal) else (201, "")
    answer = parse(raw(resource))
    if isinstance(answer, Refusal):
        return answer.status, answer.issues[0].text
    kept = any(each.quality is not Quality.SCORED for each in answer.measurements)
    return 201, "; ".join(issue.text for issue in answer.warnings) or ("kept" if kept else "")


@pytest.mark.parametrize("fault", FAULTS, ids=[fault.name for fault in FAULTS])
def test_every_fault_is_answered_as_declared_and_never_in_silence_fhir_15(fault: Fault) -> None:
    status, said = answered(fault.resource)

    assert status == fault.status
    assert said


@pytest.mark.parametrize("fault", FAULTS, ids=[fault.name for fault in FAULTS])
def test_the_panel_sees_what_it_was_measured_to_see_fhir_25(
    fault: Fault, verdicts: dict[str, list[Objection]]
) -> None:
    """A panel that objects to nothing would prove nothing."""
    assert bool(verdicts[fault.name]) == fault.seen


def test_the_panel_raises_no_false_alarm_fhir_25() -> None:
    assert panel(VALID) == [[] for _ in VALID]


def test_what_the_panel_passes_we_accept_without_a_word() -> None:
    for resource in VALID:
        assert answered(resource) == (201, "") or "dataAbsentReason" in str(resource)


def test_a_code_of_another_measurement_is_not_read_as_the_first() -> None:
    """fhir.md section 7: the heart-rate profile with another measurement's LOINC."""
    both = observation(code=concept((LOINC, "8867-4"), (LOINC, "29463-7")))
    answer = parse(raw(both))

    assert isinstance(answer, Refusal) or all(
        each.quality is not Quality.SCORED for each in answer.measurements
    )
    assert isinstance(parse(raw(observation())), ParsedObservation)


@pytest.mark.parametrize(
    ("start", "end", "holds"),
    [
        ("2026-03-02T10:00:00.9995Z", "2026-03-02T10:00:01Z", True),
        ("2026-03-02T10:00:01Z", "2026-03-02T10:00:01.000001Z", True),
        ("2026-03-02T10:00:01Z", "2026-03-02T10:00:01Z", True),
        ("2026-03-02T10:00:01+09:00", "2026-03-02T01:00:01.5Z", True),
        ("2026-03-02", "2026-03-02T10:00:01Z", True),
        ("2026-03", "2026", True),
        ("2026-03-02T10:00:01.5Z", "2026-03-02T10:00:01Z", False),
        ("2026-03-02T10:00:01.000002Z", "2026-03-02T10:00:01.000001Z", False),
        ("2026-03-02T10:00:01Z", "2026-03-02T10:00:01+09:00", False),
        ("2026-03-02", "2026-03-01", False),
        ("2026-03-02", "2026-03-01T10:00:01Z", False),
    ],
)
def test_a_period_that_ends_before_it_begins_is_seen_and_no_other_fhir_25(
    start: str, end: str, *, holds: bool
) -> None:
    sent = without("effectiveDateTime") | {"effectivePeriod": {"start": start, "end": end}}

    [objections] = panel([sent])

    assert any("per-1" in each.text for each in objections) is not holds


@pytest.mark.parametrize(
    ("authored", "modified", "holds"),
    [
        ("2026-03-02T10:00:00.9995Z", "2026-03-02T10:00:01Z", True),
        ("2026-03-02T10:00:01.5Z", "2026-03-02T10:00:01Z", False),
    ],
)
def test_a_task_that_changed_before_it_was_made_is_seen_and_no_other_fhir_25(
    authored: str, modified: str, *, holds: bool
) -> None:
    task = {"resourceType": "Task", "status": "requested", "intent": "order"}

    [objections] = panel([task | {"authoredOn": authored, "lastModified": modified}])

    assert any("inv-1" in each.text for each in objections) is not holds
