"""The short cut for Bundles takes only what the full path takes, and takes it alike."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import fhir.bundle
from fhir.bundle import Bundle, read_bundle
from fhir.fast_bundle import fast_bundle
from tests.fhir.payloads import observation

PLAIN = {
    "resourceType": "Bundle",
    "type": "batch",
    "entry": [
        {
            "fullUrl": f"urn:uuid:0000000{n}-0000-4000-8000-000000000000",
            "resource": observation(),
            "request": {"method": "POST", "url": "Observation"},
        }
        for n in range(3)
    ],
}


def full(raw: bytes) -> Any:
    """Read by the full path alone."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fhir.bundle, "fast_bundle", lambda _: None)
        return read_bundle(raw)


def told(bundle: Any) -> Any:
    assert isinstance(bundle, Bundle)
    return bundle.type, [(e.index, e.full_url, e.method, e.url, e.raw) for e in bundle.entries]


@pytest.mark.parametrize("separators", [(",", ":"), (", ", ": ")])
def test_a_plain_bundle_is_read_as_the_full_path_reads_it(separators: tuple[str, str]) -> None:
    raw = json.dumps(PLAIN, separators=separators).encode()

    assert fast_bundle(raw) is not None
    assert told(read_bundle(raw)) == told(full(raw))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b'"type": "batch"', b'"type": "batch", "type": "transaction"'),
        (b'"method": "POST"', b'"method": "GET", "method": "POST"'),
        (b'"method": "POST"', b'"method" : "GET", "method": "POST"'),
        (b'"method": "POST"', b'"me\\u0074hod": "GET", "method": "POST"'),
        (b'"url": "Observation"', b'"url": "Patient"'),
        (b'"url": "Observation"', b'"url": "Observation", "ifNoneExist": "identifier=a|b"'),
        (b'"resource": {', b'"resource": {"resourceType": "Observation"}, "resource": {'),
        (b'"type": "batch"', b'"type": "collection"'),
        (b'{"resourceType": "Observation"', b'{"resourceType": "Patient"'),
        (b"00000001-", b"00000000-"),
        (b"urn:uuid:00000001", b"urn:uuid:/_history/00000001"),
    ],
)
def test_what_is_odd_is_left_to_the_full_path_sec_33(before: bytes, after: bytes) -> None:
    raw = json.dumps(PLAIN).encode()
    assert before in raw

    assert fast_bundle(raw.replace(before, after, 1)) is None


@given(st.data())
def test_altered_bytes_are_never_read_otherwise_than_by_the_full_path_sec_33(
    data: st.DataObject,
) -> None:
    raw = bytearray(json.dumps(PLAIN).encode())
    place = data.draw(st.integers(0, len(raw) - 1))
    raw[place : place + data.draw(st.integers(0, 12))] = data.draw(
        st.sampled_from(
            [b"", b'"', b"{", b"}", b",", b":", b" ", b'"type":"batch",', b"\\", b"\xff"]
        )
    )
    altered = bytes(raw)

    if fast_bundle(altered) is not None:
        assert told(read_bundle(altered)) == told(full(altered))
