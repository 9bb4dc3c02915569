from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fhir.fast import fast
from fhir.measurement import ParsedObservation
from fhir.observation import parse_fully
from tests.fhir.payloads import (
    LOINC,
    MDC,
    concept,
    half,
    observation,
    pressure,
    quantity,
    raw,
)

if TYPE_CHECKING:
    from pathlib import Path

PLAIN: dict[str, dict[str, Any]] = {
    "heart rate": observation(),
    "weight in grams": observation("29463-7", valueQuantity=quantity(80500, "g", "grams")),
    "temperature": observation("8310-5", valueQuantity=quantity(98.6, "[degF]")),
    "glucose": observation("15074-8", valueQuantity=quantity(5.5, "mmol/L", "mmol/l")),
    "a whole day": observation("41950-7", valueQuantity=quantity(1, "{steps}/d"))
    | {"effectiveDateTime": "2026-05-04"},
    "everything": observation(
        id="o1",
        meta={"profile": ["http://hl7.org/fhir/StructureDefinition/heartrate"], "versionId": "1"}
        | {"lastUpdated": "2026-05-04T06:00:09.5Z"},
        identifier=[{"system": "urn:g", "value": "7"}, {"value": "8"}],
        device={"reference": "Device/d1", "display": "cuff"},
        issued="2026-05-04T06:00:05.123Z",
        code=concept((LOINC, "8867-4"), (MDC, "149546")) | {"text": "pulse"},
    ),
    "pressure": pressure(half("8480-6", 132), half("8462-4", 81)),
    "pressure, mean and pulse": pressure(
        half("8462-4", 81, unit="mmHg"),
        half("8480-6", 132, unit="mmHg"),
        half("8478-0", 98),
        half("8867-4", 66, "/min"),
    ),
}


@pytest.mark.parametrize("resource", PLAIN.values(), ids=PLAIN)
def test_the_short_cut_reads_what_devices_send_as_the_full_path_does(
    resource: dict[str, Any],
) -> None:
    parsed = fast(raw(resource))

    assert parsed is not None
    assert parsed == parse_fully(raw(resource))


LEFT: dict[str, bytes] = {
    "an empty object": raw(observation(meta={})),
    "a member twice": raw(observation()).replace(b'"status"', b'"status": "final", "status"'),
    "a member twice, with a space": raw(observation()).replace(
        b'"status":', b'"status" : "entered-in-error", "status":'
    ),
    "a member twice, deep": raw(observation()).replace(b'"value":', b'"value": 1, "value":'),
    "an escape": raw(observation(code=concept((LOINC, "8867-4")) | {"text": "\u00e9"})),
    "a null": raw(observation() | {"issued": None}),
    "text for a number": raw(observation(valueQuantity=quantity("72", "/min"))),
    "a comparator": raw(observation(valueQuantity=quantity(72, "/min") | {"comparator": "<"})),
    "an extension": raw(observation(extension=[{"url": "u", "valueString": "x"}])),
    "a wrong status": raw(observation(status="done")),
    "entered in error": raw(observation(status="entered-in-error")),
    "an invalid unit": raw(observation(valueQuantity=quantity(72, "bpm"))),
    "an implausible value": raw(observation(valueQuantity=quantity(900, "/min"))),
    "a crossed pressure": raw(pressure(half("8480-6", 70), half("8462-4", 81))),
    "half a pressure": raw(pressure(half("8480-6", 132))),
    "the same half twice": raw(pressure(half("8480-6", 1), half("8480-6", 132))),
    "a unit that the profile does not name": raw(
        observation("29463-7", valueQuantity=quantity(180.5, "[lb_av]", "lbs"))
    ),
    "another measurement's profile": raw(
        observation(meta={"profile": ["http://hl7.org/fhir/StructureDefinition/resprate"]})
    ),
    "no category": raw(observation(category=None)),
    "a byte-order mark": b"\xef\xbb\xbf" + raw(observation()),
    "a second document": raw(observation()) * 2,
    "30 February": raw(observation(effectiveDateTime="2026-02-30")),
    "a time without zone": raw(observation(effectiveDateTime="2026-05-04T08:00:00")),
    "no subject": raw(observation(subject=None)),
    "another subject": raw(observation(subject={"reference": "Medication/m"})),
    "not UTF-8": raw(observation(code=concept((LOINC, "8867-4")) | {"text": "x"})).replace(
        b'"x"', b'"\xff"'
    ),
    "too long": raw(observation(code=concept((LOINC, "8867-4")) | {"text": "x" * 5000})),
}


