from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from app.replay import replay
from core.errors import InvalidError
from core.vitals import Severity
from fhir.strict import check
from monitoring import service

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from app.replay import Summary

START = datetime(2026, 3, 2, 7, tzinfo=UTC)
TIMEZONE = "http://hl7.org/fhir/StructureDefinition/timezone"
Resource = dict[str, Any]


def patient(name: str, zone: str = "") -> Resource:
    extension = [{"url": TIMEZONE, "valueCode": zone}] if zone else []
    return {
        "resourceType": "Patient",
        "id": name,
        "birthDate": "1944-02-01",
        **({"extension": extension} if extension else {}),
    }


def condition(name: str, code: str) -> Resource:
    system = "http://terminology.hl7.org/CodeSystem/condition-clinical"
    return {
        "resourceType": "Condition",
        "subject": {"reference": f"Patient/{name}"},
        "clinicalStatus": {"coding": [{"system": system, "code": "active"}]},
        "code": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10", "code": code}]},
    }


UNITS = {"29463-7": "kg", "59408-5": "%", "8867-4": "/min"}


def observation(name: str, code: str, value: float, at: datetime | str, **more: object) -> Resource:
    taken = at if isinstance(at, str) else at.isoformat()
    category = "http://terminology.hl7.org/CodeSystem/observation-category"
    return {
        "resourceType": "Observation",
        "id": f"{name}-{code}-{taken[:16].replace(':', '-').replace('T', '-')}",
        "status": "final",
        "category": [{"coding": [{"system": category, "code": "vital-signs"}]}],
        "code": {"coding": [{"system": "http://loinc.org", "code": code}]},
        "subject": {"reference": f"Patient/{name}"},
        "effectiveDateTime": taken,
        "valueQuantity": {
            "value": value,
            "unit": UNITS[code],
            "system": "http://unitsofmeasure.org",
            "code": UNITS[code],
        },
        **more,
    }


def write(folder: Path, resources: Iterable[Resource | str]) -> None:
    lines: dict[str, list[str]] = {"Patient": [], "Condition": [], "Observation": []}
    for each in resources:
        kind = "Observation" if isinstance(each, str) else each["resourceType"]
        lines[kind].append(each if isinstance(each, str) else json.dumps(each))
    for kind, content in lines.items():
        (folder / f"{kind}.ndjson").write_text("\n".join(content) + "\n", encoding="utf-8")


def run(
    folder: Path, resources: Iterable[Resource | str], *, per_day: bool = False
) -> tuple[list[Resource], Summary]:
    write(folder, resources)
    output = folder / "out.ndjson"
    summary = replay(
        folder,
        output,
        per_day=per_day,
        rulebook=service.load_rulebook(),
        model=None,
    )
    return [json.loads(line) for line in output.read_text(encoding="utf-8").splitlines()], summary


def fluid(name: str = "anna") -> list[Resource]:
    """Ten stable weights, then half a kilo a day for a week."""
    weights = [80.0] * 10 + [80 + 0.7 * day for day in range(1, 8)]
    return [
        patient(name, "Europe/Berlin"),
        condition(name, "I50.9"),
        *(
            observation(name, "29463-7", round(weight, 1), START + timedelta(days=day))
            for day, weight in enumerate(weights)
        ),
    ]


def test_each_line_is_a_valid_detected_issue_that_names_what_it_rests_on(tmp_path: Path) -> None:
    issues, summary = run(tmp_path, fluid())

    assert issues
    known = {r["id"] for r in fluid() if r["resourceType"] == "Observation"}
    for issue in issues:
        assert check(issue) == ()
        assert issue["patient"] == {"reference": "Patient/anna"}
        assert "contained" not in issue  # no score stands behind it
        assert issue["code"]["coding"][0]["version"]  # the hash of the rules that raised it
        assert issue["severity"] in {"high", "moderate", "low"}
        assert issue["detail"].startswith("Weight")
        assert {each["reference"].removeprefix("Observation/") for each in issue["implicated"]} <= (
            known
        )
    assert (summary.patients, summary.taken["Observation"]) == (1, 17)
    assert sum(summary.written.values()) == len(issues)


def test_an_episode_is_written_when_it_opens_and_when_it_rises(tmp_path: Path) -> None:
    issues, _ = run(tmp_path, fluid())

    assert [each["severity"] for each in issues] == ["moderate"]
    assert issues[0]["code"]["coding"][0]["code"] == "HF-W3"
    assert issues[0]["identifiedDateTime"] == (START + timedelta(days=12)).isoformat()


def test_per_day_writes_each_problem_and_local_day_once(tmp_path: Path) -> None:
    issues, _ = run(tmp_path, fluid(), per_day=True)

    days = [datetime.fromisoformat(each["identifiedDateTime"]).date() for each in issues]
    assert len(days) == len(set(days)) > 1


