"""Bodies made to hurt, through HTTP: refused as outcomes, none an error of ours, memory bounded."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING

import pytest

from tests.fuzz.conftest import refused_or_taken

if TYPE_CHECKING:
    import httpx

    from tests.fuzz.conftest import Target

pytestmark = pytest.mark.processes
MIB = 1 << 20
HEAD = b'{"resourceType":"Observation","status":"final",'
HOSTILE: dict[str, bytes] = {
    "nothing": b"",
    "an end without a beginning": b"}",
    "100,000 arrays deep": b"[" * 100_000 + b"]" * 100_000,
    "100,000 objects deep": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "extensions 2,000 deep": HEAD + b'"extension":[{"extension":[' * 2_000,
    "duplicate keys": HEAD + b'"status":"entered-in-error"}',
    "duplicate keys by another spelling": HEAD + b'"st\\u0061tus":"entered-in-error"}',
    "NaN": HEAD + b'"valueQuantity":{"value":NaN}}',
    "Infinity": HEAD + b'"valueQuantity":{"value":-Infinity}}',
    "a number beyond every double": HEAD + b'"valueQuantity":{"value":1e400}}',
    "a number with 500,000 digits": HEAD + b'"valueQuantity":{"value":' + b"9" * 500_000 + b"}}",
    "an exponent with 300 digits": HEAD + b'"valueQuantity":{"value":1e' + b"9" * 300 + b"}}",
    "a text of 900 KiB": HEAD + b'"note":[{"text":"' + b"x" * 900 * 1024 + b'"}]}',
    "a lone surrogate": HEAD + b'"note":[{"text":"\\ud800"}]}',
    "a surrogate in a key": HEAD + b'"\\udc00":1}',
    "a byte-order mark": b"\xef\xbb\xbf" + HEAD + b'"code":{"text":"x"}}',
    "UTF-8 cut short": HEAD + b'"note":[{"text":"\xe2\x82',
    "an overlong slash": HEAD + b'"note":[{"text":"\xc0\xaf"}]}',
    "UTF-16": (HEAD + b'"code":{"text":"x"}}').decode().encode("utf-16"),
    "a zero byte": HEAD + b'"note":[{"text":"\\u0000"}]}',
    "a raw control character": HEAD + b'"note":[{"text":"\x01"}]}',
    "two documents": b"{}{}",
    "a comment": b"/* x */" + HEAD + b'"code":{"text":"x"}}',
    "50,000 keys": b"{" + b",".join(b'"k%d":1' % n for n in range(50_000)) + b"}",
    "300,000 nulls": b"[" + b"null," * 150_000 + b"null]",
    "100,000 codings": HEAD + b'"code":{"coding":[' + b"{}," * 300_000 + b"{}]}}",
    "an array": b"[]",
    "a text": b'"Observation"',
    "null": b"null",
    "a type that is a list": b'{"resourceType":["Observation"]}',
    "only opening quotes": b'"' * 500_000,
    "only backslashes": b'"' + b"\\" * 500_001,
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_body_is_refused_with_an_outcome_sec_33_sec_42(
    http: httpx.Client, body: bytes
) -> None:
    for path in ("/Observation", "/Patient", "/"):
        answer = http.post(path, content=body)

        refused_or_taken(answer)
        assert answer.status_code in (400, 404, 413, 422), answer.text[:300]


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_body_costs_bounded_memory_sec_32(
    target: Target, http: httpx.Client, body: bytes
) -> None:
    with target.within_memory():
        for _ in range(5):
            refused_or_taken(http.post("/Observation", content=body))


@pytest.mark.parametrize("size", [MIB + 1, 17 * MIB], ids=["single", "bundle"])
def test_a_body_over_its_limit_is_413_in_bounded_memory_sec_32(
    target: Target, http: httpx.Client, size: int
) -> None:
    with target.within_memory():
        answer = http.post("/Observation" if size < 2 * MIB else "/", content=b" " * size)
        unannounced = http.post("/Observation", content=(b" " * MIB for _ in range(40)))

    assert {answer.status_code, unannounced.status_code} == {413}
    refused_or_taken(answer)
    refused_or_taken(unannounced)


def test_a_compressed_bomb_is_refused_in_bounded_memory_sec_32(
    target: Target, http: httpx.Client
) -> None:
    bomb = gzip.compress(b" " * (64 * MIB))
    with target.within_memory():
        answers = [
            http.post(path, content=bomb, headers={"Content-Encoding": "gzip"})
            for path in ("/Observation", "/")
        ]

    for answer in answers:
        refused_or_taken(answer)
        assert answer.status_code in (413, 415)


def test_a_full_bundle_of_hostile_entries_costs_bounded_memory_sec_32(
    target: Target, http: httpx.Client
) -> None:
    deep = "".join(['{"extension":[' * 100, "{}", "]}" * 100])
    entry = f'{{"resource":{deep},"request":{{"method":"POST","url":"Observation"}}}}'
    body = f'{{"resourceType":"Bundle","type":"batch","entry":[{",".join([entry] * 1000)}]}}'
    with target.within_memory():
        answer = http.post("/", content=body.encode())

    refused_or_taken(answer)


def test_what_follows_a_storm_is_still_taken(target: Target, http: httpx.Client) -> None:
    answer = http.post("/Observation", content=json.dumps(target.observation()))

    assert answer.status_code == 201, answer.text


def test_headers_of_more_than_16_kib_are_431_sec_32(target: Target) -> None:
    with target.client() as client, target.within_memory():
        fits = client.get("/metadata", headers={"X-Long": "a" * 14_000})
        answers = [client.get("/metadata", headers={"X-Long": "a" * (17 << 10)}) for _ in range(9)]

    assert fits.status_code == 200
    for answer in answers:
        assert answer.status_code == 431
        refused_or_taken(answer)