@pytest.mark.parametrize("body", LEFT.values(), ids=LEFT)
def test_the_short_cut_leaves_everything_odd_to_the_full_path_sec_33(body: bytes) -> None:
    assert fast(body) is None


def agrees(body: bytes) -> bool:
    parsed = fast(body)
    return parsed is None or parsed == parse_fully(body)


WORDS = """final done 2026-05-04 2026-05-04T24:00:00Z 2026-02-30 8867-4 /min bpm % kg Patient/x #x
    http://loinc.org urn:uuid:1"""
ODD: st.SearchStrategy[Any] = st.sampled_from(["", " ", "a b", "\u2003", *WORDS.split()]) | (
    st.sampled_from([None, 0, -1, 72, 1e3, 72.5, True, [], {}, [None], [{}], {"text": "x"}])
)


def places(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner: list[tuple[Any, ...]] = []
    if isinstance(node, dict):
        inner = [place for key in node for place in places(node[key], (*path, key))]
    elif isinstance(node, list):
        inner = [place for i, each in enumerate(node) for place in places(each, (*path, i))]
    return [path, *inner] if path else inner


def changed(resource: dict[str, Any], place: tuple[Any, ...], value: Any) -> dict[str, Any]:
    copy: Any = json.loads(json.dumps(resource))
    node = copy
    for step in place[:-1]:
        node = node[step]
    node[place[-1]] = value
    return dict(copy)


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_in_altered_resources_the_short_cut_takes_nothing_the_full_path_reads_otherwise(
    data: st.DataObject,
) -> None:
    resource = data.draw(st.sampled_from(list(PLAIN.values())))
    for _ in range(data.draw(st.integers(0, 2))):
        place = data.draw(st.sampled_from(places(resource)))
        if data.draw(st.booleans()):
            resource = changed(resource, place, data.draw(ODD))
        else:
            name = data.draw(st.sampled_from(["id", "code", "value", "system", "note", "unit"]))
            resource = resource | {name: data.draw(ODD)}
    compact = data.draw(st.booleans())
    body = json.dumps(
        resource, ensure_ascii=False, separators=(",", ":") if compact else None
    ).encode("utf-8", "replace")

    assert agrees(body)


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_in_altered_bytes_the_short_cut_takes_nothing_the_full_path_reads_otherwise(
    data: st.DataObject,
) -> None:
    body = bytearray(raw(data.draw(st.sampled_from(list(PLAIN.values())))))
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(body) - 1))
        body[at : at + data.draw(st.integers(0, 2))] = data.draw(
            st.sampled_from([b"", b'"', b" ", b":", b",", b"\\", b"0", b"-", b"\xc2\xa0", b"\n"])
        )

    assert agrees(bytes(body))


@pytest.mark.reference
def test_on_real_payloads_the_short_cut_agrees_with_the_full_path(reference_data: Path) -> None:
    taken = 0
    for path in sorted((reference_data / "fhir").rglob("*.json")):
        for resource in observations(json.loads(path.read_text(encoding="utf-8-sig"))):
            compact = json.dumps(resource, separators=(",", ":"), ensure_ascii=False).encode()
            assert agrees(compact), path.name
            taken += isinstance(fast(compact), ParsedObservation)

    assert taken > 0


def observations(node: Any) -> list[dict[str, Any]]:
    if isinstance(node, list):
        return [each for item in node for each in observations(item)]
    if not isinstance(node, dict):
        return []
    own = [node] if node.get("resourceType") == "Observation" else []
    return own + [each for item in node.values() for each in observations(item)]