def test_nothing_is_known_before_it_arrived(tmp_path: Path) -> None:
    """A critical value that reached the server two days later is an alert of that time."""
    arrival = START + timedelta(days=2)
    late = observation("ben", "59408-5", 85, START, meta={"lastUpdated": arrival.isoformat()}) | {
        "issued": START.isoformat()
    }

    issues, _ = run(tmp_path, [patient("ben"), late])

    assert [each["identifiedDateTime"] for each in issues] == [arrival.isoformat()]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{broken", "not JSON"),
        ('{"resourceType":"Patient","id":"x"}', "an Observation is needed"),
        (json.dumps(observation("nobody", "59408-5", 85, START)), "no such patient"),
        (
            json.dumps(observation("ben", "59408-5", 85, START) | {"status": "perhaps"}),
            "status",
        ),
    ],
)
def test_a_line_that_is_refused_is_counted_with_its_reason_and_stops_nothing(
    tmp_path: Path, line: str, reason: str
) -> None:
    good = observation("ben", "59408-5", 85, START)

    issues, summary = run(tmp_path, [patient("ben"), line, good])

    assert len(issues) == 1
    [refused] = summary.refused
    assert reason in refused


def test_everybody_is_assessed_eligible_or_not(tmp_path: Path) -> None:
    young = patient("kim") | {"birthDate": "2001-01-01"}

    issues, _ = run(tmp_path, [young, observation("kim", "59408-5", 85, START)])

    assert [each["severity"] for each in issues] == ["high"]


def test_silence_and_data_quality_are_not_written(tmp_path: Path) -> None:
    resources = [
        patient("ben"),
        patient("ada"),
        observation("ben", "8867-4", 70, START),
        observation("ada", "8867-4", 70, START + timedelta(days=9)),
        observation("ada", "8867-4", 900, START + timedelta(days=8)),
    ]

    issues, summary = run(tmp_path, resources)

    assert issues == []
    assert Severity.DQ not in summary.written


def test_a_retracted_reading_stops_counting_when_the_retraction_arrives(tmp_path: Path) -> None:
    """REL-23."""
    weight = [observation("ida", "29463-7", 80, START + timedelta(days=d)) for d in range(3)]
    slip = observation("ida", "29463-7", 77, START + timedelta(days=3))
    retraction = slip | {
        "status": "entered-in-error",
        "meta": {"lastUpdated": (START + timedelta(days=3, hours=1)).isoformat()},
    }
    next_day = observation("ida", "29463-7", 80, START + timedelta(days=4))
    people = [patient("ida"), condition("ida", "I50.9")]

    kept, _ = run(tmp_path, [*people, *weight, slip, next_day])
    retracted, _ = run(tmp_path, [*people, *weight, slip, retraction, next_day])

    assert [each["code"]["coding"][0]["code"] for each in kept] == ["HF-W3"]
    assert retracted == []


def test_the_zone_comes_from_the_readings_where_the_patient_names_none(tmp_path: Path) -> None:
    """Two days in Seoul are one day in UTC: the gain is since yesterday only there."""
    readings = [
        observation("min", "29463-7", 80, "2026-03-03T08:30:00+09:00"),
        observation("min", "29463-7", 81.5, "2026-03-04T08:00:00+09:00"),
    ]

    issues, _ = run(tmp_path, [patient("min"), condition("min", "I50.9"), *readings])

    assert [each["code"]["coding"][0]["code"] for each in issues] == ["HF-W1"]


def test_a_folder_without_patients_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidError, match=r"no Patient\.ndjson"):
        replay(
            tmp_path,
            tmp_path / "out.ndjson",
            per_day=False,
            rulebook=service.load_rulebook(),
            model=None,
        )


def test_a_folder_that_cannot_be_read_or_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidError, match=r"no Patient\.ndjson"):
        replay(
            tmp_path,
            tmp_path / "out.ndjson",
            per_day=False,
            rulebook=service.load_rulebook(),
            model=None,
        )
    write(tmp_path, [])

    with pytest.raises(InvalidError, match="no folder to write to"):
        replay(
            tmp_path,
            tmp_path / "absent" / "out.ndjson",
            per_day=False,
            rulebook=service.load_rulebook(),
            model=None,
        )


def test_a_folder_may_hold_symptoms_medicines_and_stays(tmp_path: Path) -> None:
    """Eating little on insulin is AMBER; neither fact alone says anything."""
    subject = {"subject": {"reference": "Patient/anna"}}
    system = "urn:wardlight:codesystem:symptoms"
    answer = {
        "resourceType": "Observation",
        "id": "answer",
        "status": "final",
        "code": {"coding": [{"system": system, "code": "poor-intake"}]},
        "effectiveDateTime": START.isoformat(),
        "valueBoolean": True,
        **subject,
    }
    insulin = {
        "resourceType": "MedicationStatement",
        "status": "active",
        "medicationCodeableConcept": {
            "coding": [{"system": "http://www.whocc.no/atc", "code": "A10AE04"}]
        },
        **subject,
    }
    (tmp_path / "MedicationStatement.ndjson").write_text(json.dumps(insulin), encoding="utf-8")

    issues, summary = run(tmp_path, [patient("anna"), condition("anna", "E11.9"), answer])

    assert summary.taken["MedicationStatement"] == 1
    assert [issue["code"]["coding"][0]["code"] for issue in issues] == ["GLU-NPO"]
