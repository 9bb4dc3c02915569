"""Through the door and back: nothing is lost, rounded or re-spelled (FHIR-14, FHIR-17, FHIR-21)."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.door import readings

if TYPE_CHECKING:
    from pathlib import Path

    from core.database import Database

REASONS = "http://terminology.hl7.org/CodeSystem/data-absent-reason"


def spelled(text: str) -> str:
    """Return a number as a text of its own, which `written` makes a number again."""
    return f"@@{text}@@"


def written(resource: dict[str, Any]) -> str:
    return re.sub(r'"@@([^@"]*)@@"', r"\1", json.dumps(resource))


words = st.text("abcÄß漢😀 <>&'/", min_size=1, max_size=12).filter(lambda text: bool(text.strip()))
decimals = st.sampled_from(["72.50", "1E3", "0.000", "72", "1.10e-3", "9007199254740993", "-0.0"])
extensions = (
    st.fixed_dictionaries(
        {"url": st.sampled_from(["urn:x", "http://e.example/y"])},
    )
    | st.none()
)
values = st.one_of(
    st.builds(lambda text: {"valueDecimal": spelled(text)}, decimals),
    st.builds(lambda text: {"valueString": text}, words),
    st.builds(lambda on: {"valueBoolean": on}, st.booleans()),
    st.sampled_from([{"valueDate": "2026-05"}, {"valueDateTime": "2026-03-02T11:30:00.10+02:00"}]),
)
extra = st.fixed_dictionaries(
    {},
    optional={
        "extension": st.lists(
            values.map(lambda value: {"url": "urn:x"} | value), min_size=1, max_size=3
        ),
        "_effectiveDateTime": words.map(
            lambda text: {"extension": [{"url": "urn:y", "valueString": text}]}
        ),
        "contained": words.map(
            lambda text: [{"resourceType": "Device", "id": "d", "manufacturer": text}]
        ),
        "device": st.just({"reference": "#d"}),
        "note": words.map(lambda text: [{"text": text}]),
        "text": st.just(
            {
                "status": "generated",
                "div": '<div xmlns="http://www.w3.org/1999/xhtml"> a  <b>b</b>\n</div>',
            }
        ),
        "referenceRange": decimals.map(lambda text: [{"low": {"value": spelled(text)}}]),
    },
)


def send(gateway: Any, resource: dict[str, Any]) -> Any:
    body = written(resource)
    return gateway.http.post("/fhir/Observation", content=body, headers=gateway.headers())


def canonical(text: str | bytes) -> str:
    """Return JSON in one order of members, every number as it was spelled."""
    held = json.loads(text, parse_float=spelled, parse_int=spelled)
    held.pop("id")
    held.pop("meta")
    return json.dumps(held, sort_keys=True)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(more=extra, value=st.sampled_from(["72.50", "7.2E1", "72", "72.000000000000000001"]))
def test_what_is_sent_comes_back_to_the_last_character_fhir_14(
    gateway: Any, build: Any, more: dict[str, Any], value: str
) -> None:
    who = gateway.create(build.patient())
    sent = build.heart_rate(f"Patient/{who}", id="x", meta={"tag": [{"code": "t"}]}, **more)
    if "contained" not in sent:
        sent.pop("device", None)
    sent["valueQuantity"]["value"] = spelled(value)

    answer = send(gateway, sent)

    assert answer.status_code == 201, answer.text
    given_back = gateway.get(answer.headers["Location"].removeprefix("http://testserver"))
    assert canonical(given_back.content) == canonical(written(sent))
    assert given_back.json()["meta"]["tag"] == [{"code": "t"}]


@pytest.mark.reference
def test_the_reference_examples_come_back_as_they_were_sent_fhir_14(
    gateway: Any, build: Any, reference_data: Path
) -> None:
    who, compared = gateway.create(build.patient()), 0
    for path in sorted((reference_data / "fhir" / "hl7_r4_examples").rglob("*.json")):
        sent = json.loads(
            path.read_text(encoding="utf-8-sig"), parse_float=spelled, parse_int=spelled
        )
        if sent.get("resourceType") != "Observation":
            continue
        sent["subject"] = {"reference": f"Patient/{who}"}
        answer = send(gateway, sent)
        if answer.status_code != 201:
            continue  # refused with its reason: other tests say which and why
        id_ = answer.headers["Location"].split("/")[-3]
        plain = {"id": "x", "meta": {}} | sent
        given_back = gateway.get(f"/fhir/Observation/{id_}").content
        assert canonical(given_back) == canonical(written(plain)), path.name
        compared += 1

    assert compared > 10


@pytest.mark.parametrize("reason", ["error", "not-performed", "asked-declined", "unknown"])
def test_the_reason_stays_with_what_was_not_measured_fhir_17(
    gateway: Any, build: Any, database: Database, reason: str
) -> None:
    who = gateway.create(build.patient())
    silent = build.heart_rate(
        f"Patient/{who}", dataAbsentReason={"coding": [{"system": REASONS, "code": reason}]}
    )
    del silent["valueQuantity"]

    gateway.create(silent)

    (one,) = readings(database, who)
    assert (one.value, one.quality, one.value_received) == (None, "absent", reason)


@pytest.mark.reference
def test_a_first_upload_of_a_personal_health_gateway_is_read_fhir_21_rel_21(
    gateway: Any, database: Database, reference_data: Path
) -> None:
    path = reference_data / "fhir" / "hl7_phd" / "input_examples_bundle-example-1.json"
    upload = json.loads(path.read_text(encoding="utf-8-sig"))
    for entry in upload["entry"]:
        entry["request"] = {"method": "POST", "url": entry["resource"]["resourceType"]}

    answer = gateway.http.post("/fhir", content=json.dumps(upload), headers=gateway.headers())

    assert answer.status_code == 200, answer.text
    stored = [each["response"]["location"].split("/") for each in answer.json()["entry"]]
    who = next(parts[1] for parts in stored if parts[0] == "Patient")
    found = {each.vital: each.value for each in readings(database, who)}
    assert found["spo2"] == 98
    assert found["heart_rate"] == 47
