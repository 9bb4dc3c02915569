from __future__ import annotations

import json
from datetime import UTC, date, datetime

from hypothesis import given
from hypothesis import strategies as st

from core.vitals import Severity, Vital
from monitoring import record
from monitoring.findings import Contribution, Evidence, Finding, Problem, Risk, Usual

numbers = st.floats(allow_nan=False, allow_infinity=False)
instants = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 (hypothesis wants naive bounds)
usuals = st.builds(Usual, numbers, numbers, numbers, numbers, st.integers(7, 28))
findings = st.builds(
    Finding,
    rule_id=st.text(),
    problem=st.sampled_from(Problem),
    severity=st.sampled_from(Severity),
    at=instants,
    sentence=st.text(),
    patient_sentence=st.text(),
    source=st.text(),
    confidence=st.text(),
    vital=st.none() | st.sampled_from(Vital),
    value=st.none() | numbers,
    limit=st.none() | numbers,
    usual=st.none() | usuals,
    evidence=st.tuples(
        st.builds(Evidence, st.text(), st.sampled_from(Vital), numbers, instants),
    ),
    confirmed=st.booleans(),
    missing=st.tuples(st.text()),
    counterfactual=st.text(),
    day=st.none() | st.dates(date(2000, 1, 1), date(2100, 1, 1)),
    back_in_range=st.booleans(),
)
risks = st.builds(
    Risk,
    numbers,
    numbers,
    numbers,
    st.tuples(st.builds(Contribution, st.text(), st.text(), st.none() | numbers, numbers)),
    st.integers(1, 30),
    st.text(),
    st.text(),
)


@given(findings)
def test_a_finding_survives_being_stored(finding: Finding) -> None:
    stored = json.loads(json.dumps(record.write_finding(finding)))

    assert record.read_finding(stored) == finding


@given(risks)
def test_a_score_survives_being_stored(risk: Risk) -> None:
    stored = json.loads(json.dumps(record.write_risk(risk)))

    assert record.read_risk(stored) == risk
