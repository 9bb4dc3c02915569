from __future__ import annotations

import json
from datetime import UTC, date, datetime

from hypothesis import given
from hypothesis import strategies as st

from core.vitals import Severity, Vital
from monitoring import record
from monitoring.findings import (
    Alternative,
    Contribution,
    Evidence,
    Finding,
    Problem,
    Risk,
    Says,
    Spoken,
    Usual,
)
from monitoring.phrases import Instant, Number, Phrase
from monitoring.words import clinician, counterfactual, patient

numbers = st.floats(allow_nan=False, allow_infinity=False)
instants = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 (hypothesis wants naive bounds)
instant = st.builds(Instant, numbers, st.just("Asia/Seoul"))
figures = st.builds(Number, numbers, st.integers(0, 3))
phrases = st.recursive(
    st.builds(Phrase, st.text()),
    lambda inner: st.builds(
        Phrase,
        st.text(),
        st.dictionaries(st.text(), figures | instant | inner | st.tuples(inner, inner), max_size=3),
        st.text(),
    ),
    max_leaves=4,
)
spoken = st.builds(Spoken, st.text(), st.text(), st.text())
says = st.builds(
    Says,
    st.text(),
    st.text(),
    st.text(),
    st.dictionaries(st.text(), figures | instant | phrases, max_size=4),
    st.booleans(),
    st.none() | phrases,
    st.tuples(phrases),
    st.none() | phrases,
    st.tuples(st.builds(Alternative, st.text(), st.text(), st.tuples(phrases), st.text())),
)
usuals = st.builds(Usual, numbers, numbers, numbers, numbers, st.integers(7, 28))
findings = st.builds(
    Finding,
    rule_id=st.text(),
    problem=st.sampled_from(Problem),
    severity=st.sampled_from(Severity),
    at=instants,
    says=spoken | says,
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


def test_a_finding_stored_before_explanations_were_data_reads_as_it_did() -> None:
    stored = OLD | {"vital": "spo2", "value": 88.0, "limit": 91.0}

    found = record.read_finding(stored)

    assert clinician(found) == clinician(found, "ko") == "SpO2 88 %, RED limit 91 % or less."
    assert patient(found, "ko", emergency="119") == "Your oxygen level is 88 %. {not a field}"
    assert counterfactual(found) == "It would not have fired with SpO2 above 91 %."
    assert record.read_finding(json.loads(json.dumps(record.write_finding(found)))) == found


OLD = {
    "rule_id": "SPO2-CRIT",
    "problem": "breathing",
    "severity": "RED",
    "at": "2026-11-24T08:00:00+00:00",
    "sentence": "SpO2 88 %, RED limit 91 % or less.",
    "patient_sentence": "Your oxygen level is 88 %. {not a field}",
    "source": "NEWS2",
    "confidence": "V",
    "usual": None,
    "evidence": [],
    "confirmed": False,
    "missing": ["personal baseline"],
    "counterfactual": "It would not have fired with SpO2 above 91 %.",
    "day": "2026-11-24",
    "back_in_range": False,
}


@given(risks)
def test_a_score_survives_being_stored(risk: Risk) -> None:
    stored = json.loads(json.dumps(record.write_risk(risk)))

    assert record.read_risk(stored) == risk
