from __future__ import annotations

import json
from typing import Any

import pytest

from fhir.bundle import Bundle, Entry, order, read_bundle
from fhir.links import rewrite, unresolved
from fhir.outcome import Refusal
from tests.fhir.payloads import observation, raw, refused

POST = {"method": "POST", "url": "Observation"}


def bundle(*entries: dict[str, Any], kind: str = "transaction", **elements: Any) -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": kind, "entry": list(entries)} | elements


def entry(resource: Any = None, request: Any = None, **elements: Any) -> dict[str, Any]:
    return {"resource": resource or observation(), "request": request or POST} | elements


def read(body: bytes) -> Bundle:
    answer = read_bundle(body)
    assert isinstance(answer, Bundle), answer
    return answer


def turned_away(body: bytes) -> Refusal:
    answer = read_bundle(body)
    assert isinstance(answer, Refusal), answer
    return answer


def test_each_entry_keeps_its_received_bytes_fhir_14() -> None:
    odd = b'{ "resourceType":"Observation",\n "status" : "final", "id":"o1", "x": 72.50 }'
    body = (
        b'{"resourceType":"Bundle","type":"batch","entry":[{"fullUrl":"urn:uuid:1","resource":'
        + odd
        + b',"request":{"method":"POST","url":"Observation","ifNoneExist":"identifier=a|b"}}]}'
    )

    (only,) = read(body).entries

    assert only == Entry(
        0, "urn:uuid:1", "POST", "Observation", "identifier=a|b", odd, "Observation", "", "o1"
    )


@pytest.mark.parametrize("kind", ["batch", "transaction"])
def test_an_entry_without_request_is_400_bdl_3(kind: str) -> None:
    """FHIR-07."""
    answer = turned_away(raw(bundle(entry(), {"resource": observation()}, kind=kind)))

    assert answer.status == 400
    assert answer.issues[0].expression == "Bundle.entry[1].request"


def test_a_collection_has_resources_and_no_requests_bdl_3() -> None:
    assert len(read(raw(bundle({"resource": observation()}, kind="collection"))).entries) == 1
    assert turned_away(raw(bundle(entry(), kind="collection"))).status == 400


def test_a_full_url_stands_once_for_each_version_bdl_7() -> None:
    """FHIR-07."""
    first = entry(fullUrl="urn:uuid:1")
    versions = [
        {"fullUrl": "http://a/Observation/1", "resource": observation(meta={"versionId": str(n)})}
        for n in (1, 2)
    ]

    answer = turned_away(raw(bundle(first, first)))

    assert (answer.status, answer.issues[0].expression) == (400, "Bundle.entry[1].fullUrl")
    assert len(read(raw(bundle(*versions, kind="collection"))).entries) == 2


@pytest.mark.parametrize(
    ("body", "expression"),
    [
        (bundle(entry(request=POST | {"method": "POKE"})), "Bundle.entry[0].request.method"),
        (bundle(entry(request=POST | {"method": []})), "Bundle.entry[0].request.method"),
        (bundle(entry(request=POST | {"url": {"a": 1}})), "Bundle.entry[0].request.url"),
        (bundle(entry(request=[POST])), "Bundle.entry[0].request"),
        (bundle(entry(fullUrl=3)), "Bundle.entry[0].fullUrl"),
        (bundle(entry(request={"method": "POST"})), "Bundle.entry[0].request.url"),
        (bundle({"request": POST}, kind="transaction"), "Bundle.entry[0].resource"),
        (bundle(entry(fullUrl="http://a/Observation/1/_history/2")), "Bundle.entry[0].fullUrl"),
        (bundle(entry(colour="red")), "Bundle.entry[0].colour"),
        (bundle(entry(), colour="red"), "Bundle.colour"),
        (bundle(entry(), entry=[3]), "Bundle.entry"),
        (bundle(entry(), entry={}), "Bundle.entry"),
        (bundle(entry([1])), "Bundle.entry[0].resource"),
        ({"resourceType": "Bundle"}, "Bundle.type"),
        ({"resourceType": "Patient"}, "resourceType"),
        (bundle(entry=[]), "Bundle.entry"),
        (bundle(type="made-up"), "Bundle.entry"),
    ],
)
def test_a_misbuilt_bundle_is_400_by_path_fhir_07(body: dict[str, Any], expression: str) -> None:
    answer = turned_away(raw(body))

    assert answer.status == 400
    assert answer.issues[0].expression == expression


