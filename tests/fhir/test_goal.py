"""A target of 88 to 92 % is a Goal that a clinician expressed, and nothing else is."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from fhir.goal import goal, read_scale_two
from fhir.strict import check, decode

OURS = goal(patient="Patient/p", clinician="Practitioner/d", status="active", day=date(2026, 3, 2))


def test_what_is_written_is_valid_and_reads_back() -> None:
    strict = decode(json.dumps(OURS).encode())

    assert isinstance(strict, dict)
    assert check(strict) == ()
    assert read_scale_two(strict) is True
    assert read_scale_two(strict | {"lifecycleStatus": "cancelled"}) is False


def between(low: Any, high: Any, code: str = "59408-5") -> dict[str, Any]:
    [target] = OURS["target"]
    ends = {
        name: target["detailRange"][name] | {"value": value}
        for name, value in (("low", low), ("high", high))
    }
    measure = {"coding": [{"system": "http://loinc.org", "code": code}]}
    return {"target": [{"measure": measure, "detailRange": ends}]}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"expressedBy": {"reference": "http://ehr/fhir/PractitionerRole/7"}}, True),
        ({"expressedBy": {"reference": "Patient/p"}}, False),
        ({"expressedBy": None}, False),
        ({"lifecycleStatus": "proposed"}, False),
        ({"lifecycleStatus": "entered-in-error"}, False),
        (between(88, 92, "2708-6"), True),
        (between(90, 94), None),
        (between(88, 92, "8867-4"), None),
        ({"target": []}, None),
    ],
)
def test_only_this_range_by_somebody_who_may_decide_it_counts(
    change: dict[str, Any], *, expected: bool | None
) -> None:
    assert read_scale_two(OURS | change) is expected
