"""What is refused by itself is refused inside a Bundle too: one parser everywhere (SEC-33)."""

from __future__ import annotations

import pytest

from fhir.bundle import read_bundle
from fhir.observation import parse
from fhir.outcome import Refusal
from tests.fhir.ambiguous import AMBIGUOUS
from tests.fhir.payloads import observation, raw

HEAD = b'{"resourceType":"Bundle","type":"batch","entry":['
REQUEST = b',"request":{"method":"POST","url":"Observation"}}'


def bundle(*resources: bytes) -> bytes:
    return HEAD + b",".join(b'{"resource":' + each + REQUEST for each in resources) + b"]}"


def hostile(value: bytes) -> bytes:
    """Return an Observation in which a document of the table stands as a member."""
    return raw(observation())[:-1] + b',"extension":' + value + b"}"


def judged(body: bytes) -> list[bool]:
    """Return of each entry whether it is refused, as whoever takes them reads them."""
    found = read_bundle(body)
    if isinstance(found, Refusal):
        return [True]
    return [isinstance(parse(each.raw), Refusal) for each in found.entries]


@pytest.mark.parametrize("document", AMBIGUOUS.values(), ids=AMBIGUOUS)
def test_ambiguous_json_in_an_entry_is_refused_sec_33(document: bytes) -> None:
    assert judged(bundle(raw(observation()))) == [False]

    assert all(judged(bundle(document)))
    assert all(judged(bundle(hostile(document))))


def test_an_ambiguous_entry_spoils_no_other_sec_33() -> None:
    sound = raw(observation())

    assert judged(bundle(sound, hostile(b'{"a": 1, "a": 1}'), sound)) == [False, True, False]


@pytest.mark.parametrize(
    "body",
    [
        b"\xef\xbb\xbf" + bundle(),
        bundle() + b"{}",
        HEAD.replace(b'"type":"batch"', b'"type":"batch","type":"transaction"') + b"]}",
        bundle(raw(observation())).replace(b'"method":"POST"', b'"method":"POST","method":"PUT"'),
        bundle(raw(observation())).replace(b'"request":', b'"request":{},"request":'),
        HEAD.replace(b'"type"', b'"total":NaN,"type"') + b"]}",
    ],
    ids=["mark", "two documents", "type twice", "method twice", "request twice", "NaN"],
)
def test_an_ambiguous_envelope_is_refused_sec_33(body: bytes) -> None:
    assert isinstance(read_bundle(body), Refusal)