@pytest.mark.parametrize("kind", ["searchset", "history", "document", "message"])
def test_a_bundle_that_is_no_delivery_is_422(kind: str) -> None:
    answer = turned_away(raw(bundle({"fullUrl": "urn:uuid:1", "resource": {}}, kind=kind)))

    assert answer.status in (400, 422)


def test_a_thousand_entries_are_read_and_one_more_is_413_sec_32() -> None:
    """FHIR-07."""
    assert len(read(raw(bundle(*[entry()] * 1000))).entries) == 1000
    assert turned_away(raw(bundle(*[entry()] * 1001))).status == 413


ONE = json.dumps(observation())
AMBIGUOUS = {
    "an envelope's member twice": '{"type":"batch","type":"transaction","resourceType":"Bundle"}',
    "entry twice": '{"resourceType":"Bundle","type":"batch","entry":[],"entry":[]}',
    "a resource twice": '{"resourceType":"Bundle","type":"batch","entry":[{"resource":'
    + ONE
    + ',"resource":'
    + ONE.replace("final", "unknown")
    + ',"request":{"method":"POST","url":"Observation"}}]}',
    "a request twice": '{"resourceType":"Bundle","type":"batch","entry":[{"resource":'
    + ONE
    + ',"request":{"method":"POST","url":"A"},"request":{"method":"POST","url":"Observation"}}]}',
    "a second document": json.dumps(bundle(entry())) * 2,
    "a byte-order mark": "\ufeff" + json.dumps(bundle(entry())),
    "NaN": '{"resourceType":"Bundle","type":"batch","total":NaN}',
    "depth": '{"resourceType":"Bundle","type":"batch","entry":' + "[" * 99 + "]" * 99 + "}",
}


@pytest.mark.parametrize("body", AMBIGUOUS.values(), ids=AMBIGUOUS)
def test_an_ambiguous_envelope_is_400_sec_33(body: str) -> None:
    assert turned_away(body.encode()).status == 400


def test_a_bad_resource_spoils_no_other_entry_fhir_07() -> None:
    body = raw(bundle(entry(), entry({"resourceType": "Foo"}), entry(observation(status=None))))

    assert [each.resource_type for each in read(body).entries] == [
        "Observation",
        "Foo",
        "Observation",
    ]


def test_a_resource_that_looks_like_the_envelope_is_cut_out_whole() -> None:
    inner = {"resourceType": "Bundle", "type": "batch", "entry": [entry()]}

    read_back = read(raw(bundle(entry(inner), entry(inner, fullUrl="urn:uuid:9"), kind="batch")))

    assert [json.loads(each.raw) for each in read_back.entries] == [inner, inner]
    assert [each.full_url for each in read_back.entries] == ["", "urn:uuid:9"]


def test_a_transaction_runs_delete_post_put_get_in_that_order_fhir_07() -> None:
    methods = ["GET", "PUT", "POST", "DELETE", "PATCH", "POST"]
    entries = [Entry(i, "", method, "", "", b"", "") for i, method in enumerate(methods)]

    assert [each.index for each in order(entries)] == [3, 2, 5, 1, 4, 0]


def test_references_inside_a_bundle_are_rewritten_and_nothing_else_fhir_07() -> None:
    conditional = "Patient?identifier=urn:mrn|9"
    received = (
        b'{"subject": {"reference" :\n "urn:uuid:1"}, "performer":[{"reference":"'
        + conditional.encode()
        + b'"}], "device":{"reference":"Device\\/d"}, "note":[{"text":"urn:uuid:1"}], "v":72.50}'
    )

    written = rewrite(received, {"urn:uuid:1": "Patient/a", conditional: "Patient/b"})

    assert unresolved(received) == {"urn:uuid:1", conditional}
    assert unresolved(written) == frozenset()
    assert written == received.replace(b'"urn:uuid:1"}, "p', b'"Patient/a"}, "p').replace(
        conditional.encode(), b"Patient/b"
    )


def test_a_quoted_reference_in_a_text_is_left_alone() -> None:
    received = raw({"text": 'say "reference": "urn:uuid:1"'})

    assert rewrite(received, {"urn:uuid:1": "Patient/a"}) == received


@pytest.mark.parametrize("levels", [65, 100_000])
def test_a_resource_nested_too_deep_is_refused_at_the_latest_when_read_sec_32(levels: int) -> None:
    deep = '{"resourceType":"Observation","x":' + "[" * levels + "]" * levels + "}"
    envelope = json.dumps(bundle(entry("CUT"))).replace('"CUT"', deep).encode()

    answer = read_bundle(envelope)

    if isinstance(answer, Bundle):
        answer = refused(answer.entries[0].raw)
    assert answer.status == 400
